//! Checks of the whole ledger.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use offers_domain::ports::{LedgerCheck, LedgerReport, StoreError};
use time::OffsetDateTime;

use super::{Reading, micros};
use crate::schema::ledger_checks;

/// A check to be kept.
#[derive(Insertable)]
#[diesel(table_name = ledger_checks)]
pub(crate) struct NewCheckRow {
    at: i64,
    accounts: i64,
    transfers: i64,
    transactions: i64,
    differences: i64,
    sentences: String,
}

impl NewCheckRow {
    pub(crate) fn try_new(report: &LedgerReport, now: OffsetDateTime) -> Result<Self, StoreError> {
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let sentences = serde_json::to_string(&report.sentences());
        Ok(Self {
            at: micros(now),
            accounts: count(report.accounts),
            transfers: count(report.transfers),
            transactions: count(report.transactions),
            differences: i64::try_from(report.differences.len()).unwrap_or(i64::MAX),
            sentences: sentences.map_err(|error| StoreError::Misuse(error.to_string()))?,
        })
    }
}

/// A check that was kept.
#[derive(Queryable, Selectable)]
#[diesel(table_name = ledger_checks, check_for_backend(Sqlite))]
pub(crate) struct CheckRow {
    id: i64,
    at: i64,
    accounts: i64,
    transfers: i64,
    transactions: i64,
    differences: i64,
    sentences: String,
}

impl TryFrom<CheckRow> for LedgerCheck {
    type Error = StoreError;

    fn try_from(row: CheckRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "ledger_checks", row: &row.id };
        Ok(Self {
            at: reading.instant("at", row.at)?,
            accounts: reading.number("accounts", row.accounts)?,
            transfers: reading.number("transfers", row.transfers)?,
            transactions: reading.number("transactions", row.transactions)?,
            differences: reading.number("differences", row.differences)?,
            sentences: serde_json::from_str(&row.sentences).map_err(|_| reading.corrupt("sentences"))?,
        })
    }
}
