//! The built-in texts.

macro_rules! texts {
    ($($locale:literal: $($kind:literal),+;)+) => {
        /// Name and source of every template.
        pub(super) const ALL: &[(&str, &str)] = &[
            ("layout.html", include_str!("../../templates/layout.html")),
            $($(
                texts!(@file $locale, $kind, ".txt"),
                texts!(@file $locale, $kind, ".html"),
                texts!(@file $locale, $kind, ".sms"),
            )+)+
        ];
    };
    (@file $locale:literal, $kind:literal, $extension:literal) => {
        (
            concat!($locale, "/", $kind, $extension),
            include_str!(concat!("../../templates/", $locale, "/", $kind, $extension)),
        )
    };
}

texts! {
    "en": "activation_succeeded", "activation_failed", "expiring", "expired", "auto_renew_failed", "wallet_credited";
    "fr": "activation_succeeded", "activation_failed", "expiring", "expired", "auto_renew_failed", "wallet_credited";
}
