//! Where PostgreSQL's time goes while orders are carried to their end, statement by statement, at full load and at half.

use tempfile::TempDir;

use crate::customers::Customers;
use crate::database::{Database, Servers};
use crate::figures::percentile;
use crate::plan::Plan;
use crate::site::{Cast, Site};
use crate::usage::Use;
use crate::{Outcome, completion};

/// What asks for this.
pub(crate) const ARGUMENT: &str = "statements";

/// What the server must load to count.
const COUNTING: [&str; 2] =
    ["shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track_planning=on"];
const FROM_NOW_ON: &str = "SELECT pg_stat_statements_reset()";
const ENABLE: &str = "CREATE EXTENSION pg_stat_statements";
const WRITTEN_OFF: usize = 110;

const TOP: &str = "
    SELECT calls::bigint, plans::bigint, rows::bigint, (1000 * total_exec_time)::bigint AS executing,
           (1000 * total_plan_time)::bigint AS planning, regexp_replace(query, '\\s+', ' ', 'g') AS query
    FROM pg_stat_statements JOIN pg_database d ON d.oid = dbid
    WHERE datname = current_database() ORDER BY total_exec_time + total_plan_time DESC LIMIT 25";

/// Carries orders to their end for a while, twice, and prints, for each statement, what an order has cost of it.
pub(crate) async fn run(plan: Plan) -> Outcome<()> {
    let folder = TempDir::new()?;
    let servers = Servers::start_with(&COUNTING, &plan, folder.path()).await?;
    let seed = Database::open(servers.seed_url()).await?;
    seed.client.batch_execute(ENABLE).await?;
    let customers = Customers::log_in(&seed, plan.customers).await?;
    drop(seed);
    let site = Site::open(Cast::ApiAndWorker, plan, &servers, &customers, folder.path()).await?;
    site.database.client.batch_execute(FROM_NOW_ON).await?;
    let (successes, uses) = completion::at_full_load(&site).await?;
    println!("{successes} orders a second");
    let so_far = print(&site.database, uses, 0).await?;
    site.database.client.batch_execute(FROM_NOW_ON).await?;
    let (waits, uses) = completion::at_half_load(&site, successes / 2).await?;
    let [median, long] = [50, 99].map(|share| percentile(&waits, share));
    println!("half of that; from acceptance to SUCCESS p50 {median} µs, p99 {long} µs");
    print(&site.database, uses, so_far).await?;
    site.close().await
}

/// Prints what each order after those `before` has cost. Returns how many orders there are.
async fn print(database: &Database, uses: Vec<Use>, before: u64) -> Outcome<u64> {
    let all = database.number("SELECT count(*) FROM transactions").await?;
    let orders = i64::try_from((all - before).max(1))?;
    println!("{orders} orders; processor, µs an order:");
    for one in uses {
        println!("{:>8} {}", one.processor, one.name);
    }
    println!(
        "ns of an order: executing, planning | calls and plans of 1000 orders | rows of a call | statement"
    );
    for row in database.client.query(TOP, &[]).await? {
        let number = |place: usize| row.try_get::<_, i64>(place);
        let (calls, plans, rows) = (number(0)?, number(1)?, number(2)?);
        let (executing, planning) = (number(3)?, number(4)?);
        let query: String = row.try_get(5)?;
        let query: String = query.chars().take(WRITTEN_OFF).collect();
        println!(
            "{:>8} {:>8} | {:>6} {:>6} | {:>4} | {query}",
            1000 * executing / orders,
            1000 * planning / orders,
            1000 * calls / orders,
            1000 * plans / orders,
            rows / calls.max(1),
        );
    }
    Ok(all)
}
