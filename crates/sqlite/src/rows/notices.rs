//! Notices.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use offers_domain::ids::{NoticeId, OfferId, UserId, UserOfferId};
use offers_domain::money::Amount;
use offers_domain::notice::{Facts, NewNotice, NoticeStatus, Occasion};
use offers_domain::ports::StoreError;
use offers_domain::sending::{Notice, NoticeParts, NoticeState};
use time::OffsetDateTime;

use super::{Reading, micros};
use crate::schema::notices;

/// A notice.
#[derive(Queryable, Selectable)]
#[diesel(table_name = notices, check_for_backend(Sqlite))]
pub(crate) struct NoticeRow {
    id: i64,
    user_id: i64,
    channel: String,
    kind: String,
    #[diesel(embed)]
    facts: FactsRow,
    created_at: i64,
    #[diesel(embed)]
    state: NoticeStateRow,
}

/// What its text needs.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = notices, check_for_backend(Sqlite), treat_none_as_default_value = false)]
pub(crate) struct FactsRow {
    reference: Option<Vec<u8>>,
    user_offer_id: Option<i64>,
    offer_id: Option<i64>,
    amount: Option<i64>,
    currency: Option<String>,
    ends_at: Option<i64>,
    days: Option<i64>,
    obstacle: Option<String>,
}

/// The columns that change.
#[derive(Queryable, Selectable, AsChangeset)]
#[diesel(table_name = notices, check_for_backend(Sqlite), treat_none_as_null = true)]
pub(crate) struct NoticeStateRow {
    status: String,
    due_at: Option<i64>,
    attempt: i64,
    reason: Option<String>,
    updated_at: i64,
}

impl From<&Facts> for FactsRow {
    fn from(facts: &Facts) -> Self {
        Self {
            reference: facts.reference.map(|reference| reference.as_bytes().to_vec()),
            user_offer_id: facts.user_offer.map(|id| id.0),
            offer_id: facts.offer.map(|id| id.0),
            amount: facts.amount.map(Amount::minor),
            currency: facts.amount.map(|amount| amount.currency().code().to_owned()),
            ends_at: facts.ends_at.map(micros),
            days: facts.days.map(i64::from),
            obstacle: facts.obstacle.map(|obstacle| obstacle.to_string()),
        }
    }
}

impl FactsRow {
    fn facts(&self, reading: &Reading<'_>) -> Result<Facts, StoreError> {
        let amount = self.amount.zip(self.currency.as_deref());
        Ok(Facts {
            reference: self.reference.as_ref().map(|bytes| reading.uuid("reference", bytes)).transpose()?,
            user_offer: self.user_offer_id.map(UserOfferId),
            offer: self.offer_id.map(OfferId),
            amount: amount.map(|(minor, currency)| reading.amount("amount", minor, currency)).transpose()?,
            ends_at: reading.optional_instant("ends_at", self.ends_at)?,
            days: self.days.map(|days| reading.number("days", days)).transpose()?,
            obstacle: self.obstacle.as_deref().map(|text| reading.spelled("obstacle", text)).transpose()?,
        })
    }
}

impl From<&Notice> for NoticeStateRow {
    fn from(notice: &Notice) -> Self {
        let parts = notice.parts();
        let due_at = match parts.state {
            NoticeState::Queued { due: at } | NoticeState::Sending { until: at } => Some(at),
            NoticeState::Sent | NoticeState::Failed | NoticeState::Abandoned => None,
        };
        Self {
            status: notice.status().to_string(),
            due_at: due_at.map(micros),
            attempt: i64::from(parts.attempt),
            reason: parts.reason.clone(),
            updated_at: micros(parts.updated_at),
        }
    }
}

impl NoticeStateRow {
    fn state(&self, reading: &Reading<'_>) -> Result<NoticeState, StoreError> {
        let due = || {
            let due = reading.optional_instant("due_at", self.due_at)?;
            due.ok_or_else(|| reading.corrupt("due_at"))
        };
        Ok(match reading.spelled("status", &self.status)? {
            NoticeStatus::Queued => NoticeState::Queued { due: due()? },
            NoticeStatus::Sending => NoticeState::Sending { until: due()? },
            NoticeStatus::Sent => NoticeState::Sent,
            NoticeStatus::Failed => NoticeState::Failed,
            NoticeStatus::Abandoned => NoticeState::Abandoned,
        })
    }
}

impl TryFrom<NoticeRow> for Notice {
    type Error = StoreError;

    fn try_from(row: NoticeRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "notices", row: &row.id };
        let facts = row.facts.facts(&reading)?;
        let occasion = Occasion::try_from_facts(reading.spelled("kind", &row.kind)?, &facts)
            .map_err(|missing| reading.corrupt(missing.0))?;
        Ok(Self::from_parts(NoticeParts {
            id: NoticeId(row.id),
            user: UserId(row.user_id),
            channel: reading.spelled("channel", &row.channel)?,
            occasion,
            state: row.state.state(&reading)?,
            attempt: reading.number("attempt", row.state.attempt)?,
            created_at: reading.instant("created_at", row.created_at)?,
            updated_at: reading.instant("updated_at", row.state.updated_at)?,
            reason: row.state.reason,
        }))
    }
}

/// A notice to be queued.
#[derive(Insertable)]
#[diesel(table_name = notices)]
pub(crate) struct NewNoticeRow {
    user_id: i64,
    channel: &'static str,
    kind: &'static str,
    dedupe_key: String,
    #[diesel(embed)]
    facts: FactsRow,
    status: &'static str,
    due_at: i64,
    created_at: i64,
    updated_at: i64,
}

impl NewNoticeRow {
    /// Due at once.
    pub(crate) fn at(now: OffsetDateTime, notice: &NewNotice) -> Self {
        Self {
            user_id: notice.user.0,
            channel: notice.channel.as_str(),
            kind: notice.occasion.kind().as_str(),
            dedupe_key: notice.dedupe_key(),
            facts: FactsRow::from(&notice.occasion.facts()),
            status: NoticeStatus::Queued.as_str(),
            due_at: micros(now),
            created_at: micros(now),
            updated_at: micros(now),
        }
    }
}
