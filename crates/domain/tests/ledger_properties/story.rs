//! What can happen, drawn at random.

use offers_domain::activation::Wish;
use offers_domain::ids::{OfferId, UserOfferId};
use offers_domain::partner::Answer;
use offers_domain::retry::Jitter;
use offers_domain::user_offer::RenewalOf;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;
use time::Duration;

/// A customer's wish. User 4 has no wallet, offer 4 is retired, offer 5 does not exist, offer 6 is
/// scarce.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) user: i64,
    pub(crate) wish: Wish,
    pub(crate) key: Option<Key>,
    pub(crate) sale: Option<Sale>,
}

/// A partner sells: 1 pays itself, with a discount and on credit, for 2 the customer pays, 3 has no key that works. Now
/// and then it expects another price; its names are few, so that they meet.
#[derive(Debug, Clone)]
pub(crate) struct Sale {
    pub(crate) partner: i64,
    pub(crate) other_amount: bool,
    pub(crate) name: Option<u8>,
}

/// One of a few keys, so that they meet; now and then with another body than the wish's own.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) number: u8,
    pub(crate) other_body: bool,
}

/// What a partner says, and the luck of the retry that may follow.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) answer: Answer,
    pub(crate) jitter: Jitter,
}

/// One thing that happens. Claims and settlements are picked by [`Index`] among those there are.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    /// Money comes in.
    TopUp { user: i64, cents: i64 },
    /// Staff take money from a wallet, if it holds so much.
    Debit { user: i64, cents: i64 },
    /// Staff decide about an order that waits for them: what the partner said, or that it is asked again.
    Decide(Index, Option<Answer>),
    /// Customers order, in one batch.
    Order(Vec<Order>),
    /// A worker takes up to so many orders.
    Claim(usize),
    /// Workers settle what they hold, in one batch; now and then each settlement is in it twice.
    Settle { replies: Vec<(Index, Reply)>, twice: bool },
    /// A settlement that was sent before is sent again, with another answer and with its own.
    SettleAgain(Index, Reply),
    /// A partner reports of its own accord, twice; its ids are few, so that they meet.
    Report { order: Index, answer: Answer, id: u8 },
    /// A worker dies with a claim.
    Crash(Index),
    /// Time passes.
    Pass(Duration),
    /// The activation partners are paused for so long.
    Pause(Duration),
}

pub(crate) fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        1 => (1..=3_i64, 1..=5_000_i64).prop_map(|(user, cents)| Event::TopUp { user, cents }),
        1 => (1..=3_i64, 1..=50_000_i64).prop_map(|(user, cents)| Event::Debit { user, cents }),
        2 => (any::<Index>(), option::of(decision())).prop_map(|(which, said)| Event::Decide(which, said)),
        5 => vec(order(), 1..6).prop_map(Event::Order),
        5 => (1..10_usize).prop_map(Event::Claim),
        5 => (vec((any::<Index>(), reply()), 1..9), prop::bool::weighted(0.2))
            .prop_map(|(replies, twice)| Event::Settle { replies, twice }),
        2 => (any::<Index>(), reply()).prop_map(|(which, reply)| Event::SettleAgain(which, reply)),
        2 => (any::<Index>(), reply(), 0..60_u8)
            .prop_map(|(order, reply, id)| Event::Report { order, answer: reply.answer, id }),
        1 => any::<Index>().prop_map(Event::Crash),
        3 => time_passes().prop_map(Event::Pass),
        1 => time_passes().prop_map(Event::Pause),
    ]
}

fn order() -> impl Strategy<Value = Order> {
    let key =
        (0..24_u8, prop::bool::weighted(0.1)).prop_map(|(number, other_body)| Key { number, other_body });
    let user = prop_oneof![8 => 1..=3_i64, 1 => Just(4_i64)];
    (user, wish(), option::of(key), option::weighted(0.4, sale())).prop_map(|(user, wish, key, sale)| Order {
        user,
        wish,
        key,
        sale,
    })
}

fn sale() -> impl Strategy<Value = Sale> {
    (1..=3_i64, prop::bool::weighted(0.1), option::of(0..12_u8))
        .prop_map(|(partner, other_amount, name)| Sale { partner, other_amount, name })
}

/// Renewals may be of somebody else's subscription, or of none.
fn wish() -> impl Strategy<Value = Wish> {
    let offer =
        || prop_oneof![3 => 1..=3_i64, 4 => Just(2_i64), 1 => 4..=5_i64, 2 => Just(6_i64)].prop_map(OfferId);
    prop_oneof![
        5 => offer().prop_map(Wish::Buy),
        2 => (0..8_i64).prop_map(|id| Wish::Renew(RenewalOf::Subscription(UserOfferId(id)))),
        2 => offer().prop_map(|id| Wish::Renew(RenewalOf::Offer(id))),
    ]
}

fn reply() -> impl Strategy<Value = Reply> {
    let retry_after = option::of((0..1_000_i64).prop_map(Duration::seconds));
    let answer = prop_oneof![
        6 => Just(Answer::Confirmed { reference: "R".into() }),
        2 => Just(Answer::Refused { code: "barred".into(), message: "Barred".into() }),
        1 => Just(Answer::Voided),
        1 => Just(Answer::Pending { reference: "R".into() }),
        1 => Just(Answer::NotFound),
        2 => retry_after.prop_map(|retry_after| Answer::NotExecuted { reason: "503".into(), retry_after }),
        2 => Just(Answer::Unknown { reason: "time-out".into() }),
    ];
    (answer, any::<u32>()).prop_map(|(answer, jitter)| Reply { answer, jitter: Jitter(jitter) })
}

/// What a person may find out.
fn decision() -> impl Strategy<Value = Answer> {
    prop_oneof![
        Just(Answer::Confirmed { reference: "R".into() }),
        Just(Answer::Refused { code: "settled_by_hand".into(), message: "No".into() }),
    ]
}

fn time_passes() -> impl Strategy<Value = Duration> {
    prop_oneof![
        6 => (1..40_i64).prop_map(Duration::seconds),
        3 => (1..30_i64).prop_map(Duration::minutes),
        1 => (1..40_i64).prop_map(Duration::hours),
    ]
}
