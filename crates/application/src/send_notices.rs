//! Telling customers: claim what is due and commit, hand it over with no unit of work open, settle.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use offers_domain::ids::{NoticeId, OfferId, UserId};
use offers_domain::notice::NoticeChannel;
use offers_domain::offer::Offer;
use offers_domain::ports::{IdSource, Locked, Measure, Messenger, Metrics, Store, StoreError, UnitOfWork};
use offers_domain::sending::{
    Delivery, Letter, Notice, NoticeClaim, NoticeTransition, SendPolicy, address_of,
};
use offers_domain::user::User;

use crate::errands::Errands;
use crate::transact::{Done, transact};

/// A notice that this sender holds until its lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The notice.
    pub notice: NoticeId,
    /// The claim's fencing number.
    pub attempt: u32,
}

/// A claimed notice and what to hand over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The claim.
    pub claim: Claim,
    /// The letter.
    pub letter: Letter,
}

/// What became of a claimed notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempted {
    /// The claim.
    pub claim: Claim,
    /// The outcome.
    pub delivery: Delivery,
}

/// What [`SendNotices`] works with.
pub struct SendPorts {
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// The way to customers.
    pub messenger: Arc<dyn Messenger>,
    /// Randomness for retries.
    pub ids: Arc<dyn IdSource>,
    /// Counts.
    pub metrics: Arc<dyn Metrics>,
}

/// The use case, for one channel.
pub struct SendNotices {
    ports: SendPorts,
    channel: NoticeChannel,
    policy: SendPolicy,
}

/// What a claim led to.
#[derive(Default)]
struct Claimed {
    changed: Vec<Notice>,
    outgoing: Vec<Outgoing>,
}

impl SendNotices {
    /// Sends the notices of this channel.
    pub fn new(ports: SendPorts, channel: NoticeChannel, policy: SendPolicy) -> Self {
        Self { ports, channel, policy }
    }

    /// The channel.
    pub fn channel(&self) -> NoticeChannel {
        self.channel
    }

    /// Claims up to `limit` due notices, the longest waiting first. Those that are no news any more, that a vanished sender
    /// left behind, or that have nowhere to go are ended instead.
    pub async fn claim(&self, limit: usize) -> Result<Vec<Outgoing>, StoreError> {
        let claimed = transact(&*self.ports.store, &*self.ports.ids, |unit| {
            Box::pin(async move {
                let claimed = self.claim_within(unit, limit).await?;
                let none = claimed.changed.is_empty();
                Ok(if none { Done::Nothing(claimed) } else { Done::Write(claimed) })
            })
        })
        .await?;
        self.count(claimed.changed.iter().filter(|notice| notice.parts().state.is_final()));
        Ok(claimed.outgoing)
    }

    async fn claim_within(&self, unit: &mut dyn UnitOfWork, limit: usize) -> Result<Claimed, StoreError> {
        let now = unit.now().await?;
        let mut due = unit.lock_due_notices(self.channel, limit, now).await?;
        let users: Vec<UserId> = due.iter().map(|notice| notice.parts().user).collect();
        let offers: Vec<OfferId> =
            due.iter().filter_map(|notice| notice.parts().occasion.facts().offer).collect();
        let users: HashMap<UserId, User> =
            unit.find_users(&users).await?.into_iter().map(|user| (user.id, user)).collect();
        let offers: HashMap<OfferId, Offer> =
            unit.offers(&offers).await?.into_iter().map(|offer| (offer.id, offer)).collect();

        let mut claimed = Claimed::default();
        for notice in &mut due {
            match notice.claim(now, &self.policy) {
                Ok(NoticeClaim::Send) => match letter(notice, &users, &offers) {
                    Some(letter) => claimed.outgoing.push(Outgoing { claim: claim_of(notice), letter }),
                    None => self.refuse(notice, now),
                },
                Ok(NoticeClaim::GivenUp) => {}
                Err(_) => continue,
            }
            claimed.changed.push((**notice).clone());
        }
        unit.update_notices(&claimed.changed).await?;
        Ok(claimed)
    }

    /// The address was there when the notice was queued and is gone now.
    fn refuse(&self, notice: &mut Locked<Notice>, now: time::OffsetDateTime) {
        let delivery = Delivery::Refused { reason: "the customer cannot be reached this way".into() };
        let attempt = notice.parts().attempt;
        // A claim that was made a moment ago holds.
        let _ = notice.settle(attempt, &delivery, &self.policy, now, self.ports.ids.jitter());
    }

    /// Hands one notice over. It never fails: not knowing is an outcome.
    pub async fn send(&self, outgoing: Outgoing) -> Attempted {
        let delivery = self.ports.messenger.send(&outgoing.letter).await;
        Attempted { claim: outgoing.claim, delivery }
    }

    /// Ends claims with what became of them, all in one commit. Claims that are over are left alone.
    pub async fn settle(&self, attempted: &[Attempted]) -> Result<(), StoreError> {
        let claims: Vec<Claim> = attempted.iter().map(|one| one.claim.clone()).collect();
        let outcomes: HashMap<NoticeId, &Delivery> =
            attempted.iter().map(|one| (one.claim.notice, &one.delivery)).collect();
        let settled = self
            .end(&claims, |notice, claim, now| {
                let Some(delivery) = outcomes.get(&claim.notice) else {
                    return Err(NoticeTransition::StaleClaim);
                };
                notice.settle(claim.attempt, delivery, &self.policy, now, self.ports.ids.jitter())
            })
            .await?;
        self.count(settled.iter());
        Ok(())
    }

    /// Ends claims of notices that nobody has begun to hand over: they are due at once for another sender.
    pub async fn give_back(&self, claims: &[Claim]) -> Result<(), StoreError> {
        self.end(claims, |notice, claim, now| notice.give_back(claim.attempt, now)).await.map(drop)
    }

    async fn end(
        &self,
        claims: &[Claim],
        step: impl Fn(&mut Notice, &Claim, time::OffsetDateTime) -> Result<(), NoticeTransition> + Sync,
    ) -> Result<Vec<Notice>, StoreError> {
        let ids: Vec<NoticeId> = claims.iter().map(|claim| claim.notice).collect();
        let (ids, step) = (&ids, &step);
        transact(&*self.ports.store, &*self.ports.ids, |unit| {
            Box::pin(async move {
                let mut held = unit.lock_notices(ids).await?;
                let now = unit.now().await?;
                let mut ended = Vec::with_capacity(held.len());
                for notice in &mut held {
                    let claim = claims.iter().find(|claim| claim.notice == notice.id());
                    if claim.is_some_and(|claim| step(notice, claim, now).is_ok()) {
                        ended.push((**notice).clone());
                    }
                }
                unit.update_notices(&ended).await?;
                let none = ended.is_empty();
                Ok(if none { Done::Nothing(ended) } else { Done::Write(ended) })
            })
        })
        .await
    }

    fn count<'a>(&self, settled: impl Iterator<Item = &'a Notice>) {
        for notice in settled {
            let (channel, status) = (self.channel, notice.status());
            self.ports.metrics.record(Measure::NoticeSettled { channel, status });
            let parts = notice.parts();
            let (id, kind) = (parts.id, parts.occasion.kind());
            if let Some(reason) = &parts.reason {
                tracing::warn!(notice.id = %id, %channel, %kind, %status, reason, "notice not delivered");
            } else {
                tracing::debug!(notice.id = %id, %channel, %kind, %status, "notice delivered");
            }
        }
    }
}

#[async_trait]
impl Errands for SendNotices {
    type Taken = Outgoing;
    type Done = Attempted;

    fn name(&self) -> &'static str {
        match self.channel {
            NoticeChannel::Email => "e-mails",
            NoticeChannel::Sms => "text messages",
        }
    }

    async fn take(&self, limit: usize) -> Result<Vec<Outgoing>, StoreError> {
        self.claim(limit).await
    }

    async fn carry_out(&self, taken: Outgoing) -> Attempted {
        self.send(taken).await
    }

    async fn settle(&self, done: &[Attempted]) -> Result<(), StoreError> {
        Self::settle(self, done).await
    }

    async fn give_back(&self, taken: Vec<Outgoing>) -> Result<(), StoreError> {
        let claims: Vec<Claim> = taken.into_iter().map(|one| one.claim).collect();
        Self::give_back(self, &claims).await
    }
}

fn claim_of(notice: &Notice) -> Claim {
    Claim { notice: notice.id(), attempt: notice.parts().attempt }
}

/// None where the customer has no address for the channel.
fn letter(
    notice: &Notice,
    users: &HashMap<UserId, User>,
    offers: &HashMap<OfferId, Offer>,
) -> Option<Letter> {
    let parts = notice.parts();
    let user = users.get(&parts.user)?;
    let offer = parts.occasion.facts().offer.and_then(|id| offers.get(&id));
    Some(Letter {
        notice: parts.id,
        created_at: parts.created_at,
        occasion: parts.occasion,
        offer: offer.map(|offer| offer.terms.text_in(user.locale).0.to_owned()),
        username: user.username.clone(),
        locale: user.locale,
        address: address_of(user, parts.channel)?,
    })
}
