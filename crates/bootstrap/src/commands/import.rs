//! `offers import django`: what the original application knows, taken over.

use std::fmt::Display;
use std::io::Write;

use offers_application::import::{Bucket, ImportReport, Mode, Progress as Step, Remark, TableReport};
use offers_domain::import::{ImportTable, money};
use offers_domain::money::{Currency, Money};
use offers_domain::offer::Category;
use offers_domain::ports::Inventory;
use offers_postgres::DjangoSource;

use super::say;
use super::verify::check;
use crate::StartError;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::wiring::Base;

/// From where, and how.
pub struct DjangoImport {
    /// The original's database.
    pub from: String,
    /// Of the offers.
    pub category: String,
    /// Whether anything is written.
    pub apply: bool,
}

/// Says what became, or would become, of every row. What was written is checked at the end, as by `offers verify`.
pub async fn import_django(
    settings: &Settings,
    import: DjangoImport,
    output: &mut dyn Write,
) -> Result<(), StartError> {
    let category: Category = import.category.parse().map_err(|_| {
        StartError::Setting(format!("--category is {}; it is internet, tv, voice or music", import.category))
    })?;
    let (base, _) = Base::open(settings).await?;
    let failed = |error: &dyn Display| StartError::Failed(error.to_string());
    let mut source = DjangoSource::open(&import.from).await.map_err(|error| failed(&error))?;
    let mode = if import.apply { Mode::Apply } else { Mode::Trial };
    let before = inventory(&base).await?;
    let progress = Progress::new();
    let show = |step: Step| progress.show(label(step.table), step.done, step.total);
    let report = base.import(category).run(&mut source, mode, &show).await.map_err(|error| failed(&error))?;
    tell(&report, base.currency, output)?;
    if mode == Mode::Trial {
        return say(output, "\nThis was a trial: nothing was written. --apply takes what can be taken.");
    }
    tell_stock(&before, &inventory(&base).await?, output)?;
    check(&base, output).await
}

async fn inventory(base: &Base) -> Result<Inventory, StartError> {
    let inventory = base.inventory.inventory(base.currency).await;
    inventory.map_err(|error| StartError::Store(format!("the store cannot be counted: {error}")))
}

fn label(table: ImportTable) -> &'static str {
    match table {
        ImportTable::Users => "people",
        ImportTable::Offers => "offers",
        ImportTable::Accounts => "wallets",
        ImportTable::Transactions => "orders of customers",
        ImportTable::PartnerTransactions => "orders of partners",
        ImportTable::UserOffers => "subscriptions without an order",
    }
}

fn tell(report: &ImportReport, currency: Currency, output: &mut dyn Write) -> Result<(), StartError> {
    row(output, ["", "there", "taken", "taken before", "not taken"])?;
    for table in &report.tables {
        let buckets = [table.taken, table.before, table.refused];
        let [taken, before, refused] = buckets.map(|bucket| bucket.rows.to_string());
        let there = table.rows().max(table.total.rows).to_string();
        row(output, [label(table.table), &there, &taken, &before, &refused])?;
        if let Some(sum) = &table.total.sum {
            let there = money(sum, currency).map_or_else(|_| sum.clone(), |sum| sum.to_string());
            let [taken, before, refused] = buckets.map(|bucket| total(bucket, currency));
            row(output, [&format!("  {currency}"), &there, &taken, &before, &refused])?;
        }
    }
    let refused = |table: &TableReport| (table.refused.rows, table.refusals.clone());
    let noted = |table: &TableReport| (table.noted, table.notes.clone());
    list("Not taken:", report, refused, output)?;
    list("To know:", report, noted, output)
}

fn total(bucket: Bucket, currency: Currency) -> String {
    if bucket.overflown {
        return "too large".into();
    }
    bucket.sum.unwrap_or(Money::zero(currency)).to_string()
}

fn row(output: &mut dyn Write, [name, cells @ ..]: [&str; 5]) -> Result<(), StartError> {
    let [there, taken, before, refused] = cells;
    say(output, &format!("{name:<31}{there:>15}{taken:>15}{before:>15}{refused:>15}"))
}

fn list(
    title: &str,
    report: &ImportReport,
    of: impl Fn(&TableReport) -> (u64, Vec<Remark>),
    output: &mut dyn Write,
) -> Result<(), StartError> {
    let lists: Vec<_> = report.tables.iter().map(|table| (table.table, of(table))).collect();
    if lists.iter().all(|(_, (rows, _))| *rows == 0) {
        return Ok(());
    }
    say(output, &format!("\n{title}"))?;
    for (table, (rows, remarks)) in lists {
        for Remark { source, text } in &remarks {
            say(output, &format!("  {table} {source}: {text}"))?;
        }
        let listed: std::collections::BTreeSet<i64> = remarks.iter().map(|remark| remark.source).collect();
        let more = rows.saturating_sub(u64::try_from(listed.len()).unwrap_or(u64::MAX));
        if more > 0 {
            say(output, &format!("  … and {more} more of {}", label(table)))?;
        }
    }
    Ok(())
}

fn tell_stock(before: &Inventory, after: &Inventory, output: &mut dyn Write) -> Result<(), StartError> {
    let line = |name: &str, before: &dyn Display, after: &dyn Display| {
        format!("{name:<31}{:>15}{:>15}", before.to_string(), after.to_string())
    };
    let wallets = format!("wallets, {}", after.wallets.currency());
    say(output, "")?;
    for line in [
        line("Here", &"before", &"after"),
        line("people", &before.users, &after.users),
        line("offers", &before.offers, &after.offers),
        line("subscriptions", &before.user_offers, &after.user_offers),
        line("orders", &before.transactions, &after.transactions),
        line(&wallets, &before.wallets, &after.wallets),
    ] {
        say(output, &line)?;
    }
    Ok(())
}
