use offers_application::identity::{EndSessions, Origin};
use offers_domain::ids::SessionId;
use offers_domain::session::Session;
use offers_testkit::builders::NOON;
use uuid::Uuid;

use super::{anna, anna_unit, another, caller, credentials, revocation, session};
use crate::stage::{BEN, Stage};

/// The use case of Anna, who has these sessions.
fn end_sessions(stage: &Stage, live: &[Session]) -> EndSessions {
    let store = stage.store_of([anna_unit(stage, credentials(&anna()), live)]);
    EndSessions { revocation: revocation(stage, store, &anna(), live), clock: stage.clock.clone() }
}

#[tokio::test]
async fn one_of_the_callers_sessions_ends() {
    let stage = Stage::new();
    let ended = end_sessions(&stage, &[session(), another(1)]);
    assert_eq!(ended.one(&caller(), another(1).id, &Origin::default()).await, Ok(true));
    let expected = ["put revoked 12:00:00.0", "begin", "revoke 1", "audit sessions_revoked", "commit"];
    assert_eq!(stage.log.entries(), expected);
}

#[tokio::test]
async fn what_is_not_a_live_session_of_the_callers_does_not_exist() {
    for session in [
        Session { user: BEN, ..another(1) },
        Session { revoked_at: Some(NOON), ..another(1) },
        Session { expires_at: NOON, ..another(1) },
        another(2),
    ] {
        let stage = Stage::new();
        let id = SessionId(Uuid::from_u128(1));
        let outcome = end_sessions(&stage, &[session]).one(&caller(), id, &Origin::default()).await;
        assert_eq!(outcome, Ok(false));
        assert!(stage.log.entries().is_empty());
    }
}

#[tokio::test]
async fn all_others_end_and_the_one_that_asks_lives() {
    let stage = Stage::new();
    let live = [another(1), session(), another(2)];
    assert_eq!(end_sessions(&stage, &live).others(&caller(), &Origin::default()).await, Ok(Some(2)));
    assert_eq!(stage.log.count("revoke 1,2"), 1);
    let stage = Stage::new();
    assert_eq!(end_sessions(&stage, &[session()]).others(&caller(), &Origin::default()).await, Ok(Some(0)));
    assert_eq!(stage.log.entries(), ["begin", "revoke ", "rollback"]);
}

#[tokio::test]
async fn a_login_that_is_over_ends_no_other() {
    let stage = Stage::new();
    let ended = end_sessions(&stage, &[another(1)]);
    assert_eq!(ended.others(&caller(), &Origin::default()).await, Ok(None));
    assert_eq!(stage.log.entries().last().map(String::as_str), Some("rollback"));
}
