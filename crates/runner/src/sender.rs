//! The sender: claims due notices of one channel in batches and hands over many at once. It has nothing to do with orders:
//! a mail server that is down delays mails and nothing else.

use std::sync::Arc;
use std::time::Duration;

use offers_application::send_notices::{Attempted, Claim, SendNotices};
use offers_domain::ports::{StoreError, WakeUp};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// How a sender paces itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderSettings {
    /// How many notices it hands over at once.
    pub concurrency: usize,
    /// How often it looks for due notices although no bell rang.
    pub poll: Duration,
    /// How long a stop waits for those under way.
    pub drain: Duration,
}

impl Default for SenderSettings {
    fn default() -> Self {
        Self { concurrency: 16, poll: Duration::from_secs(1), drain: Duration::from_secs(20) }
    }
}

/// The loop: settle what has ended, claim, hand over; then wait for an end, a bell or the next look.
pub struct Sender {
    notices: Arc<SendNotices>,
    bell: Arc<dyn WakeUp>,
    settings: SenderSettings,
    under_way: JoinSet<Attempted>,
    ended: Vec<Attempted>,
}

impl Sender {
    /// A sender that has nothing under way.
    pub fn new(notices: SendNotices, bell: Arc<dyn WakeUp>, settings: SenderSettings) -> Self {
        Self { notices: Arc::new(notices), bell, settings, under_way: JoinSet::new(), ended: Vec::new() }
    }

    /// Works until the stop, then finishes what is under way. What is left over then may have been handed over, so it is not
    /// given to another sender.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            self.settle().await;
            let busy = self.under_way.len().saturating_add(self.ended.len());
            let free = self.settings.concurrency.saturating_sub(busy);
            let taken = if free > 0 { self.take(free, &stop).await } else { 0 };
            // A full take means that more may be waiting: look again as soon as there is a place.
            let more = taken == free;
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.bell.wait_for_work(), if !more => {}
                () = tokio::time::sleep(self.settings.poll) => {}
                Some(ended) = self.under_way.join_next() => self.keep(ended),
            }
        }
        self.drain().await;
    }

    async fn take(&mut self, free: usize, stop: &CancellationToken) -> usize {
        let outgoing = match self.notices.claim(free).await {
            Ok(outgoing) => outgoing,
            Err(error) => {
                tracing::warn!(channel = %self.notices.channel(), %error, "no notices could be claimed; trying again");
                return 0;
            }
        };
        let taken = outgoing.len();
        if stop.is_cancelled() {
            let claims: Vec<Claim> = outgoing.into_iter().map(|one| one.claim).collect();
            self.give_back(&claims).await;
            return taken;
        }
        for one in outgoing {
            let notices = self.notices.clone();
            self.under_way.spawn(async move { notices.send(one).await });
        }
        taken
    }

    async fn give_back(&self, claims: &[Claim]) {
        if claims.is_empty() {
            return;
        }
        if let Err(error) = self.notices.give_back(claims).await {
            tracing::warn!(notices = claims.len(), %error, "claims were not given back; they will be given up");
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
        match self.notices.settle(&self.ended).await {
            Ok(()) => self.ended.clear(),
            Err(error) if may_pass_later(&error) => {
                tracing::warn!(notices = self.ended.len(), %error, "notices not settled; trying again");
            }
            Err(error) => {
                tracing::error!(notices = self.ended.len(), %error, "notices not settled; they will be given up");
                self.ended.clear();
            }
        }
    }

    fn keep(&mut self, ended: Result<Attempted, JoinError>) {
        match ended {
            Ok(attempted) => self.ended.push(attempted),
            Err(error) => tracing::error!(%error, "sending a notice panicked; it will be given up"),
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
            tracing::warn!(notices = self.under_way.len(), "stopping while notices are being sent");
        }
        self.settle().await;
    }
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
