//! Warning of ends.

use offers_domain::auto_renew::AutoRenew;
use offers_domain::expiry::{UserOfferNews, WarningDays};
use offers_domain::user_offer::{Period, UserOffer, UserOfferState};
use time::Duration;

use crate::fixtures::{NOW, OFFER, RENEWED, USER, id};

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
        let expected = expected.map(|threshold| UserOfferNews::Expiring { user_offer, threshold });
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
