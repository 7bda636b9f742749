//! User offers.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use offers_domain::auto_renew::AutoRenew;
use offers_domain::ids::{OfferId, TransactionId, UserId, UserOfferId};
use offers_domain::import::PastUserOffer;
use offers_domain::ports::StoreError;
use offers_domain::user_offer::{NewUserOffer, Period, UserOffer, UserOfferState, UserOfferStatus};
use offers_domain::views::{OfferSummary, UserOfferView};
use time::OffsetDateTime;

use super::{OfferNameRow, Reading, micros};
use crate::schema::{transactions, user_offers};

/// A subscription.
#[derive(Queryable, Selectable)]
#[diesel(table_name = user_offers, check_for_backend(Sqlite))]
pub(crate) struct UserOfferRow {
    pub(crate) id: i64,
    user_id: i64,
    offer_id: i64,
    transaction_id: Vec<u8>,
    #[diesel(embed)]
    state: UserOfferStateRow,
}

/// The columns that change.
#[derive(Queryable, Selectable, AsChangeset)]
#[diesel(table_name = user_offers, check_for_backend(Sqlite), treat_none_as_null = true)]
pub(crate) struct UserOfferStateRow {
    status: String,
    activated_at: Option<i64>,
    expires_at: Option<i64>,
    auto_renew: bool,
    renew_at: Option<i64>,
}

impl UserOfferStateRow {
    fn state(&self, reading: &Reading<'_>) -> Result<UserOfferState, StoreError> {
        Ok(match reading.spelled("status", &self.status)? {
            UserOfferStatus::Pending => UserOfferState::Pending,
            UserOfferStatus::Active => UserOfferState::Active(self.period(reading)?),
            UserOfferStatus::Expired => UserOfferState::Expired(self.period(reading)?),
            UserOfferStatus::Cancelled => UserOfferState::Cancelled,
        })
    }

    fn period(&self, reading: &Reading<'_>) -> Result<Period, StoreError> {
        let activated_at = reading.optional_instant("activated_at", self.activated_at)?;
        let expires_at = reading.optional_instant("expires_at", self.expires_at)?;
        Ok(Period {
            activated_at: activated_at.ok_or_else(|| reading.corrupt("activated_at"))?,
            expires_at: expires_at.ok_or_else(|| reading.corrupt("expires_at"))?,
        })
    }
}

impl From<&UserOffer> for UserOfferStateRow {
    fn from(user_offer: &UserOffer) -> Self {
        let period = user_offer.period();
        Self {
            status: user_offer.status().to_string(),
            activated_at: period.map(|period| micros(period.activated_at)),
            expires_at: period.map(|period| micros(period.expires_at)),
            auto_renew: user_offer.auto_renew.is_on(),
            renew_at: user_offer.auto_renew.next_try().map(micros),
        }
    }
}

impl TryFrom<UserOfferRow> for UserOffer {
    type Error = StoreError;

    fn try_from(row: UserOfferRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "user_offers", row: &row.id };
        Ok(Self {
            id: UserOfferId(row.id),
            user: UserId(row.user_id),
            offer: OfferId(row.offer_id),
            transaction: TransactionId(reading.uuid("transaction_id", &row.transaction_id)?),
            state: row.state.state(&reading)?,
            auto_renew: AutoRenew::from_parts(
                row.state.auto_renew,
                reading.optional_instant("renew_at", row.state.renew_at)?,
            ),
        })
    }
}

/// A subscription to be opened.
#[derive(Insertable)]
#[diesel(table_name = user_offers)]
pub(crate) struct NewUserOfferRow<'a> {
    user_id: i64,
    offer_id: i64,
    transaction_id: &'a [u8],
    status: &'static str,
    created_at: i64,
    updated_at: i64,
}

impl<'a> From<&'a NewUserOffer> for NewUserOfferRow<'a> {
    fn from(new: &'a NewUserOffer) -> Self {
        Self {
            user_id: new.user.0,
            offer_id: new.offer.0,
            transaction_id: new.transaction.0.as_bytes(),
            status: UserOfferStatus::Pending.as_str(),
            created_at: micros(new.created_at),
            updated_at: micros(new.created_at),
        }
    }
}

/// A subscription from before.
#[derive(Insertable)]
#[diesel(table_name = user_offers)]
pub(crate) struct PastUserOfferRow<'a> {
    user_id: i64,
    offer_id: i64,
    transaction_id: &'a [u8],
    status: &'static str,
    activated_at: Option<i64>,
    expires_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

impl<'a> From<&'a PastUserOffer> for PastUserOfferRow<'a> {
    fn from(past: &'a PastUserOffer) -> Self {
        let period = past.state.period();
        Self {
            user_id: past.user.0,
            offer_id: past.offer.0,
            transaction_id: past.transaction.0.as_bytes(),
            status: past.state.status().as_str(),
            activated_at: period.map(|period| micros(period.activated_at)),
            expires_at: period.map(|period| micros(period.expires_at)),
            created_at: micros(past.created_at),
            updated_at: micros(past.created_at),
        }
    }
}

/// A subscription with what a list shows of its offer and its order.
#[derive(Queryable, Selectable)]
#[diesel(table_name = user_offers, check_for_backend(Sqlite))]
pub(crate) struct UserOfferViewRow {
    #[diesel(embed)]
    user_offer: UserOfferRow,
    #[diesel(embed)]
    offer_name: OfferNameRow,
    #[diesel(select_expression = transactions::channel)]
    channel: String,
}

/// The view at `now`: an active period that has ended is shown expired.
pub(crate) fn user_offer_view(
    row: UserOfferViewRow,
    now: OffsetDateTime,
) -> Result<UserOfferView, StoreError> {
    let channel =
        Reading { table: "user_offers", row: &row.user_offer.id }.spelled("channel", &row.channel)?;
    let user_offer = UserOffer::try_from(row.user_offer)?;
    let (status, period) = match user_offer.state {
        UserOfferState::Active(period) if period.expires_at <= now => {
            (UserOfferStatus::Expired, Some(period))
        }
        UserOfferState::Active(period) | UserOfferState::Expired(period) => {
            (user_offer.status(), Some(period))
        }
        UserOfferState::Pending | UserOfferState::Cancelled => (user_offer.status(), None),
    };
    Ok(UserOfferView {
        id: user_offer.id,
        offer: OfferSummary { id: user_offer.offer, name: row.offer_name.into() },
        transaction: user_offer.transaction,
        status,
        period,
        channel,
        auto_renew: user_offer.auto_renew.is_on(),
    })
}
