//! What partners see: their orders under their references, and their settlement account.

use offers_domain::activation::Receipt;
use offers_domain::idempotency::StoredResponse;
use offers_domain::ids::{OfferId, TransactionId, TransferId, UserId};
use offers_domain::page::{Page, PageLimit, PageRequest};
use offers_domain::partner_channel::reference::{PartnerReference, Reference};
use offers_domain::partner_channel::views::{
    PartnerOrderDetail, PartnerOrderFilter, PartnerOrderView, SettlementView, StatementEntry,
};
use offers_domain::transaction::{Status, SubStatus, TransactionKind};
use offers_domain::user::Locale;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};
use time::OffsetDateTime;

use super::account::{OfferRef, TimelineBody};
use super::money::{AmountText, CurrencyCode, Decimal};
use super::page::ListBody;
use super::spelled::Spelled;
use super::text::{IdNumber, Line, Text};
use super::time::Timestamp;
use crate::cursor;
use crate::extract::page_request;
use crate::problem::Problem;
use offers_domain::ledger::TransferKind;
use std::borrow::Cow;
use uuid::Uuid;

/// What cursors call a partner's list of orders.
pub(crate) const PARTNER_ORDERS: &str = "partner-orders";
/// What cursors call a settlement account's movements.
const STATEMENT: &str = "statement";

/// What to activate, for whom and for how much.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartnerActivateBody {
    pub(crate) user_id: IdNumber<UserId>,
    pub(crate) offer_id: IdNumber<OfferId>,
    pub(crate) amount: AmountText,
    pub(crate) partner_reference: Option<Text<Line<100>>>,
}

impl PartnerActivateBody {
    /// The partner's own name for the order.
    pub(crate) fn partner_reference(&self) -> Result<Option<PartnerReference>, Problem> {
        let name = self.partner_reference.as_ref().map(|Text(Line(name))| PartnerReference::try_new(name));
        name.transpose()
            .map_err(|error| Problem::invalid_value("/partner_reference", format!("This {error}.")))
    }
}

/// Our name for a partner's order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReferenceText(Reference);

impl Serialize for ReferenceText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl JsonSchema for ReferenceText {
    fn schema_name() -> Cow<'static, str> {
        "Reference".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        Self::shape()
    }
}

impl ReferenceText {
    /// `REF-` and 12 characters.
    pub(crate) fn shape() -> Schema {
        json_schema!({ "type": "string", "pattern": "^REF-[0-9A-HJKMNP-TV-Z]{12}$" })
    }
}

/// An order that was taken.
#[derive(Serialize, JsonSchema)]
pub(crate) struct PartnerAcceptedBody {
    reference: Option<ReferenceText>,
    transaction_id: Uuid,
    status: Spelled<Status>,
}

/// Writes the answer to a partner's order that was taken, which is given again for the same request.
pub(crate) fn accepted(receipt: &Receipt) -> StoredResponse {
    let body = PartnerAcceptedBody {
        reference: receipt.reference().map(ReferenceText),
        transaction_id: receipt.id().0,
        status: receipt.status().into(),
    };
    StoredResponse { status: 202, body: serde_json::to_string(&body).unwrap_or_default() }
}

/// Which orders, which page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartnerOrdersQuery {
    status: Option<Text<Status>>,
    partner_reference: Option<Text<Line<100>>>,
    from: Option<Text<OffsetDateTime>>,
    to: Option<Text<OffsetDateTime>>,
    limit: Option<Text<PageLimit>>,
    cursor: Option<String>,
}

impl PartnerOrdersQuery {
    /// Which orders, which page.
    pub(crate) fn search(self) -> Result<(PartnerOrderFilter, PageRequest<TransactionId>), Problem> {
        let page = page_request(PARTNER_ORDERS, self.limit, self.cursor.as_deref())?;
        let filter = PartnerOrderFilter {
            status: self.status.map(|Text(status)| status),
            partner_reference: self.partner_reference.map(|Text(Line(name))| name),
            from: self.from.map(|Text(from)| from),
            to: self.to.map(|Text(to)| to),
        };
        Ok((filter, page))
    }
}

/// Which page of the account's movements.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatementQuery {
    limit: Option<Text<PageLimit>>,
    cursor: Option<String>,
}

impl StatementQuery {
    /// Which page.
    pub(crate) fn page(self) -> Result<PageRequest<TransferId>, Problem> {
        page_request(STATEMENT, self.limit, self.cursor.as_deref())
    }
}

/// An order that is what its reference promises.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ValidationBody {
    reference: ReferenceText,
    transaction_id: Uuid,
    user_id: i64,
    offer_id: i64,
    is_valid: bool,
    status: Spelled<Status>,
    amount: Decimal,
    currency: CurrencyCode,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<PartnerOrderView> for ValidationBody {
    fn from(view: PartnerOrderView) -> Self {
        let status = view.transaction.status;
        Self {
            reference: ReferenceText(view.order.reference),
            transaction_id: status.transaction.0,
            user_id: status.user.0,
            offer_id: status.offer.0,
            is_valid: true,
            status: status.status.into(),
            amount: status.amount.into(),
            currency: status.amount.currency().into(),
            created_at: status.created_at.into(),
            updated_at: status.updated_at.into(),
        }
    }
}

/// An order of a partner. What the activation partner calls it is the external reference here.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PartnerOrderBody {
    reference: ReferenceText,
    partner_reference: Option<String>,
    transaction_id: Uuid,
    user_id: i64,
    offer: OfferRef,
    kind: Spelled<TransactionKind>,
    amount: Decimal,
    currency: CurrencyCode,
    status: Spelled<Status>,
    sub_status: Spelled<SubStatus>,
    external_reference: Option<String>,
    error_code: Option<String>,
    error_message: Option<String>,
    refunded: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
    completed_at: Option<Timestamp>,
}

impl PartnerOrderBody {
    /// The order, in this language.
    pub(crate) fn in_language(view: PartnerOrderView, locale: Locale) -> Self {
        let PartnerOrderView { order, transaction } = view;
        let status = transaction.status;
        Self {
            reference: ReferenceText(order.reference),
            partner_reference: order.partner_reference.map(|name| name.as_str().to_owned()),
            transaction_id: status.transaction.0,
            user_id: status.user.0,
            offer: OfferRef::in_language(&transaction.offer, locale),
            kind: transaction.kind.into(),
            amount: status.amount.into(),
            currency: status.amount.currency().into(),
            status: status.status.into(),
            sub_status: status.sub_status.into(),
            refunded: status.refunded(),
            external_reference: status.reference,
            error_code: status.error_code,
            error_message: status.error_message,
            created_at: status.created_at.into(),
            updated_at: status.updated_at.into(),
            completed_at: status.completed_at.map(Timestamp::from),
        }
    }
}

/// An order with its history.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PartnerOrderDetailBody {
    #[serde(flatten)]
    order: PartnerOrderBody,
    timeline: Vec<TimelineBody>,
}

impl PartnerOrderDetailBody {
    /// The order, in this language.
    pub(crate) fn in_language(detail: PartnerOrderDetail, locale: Locale) -> Self {
        let PartnerOrderDetail { order, detail } = detail;
        let timeline = detail.timeline.into_iter().map(TimelineBody::from).collect();
        let view = PartnerOrderView { order, transaction: detail.transaction };
        Self { order: PartnerOrderBody::in_language(view, locale), timeline }
    }
}

/// The settlement account with one page of its movements.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SettlementBody {
    balance: Decimal,
    credit_limit: Decimal,
    available: Decimal,
    currency: CurrencyCode,
    updated_at: Timestamp,
    statement: ListBody<StatementLineBody>,
}

impl SettlementBody {
    /// The account with this page.
    pub(crate) fn new(view: SettlementView, statement: Page<StatementEntry>) -> Self {
        let place = |last: &StatementEntry| cursor::encode(STATEMENT, &last.id);
        Self {
            balance: view.balance.into(),
            credit_limit: view.credit_limit.into(),
            available: view.available().into(),
            currency: view.balance.currency().into(),
            updated_at: view.updated_at.into(),
            statement: ListBody::new(statement, place, StatementLineBody::from),
        }
    }
}

/// One movement: a charge takes, a refund and a payment add.
#[derive(Debug, Serialize, JsonSchema)]
struct StatementLineBody {
    id: i64,
    kind: Spelled<TransferKind>,
    amount: Decimal,
    reference: Option<ReferenceText>,
    transaction_id: Option<Uuid>,
    created_at: Timestamp,
}

impl From<StatementEntry> for StatementLineBody {
    fn from(entry: StatementEntry) -> Self {
        let (transaction, reference) = entry.order.unzip();
        Self {
            id: entry.id.0,
            kind: entry.kind.into(),
            amount: entry.amount.into(),
            reference: reference.map(ReferenceText),
            transaction_id: transaction.map(|id| id.0),
            created_at: entry.at.into(),
        }
    }
}
