//! Subscriptions that are renewed by themselves: switched on and off by their holders, renewed by the scheduler.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use futures_util::future::join_all;
use offers_domain::activation::{OrderRefusal, Payer, Placed, Wish};
use offers_domain::auto_renew::{
    Conclusion, RenewalCalendar, RenewalObstacle, RenewalTry, Taken, TryOutcome,
};
use offers_domain::expiry::auto_renew_failed;
use offers_domain::idempotency::{IdempotencyHandle, IdempotencyKey, Principal, Scope, StoredResponse};
use offers_domain::ids::{TransactionId, UserOfferId};
use offers_domain::notice::NoticeChannels;
use offers_domain::ports::{IdSource, Locked, Queries, Store, StoreError, UnitOfWork};
use offers_domain::transaction::{Channel, Status};
use offers_domain::user_offer::{RenewalOf, UserOffer, UserOfferRef};
use thiserror::Error;
use time::OffsetDateTime;

use crate::begin_activation::{BeginActivation, BeginActivationError, NewOrder};
use crate::identity::Caller;
use crate::transact::{Done, transact};

/// How many renewals are under way at once.
const CHUNK: usize = 128;
/// How many orders one period may have, all but the last of them failed. No calendar has as many tries.
const MOST_ORDERS: u32 = 100;
/// The name of the route in idempotency records.
const ROUTE: &str = "auto-renew";

/// Why renewing by itself was not switched.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SwitchError {
    /// The login that asks is over.
    #[error("the session has ended")]
    SessionEnded,
    /// The user has no such subscription, or it never ran.
    #[error("the user has no such subscription")]
    NotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case of a subscription's holder.
pub struct SwitchAutoRenew {
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// Randomness for retries.
    pub ids: Arc<dyn IdSource>,
}

impl SwitchAutoRenew {
    /// Switches renewing by itself on or off for one of the caller's subscriptions.
    pub async fn run(&self, caller: &Caller, id: UserOfferId, on: bool) -> Result<(), SwitchError> {
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                if unit.live_sessions(&[caller.session], now).await?.is_empty() {
                    return Ok(Done::Nothing(Err(SwitchError::SessionEnded)));
                }
                let found = unit.lock_user_offers(&[UserOfferRef::Existing(id)]).await?;
                let theirs = found.into_iter().map(|(_, held)| held).find(|held| held.user == caller.user);
                let Some(mut held) = theirs else { return Ok(Done::Nothing(Err(SwitchError::NotFound))) };
                if held.set_auto_renew(on).is_err() {
                    return Ok(Done::Nothing(Err(SwitchError::NotFound)));
                }
                unit.update_user_offers(&[*held], now).await?;
                Ok(Done::Write(Ok(())))
            })
        })
        .await?
    }
}

/// The use case of the scheduler.
///
/// Any number of processes may run it at once. A try is taken and committed before its order is placed; a process that
/// dies in between leaves it to others when the lease is over, and the order's key, made of the subscription and the
/// period, keeps it from being placed and charged twice.
pub struct RenewDue {
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// Where renewals are ordered, as customers order.
    pub orders: BeginActivation,
    /// What became of those that were ordered before.
    pub queries: Arc<dyn Queries>,
    /// Randomness for retries.
    pub ids: Arc<dyn IdSource>,
    /// When to try again.
    pub calendar: RenewalCalendar,
    /// How customers are told of what is given up.
    pub channels: NoticeChannels,
}

impl RenewDue {
    /// Orders the renewals that are due, in chunks; how many were tried.
    pub async fn run(&self) -> Result<usize, StoreError> {
        let mut count = 0;
        loop {
            let (found, tries) = self.take().await?;
            let outcomes = join_all(tries.iter().map(|taken| self.order(taken))).await;
            let ended: Vec<_> = tries.into_iter().zip(outcomes).collect();
            self.conclude(&ended).await?;
            count += ended.len();
            if found < CHUNK {
                return Ok(count);
            }
        }
    }

    /// How many were due, and those that are now this process's.
    async fn take(&self) -> Result<(usize, Vec<RenewalTry>), StoreError> {
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                let mut due = unit.lock_due_renewals(CHUNK, now).await?;
                let (mut tries, mut given_up) = (Vec::new(), Vec::new());
                for held in &mut due {
                    match held.take_renewal(now) {
                        Taken::Try(taken) => tries.push(taken),
                        Taken::GivenUp => given_up.push((**held, RenewalObstacle::Late)),
                        Taken::NotDue => {}
                    }
                }
                let given_up = without_order(unit, given_up).await?;
                self.save(unit, &due, &given_up, now).await?;
                let none = due.is_empty();
                let outcome = (due.len(), tries);
                Ok(if none { Done::Nothing(outcome) } else { Done::Write(outcome) })
            })
        })
        .await
    }

    /// An order for the period after the one that ends; one that has failed before is followed by another.
    async fn order(&self, taken: &RenewalTry) -> TryOutcome {
        for number in 0..MOST_ORDERS {
            let Some(handle) = handle(taken, number) else { break };
            let earlier = match self.place(taken, handle).await {
                Ok(Placed::Replayed { transaction, .. }) => transaction,
                Ok(Placed::Fresh(order)) => return TryOutcome::Ordered(order.id()),
                Err(BeginActivationError::Refused(refusal)) => return refused(taken, refusal),
                Err(error) => return later(taken, &error),
            };
            match self.queries.status(earlier).await {
                Ok(Some(order)) if order.status == Status::Failed => {}
                Ok(_) => return TryOutcome::Ordered(earlier),
                Err(error) => return later(taken, &error),
            }
        }
        TryOutcome::Impossible(RenewalObstacle::Partner)
    }

    /// Places an order like the customer's own, or finds the one that was placed before under the same name.
    async fn place(
        &self,
        taken: &RenewalTry,
        handle: IdempotencyHandle,
    ) -> Result<Placed, BeginActivationError> {
        let order = NewOrder {
            user: taken.user,
            session: None,
            wish: Wish::Continue(taken.user_offer, taken.ends_at),
            payer: Payer::Wallet,
            channel: Channel::Customer,
            handle: Some(handle),
            trace: None,
            respond: |_| StoredResponse { status: 200, body: String::new() },
        };
        self.orders.run(order).await
    }

    async fn conclude(&self, ended: &[(RenewalTry, TryOutcome)]) -> Result<(), StoreError> {
        if ended.is_empty() {
            return Ok(());
        }
        let refs: Vec<_> = ended.iter().map(|(taken, _)| UserOfferRef::Existing(taken.user_offer)).collect();
        let by_id: HashMap<_, _> = ended.iter().map(|end| (end.0.user_offer, end)).collect();
        let (refs, by_id) = (&refs, &by_id);
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                let failed = failed_already(unit, ended, now).await?;
                let found = unit.lock_user_offers(refs).await?;
                let mut held: Vec<_> = found.into_iter().map(|(_, user_offer)| user_offer).collect();
                let mut given_up = Vec::new();
                for user_offer in &mut held {
                    let Some((taken, outcome)) = by_id.get(&user_offer.id) else { continue };
                    let has_failed = outcome.order().is_some_and(|order| failed.contains(&order));
                    let outcome = if has_failed { outcome.whose_order_failed() } else { *outcome };
                    match user_offer.conclude_renewal(taken, outcome, &self.calendar, now) {
                        Conclusion::GivenUp(obstacle) => given_up.push((**user_offer, obstacle)),
                        Conclusion::Settled => {}
                    }
                }
                self.save(unit, &held, &given_up, now).await?;
                Ok(Done::Write(()))
            })
        })
        .await
    }

    /// Saves the subscriptions, and tells the holders of those that are given up why, and what the renewal costs.
    async fn save(
        &self,
        unit: &mut dyn UnitOfWork,
        changed: &[Locked<UserOffer>],
        given_up: &[(UserOffer, RenewalObstacle)],
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let changed: Vec<UserOffer> = changed.iter().map(|user_offer| **user_offer).collect();
        unit.update_user_offers(&changed, now).await?;
        let offers: Vec<_> = given_up.iter().map(|(user_offer, _)| user_offer.offer).collect();
        let offers = unit.offers(&offers).await?;
        let prices: HashMap<_, _> = offers.into_iter().map(|offer| (offer.id, offer.terms.price)).collect();
        let failed = |(held, obstacle): &(UserOffer, RenewalObstacle)| {
            auto_renew_failed(held, *prices.get(&held.offer)?, *obstacle)
        };
        let news: Vec<_> = given_up.iter().filter_map(failed).collect();
        unit.insert_notices(&self.channels.notices(&news), now).await
    }
}

/// Those whose renewal is not under way after all: what is ordered may still succeed, and tells its holder where it fails.
async fn without_order(
    unit: &mut dyn UnitOfWork,
    given_up: Vec<(UserOffer, RenewalObstacle)>,
) -> Result<Vec<(UserOffer, RenewalObstacle)>, StoreError> {
    let asked = given_up.iter().map(|(held, _)| (held.user, RenewalOf::Subscription(held.id)));
    let found = unit.renewables(&asked.collect::<Vec<_>>()).await?;
    let ordered = found.into_iter().filter(|(_, renewable)| renewable.open.is_some());
    let ordered: HashSet<_> = ordered.map(|(_, renewable)| renewable.subscription.id).collect();
    Ok(given_up.into_iter().filter(|(held, _)| !ordered.contains(&held.id)).collect())
}

/// The orders of last tries that have failed: while somebody had the try, their end told nobody. They are locked before the
/// subscriptions, as everybody locks; one that fails later finds that no try is left.
async fn failed_already(
    unit: &mut dyn UnitOfWork,
    ended: &[(RenewalTry, TryOutcome)],
    now: OffsetDateTime,
) -> Result<HashSet<TransactionId>, StoreError> {
    let last = ended.iter().filter(|(taken, _)| taken.ends_at <= now);
    let orders: Vec<_> = last.filter_map(|(_, outcome)| outcome.order()).collect();
    let found = unit.lock_transactions(&orders).await?;
    Ok(found.iter().filter(|order| order.status() == Status::Failed).map(|order| order.id()).collect())
}

/// One key for each period of a subscription, far longer remembered than tries are made; and one more for each order that
/// follows one which has failed.
fn handle(taken: &RenewalTry, number: u32) -> Option<IdempotencyHandle> {
    let end = taken.ends_at.unix_timestamp_nanos();
    let again = if number == 0 { String::new() } else { format!("-again-{number}") };
    let key = IdempotencyKey::try_new(&format!("user-offer-{}-after-{end}{again}", taken.user_offer)).ok()?;
    let scope = Scope { principal: Principal::User(taken.user), route: ROUTE, key };
    Some(IdempotencyHandle { scope, fingerprint: [0; 32] })
}

/// What a refusal means for the subscription. One that no renewal should meet is a mistake of ours.
fn refused(taken: &RenewalTry, refusal: OrderRefusal) -> TryOutcome {
    let outcome = TryOutcome::from(refusal);
    if outcome == TryOutcome::Unexpected {
        let user_offer = taken.user_offer;
        tracing::error!(user_offer.id = %user_offer, error = %refusal, "a renewal was refused as none should be; it comes again");
    }
    outcome
}

/// When the lease is over it is tried again.
fn later(taken: &RenewalTry, error: &dyn fmt::Display) -> TryOutcome {
    tracing::warn!(user_offer.id = %taken.user_offer, %error, "a renewal could not be ordered; it comes again");
    TryOutcome::Later
}
