//! A fresh store with customers who can afford everything.

use std::sync::Arc;

use offers_application::announcer::Announcer;
use offers_application::begin_activation::{BeginActivation, NewOrder, OrderBatch};
use offers_application::create_users::{CreateUsers, FundedUser};
use offers_application::group_commit::{GroupCommit, LanePorts, LaneSettings};
use offers_application::identity::Origin;
use offers_domain::activation::{Payer, Wish};
use offers_domain::audit::Actor;
use offers_domain::idempotency::{IdempotencyHandle, IdempotencyKey, Principal, Scope, StoredResponse};
use offers_domain::ids::{OfferId, UserId};
use offers_domain::money::{Amount, Currency};
use offers_domain::offer::{Category, OfferRules, OfferTerms, PurchasePolicy, SaleWindow, Translations};
use offers_domain::ports::{
    Clock, IdSource, Measure, Metrics, PasswordError, Passwords, Store, Verification,
};
use offers_domain::session::Session;
use offers_domain::transaction::Channel;
use offers_domain::user::{Email, Locale, NewUser, Role, Username};
use offers_local::{LocalBell, LocalStatusCache, RandomIds, SystemClock};
use offers_sqlite::SqliteStore;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::Outcome;
use crate::sessions::log_in;

/// Customers, each with a wallet of their own.
const CUSTOMERS: usize = 1_000;

/// A store, its lane, and the way in.
#[derive(Clone)]
pub(super) struct Scene {
    begin: Arc<BeginActivation>,
    ids: Arc<dyn IdSource>,
    users: Arc<[Session]>,
    offer: OfferId,
    _lane: Arc<JoinSet<()>>,
    _folder: Arc<TempDir>,
}

impl Scene {
    pub(super) async fn prepare(max_batch: usize) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("offers.db");
        offers_sqlite::migrate(&file)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids: Arc<dyn IdSource> = Arc::new(RandomIds);
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&file, clock.clone())?);
        let metrics: Arc<dyn Metrics> = Arc::new(NoMetrics);
        let users = customers(&store, &clock, &ids).await?;
        let users = log_in(&*store, &users, &*ids).await?;
        let offer = offer(&*store).await?;

        let cache = LocalStatusCache::new(100_000, time_to_forget(), clock.clone());
        let announcer = Announcer::new(Arc::new(cache), Arc::new(LocalBell::default()), metrics.clone());
        let ports = LanePorts { store, announcer, clock, ids: ids.clone(), metrics: metrics.clone() };
        let settings = LaneSettings { lanes: 1, queue: 4096, max_batch };
        let (orders, lanes) = GroupCommit::new(OrderBatch::default(), &ports, settings);
        let mut running = JoinSet::new();
        for lane in lanes {
            running.spawn(lane.run());
        }
        Ok(Self {
            begin: Arc::new(BeginActivation::new(orders, ids.clone(), metrics)),
            ids,
            users: users.into(),
            offer,
            _lane: Arc::new(running),
            _folder: Arc::new(folder),
        })
    }

    /// Places one order with a fresh key; whether it was taken.
    pub(super) async fn order(&self, caller: usize) -> bool {
        let Some(Session { id, user, .. }) = self.users.get(caller % CUSTOMERS).copied() else {
            return false;
        };
        let Ok(key) = IdempotencyKey::try_new(&self.ids.random_uuid().to_string()) else { return false };
        let scope = Scope { principal: Principal::User(user), route: "POST /activation", key };
        let order = NewOrder {
            user,
            session: Some(id),
            wish: Wish::Buy(self.offer),
            payer: Payer::Wallet,
            channel: Channel::Customer,
            handle: Some(IdempotencyHandle { scope, fingerprint: [0; 32] }),
            trace: None,
            respond: |order| StoredResponse { status: 202, body: order.id().to_string() },
        };
        self.begin.run(order).await.is_ok()
    }
}

fn time_to_forget() -> time::Duration {
    time::Duration::seconds(5)
}

async fn customers(
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn IdSource>,
) -> Outcome<Vec<UserId>> {
    let create = CreateUsers {
        store: store.clone(),
        passwords: Arc::new(NoPasswords),
        clock: clock.clone(),
        ids: ids.clone(),
        currency: Currency::EUR,
    };
    let mut people = Vec::with_capacity(CUSTOMERS);
    for number in 0..CUSTOMERS {
        let user = NewUser {
            username: Username::try_new(&format!("customer{number}"))?,
            email: Email::try_new("customer@example.com")?,
            phone: None,
            password_hash: String::new(),
            role: Role::Customer,
            locale: Locale::En,
            joined_at: clock.now(),
        };
        people.push(FundedUser { user, balance: Some(Amount::from_minor(9_999_999_999, Currency::EUR)?) });
    }
    Ok(create.add(&people, Actor::System, &Origin::default()).await?)
}

async fn offer(store: &dyn Store) -> Outcome<OfferId> {
    let terms = OfferTerms {
        name: "Day pass".into(),
        description: String::new(),
        category: Category::Internet,
        price: Amount::from_minor(199, Currency::EUR)?,
        duration_days: 1,
        sale: SaleWindow::default(),
        purchase_policy: PurchasePolicy::Allow,
        rules: OfferRules::default(),
        translations: Translations::default(),
    };
    let mut unit = store.begin().await?;
    let now = unit.now().await?;
    let ids = unit.insert_offers(&[terms], now).await?;
    unit.commit().await?;
    ids.first().copied().ok_or_else(|| "no offer was added".into())
}

struct NoMetrics;

impl Metrics for NoMetrics {
    fn record(&self, _: Measure) {}
}

/// Nobody logs in here.
struct NoPasswords;

#[async_trait::async_trait]
impl Passwords for NoPasswords {
    async fn hash(&self, _: String) -> Result<String, PasswordError> {
        Err(PasswordError::Failed)
    }

    async fn verify(&self, _: String, _: Option<String>) -> Result<Verification, PasswordError> {
        Err(PasswordError::Failed)
    }
}
