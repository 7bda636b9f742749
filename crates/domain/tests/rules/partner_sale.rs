//! Taking orders that partners place.

use std::collections::HashMap;

use offers_domain::account::{Account, AccountOwner, AccountParts};
use offers_domain::activation::{
    Holding, OrderBook, OrderRefusal, OrderWrites, Payer, PlaceOrder, Placed, Wish, charged_unasked,
    place_orders,
};
use offers_domain::idempotency::StoredResponse;
use offers_domain::ids::{AccountId, ApiKeyId, OfferId, PartnerId, UserId};
use offers_domain::money::{Currency, Money};
use offers_domain::offer::{OfferRules, PurchasePolicy, Stock};
use offers_domain::partner_channel::api_key::{ApiKey, KeyHolder, KeyMode, KeyRefusal, KeyScope, Scopes};
use offers_domain::partner_channel::discount::Discount;
use offers_domain::partner_channel::reference::{PartnerReference, Reference};
use offers_domain::partner_channel::sale::{PartnerSale, SalesBook};
use offers_domain::partner_channel::{Funding, Partner, PartnerTerms};
use offers_domain::ports::Locked;
use offers_domain::transaction::Channel;

use crate::fixtures::{NOW, OFFER, USER, WALLET, cents, id, offer, wallet};

const KIOSK: PartnerId = PartnerId(1);
const STRANGER: UserId = UserId(9);

fn holder() -> KeyHolder {
    let key = ApiKey {
        id: ApiKeyId(1),
        partner: KIOSK,
        hint: "wxyz".into(),
        mode: KeyMode::Live,
        scopes: Scopes::all(),
        created_at: NOW,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    };
    let terms = PartnerTerms {
        funding: Funding::Partner,
        discount: Discount::NONE,
        requests_per_minute: None,
        is_active: true,
    };
    KeyHolder { key, partner: Partner { id: KIOSK, name: "Kiosk".into(), terms, created_at: NOW } }
}

fn settlement(balance: i64, credit_limit: i64) -> Locked<Account> {
    Locked::by_store(Account::from_parts(AccountParts {
        id: AccountId::settlement_of(KIOSK),
        owner: AccountOwner::Partner(KIOSK),
        balance: Money::from_minor(balance, Currency::EUR),
        credit_limit: Money::from_minor(credit_limit, Currency::EUR),
    }))
}

/// A customer with 20 euros, an offer for 20 euros, and a partner with `balance` cents and this key.
fn book(balance: i64, holder: KeyHolder) -> OrderBook {
    let accounts = [wallet(USER, 2000, Currency::EUR), settlement(balance, 0)];
    OrderBook {
        accounts: accounts.into_iter().map(|account| (account.owner(), account)).collect(),
        offers: HashMap::from([(OFFER, offer(OFFER, 2000))]),
        sales: SalesBook::new(vec![holder], Vec::new()),
        ..OrderBook::default()
    }
}

/// The partner sells the offer for 20 euros, and calls the order `name`.
fn sold(number: u64, name: Option<&str>) -> PlaceOrder {
    for_amount(number, name, 2000)
}

fn for_amount(number: u64, name: Option<&str>, amount: i64) -> PlaceOrder {
    let sale = PartnerSale {
        partner: KIOSK,
        key: ApiKeyId(1),
        amount: cents(amount),
        reference: Reference::from_bits(number),
        partner_reference: name.map(|name| PartnerReference::try_new(name).unwrap()),
    };
    PlaceOrder {
        id: id(number.into()),
        user: USER,
        session: None,
        wish: Wish::Buy(OFFER),
        payer: Payer::AsSold(Box::new(sale)),
        channel: Channel::Partner,
        handle: None,
        trace: None,
        respond: |receipt| StoredResponse {
            status: 202,
            body: format!("{:?} is {}", receipt.reference(), receipt.id().0.as_u128()),
        },
    }
}

fn place(batch: &[PlaceOrder], book: &mut OrderBook) -> (Vec<Result<Placed, OrderRefusal>>, OrderWrites) {
    place_orders(batch, book, NOW)
}

#[track_caller]
fn assert_refused(command: &PlaceOrder, mut book: OrderBook, expected: OrderRefusal) {
    let (answers, writes) = place(std::slice::from_ref(command), &mut book);
    assert_eq!(answers, [Err(expected)]);
    assert_eq!(writes, OrderWrites::default(), "a refusal writes nothing");
}

#[test]
fn the_settlement_account_pays_and_the_wallet_is_not_touched() {
    let mut book = book(5000, holder());
    let (_, writes) = place(&[sold(1, Some("sale-1"))], &mut book);
    let order = writes.transactions[0].order();
    assert_eq!((order.user, order.account), (USER, AccountId::settlement_of(KIOSK)));
    assert_eq!((order.amount, order.channel), (cents(2000), Channel::Partner));
    assert_eq!(writes.transfers[0].debit, AccountId::settlement_of(KIOSK));
    assert_eq!(writes.user_offers[0].user, USER);
    assert_eq!(writes.partner_orders[0].reference, Reference::from_bits(1));
    assert_eq!(book.accounts[&AccountOwner::Partner(KIOSK)].balance().minor(), 3000);
    assert_eq!(book.accounts[&AccountOwner::User(USER)].balance().minor(), 2000);
}

#[test]
fn the_wallet_pays_where_the_subscriber_funds() {
    let mut holder = holder();
    holder.partner.terms.funding = Funding::Subscriber;
    let mut book = book(0, holder);
    let (_, writes) = place(&[sold(1, Some("a"))], &mut book);
    assert_eq!(writes.transactions[0].order().account, WALLET);
    assert_eq!(book.accounts[&AccountOwner::User(USER)].balance().minor(), 0);
}

#[test]
fn a_partner_pays_its_own_price() {
    let mut holder = holder();
    holder.partner.terms.discount = "10".parse().unwrap();
    let mut shop = book(5000, holder.clone());
    let (_, writes) = place(&[for_amount(1, Some("a"), 1800)], &mut shop);
    assert_eq!(writes.transactions[0].order().amount, cents(1800));
    for amount in [2000, 1799, 1801] {
        let wrong = for_amount(1, Some("a"), amount);
        assert_refused(&wrong, book(5000, holder.clone()), OrderRefusal::AmountMismatch);
    }
}

#[test]
fn a_wrong_amount_tells_nothing_of_what_the_customer_holds() {
    let open = Holding { open: Some(id(9)), ..Holding::default() };
    for holding in [Holding::default(), open] {
        let mut shop = book(5000, holder());
        shop.holdings.insert((USER, OFFER), holding);
        assert_refused(&for_amount(1, Some("a"), 1), shop, OrderRefusal::AmountMismatch);
    }
    let mut shop = book(5000, holder());
    shop.accounts.remove(&AccountOwner::User(USER));
    assert_refused(&for_amount(1, Some("a"), 1), shop, OrderRefusal::AmountMismatch);
}

#[test]
fn money_runs_out_order_by_order_down_to_the_credit_limit() {
    let mut book = book(2000, holder());
    book.accounts.insert(AccountOwner::Partner(KIOSK), settlement(2000, 2000));
    let names = ["a", "b", "c"];
    let batch: Vec<_> = (1..).zip(names).map(|(number, name)| sold(number, Some(name))).collect();
    let (answers, writes) = place(&batch, &mut book);
    assert_eq!(writes.transactions.len(), 2);
    assert_eq!(answers[2], Err(OrderRefusal::InsufficientPartnerFunds));
}

#[test]
fn an_empty_wallet_is_the_customers_and_no_partners() {
    let mut holder = holder();
    holder.partner.terms.funding = Funding::Subscriber;
    let mut book = book(9000, holder);
    book.accounts.insert(AccountOwner::User(USER), wallet(USER, 1999, Currency::EUR));
    assert_refused(&sold(1, Some("a")), book, OrderRefusal::InsufficientBalance);
}

#[test]
fn a_service_is_for_somebody_who_is_known_and_of_an_offer_on_sale() {
    let unknown = PlaceOrder { user: STRANGER, ..sold(1, Some("a")) };
    assert_refused(&unknown, book(5000, holder()), OrderRefusal::NoWallet);
    let mut bound = book(5000, holder());
    bound.offers.get_mut(&OFFER).unwrap().terms.rules.requires = Some(OfferId(2));
    assert_refused(&unknown, bound, OrderRefusal::NoWallet);
    let gone = PlaceOrder { wish: Wish::Buy(OfferId(9)), ..sold(1, Some("a")) };
    assert_refused(&gone, book(5000, holder()), OrderRefusal::OfferNotFound);
}

#[test]
fn a_key_that_does_not_work_any_more_places_nothing_and_replays_nothing() {
    let mut shop = book(5000, holder());
    place(&[sold(1, Some("a"))], &mut shop);
    let mut revoked = holder();
    revoked.key.revoked_at = Some(NOW);
    shop.sales.holders.insert(ApiKeyId(1), revoked);
    assert_refused(&sold(2, Some("a")), shop, OrderRefusal::Key(KeyRefusal::Invalid));

    let mut stopped = holder();
    stopped.partner.terms.is_active = false;
    assert_refused(&sold(1, Some("a")), book(5000, stopped), OrderRefusal::Key(KeyRefusal::Invalid));
    let mut reader = holder();
    reader.key.scopes = "read".parse().unwrap();
    let refusal = OrderRefusal::Key(KeyRefusal::OutOfScope(KeyScope::Activate));
    assert_refused(&sold(1, Some("a")), book(5000, reader), refusal);
    let mut other = holder();
    other.partner.id = PartnerId(2);
    assert_refused(&sold(1, Some("a")), book(5000, other), OrderRefusal::Key(KeyRefusal::Invalid));
}

#[test]
fn the_same_name_is_the_same_order_and_the_same_answer() {
    let mut book = book(9000, holder());
    let (answers, writes) = place(&[sold(1, Some("a")), sold(2, Some("a")), sold(3, Some("b"))], &mut book);
    assert_eq!(writes.transactions.len(), 2, "the second is the first");
    let body = "Some(REF-100000000000) is 1".to_owned();
    let replayed = Placed::Replayed { transaction: id(1), response: StoredResponse { status: 202, body } };
    assert_eq!(answers[1], Ok(replayed));
}

#[test]
fn the_same_name_for_something_else_is_refused() {
    let mut book = book(9000, holder());
    place(&[sold(1, Some("a"))], &mut book);
    let other_amount = for_amount(2, Some("a"), 1999);
    let other_user = PlaceOrder { user: STRANGER, ..sold(2, Some("a")) };
    let other_offer = PlaceOrder { wish: Wish::Buy(OfferId(9)), ..sold(2, Some("a")) };
    let (answers, writes) = place(&[other_amount, other_user, other_offer], &mut book);
    assert!(answers.iter().all(|answer| *answer == Err(OrderRefusal::PartnerReferenceReused)), "{answers:?}");
    assert_eq!(writes, OrderWrites::default());
}

#[test]
fn the_offers_policy_holds_for_partners_too() {
    let mut book = book(9000, holder());
    book.offers.get_mut(&OFFER).unwrap().terms.purchase_policy = PurchasePolicy::Reject;
    let (answers, _) = place(&[sold(1, Some("a")), sold(2, Some("b"))], &mut book);
    assert_eq!(answers[1], Err(OrderRefusal::OrderInProgress(id(1))));
}

#[test]
fn the_offers_rules_hold_for_partners_too() {
    let (one, other) = (Some(1), Some(OfferId(2)));
    let none = OfferRules::default();
    for (rules, refusal) in [
        (OfferRules { per_customer: one, ..none }, OrderRefusal::LimitReached),
        (OfferRules { requires: other, ..none }, OrderRefusal::Requires(OfferId(2))),
    ] {
        let mut book = book(9000, holder());
        book.offers.get_mut(&OFFER).unwrap().terms.rules = rules;
        book.counts.insert((USER, OFFER), 1);
        assert_refused(&sold(1, Some("a")), book, refusal);
    }

    let mut book = book(9000, holder());
    book.offers.get_mut(&OFFER).unwrap().terms.rules.stock = one;
    book.stocks.insert(OFFER, Locked::by_store(Stock { offer: OFFER, taken: 0 }));
    let (answers, writes) = place(&[sold(1, Some("a")), sold(2, Some("b"))], &mut book);
    assert_eq!(answers[1], Err(OrderRefusal::SoldOut));
    assert!(writes.transactions[0].order().from_stock, "a partner's customer takes one from the same stock");
    assert_eq!(writes.stocks, [Stock { offer: OFFER, taken: 1 }]);
}

#[test]
fn a_locked_customer_pays_for_nothing_and_may_be_given_something() {
    for (funding, locked, expected) in [
        (Funding::Subscriber, true, Err(OrderRefusal::CustomerLocked)),
        (Funding::Subscriber, false, Ok(())),
        (Funding::Partner, true, Ok(())),
    ] {
        let mut holder = holder();
        holder.partner.terms.funding = funding;
        let mut book = book(9000, holder);
        let batch = [sold(1, None)];
        let charged = charged_unasked(&batch, &book.sales);
        assert_eq!(charged == [USER], funding == Funding::Subscriber, "who has to be looked up");
        book.locked_out = charged.into_iter().filter(|_| locked).collect();
        let (answers, writes) = place_orders(&batch, &mut book, NOW);
        assert_eq!(answers[0].clone().map(|_| ()), expected, "{funding:?}");
        assert_eq!(writes.transfers.len(), usize::from(expected.is_ok()));
    }
}
