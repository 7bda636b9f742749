//! Undoing at the partner what came too late.

use std::sync::Arc;

use offers_application::void_late_successes::VoidLateSuccesses;
use offers_domain::activation_partner::ActivationPartner;
use offers_domain::ids::IncidentId;
use offers_domain::incident::{Incident, IncidentKind, IncidentState};
use offers_domain::partner::Answer;
use offers_domain::ports::mocks::{MockActivationGateway, MockUnitOfWork};
use offers_domain::ports::{Locked, StoreError};
use offers_domain::retry::RetryPolicy;
use offers_testkit::builders::NOON;

use crate::stage::{Stage, id, placed};

fn incident(attempt: u32) -> Incident {
    Incident {
        id: IncidentId(7),
        transaction: id(1),
        partner: ActivationPartner::DEFAULT,
        kind: IncidentKind::LateSuccess,
        evidence: "confirmed: R-1".into(),
        state: IncidentState::Voiding(NOON),
        attempt,
        last_answer: None,
        created_at: NOON,
        updated_at: NOON,
    }
}

/// A unit with this work; what it saves goes into the log.
fn unit(stage: &Stage, due: Vec<Incident>) -> MockUnitOfWork {
    let mut unit = stage.unit();
    unit.expect_lock_due_incidents()
        .returning(move |_, _, _| Ok(due.iter().cloned().map(Locked::by_store).collect()));
    unit.expect_lock_incidents().returning(|_| Ok(vec![Locked::by_store(incident(1))]));
    unit.expect_find_orders().returning(|_| Ok(vec![(id(1), *placed(1).order())]));
    let log = stage.log.clone();
    unit.expect_update_incidents().returning(move |saved| {
        for one in saved {
            log.add(format!("save {}", one.state.status()));
        }
        Ok(())
    });
    unit
}

fn use_case(stage: &Stage, units: Vec<MockUnitOfWork>, answer: Answer) -> VoidLateSuccesses {
    let (mut gateway, log) = (MockActivationGateway::new(), stage.log.clone());
    gateway.expect_void().returning(move |request| {
        assert_eq!((request.transaction, request.partner), (id(1), ActivationPartner::DEFAULT));
        log.add("void");
        answer.clone()
    });
    VoidLateSuccesses {
        store: stage.store_of(units),
        gateway: Arc::new(gateway),
        ids: stage.ids.clone(),
        policy: RetryPolicy::default(),
        partners: vec![ActivationPartner::DEFAULT],
    }
}

#[tokio::test]
async fn the_partner_is_called_between_two_units() {
    for (answer, after) in
        [(Answer::Voided, "save resolved"), (Answer::Unknown { reason: "time-out".into() }, "save voiding")]
    {
        let stage = Stage::new();
        let units = vec![unit(&stage, vec![incident(0)]), unit(&stage, Vec::new())];
        assert_eq!(use_case(&stage, units, answer).run().await, Ok(1));
        let expected = ["begin", "now", "save voiding", "commit", "void", "begin", "now", after, "commit"];
        assert_eq!(stage.log.entries(), expected);
    }
}

#[tokio::test]
async fn without_incidents_nobody_is_called() {
    let stage = Stage::new();
    assert_eq!(use_case(&stage, vec![unit(&stage, Vec::new())], Answer::Voided).run().await, Ok(0));
    assert_eq!(stage.log.entries(), ["begin", "now", "rollback"]);
}

#[tokio::test]
async fn an_answer_that_cannot_be_kept_is_left_to_the_lease() {
    let stage = Stage::new();
    let down = StoreError::Unavailable("down".into());
    let (mut broken, error) = (stage.unit(), down.clone());
    broken.expect_lock_incidents().return_once(move |_| Err(error));
    let units = vec![unit(&stage, vec![incident(0)]), broken];
    assert_eq!(use_case(&stage, units, Answer::Voided).run().await, Err(down));
}
