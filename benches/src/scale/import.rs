//! Taking over a large database of the original application.

use std::sync::Arc;

use offers_application::import::{Import, Mode};
use offers_domain::import::ImportTable;
use offers_domain::money::Currency;
use offers_domain::offer::Category;
use offers_domain::ports::{Clock, Queries, Store};
use offers_local::{LocalOfferCache, RandomIds, SystemClock};
use offers_postgres::{DjangoSource, PgSettings, PgStore};
use offers_sqlite::SqliteStore;
use offers_testkit::servers::Postgres;

use super::{Finding, timed};
use crate::database::Database;
use crate::{Outcome, say};

/// The original's tables, with some rows behind them that are not wanted here.
const FIXTURE: &str = include_str!("../../../tests/fixtures/django.sql");

/// Ten orders for each of so many people, all of which have succeeded and run.
const FILL: &str = "
    INSERT INTO auth_user (username, email, password, is_superuser, is_staff, is_active, first_name, last_name, date_joined)
        SELECT 'user' || n, 'user' || n || '@example.com', '!', FALSE, FALSE, TRUE, '', '', now()
        FROM generate_series(1, $people) n;
    INSERT INTO accounts_account (user_id, balance) SELECT id, 10 FROM auth_user;
    INSERT INTO offers_offer (name, description, price, duration_days, is_active)
        VALUES ('Fibre', 'Fast and steady', 19.99, 30, TRUE);
    INSERT INTO activation_transaction (transaction_id, user_id, offer_id, amount, status, created_at, updated_at, completed_at)
        SELECT gen_random_uuid(), 1 + n % $people, 1, 19.99, 'SUCCESS', at, at, at
        FROM generate_series(1, $rows) n, LATERAL (SELECT now() - interval '9 days' + n * interval '1 ms') AS t (at);
    INSERT INTO offers_useroffer (user_id, offer_id, activation_date, expiration_date, is_active, transaction_id)
        SELECT user_id, 1, completed_at, completed_at + interval '30 days', TRUE, transaction_id FROM activation_transaction;
    ANALYZE;";

pub(super) async fn measure(postgres: &Postgres, rows: usize, findings: &mut Vec<Finding>) -> Outcome<()> {
    say(&format!("import: filling {rows} orders of the original application"))?;
    let url = |name: &str| format!("{}/{name}", postgres.url());
    let admin = Database::open(url("postgres")).await?;
    for name in ["django", "imported"] {
        admin.client.batch_execute(&format!("CREATE DATABASE {name}")).await?;
    }
    let original = Database::open(url("django")).await?;
    let (tables, _) = FIXTURE.split_once("INSERT INTO").ok_or("the fixture has no rows")?;
    original.client.batch_execute(tables).await?;
    let people = (rows / 10).max(1).to_string();
    let rows_of = FILL.replace("$people", &people).replace("$rows", &rows.to_string());
    original.client.batch_execute(&rows_of).await?;

    let settings = PgSettings::new(url("imported"));
    offers_postgres::migrate(&settings).await?;
    let store = Arc::new(PgStore::connect(&settings).await?);
    take("PostgreSQL", store.clone(), store, &url("django"), rows, findings).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("offers.db");
    offers_sqlite::migrate(&file)?;
    let store = Arc::new(SqliteStore::open(&file, Arc::new(SystemClock))?);
    take("SQLite", store.clone(), store, &url("django"), rows, findings).await
}

async fn take(
    name: &str,
    store: Arc<dyn Store>,
    queries: Arc<dyn Queries>,
    from: &str,
    rows: usize,
    findings: &mut Vec<Finding>,
) -> Outcome<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let import = Import {
        store,
        queries,
        offers: Arc::new(LocalOfferCache::new(100, time::Duration::MINUTE, clock)),
        ids: Arc::new(RandomIds),
        currency: Currency::EUR,
        category: Category::Internet,
    };
    let work = async {
        let mut source = DjangoSource::open(from).await?;
        Ok(import.run(&mut source, Mode::Apply, &|_| ()).await?)
    };
    let report = timed(format!("import into {name}"), rows, findings, work).await?;
    let taken = report.table(ImportTable::Transactions).map_or(0, |table| table.taken.rows);
    if taken == u64::try_from(rows)? { Ok(()) } else { Err(format!("{taken} of {rows} were taken").into()) }
}
