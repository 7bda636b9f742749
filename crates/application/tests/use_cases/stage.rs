//! Where the use cases are played: ports that write down, in one log, what they were asked to do.

use std::sync::{Arc, Mutex};

use offers_application::announcer::Announcer;
use offers_application::fallback::Fallback;
use offers_application::group_commit::{Batch, GroupCommit, LanePorts, LaneSettings};
use offers_application::store_health::StoreHealth;
use offers_domain::account::{Account, AccountOwner, AccountParts};
use offers_domain::ids::{AccountId, OfferId, TransactionId, UserId};
use offers_domain::money::{Currency, Money};
use offers_domain::ports::mocks::{MockStatusCache, MockStore, MockUnitOfWork, MockWakeUp};
use offers_domain::ports::{Clock, Locked, Measure, Metrics, Store, StoreError, UnitOfWork};
use offers_domain::transaction::Transaction;
use offers_local::LocalLastKnown;
use offers_testkit::builders::{NOON, order};
use offers_testkit::clock::FakeClock;
use offers_testkit::ids::CountingIds;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::queries::MockQueries;

pub(crate) const ANNA: UserId = UserId(1);
pub(crate) const BEN: UserId = UserId(2);
pub(crate) const WALLET: AccountId = AccountId(101);
pub(crate) const FIBRE: OfferId = OfferId(1);

/// What happened, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn add(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    /// The same, for a call that only has to succeed.
    #[expect(clippy::unnecessary_wraps, reason = "it is what such a call returns")]
    pub(crate) fn note(&self, what: impl Into<String>) -> Result<(), StoreError> {
        self.add(what);
        Ok(())
    }

    pub(crate) fn entries(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, what: &str) -> usize {
        self.entries().iter().filter(|entry| *entry == what).count()
    }
}

/// Remembers what was counted.
#[derive(Default)]
pub(crate) struct Counter(Mutex<Vec<Measure>>);

impl Counter {
    pub(crate) fn measures(&self) -> Vec<Measure> {
        self.0.lock().unwrap().clone()
    }
}

impl Metrics for Counter {
    fn record(&self, measure: Measure) {
        self.0.lock().unwrap().push(measure);
    }
}

/// The log and the ports that need no script.
pub(crate) struct Stage {
    pub(crate) log: Log,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) ids: Arc<CountingIds>,
    pub(crate) counter: Arc<Counter>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self {
            log: Log::default(),
            clock: Arc::new(FakeClock::at(NOON)),
            ids: Arc::default(),
            counter: Arc::default(),
        }
    }

    /// A way around a store that has always answered.
    pub(crate) fn fallback(&self) -> Fallback {
        let clock: Arc<dyn Clock> = self.clock.clone();
        let health = StoreHealth::new(Arc::new(MockQueries::new()), None, self.counter.clone());
        Fallback { last_known: Arc::new(LocalLastKnown::new(&clock)), health: Arc::new(health), clock }
    }

    pub(crate) fn unit(&self) -> MockUnitOfWork {
        unit(&self.log)
    }

    /// A store with as many plain units as anybody wants.
    pub(crate) fn any_store(&self) -> Arc<dyn Store> {
        let log = self.log.clone();
        self.store(move || Ok(unit(&log)))
    }

    /// A store whose units come from `open`.
    pub(crate) fn store<F>(&self, mut open: F) -> Arc<dyn Store>
    where
        F: FnMut() -> Result<MockUnitOfWork, StoreError> + Send + 'static,
    {
        let log = self.log.clone();
        let mut store = MockStore::new();
        store.expect_begin().returning(move || {
            log.add("begin");
            open().map(|unit| -> Box<dyn UnitOfWork> { Box::new(unit) })
        });
        Arc::new(store)
    }

    /// A store with these units, one after the other.
    pub(crate) fn store_of(&self, units: impl IntoIterator<Item = MockUnitOfWork>) -> Arc<dyn Store> {
        let mut units: Vec<_> = units.into_iter().collect();
        units.reverse();
        self.store(move || Ok(units.pop().expect("another unit was expected")))
    }

    /// A store that must not be asked.
    pub(crate) fn no_store(&self) -> Arc<dyn Store> {
        self.store_of([])
    }

    /// Writes what is announced into the log, by the numbers of the orders: `announce 1,2`.
    pub(crate) fn announcer(&self) -> Announcer {
        let numbers = |ids: Vec<TransactionId>| -> String {
            ids.iter().map(|id| id.0.as_u128().to_string()).collect::<Vec<_>>().join(",")
        };
        let mut cache = MockStatusCache::new();
        let log = self.log.clone();
        cache.expect_put().returning(move |views, _| {
            log.add(format!("put {}", numbers(views.iter().map(|view| view.transaction).collect())));
        });
        let mut wake_up = MockWakeUp::new();
        let log = self.log.clone();
        wake_up.expect_ring().returning(move || log.add("ring"));
        let log = self.log.clone();
        wake_up
            .expect_announce()
            .returning(move |ids| log.add(format!("announce {}", numbers(ids.to_vec()))));
        Announcer::new(Arc::new(cache), Arc::new(wake_up), self.counter.clone())
    }

    pub(crate) fn lane_ports(&self, store: Arc<dyn Store>) -> LanePorts {
        LanePorts {
            store,
            announcer: self.announcer(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            metrics: self.counter.clone(),
        }
    }

    /// An entrance whose lanes run.
    pub(crate) fn lanes<B: Batch>(
        &self,
        batch: B,
        store: Arc<dyn Store>,
        settings: LaneSettings,
    ) -> (GroupCommit<B>, Lanes) {
        let (entrance, lanes) = GroupCommit::new(batch, &self.lane_ports(store), settings);
        let mut tasks = JoinSet::new();
        for lane in lanes {
            tasks.spawn(lane.run());
        }
        (entrance, Lanes(tasks))
    }
}

/// A unit that tells the time, keeps an audit trail, and can be committed and rolled back.
pub(crate) fn unit(log: &Log) -> MockUnitOfWork {
    let mut unit = unit_without_audit(log);
    let log = log.clone();
    unit.expect_record_audit().returning(move |entries| {
        for entry in entries {
            log.add(format!("audit {}", entry.action));
        }
        Ok(())
    });
    unit
}

/// The same, but for the trail.
pub(crate) fn unit_without_audit(log: &Log) -> MockUnitOfWork {
    let mut unit = MockUnitOfWork::new();
    let (now, commit, rollback) = (log.clone(), log.clone(), log.clone());
    unit.expect_now().returning(move || {
        now.add("now");
        Ok(NOON)
    });
    unit.expect_commit().returning(move || commit.note("commit"));
    unit.expect_rollback().returning(move || rollback.note("rollback"));
    unit
}

/// Running lanes; they end once every entrance is gone.
pub(crate) struct Lanes(JoinSet<()>);

impl Lanes {
    pub(crate) async fn finished(mut self) {
        while let Some(ended) = self.0.join_next().await {
            ended.unwrap();
        }
    }
}

pub(crate) fn id(number: u128) -> TransactionId {
    TransactionId(Uuid::from_u128(number))
}

pub(crate) fn wallet(user: UserId, balance: i64) -> Locked<Account> {
    Locked::by_store(Account::from_parts(AccountParts {
        id: AccountId(100 + user.0),
        owner: AccountOwner::User(user),
        balance: Money::from_minor(balance, Currency::EUR),
        credit_limit: Money::zero(Currency::EUR),
    }))
}

/// Anna's order of the fibre offer, as placed at noon.
pub(crate) fn placed(number: u128) -> Transaction {
    Transaction::place(id(number), order(ANNA, FIBRE, WALLET, 2000), NOON)
}
