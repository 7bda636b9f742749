//! What must hold in every world, found out from its rows alone.

use std::collections::HashMap;

use offers_domain::ids::{AccountId, TransactionId};
use offers_domain::incident::IncidentKind;
use offers_domain::ledger::{Transfer, TransferKind};
use offers_domain::transaction::{Schedule, State, Status, Transaction};
use offers_domain::user_offer::{Period, UserOffer, UserOfferRef, UserOfferState};
use time::{Duration, OffsetDateTime};

use crate::partners::{CREDIT, KIOSK};
use crate::world::World;

pub(crate) fn assert_books_balance(world: &World) {
    assert_balances(world);
    assert_one_charge_and_a_refund_iff_failed(world);
    assert_service_iff_success(world);
    assert_stocks(world);
    assert_incidents(world);
}

/// What was said too late is never what an order ended with.
fn assert_incidents(world: &World) {
    for incident in &world.incidents {
        let status = world.transactions[&incident.transaction].status();
        let expected = match incident.kind {
            IncidentKind::LateSuccess => Status::Failed,
            IncidentKind::LateRefusal => Status::Success,
        };
        assert_eq!(status, expected, "{incident:?}");
    }
}

/// A stock's count is that of the orders that took from it and have not failed, and never more than there was.
fn assert_stocks(world: &World) {
    for offer in world.offers.values() {
        let taken = world.stocks.get(&offer.id).copied().unwrap_or_default();
        let orders = world.transactions.values().filter(|placed| placed.status() != Status::Failed);
        let took = orders.filter(|placed| placed.order().from_stock && placed.order().offer == offer.id);
        assert_eq!(usize::try_from(taken).unwrap(), took.count(), "offer {}", offer.id);
        assert!(taken <= offer.terms.rules.stock.unwrap_or(0), "offer {} is sold {taken} times", offer.id);
    }
}

/// Every balance is the sum of its transfers, and none is negative.
fn assert_balances(world: &World) {
    let mut sums: HashMap<AccountId, i64> = HashMap::new();
    for transfer in &world.transfers {
        *sums.entry(transfer.debit).or_default() -= transfer.amount.minor();
        *sums.entry(transfer.credit).or_default() += transfer.amount.minor();
    }
    for (account, balance) in &world.balances {
        assert_eq!(balance.minor(), sums.get(account).copied().unwrap_or_default(), "account {account}");
        let floor = if *account == KIOSK { -CREDIT } else { 0 };
        assert!(balance.minor() >= floor, "account {account} owes {balance}");
    }
}

/// Every order has one charge of its amount from its account; where it failed, and only there, the same came back.
fn assert_one_charge_and_a_refund_iff_failed(world: &World) {
    let mut found: HashMap<TransactionId, Vec<&Transfer>> = HashMap::new();
    for transfer in &world.transfers {
        match transfer.transaction {
            Some(order) => found.entry(order).or_default().push(transfer),
            None => assert!(matches!(transfer.kind, TransferKind::TopUp | TransferKind::Withdrawal)),
        }
    }
    for transaction in world.transactions.values() {
        let moved = found.remove(&transaction.id()).unwrap_or_default();
        let order = transaction.order();
        let mut expected = vec![(TransferKind::Charge, order.account, order.amount)];
        if transaction.status() == Status::Failed {
            expected.push((TransferKind::Refund, order.account, order.amount));
        }
        let moved: Vec<_> =
            moved.iter().map(|transfer| (transfer.kind, own_side(transfer), transfer.amount)).collect();
        assert_eq!(moved, expected, "order {} is {}", transaction.id(), transaction.status());
    }
    for transaction in world.transactions.values() {
        let (id, order) = (transaction.id(), transaction.order());
        let seller = world.partner_orders.get(&id).map(|known| known.order.partner.0);
        assert_eq!(order.account == KIOSK, seller == Some(1), "order {id} is paid by whom it is sold by");
        assert!(seller != Some(3), "a key that does not work places no order");
    }
    assert!(found.is_empty(), "money moved for orders that do not exist: {found:?}");
}

/// The account of the customer in a movement of an order.
fn own_side(transfer: &Transfer) -> AccountId {
    if transfer.kind == TransferKind::Refund { transfer.credit } else { transfer.debit }
}

/// Every subscription is in the state that its orders' ends add up to.
fn assert_service_iff_success(world: &World) {
    let mut granted: HashMap<UserOfferRef, Vec<(OffsetDateTime, Duration)>> = HashMap::new();
    for transaction in world.transactions.values() {
        if let State::Success { at } = transaction.parts().state {
            let length = Duration::days(transaction.order().duration_days.into());
            granted.entry(transaction.user_offer()).or_default().push((at, length));
        }
    }
    for user_offer in world.user_offers.values() {
        let opener = &world.transactions[&user_offer.transaction];
        let bought = granted.remove(&UserOfferRef::OpenedBy(opener.id())).unwrap_or_default();
        let mut renewed = granted.remove(&UserOfferRef::Existing(user_offer.id)).unwrap_or_default();
        renewed.sort_unstable();
        assert_eq!(user_offer.state, expected_state(user_offer, opener, &bought, &renewed));
    }
    assert!(granted.is_empty(), "orders succeeded without a subscription: {granted:?}");
}

fn expected_state(
    user_offer: &UserOffer,
    opener: &Transaction,
    bought: &[(OffsetDateTime, Duration)],
    renewed: &[(OffsetDateTime, Duration)],
) -> UserOfferState {
    match (opener.status(), bought) {
        (Status::Success, [(at, length)]) => {
            let first_end = *at + *length;
            let expires_at = renewed.iter().fold(first_end, |end, (at, length)| end.max(*at) + *length);
            UserOfferState::Active(Period { activated_at: *at, expires_at })
        }
        (Status::Failed, []) => UserOfferState::Cancelled,
        (Status::Pending | Status::Processing, []) => UserOfferState::Pending,
        other => panic!("subscription {} was opened by {other:?}", user_offer.id),
    }
}

/// Every order has ended, or a person was asked because its workers vanished or its day was over.
pub(crate) fn assert_all_ended(world: &World) {
    for transaction in world.transactions.values() {
        if let State::Processing { schedule: Schedule::Parked, .. } = transaction.parts().state {
            let vanished = transaction.parts().lost_leases >= world.policy.max_lost_leases;
            assert!(vanished || transaction.age(world.now) >= world.policy.give_up_after);
        } else {
            assert!(transaction.status().is_final(), "order {} is stuck: {transaction:?}", transaction.id());
        }
    }
}
