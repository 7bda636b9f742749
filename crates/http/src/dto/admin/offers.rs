//! The catalogue, as staff keep it: every term of every offer.

use offers_domain::audit::Reason;
use offers_domain::ids::OfferId;
use offers_domain::money::Currency;
use offers_domain::offer::{
    Category, Offer, OfferRules, OfferTerms, OfferText, PurchasePolicy, SaleWindow, Translations,
};
use offers_domain::offer_change::OfferChange;
use offers_domain::page::{PageLimit, PageRequest};
use offers_domain::ports::ShelfFilter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::dto::given::{Given, given};
use crate::dto::money::{AmountText, CurrencyCode, Decimal};
use crate::dto::spelled::Spelled;
use crate::dto::text::{IdNumber, Line, Paragraph, Text};
use crate::dto::time::Timestamp;
use crate::extract::page_request;
use crate::problem::Problem;
/// What cursors call the list of all offers.
pub(crate) const SHELF: &str = "shelf";

/// Which offers, which page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShelfQuery {
    category: Option<Text<Category>>,
    is_active: Option<Text<bool>>,
    limit: Option<Text<PageLimit>>,
    cursor: Option<String>,
}

impl ShelfQuery {
    /// Which offers, which page.
    pub(crate) fn search(self) -> Result<(ShelfFilter, PageRequest<OfferId>), Problem> {
        let page = page_request(SHELF, self.limit, self.cursor.as_deref())?;
        let filter = ShelfFilter {
            category: self.category.map(|Text(category)| category),
            is_active: self.is_active.map(|Text(active)| active),
        };
        Ok((filter, page))
    }
}

/// Name and description in another language.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OfferTextBody {
    name: Text<Line<100>>,
    description: Text<Paragraph>,
}

impl From<OfferTextBody> for OfferText {
    fn from(body: OfferTextBody) -> Self {
        let OfferTextBody { name: Text(Line(name)), description: Text(Paragraph(description)) } = body;
        Self { name, description }
    }
}

/// An offer to add.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOfferBody {
    name: Text<Line<100>>,
    description: Option<Text<Paragraph>>,
    category: Text<Category>,
    price: AmountText,
    duration_days: u32,
    sale_from: Option<Text<OffsetDateTime>>,
    sale_until: Option<Text<OffsetDateTime>>,
    purchase_policy: Option<Text<PurchasePolicy>>,
    stock: Option<u32>,
    per_customer: Option<u32>,
    requires: Option<IdNumber<OfferId>>,
    excludes: Option<IdNumber<OfferId>>,
    fr: Option<OfferTextBody>,
    pub(crate) reason: Text<Reason>,
}

impl NewOfferBody {
    /// What it promises; it may be bought again and again unless something else is said.
    pub(crate) fn terms(self, currency: Currency) -> Result<(OfferTerms, Reason), Problem> {
        let (Text(Line(name)), Text(category), Text(reason)) = (self.name, self.category, self.reason);
        let terms = OfferTerms {
            name,
            description: self.description.map(|Text(Paragraph(text))| text).unwrap_or_default(),
            category,
            price: self.price.amount(currency, "/price")?,
            duration_days: self.duration_days,
            sale: SaleWindow {
                from: self.sale_from.map(|Text(at)| at),
                until: self.sale_until.map(|Text(at)| at),
            },
            purchase_policy: self.purchase_policy.map_or(PurchasePolicy::Allow, |Text(policy)| policy),
            rules: OfferRules {
                stock: self.stock,
                per_customer: self.per_customer,
                requires: self.requires.map(|IdNumber(id)| id),
                excludes: self.excludes.map(|IdNumber(id)| id),
            },
            translations: Translations { fr: self.fr.map(OfferText::from) },
        };
        Ok((terms, reason))
    }
}

/// What changes about an offer; what is not said stays, and a null empties what may be empty.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfferChangeBody {
    name: Option<Text<Line<100>>>,
    description: Option<Text<Paragraph>>,
    category: Option<Text<Category>>,
    price: Option<AmountText>,
    duration_days: Option<u32>,
    #[serde(default, deserialize_with = "given")]
    sale_from: Option<Given<Text<OffsetDateTime>>>,
    #[serde(default, deserialize_with = "given")]
    sale_until: Option<Given<Text<OffsetDateTime>>>,
    purchase_policy: Option<Text<PurchasePolicy>>,
    #[serde(default, deserialize_with = "given")]
    stock: Option<Given<u32>>,
    #[serde(default, deserialize_with = "given")]
    per_customer: Option<Given<u32>>,
    #[serde(default, deserialize_with = "given")]
    requires: Option<Given<IdNumber<OfferId>>>,
    #[serde(default, deserialize_with = "given")]
    excludes: Option<Given<IdNumber<OfferId>>>,
    #[serde(default, deserialize_with = "given")]
    fr: Option<Given<OfferTextBody>>,
    pub(crate) reason: Text<Reason>,
}

impl OfferChangeBody {
    /// The change.
    pub(crate) fn change(self, currency: Currency) -> Result<(OfferChange, Reason), Problem> {
        let price = self.price.map(|price| price.amount(currency, "/price")).transpose()?;
        let Text(reason) = self.reason;
        let change = OfferChange {
            name: self.name.map(|Text(Line(name))| name),
            description: self.description.map(|Text(Paragraph(text))| text),
            category: self.category.map(|Text(category)| category),
            price,
            duration_days: self.duration_days,
            sale_from: self.sale_from.map(|Given(value)| value.map(|Text(at)| at)),
            sale_until: self.sale_until.map(|Given(value)| value.map(|Text(at)| at)),
            purchase_policy: self.purchase_policy.map(|Text(policy)| policy),
            stock: self.stock.map(|Given(stock)| stock),
            per_customer: self.per_customer.map(|Given(limit)| limit),
            requires: self.requires.map(|Given(value)| value.map(|IdNumber(id)| id)),
            excludes: self.excludes.map(|Given(value)| value.map(|IdNumber(id)| id)),
            fr: self.fr.map(|Given(text)| text.map(OfferText::from)),
        };
        Ok((change, reason))
    }
}

/// An offer with all its terms.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ShelfBody {
    id: i64,
    name: String,
    description: String,
    category: Spelled<Category>,
    price: Decimal,
    currency: CurrencyCode,
    duration_days: u32,
    sale_from: Option<Timestamp>,
    sale_until: Option<Timestamp>,
    purchase_policy: Spelled<PurchasePolicy>,
    stock: Option<u32>,
    per_customer: Option<u32>,
    requires: Option<i64>,
    excludes: Option<i64>,
    fr: Option<ShelfText>,
    is_active: bool,
    version: u32,
}

/// Name and description in another language.
#[derive(Debug, Serialize, JsonSchema)]
struct ShelfText {
    name: String,
    description: String,
}

impl From<Offer> for ShelfBody {
    fn from(offer: Offer) -> Self {
        let Offer { id, terms, is_active, version } = offer;
        let french = terms.translations.fr;
        Self {
            id: id.0,
            name: terms.name,
            description: terms.description,
            category: terms.category.into(),
            price: terms.price.into(),
            currency: terms.price.currency().into(),
            duration_days: terms.duration_days,
            sale_from: terms.sale.from.map(Timestamp::from),
            sale_until: terms.sale.until.map(Timestamp::from),
            purchase_policy: terms.purchase_policy.into(),
            stock: terms.rules.stock,
            per_customer: terms.rules.per_customer,
            requires: terms.rules.requires.map(|id| id.0),
            excludes: terms.rules.excludes.map(|id| id.0),
            fr: french.map(|OfferText { name, description }| ShelfText { name, description }),
            is_active,
            version,
        }
    }
}
