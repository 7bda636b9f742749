//! Subscriptions.

use std::collections::{BTreeSet, HashSet};

use async_trait::async_trait;
use diesel::prelude::*;
use offers_domain::activation::{Holding, Renewable};
use offers_domain::ids::{OfferId, TransactionId, UserId, UserOfferId};
use offers_domain::ports::{Locked, StoreError, UserOffers};
use offers_domain::user_offer::{NewUserOffer, RenewalOf, UserOffer, UserOfferRef, UserOfferStatus};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::SqliteError;
use crate::rows::{NewUserOfferRow, Reading, UserOfferRow, UserOfferStateRow, micros};
use crate::schema::{transactions, user_offers};
use crate::unit_of_work::SqliteUnitOfWork;
use crate::update::update;

#[async_trait]
impl UserOffers for SqliteUnitOfWork {
    async fn holdings(
        &mut self,
        pairs: &[(UserId, OfferId)],
        now: OffsetDateTime,
    ) -> Result<Vec<((UserId, OfferId), Holding)>, StoreError> {
        self.over(pairs, move |connection, pairs| {
            let pairs: BTreeSet<_> = pairs.into_iter().collect();
            let mut held = Vec::new();
            for pair in pairs {
                let holding = holding(connection, pair, now)?;
                if holding != Holding::default() {
                    held.push((pair, holding));
                }
            }
            Ok(held)
        })
        .await
    }

    async fn count_user_offers(
        &mut self,
        pairs: &[(UserId, OfferId)],
    ) -> Result<Vec<((UserId, OfferId), u32)>, StoreError> {
        self.over(pairs, |connection, pairs| {
            let mut counted = Vec::with_capacity(pairs.len());
            for (user, offer) in pairs.into_iter().collect::<BTreeSet<_>>() {
                let count: i64 = user_offers::table
                    .filter(user_offers::user_id.eq(user.0))
                    .filter(user_offers::offer_id.eq(offer.0))
                    .filter(user_offers::status.ne(UserOfferStatus::Cancelled.as_str()))
                    .count()
                    .get_result(connection)?;
                if count > 0 {
                    counted.push(((user, offer), u32::try_from(count).unwrap_or(u32::MAX)));
                }
            }
            Ok(counted)
        })
        .await
    }

    async fn renewables(
        &mut self,
        pairs: &[(UserId, RenewalOf)],
    ) -> Result<Vec<((UserId, RenewalOf), Renewable)>, StoreError> {
        self.over(pairs, |connection, pairs| {
            let pairs: BTreeSet<_> = pairs.into_iter().collect();
            let mut found = Vec::with_capacity(pairs.len());
            for (user, of) in pairs {
                let renewable = renewable(connection, user, of)?;
                found.extend(renewable.map(|renewable| ((user, of), renewable)));
            }
            found.sort_by_key(|(_, renewable): &(_, Renewable)| renewable.subscription.id);
            Ok(found)
        })
        .await
    }

    async fn insert_user_offers(&mut self, user_offers: &[NewUserOffer]) -> Result<(), StoreError> {
        self.over(user_offers, |connection, user_offers| {
            for user_offer in &user_offers {
                diesel::insert_into(user_offers::table)
                    .values(NewUserOfferRow::from(user_offer))
                    .execute(connection)?;
            }
            Ok(())
        })
        .await
    }

    async fn lock_user_offers(
        &mut self,
        refs: &[UserOfferRef],
    ) -> Result<Vec<(UserOfferRef, Locked<UserOffer>)>, StoreError> {
        self.over(refs, |connection, mut refs| {
            let mut asked = HashSet::new();
            refs.retain(|pointer| asked.insert(*pointer));
            let mut found: Vec<(UserOfferRef, Locked<UserOffer>)> = Vec::with_capacity(refs.len());
            for pointer in refs {
                if let Some(row) = pointed_to(connection, pointer)? {
                    found.push((pointer, Locked::by_store(UserOffer::try_from(row)?)));
                }
            }
            found.sort_by_key(|(_, user_offer)| user_offer.id);
            Ok(found)
        })
        .await
    }

    async fn update_user_offers(
        &mut self,
        user_offers: &[UserOffer],
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.over(user_offers, move |connection, user_offers| {
            user_offers.iter().try_for_each(|user_offer| save(connection, user_offer, now))
        })
        .await
    }
}

/// Of several running subscriptions, the one that runs longest.
fn holding(
    connection: &mut SqliteConnection,
    (user, offer): (UserId, OfferId),
    now: OffsetDateTime,
) -> Result<Holding, SqliteError> {
    let active: Option<i64> = user_offers::table
        .filter(user_offers::user_id.eq(user.0))
        .filter(user_offers::offer_id.eq(offer.0))
        .filter(user_offers::expires_at.gt(micros(now)))
        .filter(user_offers::status.eq(UserOfferStatus::Active.as_str()))
        .order((user_offers::expires_at.desc(), user_offers::id.desc()))
        .select(user_offers::id)
        .get_result(connection)
        .optional()?;
    let open: Option<Vec<u8>> = transactions::table
        .filter(transactions::user_id.eq(user.0))
        .filter(transactions::offer_id.eq(offer.0))
        .filter(transactions::completed_at.is_null())
        .order((transactions::created_at, transactions::id))
        .select(transactions::id)
        .get_result(connection)
        .optional()?;
    Ok(Holding { active: active.map(UserOfferId), open: order_id(open)? })
}

fn order_id(bytes: Option<Vec<u8>>) -> Result<Option<TransactionId>, StoreError> {
    let reading = Reading { table: "transactions", row: &"?" };
    let id: Option<Uuid> = bytes.map(|bytes| reading.uuid("id", &bytes)).transpose()?;
    Ok(id.map(TransactionId))
}

/// Of several subscriptions to an offer, the one that ends last; one that has not begun only where no other is.
fn renewable(
    connection: &mut SqliteConnection,
    user: UserId,
    of: RenewalOf,
) -> Result<Option<Renewable>, SqliteError> {
    let theirs = user_offers::table
        .filter(user_offers::user_id.eq(user.0))
        .filter(user_offers::status.ne(UserOfferStatus::Cancelled.as_str()))
        .select(UserOfferRow::as_select());
    let row = match of {
        RenewalOf::Subscription(id) => theirs.filter(user_offers::id.eq(id.0)).get_result(connection),
        RenewalOf::Offer(id) => theirs
            .filter(user_offers::offer_id.eq(id.0))
            .order((user_offers::expires_at.desc(), user_offers::id.desc()))
            .get_result(connection),
    };
    let Some(row) = row.optional()? else { return Ok(None) };
    let subscription = UserOffer::try_from(row)?;
    let open: Option<Vec<u8>> = transactions::table
        .filter(transactions::user_id.eq(user.0))
        .filter(transactions::offer_id.eq(subscription.offer.0))
        .filter(transactions::completed_at.is_null())
        .filter(transactions::renews.eq(subscription.id.0))
        .order((transactions::created_at, transactions::id))
        .select(transactions::id)
        .get_result(connection)
        .optional()?;
    Ok(Some(Renewable { subscription, open: order_id(open)? }))
}

fn pointed_to(
    connection: &mut SqliteConnection,
    pointer: UserOfferRef,
) -> Result<Option<UserOfferRow>, SqliteError> {
    let row = match pointer {
        UserOfferRef::OpenedBy(transaction) => user_offers::table
            .filter(user_offers::transaction_id.eq(transaction.0.as_bytes().as_slice()))
            .select(UserOfferRow::as_select())
            .get_result(connection),
        UserOfferRef::Existing(id) => {
            user_offers::table.find(id.0).select(UserOfferRow::as_select()).get_result(connection)
        }
    };
    Ok(row.optional()?)
}

fn save(
    connection: &mut SqliteConnection,
    user_offer: &UserOffer,
    now: OffsetDateTime,
) -> Result<(), SqliteError> {
    let changes = (UserOfferStateRow::from(user_offer), user_offers::updated_at.eq(micros(now)));
    let saved = update(&user_offers::table, changes, user_offers::id.eq(user_offer.id.0));
    if saved.execute(connection)? == 1 {
        Ok(())
    } else {
        Err(StoreError::Misuse(format!("there is no user offer {}", user_offer.id)).into())
    }
}
