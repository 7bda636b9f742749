//! A worker and all around it: a list of work, a bell, and a partner that answers when it is told to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use offers_application::announcer::Announcer;
use offers_application::claim_work::{ClaimPorts, ClaimWork};
use offers_application::group_commit::{GroupCommit, LanePorts, LaneSettings};
use offers_application::process_activation::{ProcessActivation, ProcessPorts};
use offers_application::release_work::ReleaseWork;
use offers_application::settle_activation::SettleBatch;
use offers_domain::activation_partner::{ActivationPartner, Places};
use offers_domain::auto_renew::AutoRenew;
use offers_domain::ids::{AccountId, OfferId, TransactionId, UserId, UserOfferId};
use offers_domain::notice::NoticeChannels;
use offers_domain::partner::{ActivationRequest, Answer};
use offers_domain::ports::mocks::{MockMetrics, MockStatusCache, MockStore, MockUnitOfWork};
use offers_domain::ports::{
    ActivationGateway, DueTransactions, Follow, IdSource, Locked, Metrics, Store, UnitOfWork, WakeUp,
};
use offers_domain::retry::RetryPolicy;
use offers_domain::transaction::{Order, Status, SubStatus, Transaction};
use offers_domain::user_offer::{UserOffer, UserOfferRef, UserOfferState};
use offers_runner::worker::{WorkCases, Worker, WorkerSettings};
use offers_testkit::builders::{NOON, order, places};
use offers_testkit::clock::FakeClock;
use offers_testkit::ids::CountingIds;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const ANNA: UserId = UserId(1);
const FIBRE: OfferId = OfferId(1);

/// How many orders of a partner the worker works on at once.
pub(crate) const PLACES: usize = 3;

/// Time stands still while anybody has something to do, so that after this instant everybody waits.
pub(crate) const INSTANT: Duration = Duration::from_millis(1);

/// A running worker.
pub(crate) struct Stage {
    pub(crate) bell: Arc<Bell>,
    pub(crate) partner: Arc<Partner>,
    pub(crate) stop: CancellationToken,
    list: WorkList,
    ids: Arc<CountingIds>,
    worker: JoinSet<()>,
    _lanes: JoinSet<()>,
}

impl Stage {
    /// Starts a worker that has so many orders to do, and waits until it does nothing at once any more.
    pub(crate) async fn with(orders: usize, settings: WorkerSettings) -> Self {
        Self::with_places(places(PLACES).to_vec(), orders, settings).await
    }

    /// The same, for a worker with these places.
    pub(crate) async fn with_places(places: Vec<Places>, orders: usize, settings: WorkerSettings) -> Self {
        let (list, bell, partner) = (WorkList::default(), Arc::<Bell>::default(), Arc::new(Partner::new()));
        let ids = Arc::<CountingIds>::default();
        let (clock, metrics) = (Arc::new(FakeClock::at(NOON)), metrics());
        let (store, policy) = (list.store(), RetryPolicy::default());
        let announcer = Announcer::new(Arc::new(status_cache()), bell.clone(), metrics.clone());

        let lane_ports = LanePorts {
            store: store.clone(),
            announcer: announcer.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            metrics: metrics.clone(),
        };
        let (settlements, lanes) = GroupCommit::new(
            SettleBatch::new(policy, NoticeChannels::default()),
            &lane_ports,
            LaneSettings::default(),
        );
        let ports = ProcessPorts {
            gateway: partner.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            senders: Vec::new(),
        };
        let process = ProcessActivation::new(ports, settlements, policy);
        let release = ReleaseWork::new(store.clone(), announcer.clone(), clock.clone(), ids.clone());
        let claim = ClaimWork::new(ClaimPorts { store, announcer, clock, ids: ids.clone(), metrics }, policy);
        let stop = CancellationToken::new();
        let worker = Worker::new(WorkCases { claim, process, release }, bell.clone(), places, settings);
        let worker = JoinSet::from_iter([worker.run(stop.clone())]);
        let lanes = lanes.into_iter().map(offers_application::group_commit::Lane::run).collect();
        let mut stage = Self { bell, partner, stop, list, ids, worker, _lanes: lanes };
        stage.add(orders);
        tokio::time::sleep(INSTANT).await;
        stage
    }

    /// Adds orders to the list, and rings no bell.
    pub(crate) fn add(&mut self, orders: usize) {
        self.add_for(ActivationPartner::DEFAULT, orders);
    }

    /// Adds orders that this partner activates.
    pub(crate) fn add_for(&mut self, partner: ActivationPartner, orders: usize) {
        for _ in 0..orders {
            let placed = order(ANNA, FIBRE, AccountId(101), 2000);
            let placed = Order { activated_by: partner, ..placed };
            self.list.rows().due.push(Transaction::place(self.ids.transaction_id(), placed, NOON));
        }
    }

    /// How many orders have ended well.
    pub(crate) fn succeeded(&self) -> usize {
        let rows = self.list.rows();
        rows.claimed.values().filter(|transaction| transaction.status() == Status::Success).count()
    }

    /// How many orders were claimed.
    pub(crate) fn claimed(&self) -> usize {
        self.list.rows().claimed.len()
    }

    /// The finer story of every order that was claimed.
    pub(crate) fn stories(&self) -> Vec<SubStatus> {
        self.list.rows().claimed.values().map(Transaction::sub_status).collect()
    }

    /// Whether the worker has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.worker.try_join_next().map(Result::unwrap).is_some()
    }

    /// Waits for the worker's end.
    pub(crate) async fn ended(&mut self) {
        self.worker.join_next().await.unwrap().unwrap();
    }
}

/// A bell whose only rings are the test's.
#[derive(Default)]
pub(crate) struct Bell(Notify);

#[async_trait]
impl WakeUp for Bell {
    async fn ring(&self) {
        self.0.notify_one();
    }

    async fn wait_for_work(&self) {
        self.0.notified().await;
    }

    async fn announce(&self, _: &[TransactionId]) {}

    fn follow(&self, _: TransactionId) -> Box<dyn Follow> {
        unreachable!("a worker follows nobody")
    }
}

/// A partner that never answers.
pub(crate) fn dead() -> ActivationPartner {
    "dead".parse().unwrap()
}

/// Confirms as many calls as it is told to; the others wait.
pub(crate) struct Partner {
    answers: Semaphore,
    calls: Mutex<Calls>,
}

/// How many calls wait for an answer, now and at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Calls {
    pub(crate) waiting: usize,
    pub(crate) most: usize,
}

impl Partner {
    fn new() -> Self {
        Self { answers: Semaphore::new(0), calls: Mutex::default() }
    }

    /// Answers so many calls, those that wait or those to come, and lets what follows from it happen.
    pub(crate) async fn answer(&self, calls: usize) {
        self.answers.add_permits(calls);
        tokio::time::sleep(INSTANT).await;
    }

    pub(crate) fn calls(&self) -> Calls {
        *self.calls.lock().unwrap()
    }
}

#[async_trait]
impl ActivationGateway for Partner {
    async fn activate(&self, request: &ActivationRequest) -> Answer {
        if request.partner == dead() {
            std::future::pending::<()>().await;
        }
        {
            let mut calls = self.calls.lock().unwrap();
            calls.waiting += 1;
            calls.most = calls.most.max(calls.waiting);
        }
        self.answers.acquire().await.unwrap().forget();
        self.calls.lock().unwrap().waiting -= 1;
        Answer::Confirmed { reference: "R-1".into() }
    }

    async fn query(&self, _: &ActivationRequest) -> Answer {
        unreachable!("no order here is unclear")
    }

    async fn void(&self, _: &ActivationRequest) -> Answer {
        unreachable!("no order here is late")
    }
}

/// The orders, as far as a worker sees them.
#[derive(Clone, Default)]
struct WorkList(Arc<Mutex<Rows>>);

#[derive(Default)]
struct Rows {
    due: Vec<Transaction>,
    claimed: HashMap<TransactionId, Transaction>,
}

impl WorkList {
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap()
    }

    fn store(&self) -> Arc<dyn Store> {
        let list = self.clone();
        let mut store = MockStore::new();
        store.expect_begin().returning(move || Ok(Box::new(list.unit()) as Box<dyn UnitOfWork>));
        Arc::new(store)
    }

    fn unit(&self) -> MockUnitOfWork {
        let mut unit = MockUnitOfWork::new();
        let [due, locked, updated] = std::array::from_fn(|_| self.clone());
        unit.expect_lock_due_transactions().returning(move |places, _| {
            let mut rows = due.rows();
            let mut readable = Vec::new();
            for Places { partner, free, .. } in places {
                let theirs = |order: &mut Transaction| order.order().activated_by == *partner;
                readable.extend(rows.due.extract_if(.., theirs).take(*free).map(Locked::by_store));
            }
            Ok(DueTransactions { readable, unreadable: Vec::new() })
        });
        unit.expect_lock_transactions().returning(move |ids| {
            let rows = locked.rows();
            Ok(ids.iter().filter_map(|id| rows.claimed.get(id).cloned()).map(Locked::by_store).collect())
        });
        unit.expect_update_transactions().returning(move |changed| {
            let changed = changed.iter().map(|transaction| (transaction.id(), transaction.clone()));
            updated.rows().claimed.extend(changed);
            Ok(())
        });
        unit.expect_lock_user_offers().returning(|refs| {
            Ok(refs.iter().map(|pointer| (*pointer, Locked::by_store(pending(*pointer)))).collect())
        });
        unit.expect_lock_stocks().returning(|_| Ok(Vec::new()));
        unit.expect_update_stocks().returning(|_| Ok(()));
        unit.expect_now().returning(|| Ok(NOON));
        unit.expect_lock_accounts().returning(|_| Ok(Vec::new()));
        unit.expect_record_attempts().returning(|_| Ok(()));
        unit.expect_update_user_offers().returning(|_, _| Ok(()));
        unit.expect_apply_transfers().returning(|_, _| Ok(()));
        unit.expect_insert_incidents().returning(|_| Ok(()));
        unit.expect_insert_notices().returning(|_, _| Ok(()));
        unit.expect_record_events().returning(|_, _| Ok(()));
        unit.expect_commit().returning(|| Ok(()));
        unit.expect_rollback().returning(|| Ok(()));
        unit
    }
}

fn pending(pointer: UserOfferRef) -> UserOffer {
    let UserOfferRef::OpenedBy(transaction) = pointer else { unreachable!("no order here renews") };
    let state = UserOfferState::Pending;
    UserOffer { id: UserOfferId(1), user: ANNA, offer: FIBRE, transaction, state, auto_renew: AutoRenew::Off }
}

fn status_cache() -> MockStatusCache {
    let mut cache = MockStatusCache::new();
    cache.expect_put().returning(|_, _| ());
    cache
}

fn metrics() -> Arc<dyn Metrics> {
    let mut metrics = MockMetrics::new();
    metrics.expect_record().returning(|_| ());
    Arc::new(metrics)
}
