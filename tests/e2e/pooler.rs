//! A connection pooler between the program and PostgreSQL.

use offers_testkit::servers::PgBouncer;

use crate::support::{Site, cheapest, offers};

/// Plays an order whose API and worker both go through the pooler.
async fn play(site: &Site, pooler: &PgBouncer) {
    let url = pooler.url();
    let settings = [("DATABASE_URL", url.as_str())];
    let api = site.start_with("offers-api", 1, &settings);
    let _worker = site.start_with("offers-worker", 1, &settings);
    for number in 1..=5 {
        let customer = api.client().log_in(&format!("user{number}")).await;
        let order = customer.activate(cheapest(&customer).await).await;
        assert_eq!(customer.follow(&order).await["status"], "SUCCESS");
    }
    site.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_through_a_pooler_that_lends_connections_for_a_session() {
    for with_redis in [true, false] {
        let site = Site::open(with_redis).await;
        play(&site, &PgBouncer::start(&site.postgres, "session")).await;
    }
}

/// What holds depends on the pooler's version; docs/scaling.md says which.
#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_lends_for_a_transaction_must_follow_prepared_statements() {
    let site = Site::open(true).await;
    let pooler = PgBouncer::start(&site.postgres, "transaction");
    if PgBouncer::follows_statements() {
        return play(&site, &pooler).await;
    }
    // The first process leaves its statements behind, and the next one trips over them.
    let verify =
        || offers().arg("verify").envs(site.settings()).env("DATABASE_URL", pooler.url()).output().unwrap();
    let (_, second) = (verify(), verify());
    let said = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(said.contains("max_prepared_statements"), "{said}");
}
