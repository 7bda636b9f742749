//! Taking orders over HTTP: spread over many wallets, and all on one.

use crate::Outcome;
use crate::figures::Measured;
use crate::site::{Site, order};
use crate::usage::{Use, of};

/// Connections and the names of their figures.
pub(crate) const SPREAD: [(u64, &str); 3] = [(32, "orders 32"), (128, "orders 128"), (256, "orders 256")];
/// All on one wallet, by the most connections.
pub(crate) const ONE_WALLET: &str = "orders one wallet";
/// How many orders shared a commit, in hundredths, at the most connections.
pub(crate) const PER_COMMIT: &str = "orders per commit";

/// Measures both. Returns what the spread orders cost at the most connections.
pub(crate) async fn measure(site: &Site<'_>, measured: &mut Measured) -> Outcome<Vec<Use>> {
    let offer = site.customers.offer;
    let mut costs = Vec::new();
    for (connections, name) in SPREAD {
        let requests = site
            .as_customers(move |number, token| order(offer, token, &format!("spread-{connections}"), number));
        let before = site.database.number("SELECT count(*) FROM transactions").await?;
        let load = site.load(connections, 202);
        let (speed, uses) = of(&site.watched(), || load.per_second(&requests)).await?;
        let orders = site.database.number("SELECT count(*) FROM transactions").await? - before;
        measured.add(name, speed);
        costs = uses.into_iter().map(|one| one.per(orders)).collect();
    }
    // Orders of one commit have one time.
    let per_commit = "SELECT 100 * count(*) / count(DISTINCT t.created_at) FROM transactions t
        JOIN idempotency_records r ON r.transaction_id = t.id WHERE r.key LIKE 'spread-256-%'";
    measured.add(PER_COMMIT, site.database.number(per_commit).await?);
    let token = site.customers.number(0).map(|customer| customer.token.clone()).unwrap_or_default();
    let requests = site.as_customers(move |number, _| order(offer, &token, "one-wallet-run", number));
    measured.add(ONE_WALLET, site.load(256, 202).per_second(&requests).await?);
    Ok(costs)
}
