//! The diagrams in `docs` say what the code does.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};
use offers_domain::activation_partner::ActivationPartner;
use offers_domain::auto_renew::AutoRenew;
use offers_domain::ids::{AccountId, OfferId, TransactionId, UserId, UserOfferId};
use offers_domain::money::{Amount, Currency};
use offers_domain::transaction::{
    Channel, Failure, FailureKind, Order, Phase, Schedule, State, Transaction, TransactionParts,
};
use offers_domain::user_offer::{Period, UserOffer, UserOfferState, UserOfferStatus};
use offers_testkit::pages::diagrams;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

const NOW: OffsetDateTime = datetime!(2026-03-03 12:00 UTC);
const LATER: OffsetDateTime = NOW.saturating_add(Duration::MINUTE);
const ATTEMPT: u32 = 3;

/// From where to where, by which steps.
type Edges = BTreeMap<(String, String), BTreeSet<String>>;

/// The arrows of the page's only state diagram that has this state; what leads from a state to itself is in a note.
fn drawn(state: &str) -> Edges {
    let all = diagrams("docs/order-life.md", "stateDiagram-v2");
    let diagram = all.iter().find(|lines| lines.iter().any(|line| line.contains(state))).unwrap();
    let edge = |line: &String| {
        let (what, steps) = line.split_once(": ")?;
        let note = what.strip_prefix("note right of ").map(|state| (state, state));
        let (from, to) = note.or_else(|| what.split_once(" --> "))?;
        let steps = steps.trim_start_matches("stays by ").split(", ").map(str::to_owned).collect();
        Some(((from.to_owned(), to.to_owned()), steps))
    };
    diagram.iter().filter_map(edge).collect()
}

fn add(edges: &mut Edges, from: &str, to: &str, step: &str) {
    edges.entry((from.to_owned(), to.to_owned())).or_default().insert(step.to_owned());
}

fn transaction(state: State) -> Transaction {
    let order = Order {
        user: UserId(1),
        offer: OfferId(1),
        account: AccountId(101),
        amount: Amount::from_minor(2000, Currency::EUR).unwrap(),
        duration_days: 30,
        channel: Channel::Customer,
        renews: None,
        from_stock: false,
        activated_by: ActivationPartner::DEFAULT,
        trace: None,
    };
    let placed = Transaction::place(TransactionId(Uuid::from_u128(1)), order, NOW);
    Transaction::from_parts(TransactionParts { state, attempt: ATTEMPT, ..placed.parts().clone() })
}

fn failure() -> Failure {
    Failure { kind: FailureKind::Refused, message: "No".into() }
}

/// Every state of an order that makes a difference.
fn states() -> Vec<State> {
    let mut states = vec![
        State::Pending { due: NOW },
        State::Success { at: NOW },
        State::Failed { at: NOW, failure: failure() },
    ];
    for phase in Phase::ALL.iter().copied() {
        let schedules = [Schedule::Due(NOW), Schedule::LeasedUntil(NOW), Schedule::Parked];
        states.extend(schedules.map(|schedule| State::Processing { phase, schedule }));
    }
    states
}

/// A step of an order; whether it was allowed.
type OrderStep = fn(&mut Transaction) -> bool;

const ORDER_STEPS: [(&str, OrderStep); 8] = [
    ("claim", |order| order.claim(NOW, Duration::MINUTE, 5).is_ok()),
    ("take_over", |order| order.take_over(NOW).is_ok()),
    ("succeed", |order| order.succeed(ATTEMPT, "R-1".into(), NOW).is_ok()),
    ("fail", |order| order.fail(ATTEMPT, failure(), NOW).is_ok()),
    ("wait", |order| order.wait(ATTEMPT, Phase::Unknown, Schedule::Due(LATER), None, NOW).is_ok()),
    ("release", |order| order.release(ATTEMPT, NOW).is_ok()),
    ("send_back", |order| order.send_back(NOW).is_ok()),
    ("take_in_hand", |order| order.take_in_hand(NOW, Duration::MINUTE).is_ok()),
];

/// A step of a subscription; whether it was allowed.
type SubscriptionStep = fn(&mut UserOffer) -> bool;

const SUBSCRIPTION_STEPS: [(&str, SubscriptionStep); 3] = [
    ("grant", |held| held.grant(30, NOW).is_ok()),
    ("expire", |held| held.expire(NOW).is_ok()),
    ("cancel", |held| held.cancel().is_ok()),
];

#[test]
fn the_life_of_an_order_is_drawn_as_it_is() {
    let mut edges = Edges::new();
    let placed = transaction(State::Pending { due: NOW });
    add(&mut edges, "[*]", placed.status().as_str(), "place");
    for state in states() {
        for (name, step) in ORDER_STEPS {
            let mut order = transaction(state.clone());
            let from = order.status().as_str();
            if step(&mut order) {
                add(&mut edges, from, order.status().as_str(), name);
            }
        }
    }
    assert_eq!(drawn("PENDING"), edges, "docs/order-life.md");
}

#[test]
fn the_life_of_a_subscription_is_drawn_as_it_is() {
    let period = Period { activated_at: NOW - Duration::DAY, expires_at: NOW };
    let subscription = |state| UserOffer {
        id: UserOfferId(1),
        user: UserId(1),
        offer: OfferId(1),
        transaction: TransactionId(Uuid::from_u128(1)),
        state,
        auto_renew: AutoRenew::Off,
    };
    let mut edges = Edges::new();
    // An order opens it; the store writes it so (`UserOffers::insert_user_offers`).
    add(&mut edges, "[*]", UserOfferStatus::Pending.as_str(), "order");
    for state in [
        UserOfferState::Pending,
        UserOfferState::Active(period),
        UserOfferState::Expired(period),
        UserOfferState::Cancelled,
    ] {
        for (name, step) in SUBSCRIPTION_STEPS {
            let mut held = subscription(state);
            if step(&mut held) {
                add(&mut edges, state.status().as_str(), held.status().as_str(), name);
            }
        }
    }
    assert_eq!(drawn("pending"), edges, "docs/order-life.md");
}

/// A crate's name on the map.
fn short(name: &str) -> &str {
    name.strip_prefix("offers-").unwrap_or(name)
}

#[test]
fn the_crates_are_drawn_as_they_see_one_another() {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo metadata runs");
    let members = metadata.workspace_packages();
    let ours: BTreeSet<_> = members.iter().map(|member| member.name.as_str()).collect();
    let mut seen = BTreeSet::new();
    for member in &members {
        let normal = member.dependencies.iter().filter(|other| other.kind == DependencyKind::Normal);
        let ours = normal.filter(|other| ours.contains(other.name.as_str()));
        seen.extend(ours.map(|other| (short(&member.name).to_owned(), short(&other.name).to_owned())));
    }

    let maps = diagrams("docs/architecture.md", "flowchart TD");
    let [map] = maps.as_slice() else { panic!("docs/architecture.md has one map of the crates") };
    let mut drawn = BTreeSet::new();
    let mut named = BTreeSet::new();
    for line in map.iter().skip(1).filter(|line| !line.is_empty()) {
        let (from, targets) = line.split_once(" --> ").unwrap_or((line, ""));
        named.insert(from.to_owned());
        let targets = targets.split(" & ").filter(|target| !target.is_empty());
        drawn.extend(targets.map(|target| (from.to_owned(), target.to_owned())));
    }
    named.extend(drawn.iter().map(|(_, to)| to.clone()));
    assert_eq!(drawn, seen, "docs/architecture.md");
    assert_eq!(named, ours.iter().map(|name| short(name).to_owned()).collect(), "docs/architecture.md");
}
