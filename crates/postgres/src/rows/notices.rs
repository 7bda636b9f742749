//! Notices.

use bigdecimal::BigDecimal;
use diesel::pg::Pg;
use diesel::prelude::*;
use offers_domain::ids::{NoticeId, OfferId, UserId, UserOfferId};
use offers_domain::notice::{Facts, NewNotice, NoticeStatus, Occasion};
use offers_domain::ports::StoreError;
use offers_domain::sending::{Notice, NoticeParts, NoticeState};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Reading, decimal};
use crate::schema::notices;

/// A notice.
#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = notices, check_for_backend(Pg))]
pub(crate) struct NoticeRow {
    pub(crate) id: i64,
    pub(crate) user_id: i64,
    pub(crate) channel: String,
    pub(crate) kind: String,
    #[diesel(embed)]
    pub(crate) facts: FactsRow,
    #[diesel(embed)]
    pub(crate) state: NoticeStateRow,
    pub(crate) created_at: OffsetDateTime,
}

/// What its text needs.
#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = notices, check_for_backend(Pg))]
pub(crate) struct FactsRow {
    pub(crate) reference: Option<Uuid>,
    pub(crate) user_offer_id: Option<i64>,
    pub(crate) offer_id: Option<i64>,
    pub(crate) amount: Option<BigDecimal>,
    pub(crate) currency: Option<String>,
    pub(crate) ends_at: Option<OffsetDateTime>,
    pub(crate) days: Option<i64>,
    pub(crate) obstacle: Option<String>,
}

/// The columns that change.
#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = notices, check_for_backend(Pg))]
pub(crate) struct NoticeStateRow {
    pub(crate) status: String,
    pub(crate) due_at: Option<OffsetDateTime>,
    pub(crate) attempt: i64,
    pub(crate) reason: Option<String>,
    pub(crate) updated_at: OffsetDateTime,
}

impl From<&Facts> for FactsRow {
    fn from(facts: &Facts) -> Self {
        Self {
            reference: facts.reference,
            user_offer_id: facts.user_offer.map(|id| id.0),
            offer_id: facts.offer.map(|id| id.0),
            amount: facts.amount.map(|amount| decimal(amount.minor(), amount.currency())),
            currency: facts.amount.map(|amount| amount.currency().code().to_owned()),
            ends_at: facts.ends_at,
            days: facts.days.map(i64::from),
            obstacle: facts.obstacle.map(|obstacle| obstacle.to_string()),
        }
    }
}

impl FactsRow {
    fn facts(&self, reading: &Reading<'_>) -> Result<Facts, StoreError> {
        let amount = self.amount.as_ref().zip(self.currency.as_deref());
        Ok(Facts {
            reference: self.reference,
            user_offer: self.user_offer_id.map(UserOfferId),
            offer: self.offer_id.map(OfferId),
            amount: amount
                .map(|(decimal, currency)| reading.amount("amount", decimal, currency))
                .transpose()?,
            ends_at: self.ends_at,
            days: self.days.map(|days| reading.number("days", days)).transpose()?,
            obstacle: self.obstacle.as_deref().map(|text| reading.spelled("obstacle", text)).transpose()?,
        })
    }
}

/// A notice whose state is to be saved.
pub(crate) struct SavedNoticeRow {
    pub(crate) id: i64,
    pub(crate) state: NoticeStateRow,
}

impl From<&Notice> for SavedNoticeRow {
    fn from(notice: &Notice) -> Self {
        let parts = notice.parts();
        let due_at = match parts.state {
            NoticeState::Queued { due: at } | NoticeState::Sending { until: at } => Some(at),
            NoticeState::Sent | NoticeState::Failed | NoticeState::Abandoned => None,
        };
        let state = NoticeStateRow {
            status: notice.status().to_string(),
            due_at,
            attempt: i64::from(parts.attempt),
            reason: parts.reason.clone(),
            updated_at: parts.updated_at,
        };
        Self { id: parts.id.0, state }
    }
}

impl NoticeStateRow {
    fn state(&self, reading: &Reading<'_>) -> Result<NoticeState, StoreError> {
        let due = || self.due_at.ok_or_else(|| reading.corrupt("due_at"));
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
            created_at: row.created_at,
            updated_at: row.state.updated_at,
            reason: row.state.reason,
        }))
    }
}

/// A notice to be queued.
pub(crate) struct NewNoticeRow {
    pub(crate) user_id: i64,
    pub(crate) channel: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) dedupe_key: String,
    pub(crate) facts: FactsRow,
}

impl From<&NewNotice> for NewNoticeRow {
    fn from(notice: &NewNotice) -> Self {
        Self {
            user_id: notice.user.0,
            channel: notice.channel.as_str(),
            kind: notice.occasion.kind().as_str(),
            dedupe_key: notice.dedupe_key(),
            facts: FactsRow::from(&notice.occasion.facts()),
        }
    }
}
