//! The report: ratios first.

use std::fmt::Write as _;

use crate::figures::{Hundredths, Spread};
use crate::plan::Plan;
use crate::suite::Findings;
use crate::usage::Use;
use crate::{completion, events, logins, orders, pgbench, reads};

/// What is compared: in words, the figure, the yardstick.
const RATIOS: [(&str, &str, &str); 10] = [
    ("orders taken, 32 connections, to pgbench", "orders 32", pgbench::SPREAD),
    ("orders taken, 128 connections, to pgbench", "orders 128", pgbench::SPREAD),
    ("orders taken, 256 connections, to pgbench", "orders 256", pgbench::SPREAD),
    ("orders taken on one wallet, to pgbench on one wallet", orders::ONE_WALLET, pgbench::ONE_WALLET),
    ("orders taken on one wallet, to many wallets (256 connections)", orders::ONE_WALLET, "orders 256"),
    ("orders carried to SUCCESS, to pgbench", completion::SUCCESSES, pgbench::SPREAD),
    ("status of final orders, to the bare framework", reads::FINAL.name, reads::BARE_STATUS),
    ("status of fresh orders, to the bare framework", reads::FRESH.name, reads::BARE_STATUS),
    ("offers list, to the bare framework", reads::OFFERS, reads::BARE_OFFERS),
    ("logins, to argon2 alone", logins::LOGINS, logins::HASHES),
];

/// Figures per second.
const SPEEDS: [&str; 14] = [
    pgbench::SPREAD,
    "orders 32",
    "orders 128",
    "orders 256",
    pgbench::ONE_WALLET,
    orders::ONE_WALLET,
    completion::SUCCESSES,
    reads::FINAL.name,
    reads::FRESH.name,
    reads::BARE_STATUS,
    reads::OFFERS,
    reads::BARE_OFFERS,
    logins::LOGINS,
    logins::HASHES,
];

const TITLE: &str = "\
# Benchmarks

Written by `make bench`. Ratios are what to read: both sides of each were measured next to each other on the same machine,
with the load generator on it, too. Each is the median of the repetitions, with the lowest and the highest.
";

const METHOD: &str = "\
PostgreSQL runs with fsync and `synchronous_commit` on. Each group of measurements begins with a fresh copy of the same
seeded database, and `offers verify` finds no difference after it. `pgbench` (32 clients, `-M prepared`) runs the same order
as one transaction: SELECT … FOR UPDATE, UPDATE of the balance, INSERT of transfer, transaction, event and user offer. It
keeps no idempotency record and speaks no HTTP; the API does both. No worker runs while orders are only taken. Reads use 64
connections; final statuses are those of the newest 20 000 orders, fresh ones of the newest 1 000; both are
asked for a second before they are measured. The limits of requests for each client (`limits.*`) are switched off. The wait
from acceptance to SUCCESS is what a client sees who asks with `?wait=5`.
From end to event is from the order's `completed_at`, which is before its commit, to the event's arrival at a client that
listens; 16 clients order and listen, one order after the other.
";

/// The whole page.
pub(crate) fn text(
    machine: &[(&'static str, String)],
    plan: &Plan,
    findings: &Findings,
    embedded: &str,
) -> String {
    let mut page = format!("{TITLE}\n## PostgreSQL and Redis, many processes\n\n");
    page += &ratios(findings);
    page += &waits("at half load", &[completion::MEDIAN_WAIT, completion::LONG_WAIT], findings);
    let told = [events::SHARED, events::EMBEDDED].map(|names| [names.median, names.long]);
    page += &waits("listening", told.as_flattened(), findings);
    page += &uses("Taking an order (256 connections)", &findings.taking);
    let carried = "Taking an order and carrying it to its end";
    page += &uses(&format!("{carried} (128 connections)"), &findings.completing.at_full_load);
    page += &uses(&format!("{carried}, at half load"), &findings.completing.at_half_load);
    page += &speeds(findings);
    let _ = write!(page, "## The embedded store, in process\n\n{embedded}\n## Conditions\n\n{METHOD}\n");
    let _ = writeln!(
        page,
        "{} wallets, {} customers who order, {} repetitions of {} s each.\n",
        plan.wallets,
        plan.customers,
        plan.repetitions,
        plan.length.as_secs()
    );
    for (name, fact) in machine {
        let _ = writeln!(page, "- {name}: {fact}");
    }
    page += "- Command: `make bench`\n";
    page
}

fn ratios(findings: &Findings) -> String {
    let mut table = "| | ratio | range |\n|---|---|---|\n".to_owned();
    for (words, figure, yardstick) in RATIOS {
        let Spread { low, median, high } = findings.figures.ratio(figure, yardstick);
        let (low, median, high) = (Hundredths(low), Hundredths(median), Hundredths(high));
        let _ = writeln!(table, "| {words} | **{median}** | {low} – {high} |");
    }
    table + "\n"
}

fn waits(title: &str, names: &[&str], findings: &Findings) -> String {
    let mut table = format!("| {title} | median | range |\n|---|---|---|\n");
    for name in names {
        let spread = findings.figures.get(name);
        let [low, median, high] = [spread.low, spread.median, spread.high].map(|wait| Hundredths(wait / 10));
        let _ = writeln!(table, "| {name} | {median} ms | {low} – {high} ms |");
    }
    table + "\n"
}

fn uses(title: &str, uses: &[Use]) -> String {
    let mut table =
        format!("| {title} | processor, µs an order | share | resident at the end |\n|---|---|---|---|\n");
    for Use { name, processor, share, memory } in uses {
        let (share, memory) = (share / 100, memory / 1024);
        let _ = writeln!(table, "| {name} | {processor} | {share} % | {memory} MiB |");
    }
    table + "\n"
}

fn speeds(findings: &Findings) -> String {
    let mut table = "| per second | median | range |\n|---|---|---|\n".to_owned();
    for name in SPEEDS {
        let Spread { low, median, high } = findings.figures.get(name);
        let _ = writeln!(table, "| {name} | {median} | {low} – {high} |");
    }
    let Spread { low, median, high } = findings.figures.get(orders::PER_COMMIT);
    let (low, median, high) = (Hundredths(low), Hundredths(median), Hundredths(high));
    let _ = writeln!(table, "| {} (256 connections) | {median} | {low} – {high} |", orders::PER_COMMIT);
    table + "\n"
}
