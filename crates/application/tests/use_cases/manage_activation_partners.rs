//! Pausing activation partners, and letting them go on.

use std::sync::Arc;

use offers_application::identity::{Deed, Origin};
use offers_application::manage_activation_partners::{
    ActivationPartnerView, ManageActivationPartners, ManageActivationPartnersError,
};
use offers_domain::activation_partner::{ActivationPartner, ActivationPause};
use offers_domain::audit::Reason;
use offers_domain::ports::Resumption;
use offers_domain::ports::mocks::{MockUnitOfWork, MockWakeUp};
use offers_testkit::builders::NOON;
use time::Duration;

use crate::queries::MockQueries;
use crate::stage::Stage;

const DEFAULT: ActivationPartner = ActivationPartner::DEFAULT;

fn slow() -> ActivationPartner {
    "slow".parse().unwrap()
}

fn reason() -> Reason {
    Reason::try_new("their maintenance").unwrap()
}

fn pause() -> ActivationPause {
    ActivationPause { partner: slow(), reason: reason(), since: NOON }
}

/// A unit in which a switch changes something, or finds it done.
fn unit(stage: &Stage, changes: bool, step: Resumption) -> MockUnitOfWork {
    let mut unit = stage.unit();
    let [paused, resumed] = std::array::from_fn(|_| stage.log.clone());
    unit.expect_pause_activation().returning(move |new| {
        assert_eq!(*new, pause());
        paused.note("pause").map(|()| changes)
    });
    unit.expect_resume_activation()
        .withf(|_, limit, now| *limit == 500 && *now == NOON)
        .returning(move |partner, _, _| resumed.note(format!("resume {partner}")).map(|()| step));
    unit
}

/// Over a store in which a switch changes something, or finds it done.
fn use_case(stage: &Stage, changes: bool, queries: MockQueries) -> ManageActivationPartners {
    let steps =
        if changes { [Resumption::Unfinished, Resumption::Ended] } else { [Resumption::NotPaused; 2] };
    let (mut wake_up, log) = (MockWakeUp::new(), stage.log.clone());
    wake_up.expect_ring().returning(move || log.add("ring"));
    ManageActivationPartners {
        partners: vec![DEFAULT, slow()],
        store: stage.store_of(steps.map(|step| unit(stage, changes, step))),
        queries: Arc::new(queries),
        ids: stage.ids.clone(),
        wake_up: Arc::new(wake_up),
    }
}

#[tokio::test]
async fn a_pause_is_written_with_its_entry_in_the_audit_trail() {
    let (stage, reason, origin) = (Stage::new(), reason(), Origin::default());
    let deed = Deed { by: None, reason: &reason, origin: &origin };
    assert_eq!(use_case(&stage, true, MockQueries::new()).pause(slow(), deed).await, Ok(true));
    assert_eq!(stage.log.entries(), ["begin", "now", "pause", "audit activation_paused", "commit"]);
}

#[tokio::test]
async fn whoever_is_called_again_is_called_at_once() {
    let (stage, reason, origin) = (Stage::new(), reason(), Origin::default());
    let deed = Deed { by: None, reason: &reason, origin: &origin };
    assert_eq!(use_case(&stage, true, MockQueries::new()).resume(slow(), deed).await, Ok(true));
    // The first unit moves some of the orders that wait, the second the rest.
    let first = ["begin", "now", "resume slow", "commit"];
    let second = ["begin", "now", "resume slow", "audit activation_resumed", "commit", "ring"];
    let log = [&first[..], &second].concat();
    assert_eq!(stage.log.entries(), log);
}

#[tokio::test]
async fn every_step_of_a_resumption_goes_to_the_instant_of_the_first() {
    let (stage, reason, origin) = (Stage::new(), reason(), Origin::default());
    let deed = Deed { by: None, reason: &reason, origin: &origin };
    let mut use_case = use_case(&stage, true, MockQueries::new());
    let units = [Resumption::Unfinished, Resumption::Unfinished, Resumption::Ended].into_iter().zip(0..);
    let units = units.map(|(step, minute)| {
        let mut unit = MockUnitOfWork::new();
        unit.expect_now().returning(move || Ok(NOON + Duration::minutes(minute)));
        unit.expect_resume_activation().withf(|_, _, at| *at == NOON).returning(move |_, _, _| Ok(step));
        unit.expect_record_audit().returning(|_| Ok(()));
        unit.expect_commit().returning(|| Ok(()));
        unit
    });
    use_case.store = stage.store_of(units);
    assert_eq!(use_case.resume(slow(), deed).await, Ok(true));
}

#[tokio::test]
async fn what_is_so_already_leaves_no_trace() {
    let (stage, reason, origin) = (Stage::new(), reason(), Origin::default());
    let deed = Deed { by: None, reason: &reason, origin: &origin };
    assert_eq!(use_case(&stage, false, MockQueries::new()).pause(slow(), deed).await, Ok(false));
    assert_eq!(use_case(&stage, false, MockQueries::new()).resume(slow(), deed).await, Ok(false));
    assert_eq!((stage.log.count("rollback"), stage.log.count("commit")), (2, 0));
}

#[tokio::test]
async fn a_partner_that_the_settings_do_not_name_is_unknown() {
    let (stage, reason, origin) = (Stage::new(), reason(), Origin::default());
    let (deed, stranger) = (Deed { by: None, reason: &reason, origin: &origin }, "nobody".parse().unwrap());
    let unknown = Err(ManageActivationPartnersError::Unknown(stranger));
    assert_eq!(use_case(&stage, true, MockQueries::new()).pause(stranger, deed).await, unknown);
    assert!(stage.log.entries().is_empty());
}

#[tokio::test]
async fn every_partner_is_shown_with_its_pause_and_its_open_orders() {
    let stage = Stage::new();
    let mut queries = MockQueries::new();
    queries.expect_activation_pauses().returning(|| Ok(vec![pause()]));
    queries.expect_open_orders().returning(|| Ok(vec![(slow(), 7), ("stranger".parse().unwrap(), 2)]));
    let views = use_case(&stage, true, queries).list().await.unwrap();
    let view = |partner, pause, open_orders, is_configured| ActivationPartnerView {
        partner,
        pause,
        open_orders,
        is_configured,
    };
    let expected = [
        view(DEFAULT, None, 0, true),
        view(slow(), Some(pause()), 7, true),
        view("stranger".parse().unwrap(), None, 2, false),
    ];
    assert_eq!(views, expected, "the settings do not name the last one, but it has orders");
}
