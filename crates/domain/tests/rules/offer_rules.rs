//! To whom an offer is sold, and how often.

use std::collections::HashMap;

use offers_domain::account::AccountOwner;
use offers_domain::activation::{
    Holding, Needs, OrderBook, OrderRefusal, Payer, PlaceOrder, Wish, place_orders,
};
use offers_domain::idempotency::StoredResponse;
use offers_domain::ids::{OfferId, UserId, UserOfferId};
use offers_domain::money::Currency;
use offers_domain::offer::{OfferRules, PurchasePolicy, Stock};
use offers_domain::ports::Locked;
use offers_domain::transaction::Channel;

use crate::fixtures::{NOW, OFFER, USER, id, offer, wallet};

const OTHER: OfferId = OfferId(2);
const ACTIVE: Holding = Holding { active: Some(UserOfferId(5)), open: None };

/// Ten customers with money, and an offer with these rules.
fn book(rules: OfferRules) -> OrderBook {
    let mut bound = offer(OFFER, 100);
    bound.terms.rules = rules;
    let purse = |user| (AccountOwner::User(UserId(user)), wallet(UserId(user), 1000, Currency::EUR));
    OrderBook {
        accounts: (1..=10).map(purse).collect(),
        offers: HashMap::from([(OFFER, bound), (OTHER, offer(OTHER, 100))]),
        stocks: HashMap::from([(OFFER, Locked::by_store(Stock { offer: OFFER, taken: 0 }))]),
        ..OrderBook::default()
    }
}

fn buy(number: u128, user: UserId, offer: OfferId) -> PlaceOrder {
    PlaceOrder {
        id: id(number),
        user,
        session: None,
        wish: Wish::Buy(offer),
        payer: Payer::Wallet,
        channel: Channel::Customer,
        handle: None,
        trace: None,
        respond: |order| StoredResponse { status: 202, body: order.id().to_string() },
    }
}

fn refusals(batch: &[PlaceOrder], book: &mut OrderBook) -> Vec<Option<OrderRefusal>> {
    let (answers, _) = place_orders(batch, book, NOW);
    answers.into_iter().map(Result::err).collect()
}

#[test]
fn as_many_are_sold_as_there_are() {
    let rules = OfferRules { stock: Some(2), ..OfferRules::default() };
    let batch: Vec<_> = (1..=4).map(|user| buy(user, UserId(i64::try_from(user).unwrap()), OFFER)).collect();
    let mut stocked = book(rules);
    let (answers, writes) = place_orders(&batch, &mut stocked, NOW);
    let sold_out = Err(OrderRefusal::SoldOut);
    assert!(answers[..2].iter().all(Result::is_ok));
    assert_eq!(answers[2..], [sold_out.clone(), sold_out]);
    assert_eq!(writes.stocks, [Stock { offer: OFFER, taken: 2 }], "saved once, as it then is");
    assert!(writes.transactions.iter().all(|transaction| transaction.order().from_stock));

    stocked.stocks.clear();
    assert_eq!(refusals(&[buy(9, UserId(9), OFFER)], &mut stocked), [Some(OrderRefusal::SoldOut)]);
}

#[test]
fn an_offer_without_a_stock_takes_none() {
    let (_, writes) = place_orders(&[buy(1, USER, OFFER)], &mut book(OfferRules::default()), NOW);
    assert_eq!(writes.stocks, []);
    assert!(!writes.transactions[0].order().from_stock);
}

#[test]
fn a_customer_without_money_takes_nothing_from_the_stock() {
    let rules = OfferRules { stock: Some(1), ..OfferRules::default() };
    let mut stocked = book(rules);
    stocked.accounts.insert(AccountOwner::User(USER), wallet(USER, 99, Currency::EUR));
    let batch = [buy(1, USER, OFFER), buy(2, UserId(2), OFFER)];
    assert_eq!(refusals(&batch, &mut stocked), [Some(OrderRefusal::InsufficientBalance), None]);
}

#[test]
fn a_customer_has_it_as_often_as_the_limit_says() {
    let rules = OfferRules { per_customer: Some(2), ..OfferRules::default() };
    for (had, refused) in [(0, None), (1, None), (2, Some(OrderRefusal::LimitReached))] {
        let mut limited = book(rules);
        limited.counts.insert((USER, OFFER), had);
        assert_eq!(refusals(&[buy(1, USER, OFFER)], &mut limited), [refused], "{had}");
    }
    let mut extended = book(rules);
    extended.offers.get_mut(&OFFER).unwrap().terms.purchase_policy = PurchasePolicy::Extend;
    extended.counts.insert((USER, OFFER), 2);
    extended.holdings.insert((USER, OFFER), ACTIVE);
    assert_eq!(refusals(&[buy(1, USER, OFFER)], &mut extended), [None], "a longer one is not another one");
}

#[test]
fn an_offer_may_require_another_to_be_active() {
    let rules = OfferRules { requires: Some(OTHER), ..OfferRules::default() };
    let refused = Some(OrderRefusal::Requires(OTHER));
    let ordered = Holding { active: None, open: Some(id(8)) };
    for (holding, expected) in [(Holding::default(), refused), (ordered, refused), (ACTIVE, None)] {
        let mut book = book(rules);
        book.holdings.insert((USER, OTHER), holding);
        assert_eq!(refusals(&[buy(1, USER, OFFER)], &mut book), [expected], "{holding:?}");
    }
}

#[test]
fn an_offer_may_exclude_another_that_is_active_or_ordered() {
    let rules = OfferRules { excludes: Some(OTHER), ..OfferRules::default() };
    let refused = Some(OrderRefusal::Excluded(OTHER));
    for (holding, expected) in [(Holding::default(), None), (ACTIVE, refused)] {
        let mut book = book(rules);
        book.holdings.insert((USER, OTHER), holding);
        assert_eq!(refusals(&[buy(1, USER, OFFER)], &mut book), [expected], "{holding:?}");
    }
    let batch = [buy(1, USER, OTHER), buy(2, USER, OFFER), buy(3, UserId(2), OFFER)];
    assert_eq!(refusals(&batch, &mut book(rules)), [None, refused, None], "ordered in the same batch");
}

#[test]
fn a_batch_needs_nothing_more_where_no_offer_has_rules() {
    let offers = |rules| book(rules).offers;
    let batch = [buy(1, USER, OFFER), buy(2, USER, OFFER), buy(3, UserId(2), OTHER)];
    let plain = Needs::of(&batch, &offers(OfferRules::default()), &HashMap::new());
    let pairs = vec![(USER, OFFER), (UserId(2), OTHER)];
    assert_eq!(plain, Needs { holdings: pairs.clone(), counts: Vec::new(), stocks: Vec::new() });

    let far = OfferId(99);
    let rules =
        OfferRules { stock: Some(1), per_customer: Some(1), requires: Some(far), excludes: Some(OTHER) };
    let needs = Needs::of(&batch, &offers(rules), &HashMap::new());
    assert_eq!(needs.holdings, [(USER, OFFER), (USER, OTHER), (USER, far), (UserId(2), OTHER)]);
    assert_eq!((needs.counts, needs.stocks), (vec![(USER, OFFER)], vec![OFFER]));
}
