//! A database with the customers, offers and orders that a case needs.

use std::slice::from_ref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use offers_domain::activation::{Payer, PlaceOrder, Placed};
use offers_domain::ids::{AccountId, OfferId, PartnerId, TransactionId, UserId};
use offers_domain::money::{Currency, Money};
use offers_domain::offer::OfferTerms;
use offers_domain::page::{Page, PageLimit, PageRequest};
use offers_domain::partner::{Answer, Step};
use offers_domain::partner_channel::CreditLimit;
use offers_domain::partner_channel::reference::{PartnerOrder, PartnerReference, Reference};
use offers_domain::partner_channel::sale::PartnerSale;
use offers_domain::partner_channel::views::{SettlementView, StatementEntry};
use offers_domain::ports::{Queries, Store, StoreError, UnitOfWork};
use offers_domain::transaction::{Channel, Order, Transaction};
use offers_domain::user_offer::NewUserOffer;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::StoreHarness;
use super::steps::{self, Claimed};
use crate::builders::{NOON, cents, new_key, new_partner, new_user, order, place_order, terms};

/// Longer than any case waits.
pub(super) const LEASE: Duration = Duration::seconds(30);

/// A customer with a wallet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Customer {
    pub(super) user: UserId,
    pub(super) wallet: AccountId,
}

/// A fresh database.
pub(super) struct World<H> {
    pub(super) harness: H,
    pub(super) store: Arc<dyn Store>,
    pub(super) queries: Arc<dyn Queries>,
    orders: AtomicU64,
}

impl<H: StoreHarness> World<H> {
    pub(super) async fn fresh() -> Self {
        let harness = H::fresh().await;
        let (store, queries) = (harness.store(), harness.queries());
        Self { harness, store, queries, orders: AtomicU64::new(1) }
    }

    pub(super) async fn begin(&self) -> Box<dyn UnitOfWork> {
        self.store.begin().await.unwrap()
    }

    /// One committed unit.
    pub(super) async fn commit<T>(
        &self,
        step: impl AsyncFn(&mut dyn UnitOfWork) -> Result<T, StoreError>,
    ) -> T {
        self.try_commit(step).await.unwrap()
    }

    /// One unit, committed where it succeeds.
    pub(super) async fn try_commit<T>(
        &self,
        step: impl AsyncFn(&mut dyn UnitOfWork) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        steps::transact(&*self.store, step).await
    }

    /// A customer with `balance` cents.
    pub(super) async fn customer(&self, name: &str, balance: i64) -> Customer {
        self.commit(async |unit| {
            let user = unit.insert_users(&[new_user(name)]).await?[0];
            let wallet = unit.open_wallets(&[user], Currency::EUR, NOON).await?[0];
            if balance > 0 {
                let top_up = unit.lock_wallets(&[user]).await?[0].top_up(cents(balance)).unwrap();
                unit.apply_transfers(&[top_up], NOON).await?;
            }
            Ok(Customer { user, wallet })
        })
        .await
    }

    /// An offer with these terms.
    pub(super) async fn offer(&self, terms: OfferTerms) -> OfferId {
        self.commit(async |unit| unit.insert_offers(from_ref(&terms), NOON).await).await[0]
    }

    /// An offer for `price` cents that may be bought again and again.
    pub(super) async fn offer_for(&self, price: i64) -> OfferId {
        self.offer(terms(price)).await
    }

    /// An id later than the ones before it.
    pub(super) fn next_order(&self) -> TransactionId {
        TransactionId(Uuid::from_u128(self.orders.fetch_add(1, Ordering::Relaxed).into()))
    }

    /// The wish to buy, with an id of its own.
    pub(super) fn wish(&self, customer: Customer, offer: OfferId) -> PlaceOrder {
        place_order(self.next_order(), customer.user, offer)
    }

    /// An order that is taken at `now`.
    pub(super) async fn buy_at(
        &self,
        now: OffsetDateTime,
        customer: Customer,
        offer: OfferId,
    ) -> Transaction {
        let wish = self.wish(customer, offer);
        let answers = self.commit(async |unit| steps::place(unit, from_ref(&wish), now).await).await;
        match &answers[0] {
            Ok(Placed::Fresh(transaction)) => transaction.clone(),
            other => panic!("the order was not taken: {other:?}"),
        }
    }

    /// An order that is taken at noon.
    pub(super) async fn buy(&self, customer: Customer, offer: OfferId) -> Transaction {
        self.buy_at(NOON, customer, offer).await
    }

    /// A partner whose settlement account may be overdrawn by `credit_limit` cents.
    pub(super) async fn partner(&self, name: &str, credit_limit: i64) -> PartnerId {
        let limit = CreditLimit::try_new(Money::from_minor(credit_limit, Currency::EUR)).unwrap();
        self.commit(async |unit| {
            let partner = unit.insert_partner(&new_partner(name)).await?;
            unit.open_settlement_account(partner, limit, NOON).await?;
            Ok(partner)
        })
        .await
    }

    /// An order that a partner places and pays at noon, under the reference of this number.
    pub(super) async fn partner_buys(
        &self,
        partner: PartnerId,
        customer: Customer,
        offer: OfferId,
        number: u64,
        partner_reference: Option<PartnerReference>,
    ) -> PartnerOrder {
        self.try_partner_buys(partner, customer, offer, number, partner_reference).await.unwrap()
    }

    pub(super) async fn try_partner_buys(
        &self,
        partner: PartnerId,
        customer: Customer,
        offer: OfferId,
        number: u64,
        partner_reference: Option<PartnerReference>,
    ) -> Result<PartnerOrder, StoreError> {
        let id = self.next_order();
        let account = AccountId::settlement_of(partner);
        let reference = Reference::from_bits(number);
        let names = PartnerOrder { transaction: id, partner, reference, partner_reference };
        self.try_commit(async |unit| {
            let price = unit.offers(&[offer]).await?[0].terms.price;
            let charge = unit.lock_accounts(&[account]).await?[0].charge(price, id).unwrap();
            let placed =
                Order { channel: Channel::Partner, ..order(customer.user, offer, account, price.minor()) };
            let (user, created_at) = (customer.user, NOON);
            unit.insert_transactions(&[Transaction::place(id, placed, NOON)]).await?;
            unit.insert_user_offers(&[NewUserOffer { user, offer, transaction: id, created_at }]).await?;
            unit.insert_partner_orders(from_ref(&names)).await?;
            unit.apply_transfers(&[charge], NOON).await
        })
        .await?;
        Ok(names)
    }

    /// The wish of a partner, with a key of its own, to sell at the offer's price under this name.
    pub(super) async fn sale(
        &self,
        partner: PartnerId,
        customer: Customer,
        offer: OfferId,
        name: &str,
    ) -> PlaceOrder {
        let key = self.commit(async |unit| unit.insert_api_key(&new_key(partner, 1)).await).await;
        let amount = self.queries.offer(offer).await.unwrap().unwrap().terms.price;
        let sale =
            PartnerSale { partner, key, amount, reference: Reference::from_bits(0), partner_reference: None };
        let payer = Payer::AsSold(Box::new(sale));
        let wish = PlaceOrder { payer, channel: Channel::Partner, ..self.wish(customer, offer) };
        self.sale_by(&wish, name)
    }

    /// The same wish under this name of the partner's own, with an id and a reference of its own.
    pub(super) fn sale_by(&self, wish: &PlaceOrder, name: &str) -> PlaceOrder {
        let id = self.next_order();
        let mut sale = wish.sale().unwrap().clone();
        sale.reference = Reference::from_bits(u64::try_from(id.0.as_u128()).unwrap());
        sale.partner_reference = Some(PartnerReference::try_new(name).unwrap());
        PlaceOrder { id, payer: Payer::AsSold(Box::new(sale)), ..wish.clone() }
    }

    /// Every movement of the partner's account, newest first.
    pub(super) async fn statement(&self, partner: PartnerId) -> Vec<StatementEntry> {
        let read = async |page| self.queries.statement(partner, &page).await.unwrap().unwrap().1;
        all_pages(2, |entry: &StatementEntry| entry.id, read).await
    }

    /// The partner's account.
    pub(super) async fn settlement(&self, partner: PartnerId) -> SettlementView {
        self.queries.statement(partner, &page(1, None)).await.unwrap().unwrap().0
    }

    /// Everything that is due at `now`, taken by a worker.
    pub(super) async fn claim_all(&self, now: OffsetDateTime) -> Vec<Claimed> {
        self.commit(async |unit| steps::claim(unit, 100, LEASE, now).await).await
    }

    /// Ends everything that is due at `now` with `answer`.
    pub(super) async fn settle_all(&self, answer: Answer, now: OffsetDateTime) -> Vec<Transaction> {
        let claimed = self.claim_all(now).await;
        let batch: Vec<_> = claimed.iter().map(|one| steps::answered(one, answer.clone(), now)).collect();
        let answers = self.commit(async |unit| steps::settle(unit, &batch, now).await).await;
        answers.into_iter().map(Result::unwrap).collect()
    }

    pub(super) async fn confirm_all(&self, now: OffsetDateTime) -> Vec<Transaction> {
        self.settle_all(confirmed(), now).await
    }

    pub(super) async fn refuse_all(&self, now: OffsetDateTime) -> Vec<Transaction> {
        self.settle_all(refused(), now).await
    }

    /// What the customer's wallet holds, in cents.
    pub(super) async fn balance(&self, customer: Customer) -> i64 {
        self.queries.balance(customer.user).await.unwrap().unwrap().balance.minor()
    }

    /// Panics where the money does not add up.
    pub(super) async fn assert_sound(&self) {
        let report = self.queries.verify_ledger().await.unwrap();
        assert_eq!(report.differences, []);
    }
}

pub(super) fn confirmed() -> Answer {
    Answer::Confirmed { reference: "partner-1".into() }
}

pub(super) fn refused() -> Answer {
    Answer::Refused { code: "no_line".into(), message: "no line at this address".into() }
}

/// A claim that nobody made.
pub(super) fn claimed(transaction: &Transaction) -> Claimed {
    Claimed { transaction: transaction.clone(), step: Step::Activate }
}

/// A page of at most `limit` items.
pub(super) fn page<K>(limit: u64, after: Option<K>) -> PageRequest<K> {
    PageRequest { limit: PageLimit::try_new(limit).unwrap(), after }
}

/// All items, collected page by page. `key` is an item's place in the list.
pub(super) async fn all_pages<T, K>(
    limit: u64,
    key: impl Fn(&T) -> K,
    read: impl AsyncFn(PageRequest<K>) -> Page<T>,
) -> Vec<T> {
    let mut items: Vec<T> = Vec::new();
    loop {
        let part = read(page(limit, items.last().map(&key))).await;
        assert!(u64::try_from(part.items.len()).unwrap() <= limit);
        items.extend(part.items);
        assert!(items.len() < 1000, "the pages do not end");
        if !part.has_more {
            return items;
        }
    }
}
