//! Money that staff move.

use offers_application::identity::{Caller, Deed, Origin};
use offers_application::staff::{
    AdjustWallet, AdjustWalletError, Adjusted, AdjustmentRequest, Respond, WalletMovement,
};
use offers_domain::account::AccountError;
use offers_domain::adjustment::{Adjustment, Direction};
use offers_domain::audit::Reason;
use offers_domain::idempotency::{IdempotencyHandle, IdempotencyRecord, StoredResponse};
use offers_domain::ids::{SessionId, UserId};
use offers_domain::notice::NoticeChannels;
use offers_domain::ports::mocks::MockUnitOfWork;
use offers_domain::ports::{Constraint, StoreError};
use offers_domain::user::{Locale, Role, User};
use offers_testkit::builders::{NOON, cents, handle};
use uuid::Uuid;

use crate::stage::{ANNA, BEN, Stage, id, wallet};

const SESSION: SessionId = SessionId(Uuid::from_u128(50));

fn ben(role: Role) -> Caller {
    Caller { user: BEN, role, session: SESSION }
}

fn person(id: UserId, role: Role) -> User {
    User {
        id,
        username: "somebody".into(),
        email: "somebody@example.com".into(),
        phone: None,
        role,
        locale: Locale::En,
        is_active: true,
        joined_at: NOON,
    }
}

/// A unit in which Anna, a customer, holds 5.00; what it writes is in the log.
fn unit(stage: &Stage, record: Option<IdempotencyRecord>) -> MockUnitOfWork {
    let mut unit = stage.unit();
    unit.expect_lock_wallets().returning(|users| Ok(users.iter().map(|user| wallet(*user, 500)).collect()));
    unit.expect_live_sessions().returning(|asked, _| Ok(asked.iter().copied().collect()));
    unit.expect_find_users().returning(|ids| Ok(ids.iter().map(|id| person(*id, Role::Customer)).collect()));
    unit.expect_find_records().returning(move |_| Ok(record.iter().cloned().collect()));
    let log = stage.log.clone();
    unit.expect_apply_transfers().returning(move |transfers, _| {
        let Ok([moved]) = <&[_; 1]>::try_from(transfers) else { panic!("one transfer") };
        log.note(format!("{} {} from {} to {}", moved.kind, moved.amount.money(), moved.debit, moved.credit))
    });
    let log = stage.log.clone();
    unit.expect_record_events().returning(|_, _| Ok(()));
    unit.expect_insert_notices().returning(move |notices, _| log.note(format!("{} notices", notices.len())));
    unit
}

/// The same, in which a request's answer is kept.
fn keeping(stage: &Stage, outcome: Result<(), StoreError>) -> MockUnitOfWork {
    let mut unit = unit(stage, None);
    let log = stage.log.clone();
    unit.expect_insert_records().returning(move |records| {
        log.add(format!("{} records", records.len()));
        outcome.clone()
    });
    unit
}

fn respond(movement: &WalletMovement) -> StoredResponse {
    StoredResponse { status: 201, body: movement.balance.to_string() }
}

async fn adjust(
    stage: &Stage,
    units: Vec<MockUnitOfWork>,
    direction: Direction,
    key: Option<&IdempotencyHandle>,
    by: Option<Caller>,
) -> Result<Adjusted, AdjustWalletError> {
    let channels = NoticeChannels { email: true, sms: true };
    let use_case = AdjustWallet { store: stage.store_of(units), ids: stage.ids.clone(), channels };
    let (reason, origin) = (Reason::try_new("goodwill").unwrap(), Origin::default());
    let request = AdjustmentRequest {
        user: ANNA,
        adjustment: Adjustment { direction, amount: cents(300) },
        handle: key.map(|key| (key, respond as Respond)),
    };
    use_case.run(request, Deed { by: by.as_ref(), reason: &reason, origin: &origin }).await
}

#[tokio::test]
async fn transfer_news_answer_and_trace_are_one_commit() {
    let stage = Stage::new();
    let key = handle(BEN, "a", 1);
    let units = vec![keeping(&stage, Ok(()))];
    let moved = adjust(&stage, units, Direction::Credit, Some(&key), Some(ben(Role::Staff))).await;
    assert!(matches!(moved, Ok(Adjusted::Fresh(movement)) if movement.balance.minor() == 800), "{moved:?}");
    let expected = [
        "begin",
        "now",
        "top_up 3.00 from 2 to 101",
        "2 notices",
        "1 records",
        "audit wallet_credited",
        "commit",
    ];
    assert_eq!(stage.log.entries(), expected);
}

#[tokio::test]
async fn the_command_line_takes_money_without_a_key_and_nobody_is_told() {
    let stage = Stage::new();
    let moved = adjust(&stage, vec![keeping(&stage, Ok(()))], Direction::Debit, None, None).await;
    assert!(matches!(moved, Ok(Adjusted::Fresh(movement)) if movement.balance.minor() == 200), "{moved:?}");
    let expected = [
        "begin",
        "now",
        "withdrawal 3.00 from 101 to 2",
        "0 notices",
        "0 records",
        "audit wallet_debited",
        "commit",
    ];
    assert_eq!(stage.log.entries(), expected);
}

#[tokio::test]
async fn a_key_that_somebody_else_has_just_committed_is_replayed() {
    let stage = Stage::new();
    let key = handle(BEN, "a", 1);
    let response = StoredResponse { status: 201, body: "8.00".into() };
    let record = IdempotencyRecord {
        handle: key.clone(),
        transaction: id(1),
        response: response.clone(),
        created_at: NOON,
    };
    let taken = Err(StoreError::Conflict(Constraint::IdempotencyKey));
    let units = vec![keeping(&stage, taken), unit(&stage, Some(record))];
    let moved = adjust(&stage, units, Direction::Credit, Some(&key), Some(ben(Role::Staff))).await;
    assert_eq!(moved, Ok(Adjusted::Replayed(response)));
    assert_eq!(stage.log.count("commit"), 0);
    assert_eq!(stage.log.count("audit wallet_credited"), 0, "the trace is the last to be written");
}

#[tokio::test]
async fn whoever_may_not_moves_nothing() {
    for (direction, by, refusal) in [
        (Direction::Debit, ben(Role::Staff), AdjustWalletError::Forbidden),
        (Direction::Credit, ben(Role::Customer), AdjustWalletError::Forbidden),
        (Direction::Credit, Caller { user: ANNA, ..ben(Role::Superuser) }, AdjustWalletError::Forbidden),
    ] {
        let stage = Stage::new();
        let moved = adjust(&stage, vec![unit(&stage, None)], direction, None, Some(by)).await;
        assert_eq!(moved, Err(refusal));
        assert_eq!(stage.log.entries(), ["begin", "now", "rollback"]);
    }
}

#[tokio::test]
async fn a_login_that_is_over_moves_nothing() {
    let stage = Stage::new();
    let mut unit = stage.unit();
    unit.expect_lock_wallets().returning(|_| Ok(vec![wallet(ANNA, 500)]));
    unit.expect_live_sessions().returning(|_, _| Ok(std::collections::HashSet::new()));
    unit.expect_find_users().returning(|_| Ok(vec![person(ANNA, Role::Customer)]));
    unit.expect_find_records().returning(|_| Ok(Vec::new()));
    let moved = adjust(&stage, vec![unit], Direction::Credit, None, Some(ben(Role::Staff))).await;
    assert_eq!(moved, Err(AdjustWalletError::SessionEnded));
    assert_eq!(stage.log.entries(), ["begin", "now", "rollback"]);
}

#[tokio::test]
async fn what_is_not_in_the_wallet_cannot_be_taken() {
    let stage = Stage::new();
    let mut unit = stage.unit();
    unit.expect_lock_wallets().returning(|_| Ok(vec![wallet(ANNA, 299)]));
    unit.expect_find_users().returning(|_| Ok(vec![person(ANNA, Role::Customer)]));
    unit.expect_find_records().returning(|_| Ok(Vec::new()));
    let moved = adjust(&stage, vec![unit], Direction::Debit, None, None).await;
    assert_eq!(moved, Err(AccountError::InsufficientBalance.into()));
    assert_eq!(stage.log.entries(), ["begin", "now", "rollback"]);
}
