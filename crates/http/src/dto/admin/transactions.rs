//! Everybody's orders, as staff see them.

use offers_application::staff::Decision;
use offers_domain::audit::Reason;
use offers_domain::ids::{OfferId, PartnerId, TransactionId, UserId};
use offers_domain::page::{PageLimit, PageRequest};
use offers_domain::ports::OrderFilter;
use offers_domain::text::UnknownSpelling;
use offers_domain::transaction::{Status, SubStatus};
use offers_domain::views::{AttemptView, LedgerLine, OrderFile};
use schemars::{JsonSchema, Schema, json_schema};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::dto::account::TransactionDetailBody;
use crate::dto::money::{CurrencyCode, Decimal};
use crate::dto::spelled::Spelled;
use crate::dto::text::{FromText, IdText, Line, Text, canonical};
use crate::dto::time::Timestamp;
use crate::extract::page_request;
use crate::problem::Problem;
use offers_domain::ledger::TransferKind;
use offers_domain::partner::{AnswerKind, Step};

/// What cursors call the list of everybody's orders.
pub(crate) const ORDERS: &str = "orders";

/// Which orders, which page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrdersQuery {
    id: Option<Text<TransactionId>>,
    user_id: Option<Text<IdText<UserId>>>,
    partner_id: Option<Text<IdText<PartnerId>>>,
    offer_id: Option<Text<IdText<OfferId>>>,
    status: Option<Text<Status>>,
    sub_status: Option<Text<SubStatus>>,
    reference: Option<Text<Line<255>>>,
    from: Option<Text<OffsetDateTime>>,
    to: Option<Text<OffsetDateTime>>,
    older_than: Option<Text<Minutes>>,
    limit: Option<Text<PageLimit>>,
    cursor: Option<String>,
}

/// Up to a year, in whole minutes.
#[derive(Debug, Clone, Copy)]
struct Minutes(i64);

impl FromText for Minutes {
    fn expected() -> String {
        "a number of minutes from 0 to 525600".into()
    }

    fn shape() -> Schema {
        json_schema!({ "type": "integer", "minimum": 0, "maximum": 525_600 })
    }

    fn from_text(text: &str) -> Option<Self> {
        canonical::<i64>(text).filter(|minutes| (0..=525_600).contains(minutes)).map(Self)
    }
}

impl OrdersQuery {
    /// Which orders, which page.
    pub(crate) fn search(
        self,
        now: OffsetDateTime,
    ) -> Result<(OrderFilter, PageRequest<TransactionId>), Problem> {
        let page = page_request(ORDERS, self.limit, self.cursor.as_deref())?;
        let age = self.older_than.map(|Text(Minutes(age))| now.saturating_sub(Duration::minutes(age)));
        let filter = OrderFilter {
            id: self.id.map(|Text(id)| id),
            user: self.user_id.map(|Text(IdText(id))| id),
            partner: self.partner_id.map(|Text(IdText(id))| id),
            offer: self.offer_id.map(|Text(IdText(id))| id),
            status: self.status.map(|Text(status)| status),
            sub_status: self.sub_status.map(|Text(status)| status),
            reference: self.reference.map(|Text(Line(reference))| reference),
            from: self.from.map(|Text(at)| at),
            to: self.to.map(|Text(at)| at).into_iter().chain(age).min(),
        };
        Ok((filter, page))
    }
}

/// What the activation partner said.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Said {
    Confirmed,
    Refused,
}

impl std::str::FromStr for Said {
    type Err = UnknownSpelling;

    fn from_str(text: &str) -> Result<Self, UnknownSpelling> {
        match text {
            "confirmed" => Ok(Self::Confirmed),
            "refused" => Ok(Self::Refused),
            _ => Err(UnknownSpelling),
        }
    }
}

impl FromText for Said {
    fn expected() -> String {
        "one of confirmed, refused".into()
    }

    fn shape() -> Schema {
        json_schema!({ "type": "string", "enum": ["confirmed", "refused"] })
    }

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// How an order ends.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResolveBody {
    outcome: Text<Said>,
    reference: Option<Text<Line<255>>>,
    pub(crate) reason: Text<Reason>,
}

impl ResolveBody {
    /// What was found out.
    pub(crate) fn decision(self) -> Result<(Decision, Reason), Problem> {
        let (Text(said), Text(reason)) = (self.outcome, self.reason);
        let reference = self.reference.map(|Text(Line(reference))| reference);
        match (said, reference) {
            (Said::Confirmed, reference) => Ok((Decision::Confirmed(reference), reason)),
            (Said::Refused, None) => Ok((Decision::Refused, reason)),
            (Said::Refused, Some(_)) => {
                Err(Problem::invalid_value("/reference", "A refused order has no reference."))
            }
        }
    }
}

/// All that is known of an order.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OrderFileBody {
    #[serde(flatten)]
    order: TransactionDetailBody,
    account_id: i64,
    renews: Option<i64>,
    attempts: Vec<AttemptBody>,
    transfers: Vec<TransferBody>,
}

/// One call to the activation partner.
#[derive(Debug, Serialize, JsonSchema)]
struct AttemptBody {
    number: u32,
    step: Spelled<Step>,
    answer: Spelled<AnswerKind>,
    detail: Option<String>,
    started_at: Timestamp,
    ended_at: Timestamp,
}

impl From<AttemptView> for AttemptBody {
    fn from(view: AttemptView) -> Self {
        Self {
            number: view.number,
            step: view.step.into(),
            answer: view.answer.into(),
            detail: view.detail,
            started_at: view.started_at.into(),
            ended_at: view.ended_at.into(),
        }
    }
}

/// One movement of the ledger.
#[derive(Debug, Serialize, JsonSchema)]
struct TransferBody {
    kind: Spelled<TransferKind>,
    debit_account_id: i64,
    credit_account_id: i64,
    amount: Decimal,
    currency: CurrencyCode,
    created_at: Timestamp,
}

impl From<LedgerLine> for TransferBody {
    fn from(line: LedgerLine) -> Self {
        Self {
            kind: line.kind.into(),
            debit_account_id: line.debit.0,
            credit_account_id: line.credit.0,
            amount: line.amount.into(),
            currency: line.amount.currency().into(),
            created_at: line.at.into(),
        }
    }
}

impl From<OrderFile> for OrderFileBody {
    fn from(file: OrderFile) -> Self {
        Self {
            order: TransactionDetailBody::in_full(file.order),
            account_id: file.account.0,
            renews: file.renews.map(|id| id.0),
            attempts: file.attempts.into_iter().map(AttemptBody::from).collect(),
            transfers: file.transfers.into_iter().map(TransferBody::from).collect(),
        }
    }
}
