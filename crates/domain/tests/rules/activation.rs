//! Taking a batch of orders.

use std::collections::HashMap;
use std::sync::Arc;

use offers_domain::account::{Account, AccountOwner};
use offers_domain::activation::{
    Holding, OrderBook, OrderRefusal, OrderWrites, Payer, PlaceOrder, Placed, Wish, place_orders,
};
use offers_domain::activation_partner::{ActivationPartner, ActivationRoutes};
use offers_domain::idempotency::{IdempotencyHandle, IdempotencyKey, Principal, Scope, StoredResponse};
use offers_domain::ids::{OfferId, SessionId, TransactionId, UserId, UserOfferId};
use offers_domain::ledger::{SystemAccount, TransferKind};
use offers_domain::money::Currency;
use offers_domain::offer::{Category, Offer, PurchasePolicy, SaleWindow};
use offers_domain::ports::Locked;
use offers_domain::transaction::{Channel, Status};
use time::Duration;
use uuid::Uuid;

use crate::fixtures::{NOW, OFFER, USER, WALLET, cents, id, offer, wallet};

const DEAR: OfferId = OfferId(2);
const RUNNING: UserOfferId = UserOfferId(70);
const OPEN: TransactionId = TransactionId(Uuid::from_u128(900));

/// User 1 with `balance` cents, an offer for 20 euros and one for 50.
fn book(balance: i64) -> OrderBook {
    OrderBook {
        accounts: purses([(USER, balance)]),
        offers: HashMap::from([(OFFER, offer(OFFER, 2000)), (DEAR, offer(DEAR, 5000))]),
        ..OrderBook::default()
    }
}

/// The locked wallets of these users, with so many cents.
fn purses<const N: usize>(balances: [(UserId, i64); N]) -> HashMap<AccountOwner, Locked<Account>> {
    balances
        .into_iter()
        .map(|(user, cents)| (AccountOwner::User(user), wallet(user, cents, Currency::EUR)))
        .collect()
}

fn wish(number: u128, offer: OfferId) -> PlaceOrder {
    PlaceOrder {
        id: id(number),
        user: USER,
        session: None,
        wish: Wish::Buy(offer),
        payer: Payer::Wallet,
        channel: Channel::Customer,
        handle: None,
        trace: None,
        respond: |order| StoredResponse { status: 202, body: format!("accepted {}", order.id()) },
    }
}

fn keyed(number: u128, offer: OfferId, key: &str, body: u8) -> PlaceOrder {
    let key = IdempotencyKey::try_new(&format!("{key:0>16}")).unwrap();
    let scope = Scope { principal: Principal::User(USER), route: "POST /activation", key };
    PlaceOrder { handle: Some(IdempotencyHandle { scope, fingerprint: [body; 32] }), ..wish(number, offer) }
}

#[test]
fn a_login_that_has_ended_places_no_order_and_replays_none() {
    let session = SessionId(Uuid::from_u128(1));
    let asks = |number| PlaceOrder { session: Some(session), ..keyed(number, OFFER, "k", 0) };
    assert_refused(&asks(1), book(2000), OrderRefusal::SessionEnded);
    let mut live = OrderBook { live_sessions: [session].into(), ..book(2000) };
    assert!(place(&[asks(1)], &mut live).0[0].is_ok());
    let after = OrderBook { records: live.records, ..OrderBook::default() };
    assert_refused(&asks(2), after, OrderRefusal::SessionEnded);
}

type Answers = Vec<Result<Placed, OrderRefusal>>;

fn place(batch: &[PlaceOrder], book: &mut OrderBook) -> (Answers, OrderWrites) {
    place_orders(batch, book, NOW)
}

/// Which of the orders were taken, as the numbers of their ids.
fn taken(writes: &OrderWrites) -> Vec<u128> {
    writes.transactions.iter().map(|transaction| transaction.id().0.as_u128()).collect()
}

fn assert_refused(command: &PlaceOrder, mut book: OrderBook, expected: OrderRefusal) {
    let (answers, writes) = place(std::slice::from_ref(command), &mut book);
    assert_eq!(answers, [Err(expected)]);
    assert_eq!(writes, OrderWrites::default(), "a refusal writes nothing");
}

#[test]
fn an_order_writes_its_charge_its_transaction_and_a_pending_subscription() {
    let (answers, writes) = place(&[wish(1, OFFER)], &mut book(2000));
    let [Ok(Placed::Fresh(transaction))] = &answers[..] else { panic!("refused: {answers:?}") };
    assert_eq!(transaction.status(), Status::Pending);
    assert_eq!(writes.transactions, std::slice::from_ref(transaction));

    let [charge] = writes.transfers[..] else { panic!("one charge") };
    assert_eq!((charge.debit, charge.credit), (WALLET, SystemAccount::Sales.id()));
    assert_eq!((charge.amount, charge.kind), (cents(2000), TransferKind::Charge));
    assert_eq!(charge.transaction, Some(id(1)));

    let [subscription] = writes.user_offers[..] else { panic!("one subscription") };
    assert_eq!((subscription.user, subscription.offer, subscription.transaction), (USER, OFFER, id(1)));
    assert!(writes.records.is_empty(), "without a key nothing is remembered");
}

#[test]
fn what_cannot_be_bought_is_refused() {
    let retired = Offer { is_active: false, ..offer(OFFER, 2000) };
    let with = |offer: Offer| OrderBook { offers: HashMap::from([(OFFER, offer)]), ..book(9000) };
    let sale = |from: Option<i64>, until: Option<i64>| {
        let at = |minutes| NOW + Duration::minutes(minutes);
        let mut windowed = offer(OFFER, 2000);
        windowed.terms.sale = SaleWindow { from: from.map(at), until: until.map(at) };
        windowed
    };
    for (name, book, expected) in [
        ("no such offer", OrderBook { offers: HashMap::new(), ..book(9000) }, OrderRefusal::OfferNotFound),
        ("a retired offer", with(retired), OrderRefusal::OfferNotFound),
        ("a sale that has not begun", with(sale(Some(1), None)), OrderRefusal::OfferNotFound),
        ("a sale that is over", with(sale(None, Some(0))), OrderRefusal::OfferNotFound),
        ("one cent missing", book(1999), OrderRefusal::InsufficientBalance),
        ("no wallet", OrderBook { accounts: HashMap::new(), ..book(9000) }, OrderRefusal::NoWallet),
        (
            "a wallet in another currency",
            OrderBook {
                accounts: HashMap::from([(
                    AccountOwner::User(USER),
                    wallet(USER, 9000, "XOF".parse().unwrap()),
                )]),
                ..book(0)
            },
            OrderRefusal::OfferNotFound,
        ),
    ] {
        println!("{name}");
        assert_refused(&wish(1, OFFER), book, expected);
    }
}

#[test]
fn a_second_purchase_follows_the_offers_policy() {
    use PurchasePolicy::{Allow, Extend, Reject};

    const NOTHING: Holding = Holding { active: None, open: None };
    const ACTIVE: Holding = Holding { active: Some(RUNNING), open: None };
    const ORDERED: Holding = Holding { active: None, open: Some(OPEN) };
    const BOTH: Holding = Holding { active: Some(RUNNING), open: Some(OPEN) };
    let bought = Ok(None);
    let extended = Ok(Some(RUNNING));
    let open = Err(OrderRefusal::OrderInProgress(OPEN));
    let active = Err(OrderRefusal::OfferAlreadyActive);

    // The answer without a key, and with one.
    for (policy, holding, without_key, with_key) in [
        (Allow, NOTHING, bought, bought),
        (Allow, ACTIVE, bought, bought),
        (Allow, ORDERED, open, bought),
        (Allow, BOTH, open, bought),
        (Extend, NOTHING, bought, bought),
        (Extend, ACTIVE, extended, extended),
        (Extend, ORDERED, open, open),
        (Extend, BOTH, open, open),
        (Reject, NOTHING, bought, bought),
        (Reject, ACTIVE, active, active),
        (Reject, ORDERED, open, open),
        (Reject, BOTH, open, open),
    ] {
        for (command, expected) in [(wish(1, OFFER), without_key), (keyed(1, OFFER, "k", 0), with_key)] {
            let mut book = book(2000);
            book.offers.get_mut(&OFFER).unwrap().terms.purchase_policy = policy;
            book.holdings.insert((USER, OFFER), holding);
            let (answers, writes) = place(&[command], &mut book);
            let renews = answers[0].as_ref().map_err(|refusal| *refusal).map(|placed| match placed {
                Placed::Fresh(transaction) => transaction.order().renews,
                Placed::Replayed { .. } => panic!("nothing to replay"),
            });
            assert_eq!(renews, expected, "{policy} {holding:?}");
            let opens_one = expected == bought;
            assert_eq!(writes.user_offers.len(), usize::from(opens_one), "a renewal opens no subscription");
        }
    }
}

#[test]
fn a_double_click_in_one_batch_is_one_order() {
    let (answers, writes) = place(&[wish(1, OFFER), wish(2, OFFER), wish(3, DEAR)], &mut book(9000));
    assert_eq!(answers[1], Err(OrderRefusal::OrderInProgress(id(1))));
    assert_eq!(taken(&writes), [1, 3], "another offer is another order");
}

#[test]
fn the_same_key_with_the_same_body_replays_the_first_answer() {
    let response = StoredResponse { status: 202, body: format!("accepted {}", id(1)) };
    let replayed = Ok(Placed::Replayed { transaction: id(1), response });

    let mut book = book(2000);
    let (answers, writes) = place(&[keyed(1, OFFER, "k", 0), keyed(2, OFFER, "k", 0)], &mut book);
    assert!(matches!(answers[0], Ok(Placed::Fresh(_))));
    assert_eq!(answers[1], replayed, "inside the batch");
    assert_eq!((taken(&writes).len(), writes.transfers.len(), writes.records.len()), (1, 1, 1));

    let (answers, writes) = place(&[keyed(3, OFFER, "k", 0)], &mut book);
    assert_eq!(answers, [replayed], "and in a later one");
    assert_eq!(writes, OrderWrites::default());
}

#[test]
fn a_replay_needs_neither_money_nor_the_offer() {
    let mut before = book(2000);
    place(&[keyed(1, OFFER, "k", 0)], &mut before);
    let mut after = OrderBook { records: before.records, ..OrderBook::default() };
    let (answers, _) = place(&[keyed(2, OFFER, "k", 0)], &mut after);
    assert!(matches!(answers[0], Ok(Placed::Replayed { .. })));
}

#[test]
fn the_same_key_with_another_body_is_refused() {
    let mut book = book(9000);
    let (answers, writes) = place(&[keyed(1, OFFER, "k", 0), keyed(2, DEAR, "k", 1)], &mut book);
    assert_eq!(answers[1], Err(OrderRefusal::KeyReused));
    assert_eq!(taken(&writes), [1]);
    assert_refused(&keyed(3, DEAR, "k", 1), book, OrderRefusal::KeyReused);
}

#[test]
fn the_keys_of_two_users_never_meet() {
    let other = UserId(2);
    let mut book = book(2000);
    book.accounts.extend(purses([(other, 2000)]));
    let mut theirs = keyed(2, OFFER, "k", 0);
    theirs.user = other;
    theirs.handle.as_mut().unwrap().scope.principal = Principal::User(other);
    let (_, writes) = place(&[keyed(1, OFFER, "k", 0), theirs], &mut book);
    assert_eq!(taken(&writes), [1, 2]);
}

#[test]
fn a_refusal_is_not_remembered_for_its_key() {
    let mut poor = book(0);
    let (answers, writes) = place(&[keyed(1, OFFER, "k", 0)], &mut poor);
    assert_eq!(answers, [Err(OrderRefusal::InsufficientBalance)]);
    assert!(writes.records.is_empty());
    poor.accounts = book(2000).accounts;
    let (answers, _) = place(&[keyed(2, OFFER, "k", 0)], &mut poor);
    assert!(matches!(answers[0], Ok(Placed::Fresh(_))), "once there is money the key works");
}

#[test]
fn a_refused_order_leaves_its_neighbours_alone() {
    let other = UserId(2);
    let mut book = book(2000);
    book.accounts.extend(purses([(other, 5000)]));
    let batch = [
        wish(1, OfferId(99)),
        PlaceOrder { user: other, ..wish(2, DEAR) },
        PlaceOrder { user: UserId(3), ..wish(3, OFFER) },
        wish(4, OFFER),
    ];
    let (answers, writes) = place(&batch, &mut book);
    let refused: Vec<_> = answers.iter().map(|answer| answer.as_ref().err().copied()).collect();
    assert_eq!(refused, [Some(OrderRefusal::OfferNotFound), None, Some(OrderRefusal::NoWallet), None]);
    assert_eq!(taken(&writes), [2, 4]);
}

#[test]
fn a_later_cheaper_order_of_the_same_wallet_may_still_pass() {
    let (answers, writes) = place(&[wish(1, DEAR), wish(2, OFFER)], &mut book(2000));
    assert_eq!(answers[0], Err(OrderRefusal::InsufficientBalance));
    assert_eq!(taken(&writes), [2]);
}

#[test]
fn orders_of_one_batch_share_one_running_balance() {
    let batch: Vec<_> = (1..=4).map(|number| keyed(number, OFFER, &format!("key-{number}"), 0)).collect();
    let mut book = book(2000 * 3 - 1);
    let (answers, writes) = place(&batch, &mut book);
    assert_eq!(taken(&writes), [1, 2], "as many as the balance covers");
    assert_eq!(
        answers[2..],
        [Err(OrderRefusal::InsufficientBalance), Err(OrderRefusal::InsufficientBalance)]
    );
    assert_eq!(book.accounts[&AccountOwner::User(USER)].balance().minor(), 1999);
}

#[test]
fn an_order_goes_to_its_offers_partner_else_to_its_categorys_else_to_the_default_one() {
    let [own, tv] = ["own", "tv"].map(|name| name.parse().unwrap());
    for (offers, categories, partner) in [
        (HashMap::from([(OFFER, own)]), HashMap::from([(Category::Internet, tv)]), own),
        (HashMap::new(), HashMap::from([(Category::Internet, tv)]), tv),
        (HashMap::from([(DEAR, own)]), HashMap::from([(Category::Music, tv)]), ActivationPartner::DEFAULT),
    ] {
        let routes = Arc::new(ActivationRoutes { offers, categories });
        let (_, writes) =
            place_orders(&[keyed(1, OFFER, "key", 0)], &mut OrderBook { routes, ..book(2000) }, NOW);
        assert_eq!(writes.transactions[0].order().activated_by, partner);
    }
}
