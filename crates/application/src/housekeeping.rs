//! Scheduled work: forgetting what has served its time, and checking that the money adds up.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use offers_domain::activation_partner::ActivationPartner;
use offers_domain::ports::{
    Clock, DeliveryBacklog, IdSource, LedgerReport, Measure, Metrics, NoticeBacklog, Queries, Store,
    StoreError, UnitOfWork,
};
use offers_domain::transaction::SubStatus;
use time::{Duration, OffsetDateTime};

use crate::transact::{Done, transact};

/// How long an idempotency key is remembered.
pub const KEEP_RECORDS: Duration = Duration::hours(72);
/// How long an ended session is kept, so that a late reuse of its tokens is still recognised.
pub const KEEP_SESSIONS: Duration = Duration::days(30);
/// How long a notice is kept for staff to see. One that has not ended by then never will: its channel is switched off.
pub const KEEP_NOTICES: Duration = Duration::days(90);
/// How long a report of an activation partner is recognised when it is sent again.
pub const KEEP_CALLBACKS: Duration = Duration::days(30);
/// How long an event is kept with its deliveries: for replays, and so that the end of a subscription that was warned of is
/// not warned of again.
pub const KEEP_EVENTS: Duration = KEEP_NOTICES;
/// How many rows one unit forgets: others who want to write wait for no more than that.
const CHUNK: usize = 1000;

type Purge<'a> = Pin<Box<dyn Future<Output = Result<usize, StoreError>> + Send + 'a>>;

/// The use cases.
pub struct Housekeeping {
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// Reads.
    pub queries: Arc<dyn Queries>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for retries.
    pub ids: Arc<dyn IdSource>,
    /// Counts.
    pub metrics: Arc<dyn Metrics>,
    /// The activation partners that the settings name.
    pub partners: Vec<ActivationPartner>,
    /// How many open orders the others had at the last look; none at first.
    pub strangers: AtomicU64,
}

impl Housekeeping {
    /// Forgets idempotency records, sessions, notices, reports and events that are too old to matter.
    pub async fn purge(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let records = self.in_chunks(|unit| unit.purge_records(now - KEEP_RECORDS, CHUNK)).await?;
        let sessions = self.in_chunks(|unit| unit.purge_sessions(now - KEEP_SESSIONS, CHUNK)).await?;
        let notices = self.in_chunks(|unit| unit.purge_notices(now - KEEP_NOTICES, CHUNK)).await?;
        let callbacks = self.in_chunks(|unit| unit.purge_callbacks(now - KEEP_CALLBACKS, CHUNK)).await?;
        let events = self.in_chunks(|unit| unit.purge_events(now - KEEP_EVENTS, CHUNK)).await?;
        tracing::info!(records, sessions, notices, callbacks, events, "purged what is too old to matter");
        Ok(())
    }

    /// Purges a chunk in each unit until one is not full; how many rows are gone.
    async fn in_chunks(
        &self,
        purge: impl for<'a> Fn(&'a mut dyn UnitOfWork) -> Purge<'a> + Sync,
    ) -> Result<usize, StoreError> {
        let mut purged = 0;
        loop {
            let chunk = transact(&*self.store, &*self.ids, |unit| {
                let chunk = purge(unit);
                Box::pin(async move { Ok(Done::Write(chunk.await?)) })
            })
            .await?;
            purged += chunk;
            if chunk < CHUNK {
                return Ok(purged);
            }
        }
    }

    /// Counts the orders, notices and deliveries that wait, so that an alert can see them grow old, and says what the last
    /// check of the ledger found, whoever made it.
    pub async fn measure(&self) -> Result<(), StoreError> {
        let backlog = self.queries.backlog().await?;
        for sub_status in SubStatus::ALL.iter().copied().filter(|sub_status| !sub_status.is_final()) {
            let open = backlog.at(sub_status);
            let orders = open.map_or(0, |open| open.orders);
            let oldest = self.waited_since(open.map(|open| open.oldest));
            self.metrics.record(Measure::OpenOrders { sub_status, orders, oldest });
        }
        let (incidents, unknown) = (backlog.incidents, self.orders_of_strangers().await?);
        self.metrics.record(Measure::PartnerBacklog { incidents, unknown });
        let NoticeBacklog { open, oldest } = self.queries.notice_backlog().await?;
        let oldest = self.waited_since(oldest);
        self.metrics.record(Measure::NoticeBacklog { open, oldest });
        let DeliveryBacklog { open, oldest } = self.queries.delivery_backlog().await?;
        let oldest = self.waited_since(oldest);
        self.metrics.record(Measure::DeliveryBacklog { open, oldest });
        if let Some(check) = self.queries.last_check().await? {
            self.metrics.record(Measure::LedgerChecked { differences: check.differences, at: check.at });
        }
        Ok(())
    }

    /// How many open orders there are of activation partners that this process does not know. An API with newer settings
    /// than the workers' takes such orders, and they would wait without anybody being told.
    async fn orders_of_strangers(&self) -> Result<u64, StoreError> {
        let open = self.queries.open_orders().await?.into_iter();
        let strangers: Vec<_> = open.filter(|(partner, _)| !self.partners.contains(partner)).collect();
        let orders = strangers.iter().map(|(_, orders)| orders).sum();
        if self.strangers.swap(orders, Ordering::Relaxed) != orders {
            for (partner, orders) in strangers {
                tracing::error!(%partner, orders, "orders wait for an activation partner that the settings do not name");
            }
        }
        Ok(orders)
    }

    fn waited_since(&self, since: Option<OffsetDateTime>) -> std::time::Duration {
        let waited = since.map_or(Duration::ZERO, |since| self.clock.now() - since);
        waited.max(Duration::ZERO).unsigned_abs()
    }

    /// Whether this process is to run `job` now, which one process does in each `period`.
    pub async fn is_elected(&self, job: &'static str, period: Duration) -> Result<bool, StoreError> {
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                let elected = unit.take_run(job, period, now).await?;
                Ok(if elected { Done::Write(true) } else { Done::Nothing(false) })
            })
        })
        .await
    }

    /// Checks the whole ledger, and keeps what was found for staff to see.
    pub async fn verify(&self) -> Result<LedgerReport, StoreError> {
        let report = self.queries.verify_ledger().await?;
        let kept = &report;
        let at = transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                unit.record_check(kept, now).await?;
                Ok(Done::Write(now))
            })
        })
        .await?;
        let differences = u64::try_from(report.differences.len()).unwrap_or(u64::MAX);
        self.metrics.record(Measure::LedgerChecked { differences, at });
        for difference in &report.differences {
            tracing::error!(rule = difference.rule, detail = difference.detail, "the ledger does not add up");
        }
        Ok(report)
    }
}
