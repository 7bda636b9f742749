//! The last try to renew a subscription by itself: its order, its end and the death of whoever has it, in every order.

use std::collections::HashMap;

use offers_domain::auto_renew::{
    AutoRenew, Conclusion, RenewalCalendar, RenewalObstacle, RenewalTry, Taken, TryOutcome,
};
use offers_domain::money::Currency;
use offers_domain::notice::{News, Occasion};
use offers_domain::partner::{Answer, Step};
use offers_domain::ports::Locked;
use offers_domain::retry::{Jitter, RetryPolicy};
use offers_domain::settlement::{Attempt, Settle, SettleBook, settle};
use offers_domain::transaction::{Order, Status, Transaction};
use offers_domain::user_offer::{Period, UserOffer, UserOfferState};
use time::{Duration, OffsetDateTime};

use crate::fixtures::{NOW, OFFER, RENEWED, USER, WALLET, claimed, id, renewal, wallet};

/// The end of the period.
const END: OffsetDateTime = NOW;

/// What happens at the last try, in this order. Each step is a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Happens {
    /// Somebody takes the try, and orders unless an earlier order is open.
    Try,
    /// The activation partner refuses the open order.
    Refused,
    /// The activation partner confirms the open order.
    Confirmed,
    /// Whoever has the try ends it.
    Conclude,
    /// Whoever has the try is dead, and its lease is over.
    LeaseOver,
}

use Happens::{Conclude, Confirmed, LeaseOver, Refused, Try};

/// A subscription whose period ends at [`END`], with whoever works on its renewal.
struct Stage {
    now: OffsetDateTime,
    held: UserOffer,
    orders: Vec<Transaction>,
    taken: Option<RenewalTry>,
    told: Vec<RenewalObstacle>,
}

impl Stage {
    fn new() -> Self {
        let period = Period { activated_at: END - Duration::days(30), expires_at: END };
        let auto_renew = AutoRenew::On { next_try: Some(END) };
        let state = UserOfferState::Active(period);
        let held = UserOffer { id: RENEWED, user: USER, offer: OFFER, transaction: id(1), state, auto_renew };
        Self { now: END, held, orders: Vec::new(), taken: None, told: Vec::new() }
    }

    fn after(story: &[Happens]) -> Self {
        let mut stage = Self::new();
        for happens in story {
            stage.step(*happens);
            stage.now += Duration::SECOND;
        }
        stage
    }

    fn step(&mut self, happens: Happens) {
        match happens {
            Try => {
                if let Taken::Try(taken) = self.held.take_renewal(self.now) {
                    self.taken = Some(taken);
                    self.order();
                }
            }
            Refused => {
                let (code, message) = ("barred".into(), "The line is barred".into());
                self.answer(Answer::Refused { code, message });
            }
            Confirmed => self.answer(Answer::Confirmed { reference: "R-1".into() }),
            Conclude => self.conclude(),
            LeaseOver => self.now += Duration::minutes(5),
        }
    }

    fn order(&mut self) {
        if self.orders.iter().all(|order| order.status() == Status::Failed) {
            let number = 10 + u128::try_from(self.orders.len()).unwrap();
            self.orders.push(claimed(number, renewal()));
        }
    }

    fn answer(&mut self, answer: Answer) {
        let claim = self.orders.last().unwrap().clone();
        let Order { account, .. } = *claim.order();
        let (started_at, ended_at) = (self.now, self.now);
        let (transaction, number, step) = (claim.id(), claim.attempt(), Step::Activate);
        let attempt = Attempt { transaction, number, step, answer, started_at, ended_at };
        let user_offer = claim.user_offer();
        let command = Settle { attempt, account, user_offer, jitter: Jitter(0) };
        let mut book = SettleBook {
            accounts: HashMap::from([(WALLET, wallet(USER, 0, Currency::EUR))]),
            transactions: HashMap::from([(transaction, Locked::by_store(claim))]),
            user_offers: HashMap::from([(user_offer, Locked::by_store(self.held))]),
            stocks: HashMap::new(),
        };
        let (answers, writes) = settle(&[command], &mut book, &RetryPolicy::default(), self.now);
        *self.orders.last_mut().unwrap() = answers[0].clone().unwrap();
        self.held = writes.user_offers.first().copied().unwrap_or(self.held);
        self.told.extend(writes.news.iter().filter_map(|news| match news {
            News { occasion: Occasion::AutoRenewFailed { obstacle, .. }, .. } => Some(*obstacle),
            _ => None,
        }));
    }

    fn conclude(&mut self) {
        let (taken, order) = (self.taken.unwrap(), self.orders.last().unwrap());
        let ordered = TryOutcome::Ordered(order.id());
        let has_failed = order.status() == Status::Failed;
        let outcome = if has_failed { ordered.whose_order_failed() } else { ordered };
        let calendar = RenewalCalendar::default();
        if let Conclusion::GivenUp(obstacle) =
            self.held.conclude_renewal(&taken, outcome, &calendar, self.now)
        {
            self.told.push(obstacle);
        }
    }
}

#[test]
fn whoever_is_told_that_it_is_given_up_is_told_once_and_charged_no_more() {
    for story in [
        &[Try, Conclude, Refused][..],
        &[Try, Refused, Conclude],
        // The one who ordered is dead, and the next one ends the story.
        &[Try, LeaseOver, Try, Conclude, Refused],
        &[Try, LeaseOver, Try, Refused, Conclude],
        &[Try, Refused, LeaseOver, Try, Conclude, Refused],
        &[Try, Refused, LeaseOver, Try, Refused, Conclude],
        &[Try, LeaseOver, Refused, Try, Refused, Conclude],
        &[Try, Refused, LeaseOver, Try, Refused, LeaseOver, Try, Refused, Conclude],
        // It was only slow, and comes when another has the try.
        &[Try, LeaseOver, Try, Conclude, Conclude, Refused],
    ] {
        let mut stage = Stage::after(story);
        assert_eq!(stage.told, [RenewalObstacle::Partner], "{story:?}");
        assert_eq!(stage.held.take_renewal(stage.now + Duration::HOUR), Taken::NotDue, "{story:?}");
    }
}

#[test]
fn nobody_is_told_that_it_is_given_up_before_it_is_renewed() {
    for story in [
        &[Try, Conclude, Confirmed][..],
        &[Try, Confirmed, Conclude],
        &[Try, Refused, LeaseOver, Try, Confirmed, Conclude],
        &[Try, Refused, LeaseOver, Try, Conclude, Confirmed],
        &[Try, LeaseOver, Refused, Try, Conclude, Confirmed],
        &[Try, LeaseOver, Try, Conclude, Confirmed],
        &[Try, LeaseOver, Confirmed, Try],
    ] {
        let stage = Stage::after(story);
        assert_eq!(stage.told, [], "{story:?}");
        assert!(stage.held.period().unwrap().expires_at > END, "{story:?}");
    }
}

#[test]
fn a_stranger_to_the_try_tells_nothing_while_another_has_it() {
    let mut stage = Stage::after(&[Try]);
    let first = stage.taken;
    for happens in [LeaseOver, Try, Refused] {
        stage.step(happens);
    }
    let second = std::mem::replace(&mut stage.taken, first);
    stage.step(Conclude);
    assert_eq!(stage.told, [], "its mark is gone");
    stage.taken = second;
    stage.step(Conclude);
    assert_eq!(stage.told, [RenewalObstacle::Partner]);
}
