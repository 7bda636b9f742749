//! What can happen in a shop.

use offers_domain::partner_channel::Funding;
use proptest::prelude::*;

/// Customers, offers and partners are given by number.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Time passes: so many seconds.
    Wait(u32),
    /// A customer pays in so many cents.
    TopUp(usize, i64),
    /// A customer pays in, and the unit is rolled back.
    TopUpInVain(usize, i64),
    /// Orders in one unit.
    Order(Vec<Order>),
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
    /// A partner pays in so many cents.
    Credit(usize, i64),
    /// It is agreed with a partner who pays from now on.
    Agree(usize, Funding),
    /// A partner looks at everything of its own, so many items to a page.
    Review(usize, u64),
    /// What is older than so many seconds is forgotten.
    Purge(u32),
}

/// A customer wants an offer.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) customer: usize,
    pub(crate) offer: usize,
    pub(crate) key: Option<u8>,
    pub(crate) sale: Option<Sale>,
}

/// A partner sells it. Now and then it expects another price; its names are few, so that they meet.
#[derive(Debug, Clone)]
pub(crate) struct Sale {
    pub(crate) partner: usize,
    pub(crate) name: Option<u8>,
    pub(crate) other_amount: bool,
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
pub(crate) const PARTNERS: usize = 2;
pub(crate) const ANSWERS: usize = 7;

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let customer = 0..CUSTOMERS;
    let funding = prop::sample::select(Funding::ALL);
    let renewed =
        prop_oneof![(1_i64..12).prop_map(Renewed::Subscription), (0..OFFERS).prop_map(Renewed::Offer)];
    let renewal = (customer.clone(), renewed);
    let text = prop::option::of(prop::sample::select(vec!["FIBRE", "o", "%", "none such"]));
    prop_oneof![
        2 => (0_u32..2_000_000).prop_map(Step::Wait),
        3 => (0_u32..60).prop_map(Step::Wait),
        2 => (customer.clone(), 1_i64..100_000).prop_map(|(who, cents)| Step::TopUp(who, cents)),
        1 => (customer.clone(), 1_i64..100_000).prop_map(|(who, cents)| Step::TopUpInVain(who, cents)),
        8 => prop::collection::vec(order(), 1..6).prop_map(Step::Order),
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
        2 => (0..PARTNERS, 1_i64..3_000).prop_map(|(partner, cents)| Step::Credit(partner, cents)),
        1 => (0..PARTNERS, funding).prop_map(|(partner, funding)| Step::Agree(partner, funding)),
        2 => (0..PARTNERS, 1_u64..4).prop_map(|(partner, limit)| Step::Review(partner, limit)),
        1 => (0_u32..1_000_000).prop_map(Step::Purge),
    ]
}

fn order() -> impl Strategy<Value = Order> {
    let sale = (0..PARTNERS, prop::option::of(0_u8..12), prop::bool::weighted(0.1))
        .prop_map(|(partner, name, other_amount)| Sale { partner, name, other_amount });
    (0..CUSTOMERS, 0..OFFERS, prop::option::of(0_u8..12), prop::option::weighted(0.4, sale))
        .prop_map(|(customer, offer, key, sale)| Order { customer, offer, key, sale })
}
