//! What the scheduler and the import do with very many rows: how long it takes, and how much memory at most.

mod import;
mod memory;

use std::sync::Arc;
use std::time::{Duration, Instant};

use offers_application::watch_ends::WatchEnds;
use offers_domain::expiry::WarningDays;
use offers_domain::notice::NoticeChannels;
use offers_domain::ports::Store;
use offers_local::{RandomIds, SystemClock};
use offers_postgres::{PgSettings, PgStore};
use offers_sqlite::SqliteStore;
use offers_testkit::crowd;
use offers_testkit::servers::Postgres;

use crate::{Outcome, say};

/// The command's name.
pub(crate) const ARGUMENT: &str = "scale";
/// How many rows where nothing is said.
pub(crate) const ROWS: usize = 1_000_000;

/// One thing that was done.
struct Finding {
    what: String,
    rows: usize,
    took: Duration,
    /// How much more memory this process had at most than before, in KiB.
    grew: u64,
}

/// Measures everything with so many rows, on both stores, and prints a table.
pub(crate) async fn run(rows: usize) -> Outcome<()> {
    let mut findings = Vec::new();
    {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("offers.db");
        offers_sqlite::migrate(&file)?;
        let store = SqliteStore::open(&file, Arc::new(SystemClock))?;
        watch("SQLite", Arc::new(store), rows, &mut findings).await?;
    }
    let postgres = Postgres::start();
    let settings = PgSettings::new(format!("{}/postgres", postgres.url()));
    offers_postgres::migrate(&settings).await?;
    watch("PostgreSQL", Arc::new(PgStore::connect(&settings).await?), rows, &mut findings).await?;
    import::measure(&postgres, rows, &mut findings).await?;

    println!("| | rows | time | rows/s | memory beyond the start, at most |\n|---|---|---|---|---|");
    for Finding { what, rows, took, grew } in findings {
        let per_second = u128::try_from(rows)?.saturating_mul(1000) / took.as_millis().max(1);
        let (seconds, mebibytes) = (took.as_secs(), grew / 1024);
        println!("| {what} | {rows} | {seconds} s | {per_second} | {mebibytes} MiB |");
    }
    Ok(())
}

/// Measures one deed over so many rows.
async fn timed<T>(
    what: String,
    rows: usize,
    findings: &mut Vec<Finding>,
    deed: impl Future<Output = Outcome<T>>,
) -> Outcome<T> {
    say(&what)?;
    let before = memory::begin()?;
    let started = Instant::now();
    let outcome = deed.await?;
    let (took, grew) = (started.elapsed(), memory::peak()?.saturating_sub(before));
    findings.push(Finding { what, rows, took, grew });
    Ok(outcome)
}

/// Half of a crowd ends within a day and is warned of it, twice; the other half has ended, and is swept.
async fn watch(name: &str, store: Arc<dyn Store>, rows: usize, findings: &mut Vec<Finding>) -> Outcome<()> {
    say(&format!("{name}: filling {rows} subscriptions that end soon, and as many that have ended"))?;
    let now = store.begin().await?.now().await?;
    let spread =
        |number: usize| time::Duration::milliseconds(i64::try_from(number % 80_000_000).unwrap_or_default());
    crowd::subscribe(&*store, "soon", rows, |number| now + time::Duration::HOUR + spread(number)).await?;
    crowd::subscribe(&*store, "over", rows, |number| now - time::Duration::HOUR - spread(number)).await?;
    let watch = WatchEnds {
        store,
        ids: Arc::new(RandomIds),
        warning: WarningDays::new(vec![3]),
        channels: NoticeChannels { email: true, sms: false },
    };
    let warn = async || Ok(watch.warn().await?);
    let warned = timed(format!("{name}: daily check, all are told"), rows, findings, warn()).await?;
    timed(format!("{name}: daily check again, nobody is told twice"), rows, findings, warn()).await?;
    let swept = async { Ok(watch.expire().await?) };
    let swept = timed(format!("{name}: sweep of what has ended"), rows, findings, swept).await?;
    if (warned, swept) == (rows, rows) {
        return Ok(());
    }
    Err(format!("{name}: {warned} were warned and {swept} swept of {rows}").into())
}
