//! Subscriptions that renew themselves.

use std::collections::HashSet;

use offers_application::auto_renewal::{SwitchAutoRenew, SwitchError};
use offers_application::identity::Caller;
use offers_domain::auto_renew::AutoRenew;
use offers_domain::ids::{SessionId, UserId, UserOfferId};
use offers_domain::ports::Locked;
use offers_domain::user::Role;
use offers_domain::user_offer::{Period, UserOffer, UserOfferState};
use offers_testkit::builders::NOON;
use time::Duration;
use uuid::Uuid;

use crate::stage::{ANNA, BEN, FIBRE, Stage, id};

const SESSION: SessionId = SessionId(Uuid::from_u128(50));

/// Anna's fibre, for another ten days.
fn running() -> UserOffer {
    let period = Period { activated_at: NOON, expires_at: NOON + Duration::days(10) };
    UserOffer {
        id: UserOfferId(1),
        user: ANNA,
        offer: FIBRE,
        transaction: id(1),
        state: UserOfferState::Active(period),
        auto_renew: AutoRenew::Off,
    }
}

/// This user switches Anna's fibre on, with a login that lives or not.
async fn switch(stage: &Stage, user: UserId, live: bool) -> Result<(), SwitchError> {
    let mut unit = stage.unit();
    unit.expect_live_sessions().returning(move |asked, _| {
        assert_eq!(asked, [SESSION]);
        Ok(asked.iter().copied().filter(|_| live).collect::<HashSet<_>>())
    });
    unit.expect_lock_user_offers()
        .returning(|refs| Ok(refs.iter().map(|of| (*of, Locked::by_store(running()))).collect()));
    let log = stage.log.clone();
    unit.expect_update_user_offers()
        .returning(move |changed, _| log.note(format!("renews {}", changed[0].auto_renew.is_on())));
    let use_case = SwitchAutoRenew { store: stage.store_of([unit]), ids: stage.ids.clone() };
    let caller = Caller { user, role: Role::Customer, session: SESSION };
    use_case.run(&caller, UserOfferId(1), true).await
}

#[tokio::test]
async fn a_holder_has_a_subscription_renew_itself() {
    let stage = Stage::new();
    assert_eq!(switch(&stage, ANNA, true).await, Ok(()));
    assert_eq!(stage.log.entries(), ["begin", "now", "renews true", "commit"]);
}

#[tokio::test]
async fn a_login_that_is_over_and_a_stranger_switch_nothing() {
    for (user, live, refusal) in
        [(ANNA, false, SwitchError::SessionEnded), (BEN, true, SwitchError::NotFound)]
    {
        let stage = Stage::new();
        assert_eq!(switch(&stage, user, live).await, Err(refusal));
        assert_eq!(stage.log.entries(), ["begin", "now", "rollback"]);
    }
}
