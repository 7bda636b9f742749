//! User offers.

use diesel::pg::Pg;
use diesel::prelude::*;
use offers_domain::auto_renew::AutoRenew;
use offers_domain::ids::{OfferId, TransactionId, UserId, UserOfferId};
use offers_domain::import::PastUserOffer;
use offers_domain::ports::StoreError;
use offers_domain::user_offer::{NewUserOffer, Period, UserOffer, UserOfferState, UserOfferStatus};
use offers_domain::views::{OfferSummary, UserOfferView};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{OfferNameRow, Reading};
use crate::schema::{transactions, user_offers};

/// A subscription.
#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = user_offers, check_for_backend(Pg))]
pub(crate) struct UserOfferRow {
    pub(crate) id: i64,
    pub(crate) user_id: i64,
    pub(crate) offer_id: i64,
    pub(crate) transaction_id: Uuid,
    pub(crate) status: String,
    pub(crate) activated_at: Option<OffsetDateTime>,
    pub(crate) expires_at: Option<OffsetDateTime>,
    pub(crate) auto_renew: bool,
    pub(crate) renew_at: Option<OffsetDateTime>,
}

impl UserOfferRow {
    fn state(&self) -> Result<UserOfferState, StoreError> {
        let reading = Reading { table: "user_offers", row: &self.id };
        let period = || {
            Ok(Period {
                activated_at: self.activated_at.ok_or_else(|| reading.corrupt("activated_at"))?,
                expires_at: self.expires_at.ok_or_else(|| reading.corrupt("expires_at"))?,
            })
        };
        Ok(match reading.spelled("status", &self.status)? {
            UserOfferStatus::Pending => UserOfferState::Pending,
            UserOfferStatus::Active => UserOfferState::Active(period()?),
            UserOfferStatus::Expired => UserOfferState::Expired(period()?),
            UserOfferStatus::Cancelled => UserOfferState::Cancelled,
        })
    }
}

impl From<&UserOffer> for UserOfferRow {
    fn from(user_offer: &UserOffer) -> Self {
        let period = user_offer.period();
        Self {
            id: user_offer.id.0,
            user_id: user_offer.user.0,
            offer_id: user_offer.offer.0,
            transaction_id: user_offer.transaction.0,
            status: user_offer.status().to_string(),
            activated_at: period.map(|period| period.activated_at),
            expires_at: period.map(|period| period.expires_at),
            auto_renew: user_offer.auto_renew.is_on(),
            renew_at: user_offer.auto_renew.next_try(),
        }
    }
}

impl TryFrom<UserOfferRow> for UserOffer {
    type Error = StoreError;

    fn try_from(row: UserOfferRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: UserOfferId(row.id),
            user: UserId(row.user_id),
            offer: OfferId(row.offer_id),
            transaction: TransactionId(row.transaction_id),
            state: row.state()?,
            auto_renew: AutoRenew::from_parts(row.auto_renew, row.renew_at),
        })
    }
}

/// A subscription to be opened.
pub(crate) struct NewUserOfferRow {
    pub(crate) user_id: i64,
    pub(crate) offer_id: i64,
    pub(crate) transaction_id: Uuid,
    pub(crate) created_at: OffsetDateTime,
}

impl From<&NewUserOffer> for NewUserOfferRow {
    fn from(new: &NewUserOffer) -> Self {
        Self {
            user_id: new.user.0,
            offer_id: new.offer.0,
            transaction_id: new.transaction.0,
            created_at: new.created_at,
        }
    }
}

/// A subscription from before.
pub(crate) struct PastUserOfferRow {
    pub(crate) user_id: i64,
    pub(crate) offer_id: i64,
    pub(crate) transaction_id: Uuid,
    pub(crate) status: &'static str,
    pub(crate) activated_at: Option<OffsetDateTime>,
    pub(crate) expires_at: Option<OffsetDateTime>,
    pub(crate) created_at: OffsetDateTime,
}

impl From<&PastUserOffer> for PastUserOfferRow {
    fn from(past: &PastUserOffer) -> Self {
        let period = past.state.period();
        Self {
            user_id: past.user.0,
            offer_id: past.offer.0,
            transaction_id: past.transaction.0,
            status: past.state.status().as_str(),
            activated_at: period.map(|period| period.activated_at),
            expires_at: period.map(|period| period.expires_at),
            created_at: past.created_at,
        }
    }
}

/// A subscription with what a list shows of its offer and its order.
#[derive(Queryable, Selectable)]
#[diesel(table_name = user_offers, check_for_backend(Pg))]
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
