//! Companies that sell through the partner API, as staff look after them.

use offers_application::partner_channel::{IssuedKey, KeyForm, PartnerCredit, PartnerForm, TermsChange};
use offers_domain::audit::Reason;
use offers_domain::idempotency::StoredResponse;
use offers_domain::ids::PartnerId;
use offers_domain::money::{Amount, Currency, Money};
use offers_domain::page::{PageLimit, PageRequest};
use offers_domain::partner_channel::api_key::{ApiKey, KeyMode, KeyScope, Scopes};
use offers_domain::partner_channel::discount::Discount;
use offers_domain::partner_channel::views::PartnerView;
use offers_domain::partner_channel::{CreditLimit, Funding, PartnerName, PartnerTerms};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::Duration;

use crate::dto::given::{Given, given};
use crate::dto::money::{AmountText, CurrencyCode, Decimal};
use crate::dto::spelled::Spelled;
use crate::dto::text::Text;
use crate::dto::time::Timestamp;
use crate::extract::page_request;
use crate::problem::Problem;
use offers_domain::adjustment::Direction;
use uuid::Uuid;

/// What cursors call the list of partners.
pub(crate) const PARTNERS: &str = "partners";

/// Which page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartnersQuery {
    limit: Option<Text<PageLimit>>,
    cursor: Option<String>,
}

impl PartnersQuery {
    /// Which page.
    pub(crate) fn page(self) -> Result<PageRequest<PartnerId>, Problem> {
        page_request(PARTNERS, self.limit, self.cursor.as_deref())
    }
}

/// A partner to add.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPartnerBody {
    name: Text<PartnerName>,
    funding: Option<Text<Funding>>,
    discount: Option<Text<Discount>>,
    requests_per_minute: Option<u32>,
    credit_limit: Option<AmountText>,
    reason: Text<Reason>,
}

impl NewPartnerBody {
    /// The partner, who pays from its account, in full and in advance unless something else is said.
    pub(crate) fn form(self, currency: Currency) -> Result<(PartnerForm, Reason), Problem> {
        let limit = credit_limit(self.credit_limit.as_ref(), currency)?;
        let none = || CreditLimit::try_new(Money::zero(currency));
        let credit_limit = limit.map_or_else(none, Ok).map_err(refused_limit)?;
        let terms = PartnerTerms {
            funding: self.funding.map_or(Funding::Partner, |Text(funding)| funding),
            discount: self.discount.map_or(Discount::NONE, |Text(discount)| discount),
            requests_per_minute: quota(self.requests_per_minute)?,
            is_active: true,
        };
        let (Text(name), Text(reason)) = (self.name, self.reason);
        Ok((PartnerForm { name, terms, credit_limit }, reason))
    }
}

/// What changes of a partner's terms; what is not said stays, and a quota of null is what everybody may.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartnerChangeBody {
    funding: Option<Text<Funding>>,
    discount: Option<Text<Discount>>,
    #[serde(default, deserialize_with = "given")]
    requests_per_minute: Option<Given<u32>>,
    credit_limit: Option<AmountText>,
    is_active: Option<bool>,
    reason: Text<Reason>,
}

impl PartnerChangeBody {
    /// The change.
    pub(crate) fn change(self, currency: Currency) -> Result<(TermsChange, Reason), Problem> {
        let change = TermsChange {
            funding: self.funding.map(|Text(funding)| funding),
            discount: self.discount.map(|Text(discount)| discount),
            requests_per_minute: self.requests_per_minute.map(|Given(number)| quota(number)).transpose()?,
            is_active: self.is_active,
            credit_limit: credit_limit(self.credit_limit.as_ref(), currency)?,
        };
        let Text(reason) = self.reason;
        Ok((change, reason))
    }
}

fn quota(requests: Option<u32>) -> Result<Option<u32>, Problem> {
    if requests == Some(0) {
        return Err(Problem::invalid_value("/requests_per_minute", "This must be an integer of at least 1."));
    }
    Ok(requests)
}

fn credit_limit(text: Option<&AmountText>, currency: Currency) -> Result<Option<CreditLimit>, Problem> {
    let Some(text) = text else { return Ok(None) };
    CreditLimit::try_new(text.money(currency, "/credit_limit")?).map(Some).map_err(refused_limit)
}

fn refused_limit(error: impl std::fmt::Display) -> Problem {
    Problem::invalid_value("/credit_limit", format!("This is not possible: {error}."))
}

/// A key to issue.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKeyBody {
    mode: Option<Text<KeyMode>>,
    scopes: Option<Vec<Text<KeyScope>>>,
    expires_in_days: Option<u16>,
    reason: Text<Reason>,
}

impl NewKeyBody {
    /// The key: live, for everything and for good unless something else is said.
    pub(crate) fn form(self) -> Result<(KeyForm, Reason), Problem> {
        let mode = self.mode.map_or(KeyMode::Live, |Text(mode)| mode);
        let scopes = self.scopes.map_or_else(|| Ok(Scopes::all()), |scopes| opened_by(&scopes))?;
        if self.expires_in_days == Some(0) {
            return Err(Problem::invalid_value("/expires_in_days", "This must be an integer of at least 1."));
        }
        let lifetime = self.expires_in_days.map(|days| Duration::days(i64::from(days)));
        let Text(reason) = self.reason;
        Ok((KeyForm { mode, scopes, lifetime }, reason))
    }
}

fn opened_by(scopes: &[Text<KeyScope>]) -> Result<Scopes, Problem> {
    let spelled: Vec<_> = scopes.iter().map(|Text(scope)| scope.as_str()).collect();
    let none = |_| Problem::invalid_value("/scopes", "This must be a list of at least one scope.");
    spelled.join(",").parse().map_err(none)
}

/// How much was paid in, and why.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreditBody {
    amount: AmountText,
    pub(crate) reason: Text<Reason>,
}

impl CreditBody {
    /// The money.
    pub(crate) fn amount(&self, currency: Currency) -> Result<Amount, Problem> {
        self.amount.amount(currency, "/amount")
    }
}

/// A partner with its account.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PartnerBody {
    id: i64,
    name: String,
    funding: Spelled<Funding>,
    discount: String,
    requests_per_minute: Option<u32>,
    is_active: bool,
    balance: Decimal,
    credit_limit: Decimal,
    available: Decimal,
    currency: CurrencyCode,
    created_at: Timestamp,
}

impl From<PartnerView> for PartnerBody {
    fn from(view: PartnerView) -> Self {
        let PartnerView { partner, settlement } = view;
        Self {
            id: partner.id.0,
            name: partner.name,
            funding: partner.terms.funding.into(),
            discount: partner.terms.discount.to_string(),
            requests_per_minute: partner.terms.requests_per_minute,
            is_active: partner.terms.is_active,
            balance: settlement.balance.into(),
            credit_limit: settlement.credit_limit.into(),
            available: settlement.available().into(),
            currency: settlement.balance.currency().into(),
            created_at: partner.created_at.into(),
        }
    }
}

/// A partner with every key that it was ever given.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PartnerFileBody {
    #[serde(flatten)]
    partner: PartnerBody,
    keys: Vec<KeyBody>,
}

impl PartnerFileBody {
    /// The partner with these keys.
    pub(crate) fn new(partner: PartnerView, keys: Vec<ApiKey>) -> Self {
        Self { partner: partner.into(), keys: keys.into_iter().map(KeyBody::from).collect() }
    }
}

/// A key, without the key itself, which is kept nowhere.
#[derive(Debug, Serialize, JsonSchema)]
struct KeyBody {
    id: i64,
    mode: Spelled<KeyMode>,
    hint: String,
    scopes: Vec<Spelled<KeyScope>>,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
}

impl From<ApiKey> for KeyBody {
    fn from(key: ApiKey) -> Self {
        let opened = KeyScope::ALL.iter().filter(|scope| key.scopes.contains(**scope));
        Self {
            id: key.id.0,
            mode: key.mode.into(),
            scopes: opened.copied().map(Spelled).collect(),
            hint: key.hint,
            created_at: key.created_at.into(),
            expires_at: key.expires_at.map(Timestamp::from),
            revoked_at: key.revoked_at.map(Timestamp::from),
            last_used_at: key.last_used_at.map(Timestamp::from),
        }
    }
}

/// A key that was issued, this once.
#[derive(Serialize, JsonSchema)]
pub(crate) struct IssuedKeyBody {
    id: i64,
    key: String,
    expires_at: Option<Timestamp>,
}

impl From<IssuedKey> for IssuedKeyBody {
    fn from(issued: IssuedKey) -> Self {
        let IssuedKey { id, key, expires_at } = issued;
        Self { id: id.0, key, expires_at: expires_at.map(Timestamp::from) }
    }
}

/// Money that was paid in.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PaidBody {
    id: Uuid,
    kind: Spelled<Direction>,
    partner_id: i64,
    amount: Decimal,
    currency: CurrencyCode,
    balance: Decimal,
    created_at: Timestamp,
}

/// Writes the answer to a payment, which is kept and given again for the same key.
pub fn paid(credit: &PartnerCredit) -> StoredResponse {
    let PartnerCredit { id, partner, amount, balance, at } = *credit;
    let body = PaidBody {
        id: id.0,
        kind: Direction::Credit.into(),
        partner_id: partner.0,
        amount: amount.into(),
        currency: amount.currency().into(),
        balance: balance.into(),
        created_at: at.into(),
    };
    StoredResponse { status: 201, body: serde_json::to_string(&body).unwrap_or_default() }
}
