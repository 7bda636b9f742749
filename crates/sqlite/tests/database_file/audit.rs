//! The audit names every rule that is broken, in databases that were damaged on purpose.

use offers_domain::ports::{LedgerAudit, LedgerReport};

use crate::Database;

async fn report(database: &Database) -> LedgerReport {
    database.open().verify_ledger().await.unwrap()
}

/// Does the damage to a sound shop; the audit must report this rule alone, once, with this detail.
async fn assert_reported(damage: &str, rule: &str, detail: &str) {
    let database = Database::shop();
    database.damage(damage);
    let differences = report(&database).await.differences;
    let [difference] = differences.as_slice() else { panic!("{damage}: {differences:?}") };
    assert_eq!(difference.rule, rule, "{damage}: {}", difference.detail);
    assert_eq!(difference.detail, detail, "{damage}");
}

/// The order with this last digit.
fn order(digit: u8) -> String {
    format!("transaction 01000000-0000-0000-0000-00000000000{digit}")
}

#[tokio::test]
async fn a_sound_shop_has_no_differences() {
    let expected = LedgerReport { accounts: 1, transfers: 6, transactions: 4, differences: Vec::new() };
    assert_eq!(report(&Database::shop()).await, expected);
}

#[tokio::test]
async fn a_balance_is_the_sum_of_its_transfers() {
    let rule = "balance_identity";
    let holds = |balance: &str, sum: i64| {
        format!("account 100 holds {balance} with a credit limit of 0, its transfers add up to {sum}")
    };
    let damage = "UPDATE accounts SET balance = 701 WHERE id = 100";
    assert_reported(damage, rule, &holds("701", 700)).await;
    let damage = "UPDATE accounts SET balance = NULL WHERE id = 100";
    assert_reported(damage, rule, &holds("nothing", 700)).await;
    let damage = "DELETE FROM transfers WHERE id = 1";
    assert_reported(damage, rule, &holds("700", -300)).await;
    let damage = "UPDATE transfers SET currency = 'XOF' WHERE id = 1";
    assert_reported(damage, rule, &holds("700", -300)).await;
    let overdrawn = "INSERT INTO transfers VALUES (7, 100, 3, 800, 'EUR', 'top_up', NULL, 0);
                     UPDATE accounts SET balance = -100 WHERE id = 100";
    assert_reported(overdrawn, rule, &holds("-100", -100)).await;
}

#[tokio::test]
async fn an_order_has_one_charge() {
    let rule = "one_charge";
    let none = "DELETE FROM transfers WHERE id = 5; UPDATE accounts SET balance = 800 WHERE id = 100";
    assert_reported(none, rule, &format!("{} has 0 charges instead of 1", order(3))).await;
    let two = "INSERT INTO transfers SELECT 7, debit_account_id, credit_account_id, amount, currency, kind,
                   transaction_id, 0 FROM transfers WHERE id = 5;
               UPDATE accounts SET balance = 600 WHERE id = 100";
    assert_reported(two, rule, &format!("{} has 2 charges instead of 1", order(3))).await;
    let nobodys = "INSERT INTO transfers
                       VALUES (7, 100, 1, 100, 'EUR', 'charge', X'01000000000000000000000000000009', 0);
                   UPDATE accounts SET balance = 600 WHERE id = 100";
    assert_reported(nobodys, rule, &format!("{} has a charge but does not exist", order(9))).await;
}

#[tokio::test]
async fn an_order_is_refunded_if_and_only_if_it_failed() {
    let rule = "refund_iff_failed";
    let kept = "DELETE FROM transfers WHERE id = 4; UPDATE accounts SET balance = 600 WHERE id = 100";
    assert_reported(kept, rule, &format!("{} is FAILED and has 0 refunds", order(2))).await;
    for (digit, status) in [(1, "SUCCESS"), (3, "PENDING")] {
        let given = format!(
            "INSERT INTO transfers
                 VALUES (7, 1, 100, 100, 'EUR', 'refund', X'0100000000000000000000000000000{digit}', 0);
             UPDATE accounts SET balance = 800 WHERE id = 100"
        );
        assert_reported(&given, rule, &format!("{} is {status} and has 1 refunds", order(digit))).await;
    }
    let nobodys = "INSERT INTO transfers
                       VALUES (7, 1, 100, 100, 'EUR', 'refund', X'01000000000000000000000000000009', 0);
                   UPDATE accounts SET balance = 800 WHERE id = 100";
    assert_reported(nobodys, rule, &format!("{} has a refund but does not exist", order(9))).await;
}

#[tokio::test]
async fn a_movement_is_about_its_orders_amount_and_accounts() {
    let rule = "amount_matches";
    let detail = |digit, transfer: &str| {
        format!("{} is about 100 EUR between accounts 100 and 1, its {transfer}", order(digit))
    };
    let cheap = "UPDATE transfers SET amount = 99 WHERE id = 5;
                 UPDATE accounts SET balance = 701 WHERE id = 100";
    assert_reported(cheap, rule, &detail(3, "charge is about 99 EUR between 100 and 1")).await;
    let generous = "UPDATE transfers SET amount = 101 WHERE id = 4;
                    UPDATE accounts SET balance = 701 WHERE id = 100";
    assert_reported(generous, rule, &detail(2, "refund is about 101 EUR between 100 and 1")).await;
    let anothers = "UPDATE transfers SET debit_account_id = 2 WHERE id = 5;
                    UPDATE accounts SET balance = 800 WHERE id = 100";
    assert_reported(anothers, rule, &detail(3, "charge is about 100 EUR between 2 and 1")).await;
    let elsewhere = "UPDATE transfers SET credit_account_id = 3 WHERE id = 5";
    assert_reported(elsewhere, rule, &detail(3, "charge is about 100 EUR between 100 and 3")).await;
}

#[tokio::test]
async fn a_subscription_runs_if_and_only_if_its_order_succeeded() {
    let rule = "service_iff_success";
    for (digit, status, wrong) in
        [(1, "SUCCESS", "pending"), (2, "FAILED", "active"), (3, "PENDING", "cancelled")]
    {
        // The subscription keeps its length, so that only its status is wrong.
        let damage = format!("UPDATE user_offers SET status = '{wrong}' WHERE id = {digit}");
        let detail = format!("{} is {status} and its subscription is {wrong}", order(digit));
        assert_reported(&damage, rule, &detail).await;
    }
    let missing = "DELETE FROM user_offers WHERE id = 3";
    assert_reported(missing, rule, &format!("{} is PENDING and its subscription is missing", order(3))).await;
    let short = "UPDATE user_offers SET expires_at = 2592000000000 WHERE id = 1";
    let detail = format!("{} opened subscription 1, which is shorter than the 60 days paid", order(1));
    assert_reported(short, rule, &detail).await;
}

#[tokio::test]
async fn every_transition_is_in_the_history() {
    let rule = "history_complete";
    let of = |text: &str| format!("X'01000000000000000000000000000001' {text}");
    let detail = |version, found| {
        format!(
            "{} is SUCCESS (confirmed) at version {version} and has {found} transitions that lead elsewhere",
            order(1)
        )
    };
    let gap = of("AND version = 2");
    let gap = format!("DELETE FROM transaction_events WHERE transaction_id = {gap}");
    assert_reported(&gap, rule, &detail(3, 2)).await;
    let shifted =
        format!("UPDATE transaction_events SET version = 0 WHERE transaction_id = {}", of("AND version = 1"));
    assert_reported(&shifted, rule, &detail(3, 3)).await;
    let other = of("AND version = 3");
    let other = format!("UPDATE transaction_events SET sub_status = 'voided' WHERE transaction_id = {other}");
    assert_reported(&other, rule, &detail(3, 3)).await;
    let ahead = format!("UPDATE transactions SET version = 4 WHERE id = {}", of(""));
    assert_reported(&ahead, rule, &detail(4, 3)).await;
}

#[tokio::test]
async fn no_more_than_a_thousand_differences_are_listed() {
    let database = Database::shop();
    database.damage(
        "WITH RECURSIVE n(i) AS (SELECT 200 UNION ALL SELECT i + 1 FROM n WHERE i < 1400)
         INSERT INTO accounts SELECT i, 'wallet', i, NULL, 'EUR', 1, 0, 0, 0 FROM n;
         DELETE FROM transaction_events",
    );
    let report = report(&database).await;
    assert_eq!((report.accounts, report.differences.len()), (1202, 1000));
}
