//! Renewing subscriptions: orders that extend what is there.

use std::collections::HashMap;

use offers_domain::account::AccountOwner;
use offers_domain::activation::{
    OrderBook, OrderRefusal, OrderWrites, Payer, PlaceOrder, Placed, Renewable, Wish, place_orders,
};
use offers_domain::auto_renew::AutoRenew;
use offers_domain::idempotency::{IdempotencyHandle, IdempotencyKey, Principal, Scope, StoredResponse};
use offers_domain::ids::{OfferId, TransactionId, UserId};
use offers_domain::money::Currency;
use offers_domain::offer::{Offer, PurchasePolicy, SaleWindow};
use offers_domain::transaction::{Channel, TransactionKind};
use offers_domain::user_offer::{Period, RenewalOf, UserOffer, UserOfferState};
use time::Duration;
use uuid::Uuid;

use crate::fixtures::{NOW, OFFER, RENEWED, USER, cents, id, offer, wallet};

const OPENER: TransactionId = TransactionId(Uuid::from_u128(700));
const THIS: RenewalOf = RenewalOf::Subscription(RENEWED);
const BY_OFFER: RenewalOf = RenewalOf::Offer(OFFER);

fn running(days_left: i64) -> UserOfferState {
    let period =
        Period { activated_at: NOW - Duration::days(20), expires_at: NOW + Duration::days(days_left) };
    if days_left > 0 { UserOfferState::Active(period) } else { UserOfferState::Expired(period) }
}

/// User 1 with `balance` cents and a subscription to the offer for 20 euros, found by itself and by its offer.
fn book(balance: i64, state: UserOfferState) -> OrderBook {
    let subscription = UserOffer {
        id: RENEWED,
        user: USER,
        offer: OFFER,
        transaction: OPENER,
        state,
        auto_renew: AutoRenew::Off,
    };
    let renewable = Renewable { subscription, open: None };
    OrderBook {
        accounts: HashMap::from([(AccountOwner::User(USER), wallet(USER, balance, Currency::EUR))]),
        offers: HashMap::from([(OFFER, offer(OFFER, 2000))]),
        renewables: HashMap::from([((USER, THIS), renewable), ((USER, BY_OFFER), renewable)]),
        ..OrderBook::default()
    }
}

fn order(number: u128, wish: Wish) -> PlaceOrder {
    PlaceOrder {
        id: id(number),
        user: USER,
        session: None,
        wish,
        payer: Payer::Wallet,
        channel: Channel::Customer,
        handle: None,
        trace: None,
        respond: |order| StoredResponse { status: 200, body: order.id().to_string() },
    }
}

fn renew(number: u128, of: RenewalOf) -> PlaceOrder {
    order(number, Wish::Renew(of))
}

fn keyed(number: u128, of: RenewalOf, key: &str) -> PlaceOrder {
    let key = IdempotencyKey::try_new(&format!("{key:0>16}")).unwrap();
    let scope = Scope { principal: Principal::User(USER), route: "POST /offers/renew", key };
    PlaceOrder { handle: Some(IdempotencyHandle { scope, fingerprint: [0; 32] }), ..renew(number, of) }
}

fn assert_refused(command: &PlaceOrder, mut book: OrderBook, expected: OrderRefusal) {
    let (answers, writes) = place_orders(std::slice::from_ref(command), &mut book, NOW);
    assert_eq!(answers, [Err(expected)]);
    assert_eq!(writes, OrderWrites::default(), "a refusal writes nothing");
}

#[test]
fn a_renewal_is_charged_the_offers_price_of_today_and_opens_nothing() {
    for (of, days_left) in [(THIS, 3), (BY_OFFER, 3), (THIS, 0), (BY_OFFER, -400)] {
        let (answers, writes) = place_orders(&[renew(1, of)], &mut book(2000, running(days_left)), NOW);
        let [Ok(Placed::Fresh(transaction))] = &answers[..] else { panic!("refused: {answers:?}") };
        assert_eq!(transaction.kind(), TransactionKind::Renewal);
        assert_eq!((transaction.order().offer, transaction.order().renews), (OFFER, Some(RENEWED)));
        let [charge] = writes.transfers[..] else { panic!("one charge") };
        assert_eq!((charge.amount, charge.transaction), (cents(2000), Some(id(1))));
        assert_eq!(writes.user_offers, []);
    }
}

#[test]
fn what_cannot_be_renewed_is_refused() {
    let with = |offer: Option<Offer>| OrderBook {
        offers: offer.into_iter().map(|offer| (offer.id, offer)).collect(),
        ..book(9000, running(3))
    };
    let retired = Offer { is_active: false, ..offer(OFFER, 2000) };
    let missing = OrderBook { renewables: HashMap::new(), ..book(9000, running(3)) };
    for (name, book, expected) in [
        ("nothing there, or not theirs", missing, OrderRefusal::UserOfferNotFound),
        ("one that never ran", book(9000, UserOfferState::Cancelled), OrderRefusal::UserOfferNotFound),
        ("one not on yet", book(9000, UserOfferState::Pending), OrderRefusal::OrderInProgress(OPENER)),
        ("a retired offer", with(Some(retired)), OrderRefusal::OfferRetired),
        ("an offer that is gone", with(None), OrderRefusal::OfferRetired),
        ("one cent missing", book(1999, running(3)), OrderRefusal::InsufficientBalance),
    ] {
        println!("{name}");
        assert_refused(&renew(1, THIS), book, expected);
    }
    let stranger = PlaceOrder { user: UserId(2), ..renew(1, THIS) };
    assert_refused(&stranger, book(9000, running(3)), OrderRefusal::UserOfferNotFound);
}

#[test]
fn a_sale_that_is_over_and_a_policy_against_second_purchases_leave_renewals_alone() {
    let mut book = book(2000, running(3));
    let terms = &mut book.offers.get_mut(&OFFER).unwrap().terms;
    terms.sale = SaleWindow { from: None, until: Some(NOW) };
    terms.purchase_policy = PurchasePolicy::Reject;
    let (answers, _) = place_orders(&[renew(1, THIS)], &mut book, NOW);
    assert!(answers[0].is_ok(), "{answers:?}");
}

#[test]
fn one_renewal_at_a_time_with_a_key_or_without() {
    let open = OrderRefusal::OrderInProgress(id(9));
    for command in [renew(1, THIS), renew(1, BY_OFFER), keyed(1, THIS, "k")] {
        let mut book = book(9000, running(3));
        for renewable in book.renewables.values_mut() {
            renewable.open = Some(id(9));
        }
        assert_refused(&command, book, open);
    }
    let batch = [renew(1, THIS), renew(2, BY_OFFER), keyed(3, THIS, "k")];
    let (answers, writes) = place_orders(&batch, &mut book(9000, running(3)), NOW);
    let first = Err(OrderRefusal::OrderInProgress(id(1)));
    assert_eq!(answers[1..], [first.clone(), first], "inside one batch, too");
    assert_eq!(writes.transactions.len(), 1);
}

#[test]
fn a_renewal_and_a_purchase_that_extends_are_one_at_a_time() {
    let batch = [renew(1, THIS), order(2, Wish::Buy(OFFER))];
    for batch in [batch.clone(), [batch[1].clone(), batch[0].clone()]] {
        let mut book = book(9000, running(3));
        book.offers.get_mut(&OFFER).unwrap().terms.purchase_policy = PurchasePolicy::Extend;
        let holding = offers_domain::activation::Holding { active: Some(RENEWED), open: None };
        book.holdings.insert((USER, OFFER), holding);
        let (answers, _) = place_orders(&batch, &mut book, NOW);
        assert!(answers[0].is_ok());
        assert_eq!(answers[1], Err(OrderRefusal::OrderInProgress(batch[0].id)));
    }
}

#[test]
fn the_same_key_replays_a_renewal_and_charges_once() {
    let mut book = book(9000, running(3));
    let batch = [keyed(1, THIS, "k"), keyed(2, THIS, "k")];
    let (answers, writes) = place_orders(&batch, &mut book, NOW);
    let response = StoredResponse { status: 200, body: id(1).to_string() };
    assert_eq!(answers[1], Ok(Placed::Replayed { transaction: id(1), response }));
    assert_eq!((writes.transfers.len(), writes.records.len()), (1, 1));
}

#[test]
fn two_subscriptions_are_renewed_side_by_side() {
    let (other, offer_id) = (offers_domain::ids::UserOfferId(8), OfferId(1));
    let mut book = book(4000, running(3));
    let second = UserOffer {
        id: other,
        user: USER,
        offer: offer_id,
        transaction: id(701),
        state: running(9),
        auto_renew: AutoRenew::Off,
    };
    let of = RenewalOf::Subscription(other);
    book.renewables.insert((USER, of), Renewable { subscription: second, open: None });
    let (answers, _) = place_orders(&[renew(1, THIS), renew(2, of)], &mut book, NOW);
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
}
