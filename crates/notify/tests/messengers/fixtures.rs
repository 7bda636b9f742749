//! Letters and what they are made with.

use std::sync::Arc;

use offers_domain::ids::{NoticeId, OfferId, TransactionId};
use offers_domain::notice::Occasion;
use offers_domain::sending::{Address, Delivery, Letter};
use offers_domain::user::Locale;
use offers_notify::{MailHeaders, Sender, Templates};
use time::macros::datetime;
use uuid::Uuid;

pub(crate) fn templates() -> Arc<Templates> {
    Arc::new(Templates::try_new(None).unwrap())
}

pub(crate) fn headers() -> MailHeaders {
    MailHeaders {
        from: Sender::try_new("Offers <offers@shop.example>").unwrap(),
        reply_to: Some(Sender::try_new("help@shop.example").unwrap()),
    }
}

pub(crate) fn letter(number: i64, address: &str) -> Letter {
    Letter {
        notice: NoticeId(number),
        created_at: datetime!(2026-03-03 12:00 UTC),
        occasion: Occasion::ActivationSucceeded {
            transaction: TransactionId(Uuid::from_u128(9)),
            offer: OfferId(1),
            expires_at: datetime!(2026-04-02 12:00 UTC),
        },
        offer: Some("Télé <Essentielle>".into()),
        username: "anna".into(),
        locale: Locale::Fr,
        address: Address(address.into()),
    }
}

/// Panics unless the outcome is of this kind, and says why nothing was delivered.
pub(crate) fn reason(delivery: Delivery, kind: fn(&Delivery) -> bool) -> String {
    assert!(kind(&delivery), "{delivery:?}");
    match delivery {
        Delivery::Delivered => String::new(),
        Delivery::Refused { reason } | Delivery::NotSent { reason } | Delivery::Unknown { reason } => reason,
    }
}

pub(crate) fn refused(delivery: &Delivery) -> bool {
    matches!(delivery, Delivery::Refused { .. })
}

pub(crate) fn not_sent(delivery: &Delivery) -> bool {
    matches!(delivery, Delivery::NotSent { .. })
}

pub(crate) fn unknown(delivery: &Delivery) -> bool {
    matches!(delivery, Delivery::Unknown { .. })
}
