//! How things stand: what waits, what customers were told, and whether the money adds up.

use offers_domain::ids::{NoticeId, UserId};
use offers_domain::notice::{NoticeChannel, NoticeKind, NoticeStatus};
use offers_domain::page::{PageLimit, PageRequest};
use offers_domain::ports::{Backlog, LedgerCheck, NoticeBacklog, NoticeFilter};
use offers_domain::sending::Notice;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dto::spelled::Spelled;
use crate::dto::text::{IdText, Text};
use crate::dto::time::Timestamp;
use crate::extract::page_request;
use crate::problem::Problem;

/// What cursors call the list of notices.
pub(crate) const NOTICES: &str = "notices";

/// Which notices, which page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoticesQuery {
    user_id: Option<Text<IdText<UserId>>>,
    status: Option<Text<NoticeStatus>>,
    kind: Option<Text<NoticeKind>>,
    channel: Option<Text<NoticeChannel>>,
    limit: Option<Text<PageLimit>>,
    cursor: Option<String>,
}

impl NoticesQuery {
    /// Which notices, which page.
    pub(crate) fn search(self) -> Result<(NoticeFilter, PageRequest<NoticeId>), Problem> {
        let page = page_request(NOTICES, self.limit, self.cursor.as_deref())?;
        let filter = NoticeFilter {
            user: self.user_id.map(|Text(IdText(id))| id),
            status: self.status.map(|Text(status)| status),
            kind: self.kind.map(|Text(kind)| kind),
            channel: self.channel.map(|Text(channel)| channel),
        };
        Ok((filter, page))
    }
}

/// What a customer was told, or will be. Neither the text nor the address is kept.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct NoticeBody {
    id: i64,
    user_id: i64,
    channel: Spelled<NoticeChannel>,
    kind: Spelled<NoticeKind>,
    reference: Option<String>,
    user_offer_id: Option<i64>,
    offer_id: Option<i64>,
    status: Spelled<NoticeStatus>,
    attempt: u32,
    error: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Notice> for NoticeBody {
    fn from(notice: Notice) -> Self {
        let parts = notice.parts();
        let facts = parts.occasion.facts();
        Self {
            id: parts.id.0,
            user_id: parts.user.0,
            channel: parts.channel.into(),
            kind: parts.occasion.kind().into(),
            reference: facts.reference.map(|id| id.to_string()),
            user_offer_id: facts.user_offer.map(|id| id.0),
            offer_id: facts.offer.map(|id| id.0),
            status: notice.status().into(),
            attempt: parts.attempt,
            error: parts.reason.clone(),
            created_at: parts.created_at.into(),
            updated_at: parts.updated_at.into(),
        }
    }
}

/// What waits.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StatsBody {
    orders: OrdersBody,
    notices: WaitingBody,
    incidents: IncidentsBody,
}

/// Orders that have not ended.
#[derive(Debug, Serialize, JsonSchema)]
struct OrdersBody {
    open: u64,
    needs_attention: u64,
    oldest: Option<Timestamp>,
}

/// What activation partners said too late.
#[derive(Debug, Serialize, JsonSchema)]
struct IncidentsBody {
    needs_attention: u64,
}

/// Notices that have not ended.
#[derive(Debug, Serialize, JsonSchema)]
struct WaitingBody {
    open: u64,
    oldest: Option<Timestamp>,
}

impl From<(Backlog, NoticeBacklog)> for StatsBody {
    fn from((orders, notices): (Backlog, NoticeBacklog)) -> Self {
        let incidents = IncidentsBody { needs_attention: orders.incidents };
        let orders = OrdersBody {
            open: orders.open(),
            needs_attention: orders.parked(),
            oldest: orders.oldest().map(Timestamp::from),
        };
        let notices = WaitingBody { open: notices.open, oldest: notices.oldest.map(Timestamp::from) };
        Self { orders, notices, incidents }
    }
}

/// What the last check of the whole ledger found.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct LedgerBody {
    checked_at: Option<Timestamp>,
    adds_up: Option<bool>,
    accounts: u64,
    transfers: u64,
    transactions: u64,
    differences: u64,
    details: Vec<String>,
}

impl From<Option<LedgerCheck>> for LedgerBody {
    fn from(check: Option<LedgerCheck>) -> Self {
        let (checked_at, adds_up) = match &check {
            None => (None, None),
            Some(check) => (Some(check.at.into()), Some(check.differences == 0)),
        };
        let count = |read: fn(&LedgerCheck) -> u64| check.as_ref().map(read).unwrap_or_default();
        Self {
            checked_at,
            adds_up,
            accounts: count(|check| check.accounts),
            transfers: count(|check| check.transfers),
            transactions: count(|check| check.transactions),
            differences: count(|check| check.differences),
            details: check.map(|check| check.sentences).unwrap_or_default(),
        }
    }
}
