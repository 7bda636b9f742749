//! `offers verify`: prove that the money adds up.

use std::io::Write;

use super::say;
use crate::StartError;
use crate::progress::Waiting;
use crate::settings::Settings;
use crate::wiring::Base;

/// Checks the whole ledger, says what was checked, and fails if anything differs.
pub async fn verify(settings: &Settings, output: &mut dyn Write) -> Result<(), StartError> {
    let (base, _) = Base::open(settings).await?;
    check(&base, output).await
}

/// The same for a store that is open.
pub(super) async fn check(base: &Base, output: &mut dyn Write) -> Result<(), StartError> {
    let waiting = Waiting::for_the("ledger is being checked");
    let report = base
        .queries
        .verify_ledger()
        .await
        .map_err(|error| StartError::Store(format!("the ledger cannot be read: {error}")))?;
    drop(waiting);
    for difference in &report.differences {
        say(output, &format!("{}: {}", difference.rule, difference.detail))?;
    }
    let count = report.differences.len();
    say(
        output,
        &format!(
            "checked {} accounts, {} transfers and {} transactions: {count} differences",
            report.accounts, report.transfers, report.transactions
        ),
    )?;
    if count == 0 { Ok(()) } else { Err(StartError::LedgerDiffers) }
}
