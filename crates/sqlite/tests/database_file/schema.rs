//! The walls that the schema itself puts up.

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;
use offers_domain::audit::ActorKind;
use offers_domain::ledger::{SystemAccount, TransferKind};
use offers_domain::offer::{Category, PurchasePolicy};
use offers_domain::partner::{AnswerKind, Step};
use offers_domain::transaction::{Channel, FailureKind, Status, SubStatus};
use offers_domain::user::{Locale, Role};
use offers_domain::user_offer::UserOfferStatus;

use crate::Database;

const SUCCEEDED: &str = "X'01000000000000000000000000000001'";
const FAILED: &str = "X'01000000000000000000000000000002'";
const WAITING: &str = "X'01000000000000000000000000000003'";

#[test]
fn the_ledger_and_the_audit_are_never_changed() {
    let database = Database::shop();
    let mut connection = database.raw();
    for (table, column) in [
        ("transfers", "id"),
        ("transaction_events", "at"),
        ("attempts", "step"),
        ("audit_events", "at"),
        ("ledger_checks", "at"),
    ] {
        let update = connection.batch_execute(&format!("UPDATE {table} SET {column} = {column}"));
        assert!(update.unwrap_err().to_string().contains("never changed"), "{table}");
        let delete = connection.batch_execute(&format!("DELETE FROM {table}"));
        assert!(delete.unwrap_err().to_string().contains("never deleted"), "{table}");
    }
}

#[test]
fn a_final_status_is_never_left() {
    let database = Database::shop();
    let mut connection = database.raw();
    for (order, fails) in [(SUCCEEDED, true), (FAILED, true), (WAITING, false)] {
        let restart = format!(
            "UPDATE transactions SET status = 'PROCESSING', sub_status = 'calling', completed_at = NULL,
                 error_code = NULL, error_message = NULL WHERE id = {order}"
        );
        let outcome = connection.batch_execute(&restart).map_err(|error| error.to_string());
        let refused = outcome.is_err_and(|error| error.contains("a final status never changes"));
        assert_eq!(refused, fails, "{order}");
    }
}

/// Runs the statement, which must break the rule that SQLite names so.
fn assert_breaks(connection: &mut SqliteConnection, rule: &str, statement: &str) {
    let refused = connection.batch_execute(statement).expect_err(statement).to_string();
    assert!(refused.contains(&format!("constraint failed: {rule}")), "{statement}: {refused}");
}

#[test]
fn a_balance_has_an_account_that_carries_it_and_a_floor() {
    let database = Database::shop();
    let mut connection = database.raw();
    for (rule, change) in [
        ("accounts_balance", "balance = -1 WHERE id = 100"),
        ("accounts_carrier", "balance = NULL WHERE id = 100"),
        ("accounts_carrier", "currency = NULL WHERE id = 100"),
        ("accounts_carrier", "balance = 0, currency = 'EUR' WHERE id = 1"),
        ("accounts_credit", "credit_limit = 1 WHERE id = 100"),
        ("accounts_owner", "user_id = NULL WHERE id = 100"),
        ("accounts_owner", "partner_id = 1 WHERE id = 100"),
    ] {
        assert_breaks(&mut connection, rule, &format!("UPDATE accounts SET {change}"));
    }
    let partner = "INSERT INTO partners VALUES (1, 'Kiosk', 'partner', 0, NULL, 1, 0, 0)";
    connection.batch_execute(partner).unwrap();
    let settlement = "INSERT INTO accounts VALUES (-1, 'settlement', NULL, 1, 'EUR', -50, 50, 0, 0)";
    connection.batch_execute(settlement).unwrap();
    assert_breaks(&mut connection, "accounts_balance", "UPDATE accounts SET balance = -51 WHERE id = -1");
}

#[test]
fn a_settlement_account_has_the_negated_id_of_its_partner() {
    let database = Database::shop();
    let mut connection = database.raw();
    connection
        .batch_execute("INSERT INTO partners VALUES (1, 'Kiosk', 'partner', 0, NULL, 1, 0, 0)")
        .unwrap();
    for values in [
        "101, 'settlement', NULL, 1, 'EUR', 0, 0, 0, 0",
        "-2, 'settlement', NULL, 1, 'EUR', 0, 0, 0, 0",
        "-2, 'settlement', NULL, 2, 'EUR', 0, 0, 0, 0",
        "-1, 'sales', NULL, NULL, NULL, NULL, 0, 0, 0",
    ] {
        let refused = connection.batch_execute(&format!("INSERT INTO accounts VALUES ({values})"));
        assert!(refused.unwrap_err().to_string().contains("negated id"), "{values}");
    }
}

#[test]
fn the_names_of_a_partners_order_are_never_changed() {
    let database = Database::shop();
    let mut connection = database.raw();
    connection
        .batch_execute("INSERT INTO partners VALUES (1, 'Kiosk', 'partner', 0, NULL, 1, 0, 0)")
        .unwrap();
    let order = format!("INSERT INTO partner_orders VALUES ({WAITING}, 1, 'REF-000000000001', 'sale-1')");
    connection.batch_execute(&order).unwrap();
    for (attack, said) in [
        ("UPDATE partner_orders SET partner_id = 2", "never changed"),
        ("DELETE FROM partner_orders", "never deleted"),
    ] {
        assert!(connection.batch_execute(attack).unwrap_err().to_string().contains(said), "{attack}");
    }
}

#[test]
fn an_order_has_only_what_its_status_allows() {
    let database = Database::shop();
    let mut connection = database.raw();
    for (order, rule, change) in [
        (SUCCEEDED, "transactions_end", "completed_at = NULL"),
        (SUCCEEDED, "transactions_status", "sub_status = 'queued'"),
        (SUCCEEDED, "transactions_schedule", "due_at = 1"),
        (SUCCEEDED, "transactions_failure", "error_code = 'partner_refused', error_message = 'x'"),
        (FAILED, "transactions_failure", "error_message = NULL"),
        (WAITING, "transactions_schedule", "due_at = NULL"),
        (WAITING, "transactions_schedule", "leased = 1"),
        (WAITING, "transactions_end", "completed_at = 1"),
        (WAITING, "transactions_status", "status = 'LOST'"),
        (WAITING, "amount > 0", "amount = 0"),
        (WAITING, "length(id) = 16", "id = X'00'"),
    ] {
        let statement = format!("UPDATE transactions SET {change} WHERE id = {order}");
        assert_breaks(&mut connection, rule, &statement);
    }
    let period = "UPDATE user_offers SET activated_at = 1 WHERE id = 3";
    assert_breaks(&mut connection, "user_offers_period", period);
    let sale = "UPDATE offers SET sale_from = 2, sale_until = 2";
    assert_breaks(&mut connection, "offers_sale", sale);
}

#[test]
fn a_transfer_moves_something_between_two_accounts_for_an_order() {
    let database = Database::shop();
    let mut connection = database.raw();
    for (rule, values) in [
        ("transfers_accounts", "100, 100, 1, 'EUR', 'top_up', NULL"),
        ("amount > 0", "2, 100, 0, 'EUR', 'top_up', NULL"),
        ("transfers_order", "100, 1, 1, 'EUR', 'charge', NULL"),
    ] {
        assert_breaks(&mut connection, rule, &format!("INSERT INTO transfers VALUES (7, {values}, 0)"));
    }
    for values in ["100, 987, 1, 'EUR', 'top_up', NULL", "1, 100, 1, 'EUR', 'refund', randomblob(16)"] {
        let statement = format!("INSERT INTO transfers VALUES (7, {values}, 0)");
        let refused = connection.batch_execute(&statement).expect_err(&statement);
        assert_eq!(refused.to_string(), "FOREIGN KEY constraint failed", "{statement}");
    }
}

#[test]
fn columns_hold_their_type_alone() {
    let database = Database::shop();
    let mut connection = database.raw();
    let refused = connection.batch_execute("UPDATE offers SET price = 19.99").unwrap_err();
    assert!(refused.to_string().contains("cannot store REAL value in INTEGER column"), "{refused}");
}

#[test]
fn the_checks_know_every_spelling_of_the_domain() {
    let database = Database::shop();
    let mut connection = database.raw();
    let mut knows = |table: &str, spellings: Vec<&str>| {
        let text = format!("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = '{table}'");
        let definition: String = sql::<Text>(&text).get_result(&mut connection).unwrap();
        for spelling in spellings {
            assert!(definition.contains(&format!("'{spelling}'")), "{table} does not know {spelling}");
        }
    };
    knows("users", Role::ALL.iter().map(|role| role.as_str()).collect());
    knows("users", Locale::ALL.iter().map(|locale| locale.as_str()).collect());
    knows("accounts", SystemAccount::ALL.iter().map(|account| account.as_str()).collect());
    knows("offers", Category::ALL.iter().map(|category| category.as_str()).collect());
    knows("offers", PurchasePolicy::ALL.iter().map(|policy| policy.as_str()).collect());
    knows("transactions", Channel::ALL.iter().map(|channel| channel.as_str()).collect());
    knows("transactions", FailureKind::ALL.iter().map(|kind| kind.as_str()).collect());
    for table in ["transactions", "transaction_events"] {
        knows(table, Status::ALL.iter().map(|status| status.as_str()).collect());
        knows(table, SubStatus::ALL.iter().map(|status| status.as_str()).collect());
    }
    knows("attempts", Step::ALL.iter().map(|step| step.as_str()).collect());
    knows("attempts", AnswerKind::ALL.iter().map(|kind| kind.as_str()).collect());
    knows("transfers", TransferKind::ALL.iter().map(|kind| kind.as_str()).collect());
    knows("audit_events", ActorKind::ALL.iter().map(|kind| kind.as_str()).collect());
    knows("user_offers", UserOfferStatus::ALL.iter().map(|status| status.as_str()).collect());
}

#[test]
fn the_accounts_of_the_house_have_their_ids_and_wallets_begin_at_100() {
    let database = Database::fresh();
    let mut connection = database.raw();
    for account in SystemAccount::ALL {
        let kind = format!("SELECT kind FROM accounts WHERE id = {}", account.id());
        assert_eq!(sql::<Text>(&kind).get_result::<String>(&mut connection).unwrap(), account.as_str());
    }
    let seed = sql::<Text>("SELECT CAST(seq AS TEXT) FROM sqlite_sequence WHERE name = 'accounts'");
    assert_eq!(seed.get_result::<String>(&mut connection).unwrap(), "99");
}
