//! The yardstick: `pgbench` running the same order as one transaction of its own.

use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::database::Servers;
use crate::figures::Measured;
use crate::plan::Plan;
use crate::programs::finish;

/// Over all wallets.
pub(crate) const SPREAD: &str = "pgbench";
/// All on one wallet.
pub(crate) const ONE_WALLET: &str = "pgbench one wallet";

const COPY: &str = "bench_pgbench";

/// The order's id grows with time, as the product's does: random ids would make the indexes dearer.
const ORDER: &str = "\
\\set user random(:first, :last)
BEGIN;
SELECT id AS account,
    overlay(gen_random_uuid()::text PLACING to_char(now(), 'YYMMDDHH24-MISS-\"7\"MS') FROM 1 FOR 18) AS order_id
    FROM accounts WHERE user_id = :user FOR UPDATE \\gset
UPDATE accounts SET balance = balance - 1.99, updated_at = now() WHERE id = :account;
INSERT INTO transfers (debit_account_id, credit_account_id, amount, currency, kind, transaction_id, created_at)
    VALUES (:account, 1, 1.99, 'EUR', 'charge', :order_id, now());
INSERT INTO transactions (id, user_id, offer_id, account_id, amount, currency, duration_days, channel, created_at,
    status, sub_status, due_at, updated_at)
    VALUES (:order_id, :user, :offer, :account, 1.99, 'EUR', 1, 'customer', now(), 'PENDING', 'queued', now(), now());
INSERT INTO transaction_events (transaction_id, version, status, sub_status, attempt, at)
    VALUES (:order_id, 1, 'PENDING', 'queued', 0, now());
INSERT INTO user_offers (user_id, offer_id, transaction_id, status, created_at, updated_at)
    VALUES (:user, :offer, :order_id, 'pending', now(), now());
COMMIT;
";

/// Measures both on a fresh copy.
pub(crate) async fn measure(
    plan: &Plan,
    servers: &Servers,
    offer: i64,
    folder: &Path,
    measured: &mut Measured,
) -> Outcome<()> {
    let database = servers.copy(COPY).await?;
    let first = database.number("SELECT min(user_id) FROM accounts").await?;
    let last = database.number("SELECT max(user_id) FROM accounts").await?;
    let script = folder.join("order.sql");
    std::fs::write(&script, ORDER)?;
    for (name, last) in [(SPREAD, last), (ONE_WALLET, first)] {
        let mut command = Command::new("pgbench");
        command.args(["-n", "-M", "prepared", "-c", "32", "-j", "2", "-T", &seconds(plan), "-f"]);
        command.arg(&script);
        for definition in [format!("first={first}"), format!("last={last}"), format!("offer={offer}")] {
            command.args(["-D", &definition]);
        }
        measured.add(name, transactions_per_second(&finish(command.arg(&database.url))?)?);
    }
    drop(database);
    servers.remove(COPY).await
}

fn seconds(plan: &Plan) -> String {
    plan.length.as_secs().max(1).to_string()
}

fn transactions_per_second(said: &str) -> Outcome<u64> {
    let line = said.lines().find_map(|line| line.strip_prefix("tps = "));
    let whole = line.and_then(|line| line.split('.').next()).ok_or("pgbench tells no tps")?;
    Ok(whole.parse()?)
}
