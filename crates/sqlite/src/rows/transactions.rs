//! Transactions, their history and the calls made for them.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use offers_domain::ids::{AccountId, OfferId, TransactionId, UserId, UserOfferId};
use offers_domain::ports::StoreError;
use offers_domain::settlement::Attempt;
use offers_domain::transaction::{
    CallClock, Failure, Order, Phase, Schedule, State, Status, Transaction, TransactionParts,
};
use offers_domain::views::{AttemptView, TimelineEntry};
use uuid::Uuid;

use super::{Reading, micros};
use crate::schema::{attempts, transaction_events, transactions};

/// An order.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = transactions, check_for_backend(Sqlite), treat_none_as_default_value = false)]
pub(crate) struct TransactionRow {
    id: Vec<u8>,
    user_id: i64,
    offer_id: i64,
    account_id: i64,
    amount: i64,
    currency: String,
    duration_days: i64,
    channel: String,
    renews: Option<i64>,
    created_at: i64,
    from_stock: bool,
    activation_partner: String,
    traceparent: Option<String>,
    #[diesel(embed)]
    state: TransactionStateRow,
}

/// The columns that change.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(
    table_name = transactions,
    check_for_backend(Sqlite),
    treat_none_as_default_value = false,
    treat_none_as_null = true
)]
pub(crate) struct TransactionStateRow {
    status: String,
    sub_status: String,
    due_at: Option<i64>,
    leased: bool,
    attempt: i64,
    lost_leases: i64,
    version: i64,
    reference: Option<String>,
    error_code: Option<String>,
    error_message: Option<String>,
    updated_at: i64,
    completed_at: Option<i64>,
    called_at: Option<i64>,
    clock_from: Option<i64>,
}

impl TransactionRow {
    /// Its id; the schema holds that it is one.
    pub(crate) fn id(&self) -> TransactionId {
        TransactionId(Uuid::from_slice(&self.id).unwrap_or_default())
    }
}

impl From<&Transaction> for TransactionRow {
    fn from(transaction: &Transaction) -> Self {
        let order = transaction.order();
        Self {
            id: transaction.id().0.as_bytes().to_vec(),
            user_id: order.user.0,
            offer_id: order.offer.0,
            account_id: order.account.0,
            amount: order.amount.minor(),
            currency: order.amount.currency().code().to_owned(),
            duration_days: i64::from(order.duration_days),
            channel: order.channel.to_string(),
            renews: order.renews.map(|id| id.0),
            created_at: micros(transaction.parts().created_at),
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
            due_at: due_at.map(micros),
            leased,
            attempt: i64::from(parts.attempt),
            lost_leases: i64::from(parts.lost_leases),
            version: i64::from(parts.version),
            reference: parts.reference.clone(),
            error_code: failure.map(|failure| failure.kind.to_string()),
            error_message: failure.map(|failure| failure.message.clone()),
            updated_at: micros(parts.updated_at),
            completed_at: completed_at.map(micros),
            called_at: parts.clock.map(|clock| micros(clock.first_call)),
            clock_from: parts.clock.map(|clock| micros(clock.from)),
        }
    }
}

impl TransactionStateRow {
    fn state(&self, reading: &Reading<'_>) -> Result<State, StoreError> {
        let due = reading.optional_instant("due_at", self.due_at)?;
        let completed = || {
            let at = reading.optional_instant("completed_at", self.completed_at)?;
            at.ok_or_else(|| reading.corrupt("completed_at"))
        };
        Ok(match reading.spelled("status", &self.status)? {
            Status::Pending => State::Pending { due: due.ok_or_else(|| reading.corrupt("due_at"))? },
            Status::Processing => State::Processing {
                phase: reading.spelled::<Phase>("sub_status", &self.sub_status)?,
                schedule: match due {
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
    fn clock(&self, reading: &Reading<'_>) -> Result<Option<CallClock>, StoreError> {
        let first_call = reading.optional_instant("called_at", self.called_at)?;
        let from = reading.optional_instant("clock_from", self.clock_from)?;
        Ok(first_call.zip(from).map(|(first_call, from)| CallClock { first_call, from }))
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
        let id: Uuid = Reading { table: "transactions", row: &"?" }.uuid("id", &row.id)?;
        let reading = Reading { table: "transactions", row: &id };
        let order = Order {
            user: UserId(row.user_id),
            offer: OfferId(row.offer_id),
            account: AccountId(row.account_id),
            amount: reading.amount("amount", row.amount, &row.currency)?,
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
            id: TransactionId(id),
            order,
            state,
            attempt: reading.number("attempt", row.state.attempt)?,
            lost_leases: reading.number("lost_leases", row.state.lost_leases)?,
            version: reading.number("version", row.state.version)?,
            clock: row.state.clock(&reading)?,
            created_at: reading.instant("created_at", row.created_at)?,
            updated_at: reading.instant("updated_at", row.state.updated_at)?,
            reference: row.state.reference,
        }))
    }
}

/// One transition, to be added to the history.
#[derive(Insertable)]
#[diesel(table_name = transaction_events)]
pub(crate) struct NewEventRow<'a> {
    transaction_id: &'a [u8],
    version: i64,
    status: &'static str,
    sub_status: &'static str,
    attempt: i64,
    at: i64,
}

impl<'a> From<&'a Transaction> for NewEventRow<'a> {
    fn from(transaction: &'a Transaction) -> Self {
        let parts = transaction.parts();
        Self {
            transaction_id: parts.id.0.as_bytes(),
            version: i64::from(parts.version),
            status: transaction.status().as_str(),
            sub_status: transaction.sub_status().as_str(),
            attempt: i64::from(parts.attempt),
            at: micros(parts.updated_at),
        }
    }
}

/// One transition, as it is shown.
#[derive(Queryable, Selectable)]
#[diesel(table_name = transaction_events, check_for_backend(Sqlite))]
pub(crate) struct EventRow {
    version: i64,
    status: String,
    sub_status: String,
    at: i64,
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
        at: reading.instant("at", row.at)?,
    })
}

/// One call to the activation partner, to be kept.
#[derive(Insertable)]
#[diesel(table_name = attempts, treat_none_as_default_value = false)]
pub(crate) struct AttemptRow<'a> {
    transaction_id: &'a [u8],
    number: i64,
    step: &'static str,
    answer: &'static str,
    detail: Option<String>,
    started_at: i64,
    ended_at: i64,
}

impl<'a> From<&'a Attempt> for AttemptRow<'a> {
    fn from(attempt: &'a Attempt) -> Self {
        Self {
            transaction_id: attempt.transaction.0.as_bytes(),
            number: i64::from(attempt.number),
            step: attempt.step.as_str(),
            answer: attempt.answer.kind().as_str(),
            detail: attempt.answer.detail(),
            started_at: micros(attempt.started_at),
            ended_at: micros(attempt.ended_at),
        }
    }
}

/// One call to the activation partner, as it is shown.
#[derive(Queryable, Selectable)]
#[diesel(table_name = attempts, check_for_backend(Sqlite))]
pub(crate) struct AttemptViewRow {
    number: i64,
    step: String,
    answer: String,
    detail: Option<String>,
    started_at: i64,
    ended_at: i64,
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
        started_at: reading.instant("started_at", row.started_at)?,
        ended_at: reading.instant("ended_at", row.ended_at)?,
    })
}
