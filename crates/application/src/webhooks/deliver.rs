//! Sending events: claim what is due and commit, send it with no unit of work open, settle.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use offers_domain::audit::{Actor, AuditAction, AuditEntry, Subject};
use offers_domain::ids::{DeliveryId, WebhookId};
use offers_domain::ports::{
    Clock, IdSource, Locked, Measure, Metrics, Store, StoreError, UnitOfWork, WebhookSender,
};
use offers_domain::webhook::delivery::{
    Answer, Attempt, Delivery, DeliveryClaim, DeliveryPolicy, DeliveryStatus, DeliveryTransition, Message,
};
use offers_domain::webhook::endpoint::Webhook;
use time::OffsetDateTime;

use crate::errands::Errands;
use crate::transact::{Done, transact};

/// A delivery that this sender holds until its lease ends, and what to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The delivery.
    pub delivery: DeliveryId,
    /// The claim's fencing number.
    pub number: u32,
    /// To which endpoint.
    pub webhook: WebhookId,
    /// What is sent. When is filled in as it is.
    pub message: Message,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempted {
    /// The attempt, as it will be kept for the log.
    pub attempt: Attempt,
    /// To which endpoint.
    pub webhook: WebhookId,
    /// To which address, which may not be the endpoint's any more.
    pub url: String,
}

/// What [`DeliverWebhooks`] works with.
pub struct DeliverPorts {
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// The way to endpoints.
    pub sender: Arc<dyn WebhookSender>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for retries.
    pub ids: Arc<dyn IdSource>,
    /// Counts.
    pub metrics: Arc<dyn Metrics>,
}

/// The use case.
pub struct DeliverWebhooks {
    ports: DeliverPorts,
    policy: DeliveryPolicy,
}

impl DeliverWebhooks {
    /// Sends through these ports, by this policy.
    pub fn new(ports: DeliverPorts, policy: DeliveryPolicy) -> Self {
        Self { ports, policy }
    }

    async fn claim_within(
        &self,
        unit: &mut dyn UnitOfWork,
        limit: usize,
    ) -> Result<(Vec<Delivery>, Vec<Outgoing>), StoreError> {
        let now = unit.now().await?;
        let mut due = unit.lock_due_deliveries(limit, self.policy.per_webhook, now).await?;
        let ids: Vec<_> = due.iter().map(|delivery| delivery.parts().webhook).collect();
        let webhooks = unit.lock_webhooks(&ids).await?;
        let webhooks: HashMap<_, _> = webhooks.iter().map(|webhook| (webhook.id, webhook)).collect();
        let (mut changed, mut outgoing) = (Vec::new(), Vec::new());
        for delivery in &mut due {
            let webhook = delivery.parts().webhook;
            // What is said of the endpoint may have changed while its lock was waited for.
            let Some(webhook) = webhooks.get(&webhook).filter(|webhook| webhook.may_be_called(now)) else {
                continue;
            };
            match delivery.claim(now, &self.policy) {
                Ok(DeliveryClaim::Send) => outgoing.push(to_send(delivery, webhook, now)),
                Ok(DeliveryClaim::GivenUp) => {}
                Err(_) => continue,
            }
            changed.push((**delivery).clone());
        }
        unit.update_deliveries(&changed).await?;
        Ok((changed, outgoing))
    }

    /// Deliveries first, then endpoints, then the log and the trail. An answer counts for its endpoint even where another
    /// sender has the delivery by now.
    async fn settle_within(
        &self,
        unit: &mut dyn UnitOfWork,
        done: &[Attempted],
    ) -> Result<Vec<Delivery>, StoreError> {
        let ids: Vec<_> = done.iter().map(|one| one.attempt.delivery).collect();
        let mut held = unit.lock_deliveries(&ids).await?;
        let ids: Vec<_> = done.iter().map(|one| one.webhook).collect();
        let mut webhooks = unit.lock_webhooks(&ids).await?;
        let now = unit.now().await?;
        let (settled, attempts) = self.end(&mut held, done, now);
        unit.update_deliveries(&settled).await?;
        let (learnt, entries) = self.learn(&mut webhooks, done, now);
        unit.update_webhooks(&learnt).await?;
        unit.record_webhook_attempts(&attempts).await?;
        unit.record_audit(&entries).await?;
        Ok(settled)
    }

    /// The deliveries that are still this sender's, with what became of them, and the attempts that count.
    fn end(
        &self,
        held: &mut [Locked<Delivery>],
        done: &[Attempted],
        now: OffsetDateTime,
    ) -> (Vec<Delivery>, Vec<Attempt>) {
        let by_id: HashMap<DeliveryId, &Attempt> =
            done.iter().map(|one| (one.attempt.delivery, &one.attempt)).collect();
        let (mut settled, mut attempts) = (Vec::with_capacity(held.len()), Vec::with_capacity(held.len()));
        for delivery in held {
            let Some(&attempt) = by_id.get(&delivery.id()) else { continue };
            let jitter = self.ports.ids.jitter();
            if delivery.settle(attempt.number, &attempt.answer, &self.policy, now, jitter).is_ok() {
                settled.push((**delivery).clone());
                attempts.push(attempt.clone());
            }
        }
        (settled, attempts)
    }

    /// The endpoints about which the answers from their addresses say something new, and what the trail is told. Those from
    /// an address that an endpoint had before say nothing about the one that it has now.
    fn learn(
        &self,
        webhooks: &mut [Locked<Webhook>],
        done: &[Attempted],
        now: OffsetDateTime,
    ) -> (Vec<Webhook>, Vec<AuditEntry>) {
        let (mut learnt, mut entries) = (Vec::new(), Vec::new());
        for webhook in webhooks {
            let theirs = done.iter().filter(|one| one.webhook == webhook.id && one.url == webhook.terms.url);
            let answers: Vec<Answer> = theirs.map(|one| one.attempt.answer.clone()).collect();
            if answers.is_empty() {
                continue;
            }
            let before = (webhook.state, webhook.health);
            if let Some(reason) = webhook.learn(&answers, &self.policy, now, self.ports.ids.jitter()) {
                let (system, subject) = (Actor::System, Subject::Webhook(webhook.id));
                let entry = AuditEntry::new(system, AuditAction::WebhookDisabled, subject, now);
                entries.push(entry.with("because", reason));
                tracing::warn!(webhook.id = %webhook.id, %reason, "a webhook was disabled");
            }
            if before != (webhook.state, webhook.health) {
                learnt.push((**webhook).clone());
            }
        }
        (learnt, entries)
    }

    fn count<'a>(&self, settled: impl Iterator<Item = &'a Delivery>) {
        for delivery in settled {
            let (parts, status) = (delivery.parts(), delivery.status());
            self.ports.metrics.record(Measure::DeliverySettled { status });
            let (webhook, event, kind) = (parts.webhook, parts.event.id, parts.event.kind());
            if let Some(reason) = &parts.reason {
                tracing::info!(webhook.id = %webhook, event.id = %event, %kind, %status, reason, "event not delivered");
            } else {
                tracing::debug!(webhook.id = %webhook, event.id = %event, %kind, %status, "event delivered");
            }
        }
    }
}

fn to_send(delivery: &Delivery, webhook: &Webhook, now: OffsetDateTime) -> Outgoing {
    let parts = delivery.parts();
    let message = Message {
        url: webhook.terms.url.clone(),
        event: parts.event,
        secrets: webhook.secrets.at(now),
        at: now,
    };
    Outgoing { delivery: parts.id, number: parts.attempt, webhook: webhook.id, message }
}

#[async_trait]
impl Errands for DeliverWebhooks {
    type Taken = Outgoing;
    type Done = Attempted;

    fn name(&self) -> &'static str {
        "webhooks"
    }

    async fn take(&self, limit: usize) -> Result<Vec<Outgoing>, StoreError> {
        let (changed, outgoing) = transact(&*self.ports.store, &*self.ports.ids, |unit| {
            Box::pin(async move {
                let claimed = self.claim_within(unit, limit).await?;
                let none = claimed.0.is_empty();
                Ok(if none { Done::Nothing(claimed) } else { Done::Write(claimed) })
            })
        })
        .await?;
        self.count(changed.iter().filter(|delivery| delivery.status() == DeliveryStatus::Failed));
        Ok(outgoing)
    }

    /// The message says when it is sent: receivers refuse what is older than some minutes.
    async fn carry_out(&self, taken: Outgoing) -> Attempted {
        let started_at = self.ports.clock.now();
        let message = Message { at: started_at, ..taken.message };
        let answer = self.ports.sender.send(&message).await;
        let took = self.ports.clock.now() - started_at;
        let attempt = Attempt { delivery: taken.delivery, number: taken.number, answer, started_at, took };
        Attempted { attempt, webhook: taken.webhook, url: message.url }
    }

    async fn settle(&self, done: &[Attempted]) -> Result<(), StoreError> {
        let settled = transact(&*self.ports.store, &*self.ports.ids, |unit| {
            Box::pin(async move { Ok(Done::Write(self.settle_within(unit, done).await?)) })
        })
        .await?;
        self.count(settled.iter());
        Ok(())
    }

    async fn give_back(&self, taken: Vec<Outgoing>) -> Result<(), StoreError> {
        let taken: HashMap<DeliveryId, u32> = taken.iter().map(|one| (one.delivery, one.number)).collect();
        let taken = &taken;
        transact(&*self.ports.store, &*self.ports.ids, |unit| {
            Box::pin(async move {
                let ids: Vec<_> = taken.keys().copied().collect();
                let mut held = unit.lock_deliveries(&ids).await?;
                let now = unit.now().await?;
                let mut given: Vec<Delivery> = Vec::with_capacity(held.len());
                for delivery in &mut held {
                    let number = taken.get(&delivery.id()).ok_or(DeliveryTransition::StaleClaim);
                    if number.and_then(|number| delivery.give_back(*number, now)).is_ok() {
                        given.push((**delivery).clone());
                    }
                }
                unit.update_deliveries(&given).await?;
                Ok(Done::Write(()))
            })
        })
        .await
    }
}
