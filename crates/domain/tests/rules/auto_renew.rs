//! Subscriptions that renew themselves.

use offers_domain::activation::OrderRefusal;
use offers_domain::auto_renew::{
    AutoRenew, Conclusion, RenewalCalendar, RenewalObstacle, RenewalTry, Taken, TryOutcome,
};
use offers_domain::partner_channel::api_key::KeyRefusal;
use offers_domain::user_offer::{Period, UserOffer, UserOfferState};
use time::{Duration, OffsetDateTime};

use crate::fixtures::{NOW, OFFER, RENEWED, USER, id};

const END: OffsetDateTime = NOW.saturating_add(Duration::days(30));
const DAY_BEFORE: OffsetDateTime = END.saturating_sub(Duration::DAY);

/// A subscription of 30 days since now that renews itself.
fn subscription() -> UserOffer {
    let (state, auto_renew) = (UserOfferState::Pending, AutoRenew::Off);
    let mut new = UserOffer { id: RENEWED, user: USER, offer: OFFER, transaction: id(1), state, auto_renew };
    new.set_auto_renew(true).unwrap();
    new.grant(30, NOW).unwrap();
    new
}

fn taken(held: &mut UserOffer, now: OffsetDateTime) -> RenewalTry {
    match held.take_renewal(now) {
        Taken::Try(taken) => taken,
        other => panic!("{other:?}"),
    }
}

fn next_try(held: &UserOffer) -> Option<OffsetDateTime> {
    held.auto_renew.next_try()
}

#[test]
fn it_is_due_the_day_before_the_end_and_not_earlier() {
    let mut held = subscription();
    assert_eq!(next_try(&held), Some(DAY_BEFORE));
    assert_eq!(held.take_renewal(DAY_BEFORE - Duration::microseconds(1)), Taken::NotDue);
    let taken = taken(&mut held, DAY_BEFORE);
    assert_eq!((taken.user_offer, taken.user, taken.ends_at), (RENEWED, USER, END));
    assert_eq!(held.take_renewal(DAY_BEFORE + Duration::seconds(1)), Taken::NotDue, "somebody has it");
}

#[test]
fn a_short_subscription_is_renewed_in_its_middle() {
    let mut day = subscription();
    day.state = UserOfferState::Pending;
    day.grant(1, NOW).unwrap();
    assert_eq!(next_try(&day), Some(NOW + Duration::hours(12)));
}

#[test]
fn whoever_dies_with_a_try_leaves_it_to_others() {
    let mut held = subscription();
    let first = taken(&mut held, DAY_BEFORE);
    let second = taken(&mut held, first.leased_until);
    let late = held.conclude_renewal(
        &first,
        TryOutcome::Impossible(RenewalObstacle::Offer),
        &RenewalCalendar::default(),
        NOW,
    );
    assert_eq!(late, Conclusion::Settled, "the first one's word counts no more");
    assert_eq!(next_try(&held), Some(second.leased_until));
}

#[test]
fn without_money_it_is_tried_by_the_calendar_and_given_up_at_the_end() {
    let (mut held, calendar) = (subscription(), RenewalCalendar::default());
    let mut tries = Vec::new();
    while let Some(at) = next_try(&held) {
        let taken = taken(&mut held, at);
        tries.push(at);
        let conclusion =
            held.conclude_renewal(&taken, TryOutcome::NotNow(RenewalObstacle::Money), &calendar, at);
        assert_eq!(conclusion == Conclusion::GivenUp(RenewalObstacle::Money), next_try(&held).is_none());
    }
    assert_eq!(tries, [DAY_BEFORE, DAY_BEFORE + Duration::hours(6), DAY_BEFORE + Duration::hours(18), END]);
    assert!(held.auto_renew.is_on(), "the next period may be luckier");
}

#[test]
fn what_an_order_answers_decides_how_it_goes_on() {
    let calendar = RenewalCalendar { retry_after: Vec::new() };
    for (outcome, next, conclusion) in [
        (TryOutcome::Ordered(id(9)), Some(END), Conclusion::Settled),
        (TryOutcome::Ordered(id(9)).whose_order_failed(), Some(END), Conclusion::Settled),
        (OrderRefusal::InsufficientBalance.into(), Some(END), Conclusion::Settled),
        (OrderRefusal::CustomerLocked.into(), Some(END), Conclusion::Settled),
        (OrderRefusal::OfferNotFound.into(), None, Conclusion::GivenUp(RenewalObstacle::Offer)),
        (OrderRefusal::OfferRetired.into(), None, Conclusion::GivenUp(RenewalObstacle::Offer)),
        (OrderRefusal::UserOfferNotFound.into(), None, Conclusion::GivenUp(RenewalObstacle::Offer)),
        (OrderRefusal::Requires(OFFER).into(), None, Conclusion::GivenUp(RenewalObstacle::Rules)),
        (OrderRefusal::Excluded(OFFER).into(), None, Conclusion::GivenUp(RenewalObstacle::Rules)),
    ] {
        let mut held = subscription();
        let taken = taken(&mut held, DAY_BEFORE);
        let told = held.conclude_renewal(&taken, outcome, &calendar, DAY_BEFORE);
        assert_eq!((next_try(&held), told), (next, conclusion), "{outcome:?}");
    }
}

#[test]
fn what_says_nothing_about_the_subscription_is_tried_again_when_the_lease_is_over() {
    for refusal in [
        OrderRefusal::OrderInProgress(id(9)),
        OrderRefusal::OfferAlreadyActive,
        OrderRefusal::SessionEnded,
        OrderRefusal::NoWallet,
        OrderRefusal::KeyReused,
        OrderRefusal::Key(KeyRefusal::Invalid),
        OrderRefusal::SoldOut,
        OrderRefusal::LimitReached,
        OrderRefusal::AmountMismatch,
        OrderRefusal::InsufficientPartnerFunds,
        OrderRefusal::PartnerReferenceReused,
    ] {
        let mut held = subscription();
        let taken = taken(&mut held, DAY_BEFORE);
        let told = held.conclude_renewal(&taken, refusal.into(), &RenewalCalendar::default(), DAY_BEFORE);
        assert_eq!((next_try(&held), told), (Some(taken.leased_until), Conclusion::Settled), "{refusal:?}");
    }
}

#[test]
fn an_order_is_looked_after_by_the_calendar_and_the_last_one_is_left_alone() {
    let (mut held, calendar) = (subscription(), RenewalCalendar::default());
    for next in
        [Some(DAY_BEFORE + Duration::hours(6)), Some(DAY_BEFORE + Duration::hours(18)), Some(END), None]
    {
        let at = next_try(&held).unwrap();
        let taken = taken(&mut held, at);
        assert!(!held.is_past_renewing(at), "whoever has the try looks at its order when they end it");
        let told = held.conclude_renewal(&taken, TryOutcome::Ordered(id(9)), &calendar, at);
        assert_eq!((next_try(&held), told), (next, Conclusion::Settled));
    }
    assert!(held.is_past_renewing(END + Duration::HOUR), "what fails now was the last order");
    held.set_auto_renew(false).unwrap();
    assert!(!held.is_past_renewing(END + Duration::HOUR), "nobody waits for a renewal that is switched off");
}

#[test]
fn a_renewal_that_succeeded_first_has_planned_the_next_one() {
    let mut held = subscription();
    let taken = taken(&mut held, DAY_BEFORE);
    held.grant(30, DAY_BEFORE).unwrap();
    let planned = next_try(&held);
    assert_eq!(planned, Some(END + Duration::days(29)));
    let told =
        held.conclude_renewal(&taken, TryOutcome::Ordered(id(9)), &RenewalCalendar::default(), DAY_BEFORE);
    assert_eq!((next_try(&held), told), (planned, Conclusion::Settled));
}

#[test]
fn switched_off_while_a_try_is_under_way_it_stays_off() {
    let mut held = subscription();
    let taken = taken(&mut held, DAY_BEFORE);
    held.set_auto_renew(false).unwrap();
    let told = held.conclude_renewal(
        &taken,
        TryOutcome::NotNow(RenewalObstacle::Money),
        &RenewalCalendar::default(),
        DAY_BEFORE,
    );
    assert_eq!((held.auto_renew, told), (AutoRenew::Off, Conclusion::Settled));
}

#[test]
fn a_day_after_the_end_it_is_too_late() {
    let mut held = subscription();
    let mut late = held;
    assert_eq!(taken(&mut held, END + Duration::DAY).ends_at, END, "better late than never");
    assert_eq!(late.take_renewal(END + Duration::DAY + Duration::SECOND), Taken::GivenUp);
    assert_eq!(next_try(&late), None);
}

#[test]
fn it_is_switched_on_for_what_runs_or_will_run() {
    let period = Period { activated_at: NOW, expires_at: END };
    let off = UserOffer { auto_renew: AutoRenew::Off, ..subscription() };
    for (state, planned) in [
        (UserOfferState::Active(period), Some(DAY_BEFORE)),
        (UserOfferState::Pending, None),
        (UserOfferState::Expired(period), None),
    ] {
        let mut held = UserOffer { state, ..off };
        held.set_auto_renew(true).unwrap();
        assert_eq!((held.auto_renew.is_on(), next_try(&held)), (true, planned));
        held.set_auto_renew(false).unwrap();
        assert_eq!(held.auto_renew, AutoRenew::Off);
    }
    assert!(UserOffer { state: UserOfferState::Cancelled, ..off }.set_auto_renew(true).is_err());
    let mut given_up = UserOffer { auto_renew: AutoRenew::On { next_try: None }, ..subscription() };
    given_up.set_auto_renew(true).unwrap();
    assert_eq!(next_try(&given_up), None, "switching on what is on starts nothing anew");
}
