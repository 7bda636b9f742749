//! Changes of the catalogue: what staff edit of an offer, checked against the version that they saw.

use std::collections::BTreeMap;
use std::fmt::Display;

use thiserror::Error;
use time::OffsetDateTime;

use crate::ids::OfferId;
use crate::money::Amount;
use crate::offer::{
    Category, Offer, OfferError, OfferRules, OfferTerms, OfferText, PurchasePolicy, SaleWindow, Translations,
};

/// What changes of an offer's terms; the rest stays. In fields that may be empty, `Some(None)` empties them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OfferChange {
    /// Its name.
    pub name: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// The kind of service.
    pub category: Option<Category>,
    /// The price of one period, for orders from now on.
    pub price: Option<Amount>,
    /// The length of one period, for orders from now on.
    pub duration_days: Option<u32>,
    /// First instant of the sale.
    pub sale_from: Option<Option<OffsetDateTime>>,
    /// First instant after the sale.
    pub sale_until: Option<Option<OffsetDateTime>>,
    /// What a second purchase does.
    pub purchase_policy: Option<PurchasePolicy>,
    /// How many subscriptions are sold in all.
    pub stock: Option<Option<u32>>,
    /// How many subscriptions one customer may have had.
    pub per_customer: Option<Option<u32>>,
    /// The offer that must be active for whoever orders this one.
    pub requires: Option<Option<OfferId>>,
    /// The offer that must be neither active nor ordered for whoever orders this one.
    pub excludes: Option<Option<OfferId>>,
    /// Name and description in French.
    pub fr: Option<Option<OfferText>>,
}

/// Why an offer stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OfferChangeError {
    /// Somebody else has changed it since it was read.
    #[error("the offer is at version {0} now")]
    Outdated(u32),
    /// The new terms are not good.
    #[error(transparent)]
    Terms(#[from] OfferError),
    /// An offer cannot require or exclude itself.
    #[error("an offer cannot require or exclude itself")]
    Itself,
}

impl OfferChange {
    /// The terms afterwards.
    fn apply(self, terms: &OfferTerms) -> OfferTerms {
        let OfferTerms { sale, rules, translations, .. } = terms;
        OfferTerms {
            name: self.name.unwrap_or_else(|| terms.name.clone()),
            description: self.description.unwrap_or_else(|| terms.description.clone()),
            category: self.category.unwrap_or(terms.category),
            price: self.price.unwrap_or(terms.price),
            duration_days: self.duration_days.unwrap_or(terms.duration_days),
            sale: SaleWindow {
                from: self.sale_from.unwrap_or(sale.from),
                until: self.sale_until.unwrap_or(sale.until),
            },
            purchase_policy: self.purchase_policy.unwrap_or(terms.purchase_policy),
            rules: OfferRules {
                stock: self.stock.unwrap_or(rules.stock),
                per_customer: self.per_customer.unwrap_or(rules.per_customer),
                requires: self.requires.unwrap_or(rules.requires),
                excludes: self.excludes.unwrap_or(rules.excludes),
            },
            translations: Translations { fr: self.fr.unwrap_or_else(|| translations.fr.clone()) },
        }
    }
}

impl Offer {
    /// Changes its terms, if it is still at the version that the change was made for; none is any version. Says whether
    /// anything is different.
    pub fn revise(&mut self, change: OfferChange, seen: Option<u32>) -> Result<bool, OfferChangeError> {
        self.check_version(seen)?;
        let terms = change.apply(&self.terms).validate()?;
        if [terms.rules.requires, terms.rules.excludes].contains(&Some(self.id)) {
            return Err(OfferChangeError::Itself);
        }
        let different = terms != self.terms;
        if different {
            self.terms = terms;
            self.version = self.version.saturating_add(1);
        }
        Ok(different)
    }

    /// Takes it from the catalogue, or brings it back. Says whether anything is different.
    pub fn set_active(&mut self, active: bool, seen: Option<u32>) -> Result<bool, OfferChangeError> {
        self.check_version(seen)?;
        let different = self.is_active != active;
        if different {
            self.is_active = active;
            self.version = self.version.saturating_add(1);
        }
        Ok(different)
    }

    fn check_version(&self, seen: Option<u32>) -> Result<(), OfferChangeError> {
        match seen {
            Some(seen) if seen != self.version => Err(OfferChangeError::Outdated(self.version)),
            _ => Ok(()),
        }
    }
}

/// Every term by its name, as the audit trail spells it; terms that are not set are missing.
pub fn spelled(terms: &OfferTerms) -> BTreeMap<&'static str, String> {
    let set = |value: Option<&dyn Display>| value.map(ToString::to_string);
    let OfferTerms { sale, rules, translations, .. } = terms;
    let french = translations.fr.as_ref();
    let all = [
        ("name", Some(terms.name.clone())),
        ("description", Some(terms.description.clone())),
        ("category", Some(terms.category.to_string())),
        ("price", Some(format!("{} {}", terms.price.money(), terms.price.currency()))),
        ("duration_days", Some(terms.duration_days.to_string())),
        ("sale_from", sale.from.map(|at| at.to_string())),
        ("sale_until", sale.until.map(|at| at.to_string())),
        ("purchase_policy", Some(terms.purchase_policy.to_string())),
        ("stock", set(rules.stock.as_ref().map(|stock| stock as _))),
        ("per_customer", set(rules.per_customer.as_ref().map(|limit| limit as _))),
        ("requires", set(rules.requires.as_ref().map(|offer| offer as _))),
        ("excludes", set(rules.excludes.as_ref().map(|offer| offer as _))),
        ("name_fr", french.map(|text| text.name.clone())),
        ("description_fr", french.map(|text| text.description.clone())),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// One term that is different: its name, what it was and what it is; none where it is not set.
pub type Difference = (&'static str, Option<String>, Option<String>);

/// What is different between two versions of an offer, in the order of the terms' names.
pub fn differences(before: &OfferTerms, after: &OfferTerms) -> Vec<Difference> {
    let (mut was, mut is) = (spelled(before), spelled(after));
    let mut names: Vec<_> = was.keys().chain(is.keys()).copied().collect();
    names.sort_unstable();
    names.dedup();
    let compared = names.into_iter().map(|name| (name, was.remove(name), is.remove(name)));
    compared.filter(|(_, was, is)| was != is).collect()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::money::Currency;

    fn offer() -> Offer {
        let terms = OfferTerms {
            name: "Fibre".into(),
            description: "1 Gb/s".into(),
            category: Category::Internet,
            price: Amount::from_minor(1999, Currency::EUR).unwrap(),
            duration_days: 30,
            sale: SaleWindow { from: None, until: Some(datetime!(2026-06-01 0:00 UTC)) },
            purchase_policy: PurchasePolicy::Allow,
            rules: OfferRules { stock: Some(10), ..OfferRules::default() },
            translations: Translations::default(),
        };
        Offer { id: OfferId(1), terms, is_active: true, version: 3 }
    }

    #[test]
    fn a_change_touches_what_it_names_and_a_null_empties_it() {
        let mut edited = offer();
        let change = OfferChange { stock: Some(None), duration_days: Some(7), ..OfferChange::default() };
        assert_eq!(edited.revise(change, Some(3)), Ok(true));
        let rules = OfferRules::default();
        let expected = OfferTerms { rules, duration_days: 7, ..offer().terms };
        assert_eq!((edited.terms, edited.version), (expected, 4));
    }

    #[test]
    fn an_edit_of_an_older_version_is_refused() {
        let change = || OfferChange { duration_days: Some(7), ..OfferChange::default() };
        for seen in [2, 4] {
            let mut edited = offer();
            assert_eq!(edited.revise(change(), Some(seen)), Err(OfferChangeError::Outdated(3)));
            assert_eq!(edited.set_active(false, Some(seen)), Err(OfferChangeError::Outdated(3)));
            assert_eq!(edited, offer());
        }
        assert_eq!(offer().revise(change(), None), Ok(true));
    }

    #[test]
    fn what_is_so_already_makes_no_version() {
        let mut edited = offer();
        assert_eq!(edited.revise(OfferChange::default(), Some(3)), Ok(false));
        assert_eq!(edited.set_active(true, Some(3)), Ok(false));
        assert_eq!(edited, offer());
        assert_eq!(edited.set_active(false, Some(3)), Ok(true));
        assert_eq!((edited.is_active, edited.version), (false, 4));
    }

    #[test]
    fn terms_stay_within_their_limits_and_an_offer_apart_from_itself() {
        let long = OfferChange { duration_days: Some(0), ..OfferChange::default() };
        assert_eq!(offer().revise(long, None), Err(OfferError::Duration.into()));
        for change in [
            OfferChange { requires: Some(Some(OfferId(1))), ..OfferChange::default() },
            OfferChange { excludes: Some(Some(OfferId(1))), ..OfferChange::default() },
        ] {
            assert_eq!(offer().revise(change, None), Err(OfferChangeError::Itself));
        }
    }

    #[test]
    fn differences_name_what_was_and_what_is() {
        let mut edited = offer();
        let text = OfferText { name: "La fibre".into(), description: String::new() };
        let price = Amount::from_minor(2499, Currency::EUR).ok();
        let change =
            OfferChange { price, sale_until: Some(None), fr: Some(Some(text)), ..OfferChange::default() };
        edited.revise(change, None).unwrap();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            differences(&offer().terms, &edited.terms),
            [
                ("description_fr", None, text("")),
                ("name_fr", None, text("La fibre")),
                ("price", text("19.99 EUR"), text("24.99 EUR")),
                ("sale_until", text("2026-06-01 0:00:00.0 +00:00:00"), None),
            ]
        );
    }
}
