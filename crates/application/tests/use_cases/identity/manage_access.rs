use offers_application::identity::{AccessChange, Caller, Deed, ManageAccess, ManageAccessError, Origin};
use offers_application::seen::Seen;
use offers_domain::audit::Reason;
use offers_domain::ids::UserId;
use offers_domain::ports::mocks::MockUnitOfWork;
use offers_domain::user::{Role, User};

use super::{SESSION, anna, anna_unit, credentials, locked_out, revocation, session};
use crate::stage::{ANNA, BEN, Stage};

fn staff(user: UserId, role: Role) -> Caller {
    Caller { user, role, session: SESSION }
}

/// Changes what `user`, who is Anna, may do; none is the command line.
async fn manage(
    stage: &Stage,
    user: &User,
    change: AccessChange,
    by: Option<Caller>,
) -> Result<(), ManageAccessError> {
    within(anna_unit(stage, credentials(user), &[session()]), stage, user, change, by).await
}

/// The same, in this unit.
async fn within(
    unit: MockUnitOfWork,
    stage: &Stage,
    user: &User,
    change: AccessChange,
    by: Option<Caller>,
) -> Result<(), ManageAccessError> {
    let store = stage.store_of([unit]);
    let use_case =
        ManageAccess { revocation: revocation(stage, store, user, &[session()]), clock: stage.clock.clone() };
    let (reason, origin) = (Reason::try_new("asked by telephone").unwrap(), Origin::default());
    use_case
        .run(ANNA, change, &Seen::whatever(), Deed { by: by.as_ref(), reason: &reason, origin: &origin })
        .await
}

#[tokio::test]
async fn whoever_is_locked_out_is_out_at_once() {
    for by in [Some(staff(BEN, Role::Staff)), None] {
        let stage = Stage::new();
        assert_eq!(manage(&stage, &anna(), AccessChange::Lock, by).await, Ok(()));
        let put = "put revoked 12:00:00.0";
        assert_eq!(
            stage.log.entries(),
            [put, "begin", "set_access customer false", "revoke 50", "audit user_locked", "commit", put]
        );
    }
}

#[tokio::test]
async fn a_new_role_ends_the_sessions_of_the_old_one() {
    let stage = Stage::new();
    let change = AccessChange::Role(Role::Staff);
    assert_eq!(manage(&stage, &anna(), change, Some(staff(BEN, Role::Superuser))).await, Ok(()));
    assert_eq!(stage.log.count("set_access staff true"), 1);
    assert_eq!(stage.log.count("audit role_changed"), 1);
}

#[tokio::test]
async fn what_is_so_already_leaves_no_trace_and_nobody_is_logged_out() {
    for (user, change) in [
        (locked_out(), AccessChange::Lock),
        (anna(), AccessChange::Unlock),
        (anna(), AccessChange::Role(Role::Customer)),
    ] {
        let stage = Stage::new();
        assert_eq!(manage(&stage, &user, change, None).await, Ok(()));
        assert!(stage.log.entries().is_empty());
    }
}

#[tokio::test]
async fn nobody_reaches_above_themselves() {
    let colleague = User { role: Role::Staff, ..anna() };
    for (user, change, by) in [
        (anna(), AccessChange::Lock, staff(BEN, Role::Customer)),
        (colleague.clone(), AccessChange::Lock, staff(BEN, Role::Staff)),
        (anna(), AccessChange::Role(Role::Staff), staff(BEN, Role::Staff)),
        (colleague, AccessChange::Role(Role::Superuser), staff(ANNA, Role::Superuser)),
    ] {
        let stage = Stage::new();
        let outcome = manage(&stage, &user, change, Some(by)).await;
        assert_eq!(outcome, Err(ManageAccessError::Forbidden), "{change:?} by {by:?}");
        assert!(stage.log.entries().is_empty());
    }
}

#[tokio::test]
async fn a_login_that_is_over_locks_nobody_out() {
    let stage = Stage::new();
    let unit = anna_unit(&stage, credentials(&anna()), &[]);
    let outcome = within(unit, &stage, &anna(), AccessChange::Lock, Some(staff(BEN, Role::Staff))).await;
    assert_eq!(outcome, Err(ManageAccessError::SessionEnded));
    assert_eq!(stage.log.entries().last().map(String::as_str), Some("rollback"));
    assert_eq!(stage.log.count("set_access customer false"), 0);
}
