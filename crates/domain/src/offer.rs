//! Offers: what is for sale, for how much, for how long, and to whom.

use thiserror::Error;
use time::OffsetDateTime;

use crate::ids::OfferId;
use crate::money::Amount;
use crate::text::{self, TextError};
use crate::user::Locale;

string_enum!(
    /// What kind of service an offer is.
    Category {
        /// Internet access.
        Internet => "internet",
        /// Television channels.
        Tv => "tv",
        /// Calls and messages.
        Voice => "voice",
        /// Music streaming.
        Music => "music",
    }
);

string_enum!(
    /// What happens when a customer orders an offer that is already active for them.
    PurchasePolicy {
        /// A second subscription runs beside the first.
        Allow => "allow",
        /// The running subscription is extended.
        Extend => "extend",
        /// The order is refused.
        Reject => "reject",
    }
);

string_enum!(
    /// How a list of offers is sorted; ties by id.
    OfferSort {
        /// Oldest offer first.
        Id => "id",
        /// Cheapest first.
        Price => "price",
        /// Dearest first.
        PriceDescending => "-price",
        /// By name.
        Name => "name",
    }
);

/// Why the terms of an offer were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OfferError {
    /// The name is empty, too long or holds control characters.
    #[error("name {0}")]
    Name(TextError),
    /// The description is too long or holds control characters.
    #[error("description {0}")]
    Description(TextError),
    /// Less than one day or more than ten years.
    #[error("duration must be from 1 to 3650 days")]
    Duration,
    /// A limit that nobody can keep: no subscription for each customer, or one offer both required and excluded.
    #[error("the rules must leave somebody who may buy")]
    Rules,
    /// The sale ends before it starts.
    #[error("the sale must start before it ends")]
    SaleWindow,
}

/// When an offer may be bought. Open ends are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SaleWindow {
    /// First instant of the sale.
    pub from: Option<OffsetDateTime>,
    /// First instant after the sale.
    pub until: Option<OffsetDateTime>,
}

impl SaleWindow {
    /// Whether the sale is open at `now`.
    pub fn contains(&self, now: OffsetDateTime) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }
}

/// To whom an offer is sold, and how often. Nothing set is no rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OfferRules {
    /// How many subscriptions are sold in all, counted from when it was first set. Failed orders give theirs back.
    pub stock: Option<u32>,
    /// How many subscriptions one customer may have had; at least one.
    pub per_customer: Option<u32>,
    /// The offer that must be active for whoever orders this one.
    pub requires: Option<OfferId>,
    /// The offer that must be neither active nor ordered for whoever orders this one.
    pub excludes: Option<OfferId>,
}

/// How many subscriptions to an offer with a stock are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stock {
    /// The offer.
    pub offer: OfferId,
    /// How many: by orders that have not failed.
    pub taken: u32,
}

/// An offer's name and description in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferText {
    /// At most 100 characters.
    pub name: String,
    /// At most 2000 characters.
    pub description: String,
}

/// The texts in languages other than that of the terms themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Translations {
    /// In French.
    pub fr: Option<OfferText>,
}

/// What an offer promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferTerms {
    /// At most 100 characters.
    pub name: String,
    /// At most 2000 characters.
    pub description: String,
    /// The kind of service.
    pub category: Category,
    /// The price of one period.
    pub price: Amount,
    /// The length of one period, 1 to 3650 days.
    pub duration_days: u32,
    /// When it may be bought.
    pub sale: SaleWindow,
    /// What a second purchase does.
    pub purchase_policy: PurchasePolicy,
    /// To whom it is sold, and how often.
    pub rules: OfferRules,
    /// Its texts in other languages than this name's and description's, which are in English.
    pub translations: Translations,
}

impl OfferTerms {
    /// Name and description in this language, or in that of the terms where there is no translation.
    pub fn text_in(&self, locale: Locale) -> (&str, &str) {
        let translated = match locale {
            Locale::En => None,
            Locale::Fr => self.translations.fr.as_ref(),
        };
        translated.map_or((&self.name, &self.description), |text| (&text.name, &text.description))
    }

    /// Checks every field against its limits.
    pub fn validate(self) -> Result<Self, OfferError> {
        check_text(&self.name, &self.description)?;
        if let Some(OfferText { name, description }) = &self.translations.fr {
            check_text(name, description)?;
        }
        let OfferRules { per_customer, requires, excludes, .. } = self.rules;
        if per_customer == Some(0) || (requires.is_some() && requires == excludes) {
            return Err(OfferError::Rules);
        }
        if !(1..=3650).contains(&self.duration_days) {
            return Err(OfferError::Duration);
        }
        match (self.sale.from, self.sale.until) {
            (Some(from), Some(until)) if until <= from => Err(OfferError::SaleWindow),
            _ => Ok(self),
        }
    }
}

fn check_text(name: &str, description: &str) -> Result<(), OfferError> {
    text::line(name, 100).map_err(OfferError::Name)?;
    text::paragraph(description, 2000).map_err(OfferError::Description)?;
    Ok(())
}

/// An offer in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its id.
    pub id: OfferId,
    /// What it promises.
    pub terms: OfferTerms,
    /// False once it is retired.
    pub is_active: bool,
    /// Grows by one with each change.
    pub version: u32,
}

impl Offer {
    /// Whether a customer may buy it at `now`.
    pub fn on_sale(&self, now: OffsetDateTime) -> bool {
        self.is_active && self.terms.sale.contains(now)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::money::Currency;

    fn terms() -> OfferTerms {
        OfferTerms {
            name: "Fibre".into(),
            description: "1 Gb/s".into(),
            category: Category::Internet,
            price: Amount::from_minor(1999, Currency::EUR).unwrap(),
            duration_days: 30,
            sale: SaleWindow::default(),
            purchase_policy: PurchasePolicy::Allow,
            rules: OfferRules::default(),
            translations: Translations::default(),
        }
    }

    #[test]
    fn a_text_is_shown_in_the_language_asked_for_where_there_is_one() {
        assert_eq!(terms().text_in(Locale::Fr), ("Fibre", "1 Gb/s"));
        let fr = Some(OfferText { name: "La fibre".into(), description: "1 Gb/s".into() });
        let translated = OfferTerms { translations: Translations { fr }, ..terms() };
        assert_eq!(translated.text_in(Locale::Fr).0, "La fibre");
        assert_eq!(translated.text_in(Locale::En).0, "Fibre");
        let fr = Some(OfferText { name: String::new(), description: String::new() });
        let nameless = OfferTerms { translations: Translations { fr }, ..terms() };
        assert!(matches!(nameless.validate(), Err(OfferError::Name(_))));
    }

    #[test]
    fn rules_leave_somebody_who_may_buy() {
        let one = Some(OfferId(1));
        for rules in [
            OfferRules { per_customer: Some(0), ..OfferRules::default() },
            OfferRules { requires: one, excludes: one, ..OfferRules::default() },
        ] {
            assert_eq!(OfferTerms { rules, ..terms() }.validate(), Err(OfferError::Rules));
        }
        let rules = OfferRules { stock: Some(0), per_customer: Some(1), requires: one, excludes: None };
        assert!(OfferTerms { rules, ..terms() }.validate().is_ok());
    }

    #[test]
    fn terms_have_limits() {
        assert!(terms().validate().is_ok());
        let long = OfferTerms { name: "x".repeat(101), ..terms() };
        assert_eq!(long.validate(), Err(OfferError::Name(TextError::TooLong(100))));
        for duration_days in [0, 3651] {
            assert_eq!(OfferTerms { duration_days, ..terms() }.validate(), Err(OfferError::Duration));
        }
        let sale = SaleWindow {
            from: Some(datetime!(2026-02-01 0:00 UTC)),
            until: Some(datetime!(2026-02-01 0:00 UTC)),
        };
        assert_eq!(OfferTerms { sale, ..terms() }.validate(), Err(OfferError::SaleWindow));
    }

    #[test]
    fn an_offer_is_on_sale_inside_its_window_only() {
        let sale = SaleWindow {
            from: Some(datetime!(2026-01-01 0:00 UTC)),
            until: Some(datetime!(2026-02-01 0:00 UTC)),
        };
        let offer =
            Offer { id: OfferId(1), terms: OfferTerms { sale, ..terms() }, is_active: true, version: 1 };
        assert!(!offer.on_sale(datetime!(2025-12-31 23:59:59 UTC)));
        assert!(offer.on_sale(datetime!(2026-01-01 0:00 UTC)));
        assert!(!offer.on_sale(datetime!(2026-02-01 0:00 UTC)));
        let retired = Offer { is_active: false, ..offer };
        assert!(!retired.on_sale(datetime!(2026-01-15 0:00 UTC)));
    }
}
