//! A shop on one store, whose answers can be compared.

use std::fmt::Write;
use std::sync::Arc;

use offers_domain::activation::{PlaceOrder, Placed, Wish};
use offers_domain::ids::{OfferId, SessionId, TransactionId, UserId, UserOfferId};
use offers_domain::money::Currency;
use offers_domain::offer::{Category, OfferRules, OfferSort, OfferTerms, PurchasePolicy};
use offers_domain::page::{PageLimit, PageRequest};
use offers_domain::partner::Answer;
use offers_domain::ports::{
    LedgerReport, OfferFilter, OfferKey, Queries, Store, TransactionFilter, UnitOfWork,
};
use offers_domain::session::{RefreshHash, RefreshToken, Session, SessionPolicy};
use offers_domain::transaction::{Channel, Transaction};
use offers_domain::user_offer::{Ending, RenewalOf, UserOfferRef};
use offers_domain::views::OrderPlace;
use offers_testkit::builders::{NOON, cents, handle, new_user, place_order, terms};
use offers_testkit::contract::store::steps::{self, Claimed};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::partners::{Seller, sellers};
use crate::story::{CUSTOMERS, Order, Renewed, Step};

const LEASE: Duration = Duration::seconds(30);

pub(crate) struct Shop {
    store: Arc<dyn Store>,
    pub(crate) queries: Arc<dyn Queries>,
    customers: Vec<UserId>,
    offers: Vec<OfferId>,
    pub(crate) sellers: Vec<Seller>,
    /// How many orders partners have placed.
    pub(crate) sales: u64,
    held: Vec<Claimed>,
    pub(crate) now: OffsetDateTime,
    ids: u128,
}

fn catalogue() -> Vec<OfferTerms> {
    let offer = |name: &str, price, category, purchase_policy| OfferTerms {
        name: name.into(),
        category,
        purchase_policy,
        ..terms(price)
    };
    vec![
        offer("Fibre", 110, Category::Internet, PurchasePolicy::Allow),
        offer("fibre 2", 290, Category::Internet, PurchasePolicy::Extend),
        offer("Télé", 290, Category::Tv, PurchasePolicy::Reject),
        offer("50% voice", 5_000, Category::Voice, PurchasePolicy::Extend),
        offer("Zoo", 1, Category::Music, PurchasePolicy::Allow),
        OfferTerms {
            rules: OfferRules { stock: Some(5), per_customer: Some(2), ..OfferRules::default() },
            ..offer("Rare", 20, Category::Music, PurchasePolicy::Allow)
        },
        // Offers are numbered from 1.
        OfferTerms {
            rules: OfferRules {
                requires: Some(OfferId(1)),
                excludes: Some(OfferId(3)),
                ..OfferRules::default()
            },
            ..offer("Extra", 10, Category::Voice, PurchasePolicy::Extend)
        },
    ]
}

fn answer(number: usize) -> Answer {
    match number {
        0 | 1 => Answer::Confirmed { reference: "partner-1".into() },
        2 => Answer::Refused { code: "no_line".into(), message: "no line at this address".into() },
        3 => Answer::Pending { reference: "later".into() },
        4 => Answer::Unknown { reason: "time-out".into() },
        5 => Answer::NotExecuted { reason: "busy".into(), retry_after: None },
        _ => Answer::Voided,
    }
}

impl Shop {
    pub(crate) async fn open(store: Arc<dyn Store>, queries: Arc<dyn Queries>) -> Self {
        let mut unit = store.begin().await.unwrap();
        let people: Vec<_> = (0..CUSTOMERS).map(|number| new_user(&format!("customer{number}"))).collect();
        let customers = unit.insert_users(&people).await.unwrap();
        unit.open_wallets(&customers, Currency::EUR, NOON).await.unwrap();
        let mut wallets = unit.lock_wallets(&customers).await.unwrap();
        let top_ups: Vec<_> = wallets.iter_mut().map(|wallet| wallet.top_up(cents(3000)).unwrap()).collect();
        unit.apply_transfers(&top_ups, NOON).await.unwrap();
        let offers = unit.insert_offers(&catalogue(), NOON).await.unwrap();
        let sellers = sellers(&mut *unit).await;
        unit.commit().await.unwrap();
        Self { store, queries, customers, offers, sellers, sales: 0, held: Vec::new(), now: NOON, ids: 1 }
    }

    /// Lives through one step, and tells all that it was told.
    pub(crate) async fn live(&mut self, step: &Step) -> String {
        match step {
            Step::Wait(seconds) => {
                self.now += Duration::seconds(i64::from(*seconds)) + Duration::microseconds(7);
                String::new()
            }
            Step::TopUp(who, amount) => self.top_up(*who, *amount, true).await,
            Step::TopUpInVain(who, amount) => self.top_up(*who, *amount, false).await,
            Step::Order(orders) => self.order(orders).await,
            Step::Renew(renewals) => self.renew(renewals).await,
            Step::Switch(id, on) => self.switch(UserOfferId(*id), *on).await,
            Step::Look(limit) => self.look(*limit).await,
            Step::Claim(limit) => self.claim(*limit).await,
            Step::Vanish => format!("{}", self.held.drain(..).count()),
            Step::Settle(answers) => self.settle(answers).await,
            Step::Inspect(who, limit) => self.inspect(self.customers[*who], *limit).await,
            Step::Browse(sort, text, least) => self.browse(*sort, *text, *least).await,
            Step::Session(who, leaves) => self.session(self.customers[*who], *leaves).await,
            Step::Credit(partner, amount) => self.credit(*partner, *amount).await,
            Step::Agree(partner, funding) => self.agree(*partner, *funding).await,
            Step::Review(partner, limit) => self.review(*partner, *limit).await,
            Step::Purge(seconds) => self.purge(Duration::seconds(i64::from(*seconds))).await,
        }
    }

    pub(crate) async fn books(&self) -> LedgerReport {
        self.queries.verify_ledger().await.unwrap()
    }

    pub(crate) async fn begin(&self) -> Box<dyn UnitOfWork> {
        self.store.begin().await.unwrap()
    }

    fn next_id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    async fn top_up(&mut self, who: usize, amount: i64, keep: bool) -> String {
        let mut unit = self.begin().await;
        let mut wallet = unit.lock_wallets(&[self.customers[who]]).await.unwrap().remove(0);
        let top_up = wallet.top_up(cents(amount)).unwrap();
        unit.apply_transfers(&[top_up], self.now).await.unwrap();
        let told = format!("{:?}", unit.lock_accounts(&[wallet.id()]).await);
        if keep {
            unit.commit().await.unwrap();
        } else {
            unit.rollback().await.unwrap();
        }
        told
    }

    async fn order(&mut self, orders: &[Order]) -> String {
        let mut batch: Vec<PlaceOrder> = Vec::new();
        for Order { customer, offer, key, sale } in orders {
            let (user, id) = (self.customers[*customer], TransactionId(self.next_id()));
            let handle = key.map(|key| handle(user, &key.to_string(), key % 2));
            let wish = PlaceOrder { handle, ..place_order(id, user, self.offers[*offer]) };
            let price = catalogue()[*offer].price.minor();
            batch.push(match sale {
                Some(sale) => self.sold(wish, price, sale),
                None => wish,
            });
        }
        self.place(&batch).await
    }

    async fn renew(&mut self, renewals: &[(usize, Renewed)]) -> String {
        let mut batch: Vec<PlaceOrder> = Vec::new();
        for (who, renewed) in renewals {
            let (user, id) = (self.customers[*who], TransactionId(self.next_id()));
            let of = match renewed {
                Renewed::Subscription(number) => RenewalOf::Subscription(UserOfferId(*number)),
                Renewed::Offer(number) => RenewalOf::Offer(self.offers[*number]),
            };
            batch.push(PlaceOrder { wish: Wish::Renew(of), ..place_order(id, user, OfferId(0)) });
        }
        self.place(&batch).await
    }

    async fn place(&mut self, batch: &[PlaceOrder]) -> String {
        let mut unit = self.begin().await;
        let answers = steps::place(&mut *unit, batch, self.now).await;
        unit.commit().await.unwrap();
        for answer in answers.iter().flatten() {
            let sold = |order: &Transaction| order.order().channel == Channel::Partner;
            self.sales += u64::from(matches!(answer, Ok(Placed::Fresh(order)) if sold(order)));
        }
        format!("{answers:?}")
    }

    async fn switch(&self, id: UserOfferId, on: bool) -> String {
        let mut unit = self.begin().await;
        let mut found = unit.lock_user_offers(&[UserOfferRef::Existing(id)]).await.unwrap();
        let mut told = String::new();
        for (_, held) in &mut found {
            write!(told, "{:?}", held.set_auto_renew(on)).unwrap();
            unit.update_user_offers(&[**held], self.now).await.unwrap();
        }
        unit.commit().await.unwrap();
        told
    }

    async fn look(&self, limit: usize) -> String {
        let mut unit = self.begin().await;
        let mut due = unit.lock_due_renewals(limit, self.now).await.unwrap();
        let taken: Vec<_> = due.iter_mut().map(|held| held.take_renewal(self.now)).collect();
        let due: Vec<_> = due.iter().map(|held| **held).collect();
        unit.update_user_offers(&due, self.now).await.unwrap();
        let mut ended = unit.lock_ended(limit, self.now).await.unwrap();
        for held in &mut ended {
            held.expire(self.now).unwrap();
        }
        let ended: Vec<_> = ended.iter().map(|held| **held).collect();
        unit.update_user_offers(&ended, self.now).await.unwrap();
        let after = Ending { at: self.now, id: UserOfferId(0) };
        let ending = unit.ending(after, self.now + Duration::days(30), limit).await;
        unit.commit().await.unwrap();
        format!("{due:?} {taken:?} {ended:?} {ending:?}")
    }

    async fn claim(&mut self, limit: usize) -> String {
        let mut unit = self.begin().await;
        let claimed = steps::claim(&mut *unit, limit, LEASE, self.now).await.unwrap();
        unit.commit().await.unwrap();
        let told = format!("{claimed:?}");
        self.held.extend(claimed);
        told
    }

    async fn settle(&mut self, answers: &[usize]) -> String {
        let count = answers.len().min(self.held.len());
        let held = self.held.drain(..count);
        let now = self.now;
        let batch: Vec<_> =
            held.zip(answers).map(|(one, number)| steps::answered(&one, answer(*number), now)).collect();
        let mut unit = self.begin().await;
        let answers = steps::settle(&mut *unit, &batch, now).await;
        unit.commit().await.unwrap();
        format!("{answers:?}")
    }

    async fn inspect(&self, user: UserId, limit: u64) -> String {
        let (queries, limit) = (&self.queries, PageLimit::try_new(limit).unwrap());
        let mut told = format!("{:?} {:?}", queries.balance(user).await, queries.backlog().await);
        let mut after = None;
        loop {
            let page = PageRequest { limit, after };
            let page = queries.transactions(user, &TransactionFilter::default(), &page).await.unwrap();
            write!(told, "{page:?}").unwrap();
            after = page.items.last().map(|view| view.status.place());
            if let Some(OrderPlace { id, .. }) = after {
                let detail = queries.transaction(user, id).await;
                write!(told, "{detail:?} {:?}", queries.status(id).await).unwrap();
            }
            if !page.has_more {
                break;
            }
        }
        let page = PageRequest { limit, after: None };
        let held = queries.user_offers(user, None, &page, self.now).await;
        let soon = self.now + Duration::days(20);
        let ending = queries.expiring(user, soon, &PageRequest { limit, after: None }, self.now).await;
        write!(told, "{held:?} {ending:?} {:?}", queries.user(user).await).unwrap();
        told
    }

    async fn browse(&self, sort: usize, text: Option<&str>, min_price: Option<i64>) -> String {
        let sort = [OfferSort::Id, OfferSort::Price, OfferSort::PriceDescending, OfferSort::Name][sort];
        let filter = OfferFilter { text: text.map(str::to_owned), min_price, ..OfferFilter::default() };
        let (mut told, mut after) = (String::new(), None);
        loop {
            let page = PageRequest { limit: PageLimit::try_new(2).unwrap(), after };
            let page = self.queries.offers_on_sale(&filter, sort, &page, self.now).await.unwrap();
            write!(told, "{page:?}").unwrap();
            after = page.items.last().map(|offer| OfferKey::of(offer, sort));
            if !page.has_more {
                return told;
            }
        }
    }

    async fn session(&mut self, user: UserId, leaves: bool) -> String {
        let (policy, now) = (SessionPolicy::default(), self.now);
        let session = Session::begin(SessionId(self.next_id()), user, &policy, now);
        let mut token = || RefreshToken {
            hash: RefreshHash([self.next_id().into_bytes(), [7; 16]].concat().try_into().unwrap()),
            session: session.id,
            parent: None,
            expires_at: session.token_expiry(&policy, now),
            used_at: None,
        };
        let (first, second) = (token(), token());
        let mut unit = self.begin().await;
        unit.insert_session(&session, &first).await.unwrap();
        unit.rotate_refresh_token(first.hash, &second, now).await.unwrap();
        if leaves {
            unit.revoke_sessions(&[session.id], now).await.unwrap();
        }
        let told = format!("{:?}", unit.lock_refresh_token(first.hash).await);
        unit.commit().await.unwrap();
        told + &format!("{:?}", self.queries.session(session.id).await)
    }

    async fn purge(&self, age: Duration) -> String {
        let limit = self.now - age;
        let mut unit = self.begin().await;
        let purged = (unit.purge_sessions(limit, 1000).await, unit.purge_records(limit, 1000).await);
        unit.commit().await.unwrap();
        format!("{purged:?}")
    }
}
