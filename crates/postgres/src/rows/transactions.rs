//! Transactions, their history and the calls made for them.

use bigdecimal::BigDecimal;
use diesel::deserialize::{self, QueryableByName};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::row::NamedRow;
use diesel::sql_types::Uuid as SqlUuid;
use offers_domain::ids::{AccountId, OfferId, TransactionId, UserId, UserOfferId};
use offers_domain::ports::{StoreError, UnreadableTransaction};
use offers_domain::settlement::Attempt;
use offers_domain::transaction::{
    CallClock, Failure, Order, Phase, Schedule, State, Status, Transaction, TransactionParts,
};
use offers_domain::views::{AttemptView, TimelineEntry};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Reading, decimal};
use crate::schema::{attempts, transaction_events, transactions};

/// An order.
#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = transactions, check_for_backend(Pg))]
pub(crate) struct TransactionRow {
    pub(crate) id: Uuid,
    pub(crate) user_id: i64,
    pub(crate) offer_id: i64,
    pub(crate) account_id: i64,
    pub(crate) amount: BigDecimal,
    pub(crate) currency: String,
    pub(crate) duration_days: i64,
    pub(crate) channel: String,
    pub(crate) renews: Option<i64>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) from_stock: bool,
    pub(crate) activation_partner: String,
    pub(crate) traceparent: Option<String>,
    #[diesel(embed)]
    pub(crate) state: TransactionStateRow,
}

/// The columns that change.
#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = transactions, check_for_backend(Pg))]
pub(crate) struct TransactionStateRow {
    pub(crate) status: String,
    pub(crate) sub_status: String,
    pub(crate) due_at: Option<OffsetDateTime>,
    pub(crate) leased: bool,
    pub(crate) attempt: i64,
    pub(crate) lost_leases: i64,
    pub(crate) version: i64,
    pub(crate) reference: Option<String>,
    pub(crate) error_code: Option<String>,
    pub(crate) error_message: Option<String>,
    pub(crate) updated_at: OffsetDateTime,
    pub(crate) completed_at: Option<OffsetDateTime>,
    pub(crate) called_at: Option<OffsetDateTime>,
    pub(crate) clock_from: Option<OffsetDateTime>,
}

impl From<&Transaction> for TransactionRow {
    fn from(transaction: &Transaction) -> Self {
        let order = transaction.order();
        let currency = order.amount.currency();
        Self {
            id: transaction.id().0,
            user_id: order.user.0,
            offer_id: order.offer.0,
            account_id: order.account.0,
            amount: decimal(order.amount.minor(), currency),
            currency: currency.code().to_owned(),
            duration_days: i64::from(order.duration_days),
            channel: order.channel.to_string(),
            renews: order.renews.map(|id| id.0),
            created_at: transaction.parts().created_at,
            from_stock: order.from_stock,
            activation_partner: order.activated_by.to_string(),
            traceparent: order.trace.map(|trace| trace.to_string()),
            state: transaction.into(),
        }
    }
}

impl From<&Transaction> for TransactionStateRow {
    fn from(transaction: &Transaction) -> Self {
        let parts = transaction.parts();
        let (schedule, completed_at, failure) = match &parts.state {
            State::Pending { due } => (Schedule::Due(*due), None, None),
            State::Processing { schedule, .. } => (*schedule, None, None),
            State::Success { at } => (Schedule::Parked, Some(*at), None),
            State::Failed { at, failure } => (Schedule::Parked, Some(*at), Some(failure)),
        };
        let (due_at, leased) = match schedule {
            Schedule::Due(due) => (Some(due), false),
            Schedule::LeasedUntil(until) => (Some(until), true),
            Schedule::Parked => (None, false),
        };
        Self {
            status: transaction.status().to_string(),
            sub_status: transaction.sub_status().to_string(),
            due_at,
            leased,
            attempt: i64::from(parts.attempt),
            lost_leases: i64::from(parts.lost_leases),
            version: i64::from(parts.version),
            reference: parts.reference.clone(),
            error_code: failure.map(|failure| failure.kind.to_string()),
            error_message: failure.map(|failure| failure.message.clone()),
            updated_at: parts.updated_at,
            completed_at,
            called_at: parts.clock.map(|clock| clock.first_call),
            clock_from: parts.clock.map(|clock| clock.from),
        }
    }
}

impl TransactionStateRow {
    fn state(&self, reading: &Reading<'_>) -> Result<State, StoreError> {
        let completed = || self.completed_at.ok_or_else(|| reading.corrupt("completed_at"));
        Ok(match reading.spelled("status", &self.status)? {
            Status::Pending => State::Pending { due: self.due_at.ok_or_else(|| reading.corrupt("due_at"))? },
            Status::Processing => State::Processing {
                phase: reading.spelled::<Phase>("sub_status", &self.sub_status)?,
                schedule: match self.due_at {
                    Some(until) if self.leased => Schedule::LeasedUntil(until),
                    Some(due) => Schedule::Due(due),
                    None => Schedule::Parked,
                },
            },
            Status::Success => State::Success { at: completed()? },
            Status::Failed => State::Failed { at: completed()?, failure: self.failure(reading)? },
        })
    }

    /// The schema holds that both are there or neither.
    fn clock(&self) -> Option<CallClock> {
        let (first_call, from) = self.called_at.zip(self.clock_from)?;
        Some(CallClock { first_call, from })
    }

    fn failure(&self, reading: &Reading<'_>) -> Result<Failure, StoreError> {
        let code = self.error_code.as_deref().ok_or_else(|| reading.corrupt("error_code"))?;
        let message = self.error_message.clone().ok_or_else(|| reading.corrupt("error_message"))?;
        Ok(Failure { kind: reading.spelled("error_code", code)?, message })
    }
}

impl TryFrom<TransactionRow> for Transaction {
    type Error = StoreError;

    fn try_from(row: TransactionRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "transactions", row: &row.id };
        let order = Order {
            user: UserId(row.user_id),
            offer: OfferId(row.offer_id),
            account: AccountId(row.account_id),
            amount: reading.amount("amount", &row.amount, &row.currency)?,
            duration_days: reading.number("duration_days", row.duration_days)?,
            channel: reading.spelled("channel", &row.channel)?,
            renews: row.renews.map(UserOfferId),
            from_stock: row.from_stock,
            activated_by: reading.spelled("activation_partner", &row.activation_partner)?,
            // Only for those who follow it: what cannot be read must not keep anybody from working on the order.
            trace: row.traceparent.as_deref().and_then(|text| text.parse().ok()),
        };
        let state = row.state.state(&reading)?;
        Ok(Self::from_parts(TransactionParts {
            id: TransactionId(row.id),
            order,
            state,
            attempt: reading.number("attempt", row.state.attempt)?,
            lost_leases: reading.number("lost_leases", row.state.lost_leases)?,
            version: reading.number("version", row.state.version)?,
            clock: row.state.clock(),
            created_at: row.created_at,
            updated_at: row.state.updated_at,
            reference: row.state.reference,
        }))
    }
}

/// An order of the work list, or what is wrong with it. A column may hold what the server knows and the program does not,
/// such as NaN: one such row must not make the others unreadable.
pub(crate) struct WorkRow {
    pub(crate) id: Uuid,
    row: Result<TransactionRow, String>,
}

impl QueryableByName<Pg> for WorkRow {
    fn build<'a>(row: &impl NamedRow<'a, Pg>) -> deserialize::Result<Self> {
        let id = NamedRow::get::<SqlUuid, Uuid>(row, "id")?;
        Ok(Self {
            id,
            row: <TransactionRow as QueryableByName<Pg>>::build(row).map_err(|error| error.to_string()),
        })
    }
}

impl WorkRow {
    pub(crate) fn read(self) -> Result<Transaction, UnreadableTransaction> {
        let id = TransactionId(self.id);
        let read = self.row.and_then(|row| Transaction::try_from(row).map_err(|error| error.to_string()));
        read.map_err(|reason| UnreadableTransaction { id, reason })
    }
}

/// One transition, as it is shown.
#[derive(Queryable, Selectable)]
#[diesel(table_name = transaction_events, check_for_backend(Pg))]
pub(crate) struct EventRow {
    version: i64,
    status: String,
    sub_status: String,
    at: OffsetDateTime,
}

/// The entry that `row` makes in the history of `transaction`.
pub(crate) fn timeline_entry(
    transaction: TransactionId,
    row: &EventRow,
) -> Result<TimelineEntry, StoreError> {
    let reading = Reading { table: "transaction_events", row: &transaction };
    Ok(TimelineEntry {
        version: reading.number("version", row.version)?,
        status: reading.spelled("status", &row.status)?,
        sub_status: reading.spelled("sub_status", &row.sub_status)?,
        at: row.at,
    })
}

/// One call to the activation partner, to be kept.
pub(crate) struct AttemptRow {
    pub(crate) transaction_id: Uuid,
    pub(crate) number: i64,
    pub(crate) step: &'static str,
    pub(crate) answer: &'static str,
    pub(crate) detail: Option<String>,
    pub(crate) started_at: OffsetDateTime,
    pub(crate) ended_at: OffsetDateTime,
}

impl From<&Attempt> for AttemptRow {
    fn from(attempt: &Attempt) -> Self {
        Self {
            transaction_id: attempt.transaction.0,
            number: i64::from(attempt.number),
            step: attempt.step.as_str(),
            answer: attempt.answer.kind().as_str(),
            detail: attempt.answer.detail(),
            started_at: attempt.started_at,
            ended_at: attempt.ended_at,
        }
    }
}

/// One call to the activation partner, as it is shown.
#[derive(Queryable, Selectable)]
#[diesel(table_name = attempts, check_for_backend(Pg))]
pub(crate) struct AttemptViewRow {
    number: i64,
    step: String,
    answer: String,
    detail: Option<String>,
    started_at: OffsetDateTime,
    ended_at: OffsetDateTime,
}

/// The call that `row` tells of, made for `transaction`.
pub(crate) fn attempt_view(
    transaction: TransactionId,
    row: AttemptViewRow,
) -> Result<AttemptView, StoreError> {
    let reading = Reading { table: "attempts", row: &transaction };
    Ok(AttemptView {
        number: reading.number("number", row.number)?,
        step: reading.spelled("step", &row.step)?,
        answer: reading.spelled("answer", &row.answer)?,
        detail: row.detail,
        started_at: row.started_at,
        ended_at: row.ended_at,
    })
}
