use std::sync::Arc;

use offers_application::identity::{
    Caller, Deed, ManageAccessError, Origin, ResetPassword, ResetPasswordError,
};
use offers_application::seen::Seen;
use offers_domain::audit::Reason;
use offers_domain::ports::mocks::{MockPasswords, MockUnitOfWork};
use offers_domain::user::{Role, User};

use super::{SESSION, anna, anna_unit, credentials, revocation, session};
use crate::stage::{ANNA, BEN, Stage};

/// Staff give Anna, whom they know as `known` and the unit as `current`, a new password.
async fn reset(stage: &Stage, known: &User, current: &User) -> Result<(), ResetPasswordError> {
    within(anna_unit(stage, credentials(current), &[session()]), stage, known).await
}

/// The same, in this unit.
async fn within(unit: MockUnitOfWork, stage: &Stage, known: &User) -> Result<(), ResetPasswordError> {
    let store = stage.store_of([unit]);
    let mut passwords = MockPasswords::new();
    passwords.expect_hash().returning(|_| Ok("new hash".into()));
    let use_case = ResetPassword {
        revocation: revocation(stage, store, known, &[session()]),
        passwords: Arc::new(passwords),
        clock: stage.clock.clone(),
    };
    let by = Caller { user: BEN, role: Role::Staff, session: SESSION };
    let (reason, origin) = (Reason::try_new("forgotten").unwrap(), Origin::default());
    use_case
        .run(
            ANNA,
            "correct horse",
            &Seen::whatever(),
            Deed { by: Some(&by), reason: &reason, origin: &origin },
        )
        .await
}

#[tokio::test]
async fn a_new_password_ends_every_session_of_the_old_one() {
    let stage = Stage::new();
    assert_eq!(reset(&stage, &anna(), &anna()).await, Ok(()));
    let put = "put revoked 12:00:00.0";
    let expected =
        [put, "begin", "set_password_hash new hash", "revoke 50", "audit password_changed", "commit", put];
    assert_eq!(stage.log.entries(), expected);
}

#[tokio::test]
async fn whoever_has_risen_meanwhile_keeps_their_password() {
    let stage = Stage::new();
    let risen = User { role: Role::Superuser, ..anna() };
    let refused = Err(ResetPasswordError::Access(ManageAccessError::Forbidden));
    assert_eq!(reset(&stage, &anna(), &risen).await, refused);
    assert_eq!(stage.log.entries().last().map(String::as_str), Some("rollback"));
    assert_eq!(stage.log.count("audit password_changed"), 0);
}

#[tokio::test]
async fn a_login_that_is_over_gives_nobody_a_password() {
    let stage = Stage::new();
    let ended = Err(ResetPasswordError::Access(ManageAccessError::SessionEnded));
    assert_eq!(within(anna_unit(&stage, credentials(&anna()), &[]), &stage, &anna()).await, ended);
    assert_eq!(stage.log.entries().last().map(String::as_str), Some("rollback"));
    assert_eq!(stage.log.count("set_password_hash new hash"), 0);
}
