//! Offers.

use super::{Refusal, SourceOffer, money, quoted};
use crate::money::{Amount, Currency};
use crate::offer::{Category, OfferError, OfferRules, OfferTerms, PurchasePolicy, SaleWindow, Translations};

/// The terms of a row. The earlier system knows no categories, so all get the same one; it sold an offer as often as it
/// was asked.
pub fn offer_terms(row: &SourceOffer, category: Category, currency: Currency) -> Result<OfferTerms, Refusal> {
    let price = Amount::try_new(money(&row.price, currency)?)
        .map_err(|error| Refusal::Amount { text: quoted(&row.price), error })?;
    let terms = OfferTerms {
        name: row.name.clone(),
        description: row.description.clone(),
        category,
        price,
        duration_days: u32::try_from(row.duration_days).map_err(|_| OfferError::Duration)?,
        sale: SaleWindow::default(),
        purchase_policy: PurchasePolicy::Allow,
        rules: OfferRules::default(),
        translations: Translations::default(),
    };
    Ok(terms.validate()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::MoneyError;

    fn terms(price: &str, duration_days: i64) -> Result<OfferTerms, Refusal> {
        let (name, description) = ("Fibre".into(), "Fast\nand steady".into());
        let row =
            SourceOffer { id: 1, name, description, price: price.into(), duration_days, is_active: true };
        offer_terms(&row, Category::Tv, Currency::EUR)
    }

    #[test]
    fn an_offer_is_taken_with_its_price_and_period() {
        let terms = terms("19.90", 30).unwrap();
        assert_eq!((terms.price.minor(), terms.duration_days, terms.category), (1990, 30, Category::Tv));
    }

    #[test]
    fn odd_periods_and_prices_are_refused() {
        for days in [0, -30, 3651, i64::MAX] {
            assert_eq!(terms("19.90", days), Err(Refusal::Offer(OfferError::Duration)), "{days}");
        }
        for price in ["0.00", "-1.00"] {
            let error = MoneyError::NotPositive;
            assert_eq!(terms(price, 30), Err(Refusal::Amount { text: price.into(), error }));
        }
    }
}
