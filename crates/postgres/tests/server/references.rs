//! What no constraint says any more, the check of the ledger does: rows of the money path name rows that exist.

use offers_domain::ports::LedgerAudit;

use crate::open;

const NOBODY: &str = "00000000-0000-0000-0000-000000000007";

#[tokio::test]
async fn a_row_that_names_what_does_not_exist_is_found() {
    for (orphan, detail) in [
        (
            format!(
                "INSERT INTO transactions VALUES
                    ('{NOBODY}', 7, 7, 7, 1, 'EUR', 30, 'customer', NULL, now(), 'PENDING', 'queued', now(), FALSE, 0, 0,
                     1, NULL, NULL, NULL, now(), NULL)"
            ),
            format!(
                "transaction {NOBODY} names a person, an offer, an account or a subscription that does not exist"
            ),
        ),
        (
            "INSERT INTO transfers VALUES (7, 7, 2, 1, 'EUR', 'top_up', NULL, now())".into(),
            "transfer 7 names an account that does not exist".into(),
        ),
        (
            format!(
                "INSERT INTO user_offers (id, user_id, offer_id, transaction_id, status, created_at, updated_at)
                 VALUES (7, 7, 7, '{NOBODY}', 'pending', now(), now())"
            ),
            "subscription 7 names a person, an offer or an order that does not exist".into(),
        ),
        (
            format!("INSERT INTO transaction_events VALUES ('{NOBODY}', 1, 'PENDING', 'queued', 0, now())"),
            format!("transaction {NOBODY} has a history but does not exist"),
        ),
    ] {
        let (database, store) = open(1).await;
        database.execute(&orphan).await.unwrap();
        let differences = store.verify_ledger().await.unwrap().differences;
        let found = differences.iter().find(|difference| difference.rule == "references_hold");
        assert_eq!(found.map(|found| &found.detail), Some(&detail), "{differences:?}");
    }
}
