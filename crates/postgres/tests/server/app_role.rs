//! The role with which the program works in production.

use std::process::Output;

use offers_domain::ports::{Queries, Store};
use offers_postgres::{PgSettings, PgStore};
use offers_testkit::builders::{NOON, cents};
use offers_testkit::servers::{Database, psql};

use crate::{customer, support};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/postgres/app_role.sql");

/// Runs the script as its first lines say.
fn grant(database: &Database, role: &str) -> Output {
    psql(&database.url())
        .arg("--single-transaction")
        .args(["-v", &format!("role={role}"), "-f", SCRIPT])
        .output()
        .unwrap()
}

#[tokio::test]
async fn the_programs_role_works_and_cannot_rewrite_history() {
    let database = support::fresh().await;
    let role = format!("app_of_{}", database.name());
    database.execute(&format!("CREATE ROLE {role} LOGIN")).await.unwrap();
    let output = grant(&database, &role);
    assert!(output.status.success(), "{output:?}");
    let owner = database.url();
    let (_, place) = owner.split_once('@').unwrap();
    let url = format!("postgres://{role}@{place}");

    let store = PgStore::connect(&PgSettings::new(&url)).await.unwrap();
    let user = customer(&store, "anna").await;
    let mut unit = store.begin().await.unwrap();
    let top_up = unit.lock_wallets(&[user]).await.unwrap()[0].top_up(cents(100)).unwrap();
    unit.apply_transfers(&[top_up], NOON).await.unwrap();
    unit.commit().await.unwrap();
    let queries: &dyn Queries = &store;
    assert_eq!(queries.verify_ledger().await.unwrap().differences, []);

    for attack in [
        "UPDATE transfers SET amount = 1",
        "DELETE FROM transfers",
        "TRUNCATE transfers",
        "UPDATE transaction_events SET version = 1",
        "DELETE FROM transaction_events",
        "UPDATE attempts SET number = 1",
        "DELETE FROM attempts",
        "UPDATE partner_orders SET partner_id = 2",
        "DELETE FROM partner_orders",
        "DELETE FROM api_keys",
        "UPDATE webhook_events SET kind = ''",
        "DELETE FROM webhooks",
        "UPDATE audit_events SET reason = NULL",
        "DELETE FROM audit_events",
        "UPDATE imported_rows SET seen = ''",
        "DELETE FROM imported_rows",
        "UPDATE ledger_checks SET differences = 0",
        "DELETE FROM transactions",
        "DELETE FROM accounts",
        "DROP TABLE transfers",
        "ALTER TABLE transfers DISABLE TRIGGER ALL",
    ] {
        let attack = format!("SET ROLE {role}; {attack}");
        let refused = database.execute(&attack).await.expect_err(&attack);
        assert_eq!(refused.code().unwrap().code(), "42501", "{attack}: {refused}");
    }
    // Granting again, as after each migration, is invisible to a program at work, even where it fails half-way.
    database.execute("ALTER TABLE sessions RENAME TO elsewhere").await.unwrap();
    let output = grant(&database, &role);
    assert!(!output.status.success(), "the script names a table that is not there");
    database.execute("ALTER TABLE elsewhere RENAME TO sessions").await.unwrap();
    customer(&store, "bert").await;
    assert!(grant(&database, &role).status.success());
    customer(&store, "cleo").await;

    drop(store);
    let drop = format!(
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}; DROP OWNED BY {role}; DROP ROLE {role}"
    );
    database.execute(&drop).await.unwrap();
}
