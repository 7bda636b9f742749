#![doc = include_str!("../README.md")]
#![expect(clippy::print_stdout, reason = "a report is what this program is for")]

mod bare;
mod completion;
mod customers;
mod database;
mod embedded;
mod enumeration;
mod events;
mod figures;
mod http;
mod load;
mod logins;
mod machine;
mod orders;
mod pgbench;
mod plan;
mod programs;
mod reads;
mod report;
mod scale;
mod sessions;
mod site;
mod statements;
mod suite;
mod usage;

use std::error::Error;
use std::io::Write;
use std::path::Path;

use crate::plan::Plan;
use crate::suite::Suite;

/// Whatever goes wrong ends the run.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Where the report is kept.
const REPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/benchmarks.md");

#[tokio::main]
async fn main() -> Outcome<()> {
    match std::env::args().nth(1).as_deref() {
        None => run(Plan::full(), Some(Path::new(REPORT))).await,
        Some("--quick") => run(Plan::quick(), None).await,
        Some(bare::ARGUMENT) => bare::serve().await,
        Some(statements::ARGUMENT) => statements::run(Plan::full()).await,
        Some(enumeration::ARGUMENT) => enumeration::run(Plan::quick()).await,
        Some(scale::ARGUMENT) => {
            let rows = std::env::args().nth(2).map_or(Ok(scale::ROWS), |rows| rows.parse())?;
            scale::run(rows).await
        }
        Some(other) => Err(format!(
            "unknown argument {other}; usage: offers-bench [--quick | statements | enumeration | scale [ROWS]]"
        )
        .into()),
    }
}

async fn run(plan: Plan, file: Option<&Path>) -> Outcome<()> {
    let suite = Suite::prepare(plan).await?;
    let findings = suite.run().await?;
    let machine = machine::describe(suite.servers()).await?;
    drop(suite);
    say("the embedded store")?;
    let embedded = embedded::table(&plan).await?;
    let text = report::text(&machine, &plan, &findings, &embedded);
    println!("{text}");
    if let Some(file) = file {
        std::fs::write(file, text)?;
    }
    Ok(())
}

/// Tells the person who waits what is being done.
fn say(what: &str) -> std::io::Result<()> {
    writeln!(std::io::stderr(), "bench: {what}")
}
