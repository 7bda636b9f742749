//! What can happen in a shop.

use proptest::prelude::*;

/// Customers and offers are given by number.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Time passes: so many seconds.
    Wait(u32),
    /// A customer pays in so many cents.
    TopUp(usize, i64),
    /// A customer pays in, and the unit is rolled back.
    TopUpInVain(usize, i64),
    /// Orders in one unit: customer, offer, and a key if there is one.
    Order(Vec<(usize, usize, Option<u8>)>),
    /// Renewals in one unit: customer, and an offer or a subscription by number.
    Renew(Vec<(usize, Renewed)>),
    /// A customer lets the subscription with this number renew itself, or not.
    Switch(i64, bool),
    /// What has ended expires, and what is due is taken, up to so many of each.
    Look(usize),
    /// A worker claims up to so many orders.
    Claim(usize),
    /// The worker vanishes with what it holds.
    Vanish,
    /// The worker reports answers for the claims it holds, oldest first.
    Settle(Vec<usize>),
    /// A customer looks at everything of theirs, so many items to a page.
    Inspect(usize, u64),
    /// Somebody looks at the catalogue: sort order, text, least price.
    Browse(usize, Option<&'static str>, Option<i64>),
    /// A customer logs in, refreshes the session, and logs out or not.
    Session(usize, bool),
    /// What is older than so many seconds is forgotten.
    Purge(u32),
}

/// What is renewed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Renewed {
    /// The subscription with this number, whoever's it is.
    Subscription(i64),
    /// The customer's own, to the offer with this number.
    Offer(usize),
}

pub(crate) const CUSTOMERS: usize = 4;
pub(crate) const OFFERS: usize = 7;
pub(crate) const ANSWERS: usize = 7;

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let customer = 0..CUSTOMERS;
    let order = (customer.clone(), 0..OFFERS, prop::option::of(0_u8..12));
    let renewed =
        prop_oneof![(1_i64..12).prop_map(Renewed::Subscription), (0..OFFERS).prop_map(Renewed::Offer)];
    let renewal = (customer.clone(), renewed);
    let text = prop::option::of(prop::sample::select(vec!["FIBRE", "o", "%", "none such"]));
    prop_oneof![
        2 => (0_u32..2_000_000).prop_map(Step::Wait),
        3 => (0_u32..60).prop_map(Step::Wait),
        2 => (customer.clone(), 1_i64..100_000).prop_map(|(who, cents)| Step::TopUp(who, cents)),
        1 => (customer.clone(), 1_i64..100_000).prop_map(|(who, cents)| Step::TopUpInVain(who, cents)),
        8 => prop::collection::vec(order, 1..6).prop_map(Step::Order),
        3 => prop::collection::vec(renewal, 1..4).prop_map(Step::Renew),
        2 => (1_i64..12, any::<bool>()).prop_map(|(id, on)| Step::Switch(id, on)),
        2 => (1_usize..5).prop_map(Step::Look),
        5 => (1_usize..6).prop_map(Step::Claim),
        1 => Just(Step::Vanish),
        6 => prop::collection::vec(0..ANSWERS, 1..6).prop_map(Step::Settle),
        3 => (customer.clone(), 1_u64..4).prop_map(|(who, limit)| Step::Inspect(who, limit)),
        2 => (0_usize..4, text, prop::option::of(0_i64..600)).prop_map(|(sort, text, least)| {
            Step::Browse(sort, text, least)
        }),
        1 => (customer, any::<bool>()).prop_map(|(who, leaves)| Step::Session(who, leaves)),
        1 => (0_u32..1_000_000).prop_map(Step::Purge),
    ]
}
