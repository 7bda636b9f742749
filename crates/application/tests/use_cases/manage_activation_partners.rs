//! Pausing activation partners, and letting them go on.

use std::sync::Arc;

use offers_application::identity::{Deed, Origin};
use offers_application::manage_activation_partners::{
    ActivationPartnerView, ManageActivationPartners, ManageActivationPartnersError,
};
use offers_domain::activation_partner::{ActivationPartner, ActivationPause};
use offers_domain::audit::Reason;
use offers_domain::ports::mocks::MockWakeUp;
use offers_testkit::builders::NOON;

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

/// Over a store in which a switch changes something, or finds it done.
fn use_case(stage: &Stage, changes: bool, queries: MockQueries) -> ManageActivationPartners {
    let mut unit = stage.unit();
    let [paused, resumed] = std::array::from_fn(|_| stage.log.clone());
    unit.expect_pause_activation().returning(move |new| {
        assert_eq!(*new, pause());
        paused.note("pause").map(|()| changes)
    });
    unit.expect_resume_activation()
        .withf(|_, now| *now == NOON)
        .returning(move |partner, _| resumed.note(format!("resume {partner}")).map(|()| changes));
    let (mut wake_up, log) = (MockWakeUp::new(), stage.log.clone());
    wake_up.expect_ring().returning(move || log.add("ring"));
    ManageActivationPartners {
        partners: vec![DEFAULT, slow()],
        store: stage.store_of([unit]),
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
    let log = ["begin", "now", "resume slow", "audit activation_resumed", "commit", "ring"];
    assert_eq!(stage.log.entries(), log);
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
    queries.expect_open_orders().returning(|| Ok(vec![(slow(), 7)]));
    let views = use_case(&stage, true, queries).list().await.unwrap();
    let running = ActivationPartnerView { partner: DEFAULT, pause: None, open_orders: 0 };
    let paused = ActivationPartnerView { partner: slow(), pause: Some(pause()), open_orders: 7 };
    assert_eq!(views, [running, paused]);
}
