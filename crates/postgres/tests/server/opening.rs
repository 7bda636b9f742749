//! Opening and migrating.

use offers_postgres::{OpenError, PgSettings, PgStore, migrate};
use offers_testkit::servers::{Database, Postgres};

use crate::schema::migrations;
use crate::support;

#[tokio::test]
async fn an_empty_database_is_migrated_once_by_many() {
    let database = Database::empty().await;
    let settings = PgSettings::new(database.url());
    let (first, second) = tokio::join!(migrate(&settings), migrate(&settings));
    let reports = [first.unwrap(), second.unwrap()];
    let applied: Vec<usize> = reports.iter().map(|report| report.applied.len()).collect();
    let all = migrations("postgres").len();
    assert!(applied == [all, 0] || applied == [0, all], "{reports:?}");
    assert_eq!(reports.iter().filter(|report| report.created).count(), 1);
    PgStore::connect(&settings).await.map(drop).unwrap();
}

#[tokio::test]
async fn a_schema_of_another_program_is_refused() {
    let empty = Database::empty().await;
    let older = PgStore::connect(&PgSettings::new(empty.url())).await.err();
    let all = migrations("postgres").len();
    assert!(matches!(&older, Some(OpenError::OlderSchema(pending)) if pending.len() == all), "{older:?}");

    let database = support::fresh().await;
    database.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('0999')").await.unwrap();
    let settings = PgSettings::new(database.url());
    let newer = Some(OpenError::NewerSchema(vec!["0999".into()]));
    assert_eq!(PgStore::connect(&settings).await.err(), newer);
    assert_eq!(migrate(&settings).await.err(), newer);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_forgets_commits_is_refused_unless_asked_for() {
    for forgets in [
        &["fsync=off"][..],
        &["full_page_writes=off"],
        &["synchronous_commit=off"],
        // Nobody waits for the standby that somebody wants to be waited for.
        &["synchronous_commit=local", "synchronous_standby_names=elsewhere"],
    ] {
        let server = Postgres::start_with(forgets);
        let mut settings = PgSettings::new(format!("{}/postgres", server.url()));
        migrate(&settings).await.unwrap();
        let named = forgets[0].replace('=', " is ");
        assert_eq!(PgStore::connect(&settings).await.err(), Some(OpenError::UnsafeServer(vec![named])));
        settings.allow_unsafe_durability = true;
        PgStore::connect(&settings).await.map(drop).unwrap();
    }
}

#[tokio::test]
async fn a_role_or_a_database_that_forgets_commits_is_refused_as_well() {
    let database = support::fresh().await;
    let forget = format!("ALTER DATABASE {} SET synchronous_commit = off", database.name());
    database.execute(&forget).await.unwrap();
    let refused = PgStore::connect(&PgSettings::new(database.url())).await.err();
    assert_eq!(refused, Some(OpenError::UnsafeServer(vec!["synchronous_commit is off".into()])));
}

#[tokio::test]
async fn a_server_without_tls_is_refused_where_tls_is_asked_for() {
    let database = support::fresh().await;
    for mode in ["require", "verify-full"] {
        let settings = PgSettings::new(format!("{}?sslmode={mode}", database.url()));
        let refused = PgStore::connect(&settings).await.err();
        assert!(matches!(&refused, Some(OpenError::Unreachable(why)) if why.contains("TLS")), "{refused:?}");
    }
}

#[tokio::test]
async fn nobody_at_the_address_and_no_address_are_told_apart() {
    let nobody = PgSettings::new("postgres://offers@127.0.0.1:1/offers");
    let refused = PgStore::connect(&nobody).await.err();
    assert!(matches!(&refused, Some(OpenError::Unreachable(_))), "{refused:?}");
    let nonsense = PgSettings::new("mysql://offers@127.0.0.1/offers");
    assert!(matches!(PgStore::connect(&nonsense).await.err(), Some(OpenError::Address(_))));
    assert!(!format!("{:?}", PgSettings::new("postgres://offers:secret@db/offers")).contains("secret"));
}
