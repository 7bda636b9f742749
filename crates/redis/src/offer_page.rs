//! Pages of offers as JSON, and the questions that they answer.

use offers_domain::ids::OfferId;
use offers_domain::money::Amount;
use offers_domain::offer::{Category, Offer, OfferRules, OfferTerms, OfferText, SaleWindow, Translations};
use offers_domain::page::Page;
use offers_domain::ports::{Edition, OfferKey, OfferListQuery};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::serde::rfc3339;

/// The question as one text: two that differ in anything have different texts.
pub(crate) fn question(query: &OfferListQuery) -> String {
    let filter = &query.filter;
    let after = query.page.after.as_ref().map(|key| match key {
        OfferKey::Id(id) => serde_json::json!([id.0]),
        OfferKey::Price(price, id) => serde_json::json!([price, id.0]),
        OfferKey::Name(name, id) => serde_json::json!([name, id.0]),
    });
    let category = filter.category.map(Category::as_str);
    serde_json::json!([
        category,
        filter.text,
        filter.min_price,
        filter.max_price,
        query.sort.as_str(),
        query.page.limit.get(),
        after
    ])
    .to_string()
}

/// A page and the edition that it belongs to.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct KeptPage {
    edition: String,
    items: Vec<KeptOffer>,
    has_more: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptOffer {
    id: i64,
    name: String,
    description: String,
    category: String,
    price: String,
    currency: String,
    duration_days: u32,
    #[serde(with = "rfc3339::option")]
    sale_from: Option<OffsetDateTime>,
    #[serde(with = "rfc3339::option")]
    sale_until: Option<OffsetDateTime>,
    purchase_policy: String,
    stock: Option<u32>,
    per_customer: Option<u32>,
    requires: Option<i64>,
    excludes: Option<i64>,
    /// Name and description.
    fr: Option<(String, String)>,
    is_active: bool,
    version: u32,
}

/// An edition as text.
pub(crate) fn spell_edition(edition: Edition) -> String {
    format!("{:032x}", edition.0)
}

/// None where it is not the text of an edition.
pub(crate) fn parse_edition(text: &[u8]) -> Option<Edition> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.len() == 32)?;
    u128::from_str_radix(text, 16).ok().map(Edition)
}

/// None where it cannot be spelled.
pub(crate) fn to_json(page: &Page<Offer>, edition: Edition) -> Option<Vec<u8>> {
    let items = page.items.iter().map(KeptOffer::from).collect();
    let kept = KeptPage { edition: spell_edition(edition), items, has_more: page.has_more };
    serde_json::to_vec(&kept).ok()
}

/// The page with its edition; none where anything in it is not as it was written.
pub(crate) fn from_json(json: &[u8]) -> Option<(Edition, Page<Offer>)> {
    let kept: KeptPage = serde_json::from_slice(json).ok()?;
    let edition = parse_edition(kept.edition.as_bytes())?;
    let items = kept.items.into_iter().map(KeptOffer::into_offer).collect::<Option<_>>()?;
    Some((edition, Page { items, has_more: kept.has_more }))
}

impl From<&Offer> for KeptOffer {
    fn from(offer: &Offer) -> Self {
        let terms = &offer.terms;
        let price = terms.price.money();
        Self {
            id: offer.id.0,
            name: terms.name.clone(),
            description: terms.description.clone(),
            category: terms.category.to_string(),
            price: price.to_string(),
            currency: price.currency().to_string(),
            duration_days: terms.duration_days,
            sale_from: terms.sale.from,
            sale_until: terms.sale.until,
            purchase_policy: terms.purchase_policy.to_string(),
            stock: terms.rules.stock,
            per_customer: terms.rules.per_customer,
            requires: terms.rules.requires.map(|id| id.0),
            excludes: terms.rules.excludes.map(|id| id.0),
            fr: terms.translations.fr.as_ref().map(|text| (text.name.clone(), text.description.clone())),
            is_active: offer.is_active,
            version: offer.version,
        }
    }
}

impl KeptOffer {
    fn into_offer(self) -> Option<Offer> {
        let terms = OfferTerms {
            name: self.name,
            description: self.description,
            category: self.category.parse().ok()?,
            price: Amount::parse(&self.price, self.currency.parse().ok()?).ok()?,
            duration_days: self.duration_days,
            sale: SaleWindow { from: self.sale_from, until: self.sale_until },
            purchase_policy: self.purchase_policy.parse().ok()?,
            rules: OfferRules {
                stock: self.stock,
                per_customer: self.per_customer,
                requires: self.requires.map(OfferId),
                excludes: self.excludes.map(OfferId),
            },
            translations: Translations {
                fr: self.fr.map(|(name, description)| OfferText { name, description }),
            },
        };
        Some(Offer { id: OfferId(self.id), terms, is_active: self.is_active, version: self.version })
    }
}
