//! The role with which the program works in production.

use offers_domain::ports::{Queries, Store};
use offers_postgres::{PgSettings, PgStore};
use offers_testkit::builders::{NOON, cents};

use crate::{customer, support};

const SCRIPT: &str = include_str!("../../../../deploy/postgres/app_role.sql");

#[tokio::test]
async fn the_programs_role_works_and_cannot_rewrite_history() {
    let database = support::fresh().await;
    let role = format!("app_of_{}", database.name());
    let grants = SCRIPT.replace(":\"role\"", &role);
    database.execute(&format!("CREATE ROLE {role} LOGIN; {grants}")).await.unwrap();
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
        "DELETE FROM transactions",
        "DELETE FROM accounts",
        "DROP TABLE transfers",
        "ALTER TABLE transfers DISABLE TRIGGER ALL",
    ] {
        let attack = format!("SET ROLE {role}; {attack}");
        let refused = database.execute(&attack).await.expect_err(&attack);
        assert_eq!(refused.code().unwrap().code(), "42501", "{attack}: {refused}");
    }
    drop(store);
    let drop = format!(
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}; DROP OWNED BY {role}; DROP ROLE {role}"
    );
    database.execute(&drop).await.unwrap();
}
