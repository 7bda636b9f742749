//! Warning of ends.

use offers_domain::auto_renew::AutoRenew;
use offers_domain::auto_renew::RenewalObstacle;
use offers_domain::expiry::{WarningDays, auto_renew_failed, expired};
use offers_domain::notice::{News, Occasion};
use offers_domain::user_offer::{Period, UserOffer, UserOfferState};
use time::Duration;

use crate::fixtures::{NOW, OFFER, RENEWED, USER, cents, id};

fn ending_in(left: Duration) -> UserOffer {
    let period = Period { activated_at: NOW - Duration::days(30), expires_at: NOW + left };
    UserOffer {
        id: RENEWED,
        user: USER,
        offer: OFFER,
        transaction: id(1),
        state: UserOfferState::Active(period),
        auto_renew: AutoRenew::Off,
    }
}

#[test]
fn the_nearest_threshold_that_is_crossed_is_told() {
    let days = WarningDays::new(vec![1, 7, 3, 3]);
    assert_eq!(days.reach(), Duration::days(7));
    for (left, expected) in [
        (Duration::days(7) + Duration::microseconds(1), None),
        (Duration::days(7), Some(7)),
        (Duration::hours(73), Some(7)),
        (Duration::days(3), Some(3)),
        (Duration::hours(25), Some(3)),
        (Duration::hours(24), Some(1)),
        (Duration::microseconds(1), Some(1)),
        (Duration::ZERO, None),
        (-Duration::days(1), None),
    ] {
        let user_offer = ending_in(left);
        let told = days.warnings(&[user_offer], NOW);
        let (expires_at, user_offer) = (NOW + left, RENEWED);
        let expected = expected.map(|days| News {
            user: USER,
            occasion: Occasion::Expiring { user_offer, offer: OFFER, expires_at, days },
        });
        assert_eq!(told, expected.into_iter().collect::<Vec<_>>(), "{left}");
    }
}

#[test]
fn only_what_runs_is_warned_of_and_without_thresholds_nothing() {
    let running = ending_in(Duration::DAY);
    let period = running.period().unwrap();
    for state in [UserOfferState::Pending, UserOfferState::Cancelled, UserOfferState::Expired(period)] {
        assert_eq!(WarningDays::default().warnings(&[UserOffer { state, ..running }], NOW), []);
    }
    assert_eq!(WarningDays::new(Vec::new()).warnings(&[running], NOW), []);
}

#[test]
fn the_end_is_told_of_what_has_ended_alone() {
    let running = ending_in(Duration::ZERO);
    assert_eq!(expired(&running), None);
    let mut ended = running;
    ended.expire(NOW).unwrap();
    let occasion = Occasion::Expired { user_offer: RENEWED, offer: OFFER, expired_at: NOW };
    assert_eq!(expired(&ended), Some(News { user: USER, occasion }));
}

#[test]
fn a_renewal_that_was_given_up_is_told_with_its_price_the_end_and_the_reason() {
    let (running, price) = (ending_in(Duration::DAY), cents(1999));
    let expires_at = NOW + Duration::DAY;
    for obstacle in RenewalObstacle::ALL.iter().copied() {
        let occasion =
            Occasion::AutoRenewFailed { user_offer: RENEWED, offer: OFFER, price, expires_at, obstacle };
        assert_eq!(auto_renew_failed(&running, price, obstacle), Some(News { user: USER, occasion }));
    }
    let never_ran = UserOffer { state: UserOfferState::Cancelled, ..running };
    assert_eq!(auto_renew_failed(&never_ran, price, RenewalObstacle::Money), None);
}
