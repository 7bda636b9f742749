//! What partners see: their orders under their references, and their settlement account.

use offers_domain::activation::Receipt;
use offers_domain::idempotency::StoredResponse;
use offers_domain::ids::{OfferId, TransactionId, TransferId, UserId};
use offers_domain::page::{Page, PageLimit, PageRequest};
use offers_domain::partner_channel::reference::PartnerReference;
use offers_domain::partner_channel::views::{
    PartnerOrderDetail, PartnerOrderFilter, PartnerOrderView, SettlementView, StatementEntry,
};
use offers_domain::transaction::Status;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::account::{OfferRef, TimelineBody};
use super::money::{AmountText, CurrencyCode, Decimal};
use super::page::ListBody;
use super::text::{IdNumber, Line, Text};
use super::time::Timestamp;
use crate::cursor;
use crate::extract::page_request;
use crate::problem::Problem;

/// What cursors call a partner's list of orders.
pub(crate) const PARTNER_ORDERS: &str = "partner-orders";
/// What cursors call a settlement account's movements.
const STATEMENT: &str = "statement";

/// What to activate, for whom and for how much.
#[derive(Debug, Deserialize)]
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

/// An order that was taken.
#[derive(Serialize)]
struct AcceptedBody {
    reference: Option<String>,
    transaction_id: String,
    status: &'static str,
}

/// Writes the answer to a partner's order that was taken, which is given again for the same request.
pub(crate) fn accepted(receipt: &Receipt) -> StoredResponse {
    let body = AcceptedBody {
        reference: receipt.reference().map(|reference| reference.to_string()),
        transaction_id: receipt.id().to_string(),
        status: receipt.status().as_str(),
    };
    StoredResponse { status: 202, body: serde_json::to_string(&body).unwrap_or_default() }
}

/// Which orders, which page.
#[derive(Debug, Deserialize)]
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
#[derive(Debug, Deserialize)]
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
#[derive(Debug, Serialize)]
pub(crate) struct ValidationBody {
    reference: String,
    transaction_id: String,
    user_id: i64,
    offer_id: i64,
    is_valid: bool,
    status: &'static str,
    amount: Decimal,
    currency: CurrencyCode,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<PartnerOrderView> for ValidationBody {
    fn from(view: PartnerOrderView) -> Self {
        let status = view.transaction.status;
        Self {
            reference: view.order.reference.to_string(),
            transaction_id: status.transaction.to_string(),
            user_id: status.user.0,
            offer_id: status.offer.0,
            is_valid: true,
            status: status.status.as_str(),
            amount: status.amount.into(),
            currency: status.amount.currency().into(),
            created_at: status.created_at.into(),
            updated_at: status.updated_at.into(),
        }
    }
}

/// An order of a partner. What the activation partner calls it is the external reference here.
#[derive(Debug, Serialize)]
pub(crate) struct PartnerOrderBody {
    reference: String,
    partner_reference: Option<String>,
    transaction_id: String,
    user_id: i64,
    offer: OfferRef,
    kind: &'static str,
    amount: Decimal,
    currency: CurrencyCode,
    status: &'static str,
    sub_status: &'static str,
    external_reference: Option<String>,
    error_code: Option<String>,
    error_message: Option<String>,
    refunded: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
    completed_at: Option<Timestamp>,
}

impl From<PartnerOrderView> for PartnerOrderBody {
    fn from(view: PartnerOrderView) -> Self {
        let PartnerOrderView { order, transaction } = view;
        let status = transaction.status;
        Self {
            reference: order.reference.to_string(),
            partner_reference: order.partner_reference.map(|name| name.as_str().to_owned()),
            transaction_id: status.transaction.to_string(),
            user_id: status.user.0,
            offer: transaction.offer.into(),
            kind: transaction.kind.as_str(),
            amount: status.amount.into(),
            currency: status.amount.currency().into(),
            status: status.status.as_str(),
            sub_status: status.sub_status.as_str(),
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
#[derive(Debug, Serialize)]
pub(crate) struct PartnerOrderDetailBody {
    #[serde(flatten)]
    order: PartnerOrderBody,
    timeline: Vec<TimelineBody>,
}

impl From<PartnerOrderDetail> for PartnerOrderDetailBody {
    fn from(detail: PartnerOrderDetail) -> Self {
        let PartnerOrderDetail { order, detail } = detail;
        let timeline = detail.timeline.into_iter().map(TimelineBody::from).collect();
        Self { order: PartnerOrderView { order, transaction: detail.transaction }.into(), timeline }
    }
}

/// The settlement account with one page of its movements.
#[derive(Debug, Serialize)]
pub(crate) struct SettlementBody {
    balance: Decimal,
    credit_limit: Decimal,
    available: Decimal,
    currency: CurrencyCode,
    updated_at: Timestamp,
    statement: ListBody<MovementBody>,
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
            statement: ListBody::new(statement, place, MovementBody::from),
        }
    }
}

/// One movement: a charge takes, a refund and a payment add.
#[derive(Debug, Serialize)]
struct MovementBody {
    id: i64,
    kind: &'static str,
    amount: Decimal,
    reference: Option<String>,
    transaction_id: Option<String>,
    created_at: Timestamp,
}

impl From<StatementEntry> for MovementBody {
    fn from(entry: StatementEntry) -> Self {
        let (transaction, reference) = entry.order.unzip();
        Self {
            id: entry.id.0,
            kind: entry.kind.as_str(),
            amount: entry.amount.into(),
            reference: reference.map(|reference| reference.to_string()),
            transaction_id: transaction.map(|id| id.to_string()),
            created_at: entry.at.into(),
        }
    }
}
