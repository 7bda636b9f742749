//! A sender and all around it: notices, a bell, and a messenger that delivers when it is told to.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use offers_application::send_notices::{SendNotices, SendPorts};
use offers_domain::ids::{NoticeId, TransactionId, UserId};
use offers_domain::notice::{NoticeChannel, NoticeStatus, Occasion};
use offers_domain::ports::mocks::{MockMetrics, MockStore, MockUnitOfWork};
use offers_domain::ports::{Follow, Locked, Messenger, Store, StoreError, UnitOfWork, WakeUp};
use offers_domain::sending::{Delivery, Letter, Notice, NoticeParts, NoticeState, SendPolicy};
use offers_domain::user::{Locale, Role, User};
use offers_runner::sender::{Sender, SenderSettings};
use offers_testkit::builders::{NOON, cents};
use offers_testkit::ids::CountingIds;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const ANNA: UserId = UserId(1);

/// Time stands still while anybody has something to do, so that after this instant everybody waits.
pub(crate) const INSTANT: Duration = Duration::from_millis(1);

/// A running sender.
pub(crate) struct Stage {
    pub(crate) stop: CancellationToken,
    list: List,
    bell: Arc<Bell>,
    post: Arc<Post>,
    sender: JoinSet<()>,
}

impl Stage {
    /// Starts a sender that has so many notices to send, and waits until it does nothing at once any more.
    pub(crate) async fn with(notices: usize, settings: SenderSettings) -> Self {
        let stop = CancellationToken::new();
        let (list, bell, post) = (List::new(stop.clone()), Arc::<Bell>::default(), Arc::new(Post::new()));
        let mut metrics = MockMetrics::new();
        metrics.expect_record().returning(|_| ());
        let ports = SendPorts {
            store: list.store(),
            messenger: post.clone(),
            ids: Arc::new(CountingIds::default()),
            metrics: Arc::new(metrics),
        };
        let send = SendNotices::new(ports, NoticeChannel::Email, SendPolicy::default());
        let stage = Self { stop: stop.clone(), list, bell: bell.clone(), post, sender: JoinSet::new() };
        stage.queue(notices);
        let stage =
            Self { sender: JoinSet::from_iter([Sender::new(send, bell, settings).run(stop)]), ..stage };
        tokio::time::sleep(INSTANT).await;
        stage
    }

    /// Queues so many notices, and rings no bell.
    pub(crate) fn queue(&self, count: usize) {
        for _ in 0..count {
            self.list.add();
        }
    }

    /// Rings the bell and lets what follows from it happen.
    pub(crate) async fn ring(&self) {
        self.bell.ring().await;
        tokio::time::sleep(INSTANT).await;
    }

    /// Delivers so many letters, those that wait or those to come, and lets what follows from it happen.
    pub(crate) async fn answer(&self, letters: usize) {
        self.post.answers.add_permits(letters);
        tokio::time::sleep(INSTANT).await;
    }

    /// How many notices stand there.
    pub(crate) fn count(&self, status: NoticeStatus) -> usize {
        self.list.rows().values().filter(|notice| notice.status() == status).count()
    }

    /// How many letters were handed over, or begun to be.
    pub(crate) fn letters(&self) -> usize {
        self.post.letters.load(Ordering::Relaxed)
    }

    /// How many units were committed.
    pub(crate) fn commits(&self) -> usize {
        self.list.commits.load(Ordering::Relaxed)
    }

    /// The stop comes while the next claim is being written.
    pub(crate) fn stop_during_the_next_claim(&self) {
        *self.list.trouble.lock().unwrap() = Trouble::Stop;
    }

    /// The next unit finds its store away.
    pub(crate) fn fail_the_next_unit(&self) {
        *self.list.trouble.lock().unwrap() = Trouble::Fail;
    }

    /// Whether the sender has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.sender.try_join_next().map(Result::unwrap).is_some()
    }

    /// Waits for the sender's end.
    pub(crate) async fn ended(&mut self) {
        self.sender.join_next().await.unwrap().unwrap();
    }
}

/// A bell whose only rings are the test's.
#[derive(Default)]
struct Bell(Notify);

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
        unreachable!("a sender follows nobody")
    }
}

/// Delivers as many letters as it is told to; the others wait.
struct Post {
    answers: Semaphore,
    letters: AtomicUsize,
}

impl Post {
    fn new() -> Self {
        Self { answers: Semaphore::new(0), letters: AtomicUsize::new(0) }
    }
}

#[async_trait]
impl Messenger for Post {
    async fn send(&self, _: &Letter) -> Delivery {
        self.letters.fetch_add(1, Ordering::Relaxed);
        self.answers.acquire().await.unwrap().forget();
        Delivery::Delivered
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Trouble {
    None,
    Stop,
    Fail,
}

/// The notices, as far as a sender sees them.
#[derive(Clone)]
struct List {
    rows: Arc<Mutex<BTreeMap<NoticeId, Notice>>>,
    commits: Arc<AtomicUsize>,
    trouble: Arc<Mutex<Trouble>>,
    stop: CancellationToken,
}

impl List {
    fn new(stop: CancellationToken) -> Self {
        Self {
            rows: Arc::default(),
            commits: Arc::default(),
            trouble: Arc::new(Mutex::new(Trouble::None)),
            stop,
        }
    }

    fn rows(&self) -> MutexGuard<'_, BTreeMap<NoticeId, Notice>> {
        self.rows.lock().unwrap()
    }

    fn add(&self) {
        let mut rows = self.rows();
        let id = NoticeId(i64::try_from(rows.len()).unwrap());
        let notice = Notice::from_parts(NoticeParts {
            id,
            user: ANNA,
            channel: NoticeChannel::Email,
            occasion: Occasion::WalletCredited { credit: uuid::Uuid::nil(), amount: cents(100) },
            state: NoticeState::Queued { due: NOON },
            attempt: 0,
            reason: None,
            created_at: NOON,
            updated_at: NOON,
        });
        rows.insert(id, notice);
    }

    fn store(&self) -> Arc<dyn Store> {
        let list = self.clone();
        let mut store = MockStore::new();
        store.expect_begin().returning(move || {
            let mut trouble = list.trouble.lock().unwrap();
            if *trouble == Trouble::Fail {
                *trouble = Trouble::None;
                return Err(StoreError::Unavailable("away".into()));
            }
            Ok(Box::new(list.unit()) as Box<dyn UnitOfWork>)
        });
        Arc::new(store)
    }

    fn unit(&self) -> MockUnitOfWork {
        let mut unit = MockUnitOfWork::new();
        let [due, locked, updated, committed] = std::array::from_fn(|_| self.clone());
        unit.expect_lock_due_notices().returning(move |_, limit, _| {
            let mut trouble = due.trouble.lock().unwrap();
            if *trouble == Trouble::Stop {
                *trouble = Trouble::None;
                due.stop.cancel();
            }
            let rows = due.rows();
            let queued = rows.values().filter(|notice| notice.status() == NoticeStatus::Queued);
            Ok(queued.take(limit).cloned().map(Locked::by_store).collect())
        });
        unit.expect_lock_notices().returning(move |ids| {
            let rows = locked.rows();
            Ok(ids.iter().filter_map(|id| rows.get(id).cloned()).map(Locked::by_store).collect())
        });
        unit.expect_update_notices().returning(move |changed| {
            updated.rows().extend(changed.iter().map(|notice| (notice.id(), notice.clone())));
            Ok(())
        });
        unit.expect_find_users().returning(|ids| Ok(ids.iter().take(1).map(|_| anna()).collect()));
        unit.expect_offers().returning(|_| Ok(Vec::new()));
        unit.expect_now().returning(|| Ok(NOON));
        unit.expect_commit().returning(move || {
            committed.commits.fetch_add(1, Ordering::Relaxed);
            Ok(())
        });
        unit.expect_rollback().returning(|| Ok(()));
        unit
    }
}

fn anna() -> User {
    User {
        id: ANNA,
        username: "anna".into(),
        email: "anna@example.com".into(),
        phone: None,
        role: Role::Customer,
        locale: Locale::En,
        is_active: true,
        joined_at: NOON,
    }
}
