//! The sender: takes due errands of one kind in batches and carries out many at once: notices of a channel, or events for
//! webhooks. It has nothing to do with orders: a mail server that is down delays mails and nothing else.

use std::sync::Arc;
use std::time::Duration;

use offers_application::errands::Errands;
use offers_domain::ports::{StoreError, WakeUp};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// How a sender paces itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderSettings {
    /// How many it carries out at once.
    pub concurrency: usize,
    /// How often it looks for due ones although no bell rang.
    pub poll: Duration,
    /// How long it hears no bell after a look that found nothing: where nobody is told of most orders, it does not look as
    /// often as orders end.
    pub rest: Duration,
    /// How long a stop waits for those under way.
    pub drain: Duration,
}

impl Default for SenderSettings {
    fn default() -> Self {
        Self {
            concurrency: 16,
            poll: Duration::from_secs(1),
            rest: Duration::from_millis(50),
            drain: Duration::from_secs(20),
        }
    }
}

/// The loop: settle what has ended, claim, hand over; then wait for an end, a bell or the next look.
pub struct Sender<E: Errands> {
    errands: Arc<E>,
    bell: Arc<dyn WakeUp>,
    settings: SenderSettings,
    under_way: JoinSet<E::Done>,
    ended: Vec<E::Done>,
}

impl<E: Errands> Sender<E> {
    /// A sender that has nothing under way.
    pub fn new(errands: E, bell: Arc<dyn WakeUp>, settings: SenderSettings) -> Self {
        Self { errands: Arc::new(errands), bell, settings, under_way: JoinSet::new(), ended: Vec::new() }
    }

    /// Works until the stop, then finishes what is under way. What is left over then may have been carried out, so it is not
    /// given back.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            self.settle().await;
            let busy = self.under_way.len().saturating_add(self.ended.len());
            let free = self.settings.concurrency.saturating_sub(busy);
            let taken = if free > 0 { self.take(free, &stop).await } else { 0 };
            // A full take means that more may be waiting: look again as soon as there is a place.
            let more = taken == free;
            let rest = if taken == 0 { self.settings.rest } else { Duration::ZERO };
            tokio::select! {
                () = stop.cancelled() => {}
                () = rung(&*self.bell, rest), if !more => {}
                () = tokio::time::sleep(self.settings.poll) => {}
                Some(ended) = self.under_way.join_next() => self.keep(ended),
            }
        }
        self.drain().await;
    }

    async fn take(&mut self, free: usize, stop: &CancellationToken) -> usize {
        let taken = match self.errands.take(free).await {
            Ok(taken) => taken,
            Err(error) => {
                tracing::warn!(what = self.errands.name(), %error, "nothing could be taken; trying again");
                return 0;
            }
        };
        let count = taken.len();
        if stop.is_cancelled() {
            self.give_back(taken).await;
            return count;
        }
        for one in taken {
            let errands = self.errands.clone();
            self.under_way.spawn(async move { errands.carry_out(one).await });
        }
        count
    }

    async fn give_back(&self, taken: Vec<E::Taken>) {
        let count = taken.len();
        if count == 0 {
            return;
        }
        if let Err(error) = self.errands.give_back(taken).await {
            tracing::warn!(what = self.errands.name(), count, %error, "not given back; the leases will end");
        }
    }

    /// Everything that has ended shares one commit; what cannot be settled now is settled with the next.
    async fn settle(&mut self) {
        while let Some(ended) = self.under_way.try_join_next() {
            self.keep(ended);
        }
        if self.ended.is_empty() {
            return;
        }
        let (what, count) = (self.errands.name(), self.ended.len());
        match self.errands.settle(&self.ended).await {
            Ok(()) => self.ended.clear(),
            Err(error) if may_pass_later(&error) => {
                tracing::warn!(what, count, %error, "not settled; trying again");
            }
            Err(error) => {
                tracing::error!(what, count, %error, "not settled; the leases will end");
                self.ended.clear();
            }
        }
    }

    fn keep(&mut self, ended: Result<E::Done, JoinError>) {
        match ended {
            Ok(done) => self.ended.push(done),
            Err(error) => {
                tracing::error!(what = self.errands.name(), %error, "one panicked; its lease will end");
            }
        }
    }

    async fn drain(&mut self) {
        let patience = self.settings.drain;
        let all = async {
            while let Some(ended) = self.under_way.join_next().await {
                self.keep(ended);
            }
        };
        if tokio::time::timeout(patience, all).await.is_err() {
            tracing::warn!(
                what = self.errands.name(),
                count = self.under_way.len(),
                "stopping with some under way"
            );
        }
        self.settle().await;
    }
}

/// Until the bell has rung; a bell of the meantime is heard after the rest.
async fn rung(bell: &dyn WakeUp, rest: Duration) {
    tokio::time::sleep(rest).await;
    bell.wait_for_work().await;
}

/// Whether the same outcomes may be settled in a moment; what was settled already stays as it is.
fn may_pass_later(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Unavailable(_)
            | StoreError::Overloaded(_)
            | StoreError::Contention(_)
            | StoreError::OutcomeUnknown(_)
    )
}
