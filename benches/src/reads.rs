//! Reading: orders that have ended, orders that have just been placed, the catalogue; and the framework alone.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::figures::Measured;
use crate::http::get;
use crate::load::{Load, Requests};
use crate::plan::Plan;
use crate::programs::{Program, program};
use crate::site::Site;
use crate::{Outcome, bare};

/// Orders that have ended: those of the last seconds.
pub(crate) const FINAL: Statuses = Statuses { name: "status of final orders", newest: 20_000 };
/// Orders that nobody has begun to work on: as many as are under way at once, and asked about, on a busy site.
pub(crate) const FRESH: Statuses = Statuses { name: "status of fresh orders", newest: 1_000 };
/// The first page of the catalogue.
pub(crate) const OFFERS: &str = "offers list";
/// The framework with a status.
pub(crate) const BARE_STATUS: &str = "bare status";
/// The framework with a list.
pub(crate) const BARE_OFFERS: &str = "bare list";

/// Whose status is read, and what the figure is called.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Statuses {
    pub(crate) name: &'static str,
    /// So many of the newest orders, in turn.
    newest: i64,
}

const CONNECTIONS: u64 = 64;
const NEWEST: &str = "SELECT id::text, user_id FROM transactions ORDER BY id DESC LIMIT $1";

/// Reads statuses; on a site without a worker they are fresh.
pub(crate) async fn statuses(site: &Site<'_>, which: Statuses, measured: &mut Measured) -> Outcome<()> {
    let people = site.customers.people.iter();
    let tokens: HashMap<i64, &str> =
        people.map(|customer| (customer.user, customer.token.as_str())).collect();
    let mut ready = Vec::new();
    for row in site.database.client.query(NEWEST, &[&which.newest]).await? {
        let (id, user): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
        ready.push(get(&format!("/api/v1/activation/status/{id}/"), tokens.get(&user).copied()));
    }
    let requests: Requests = Arc::new(move |number| {
        let count = u64::try_from(ready.len()).unwrap_or(1).max(1);
        let place = usize::try_from(number % count).unwrap_or_default();
        ready.get(place).cloned().unwrap_or_default()
    });
    measured.add(which.name, warm(site, &requests).await?);
    Ok(())
}

/// Reads the catalogue.
pub(crate) async fn offers(site: &Site<'_>, measured: &mut Measured) -> Outcome<()> {
    let requests = site.as_customers(|_, token| get("/api/v1/offers/", Some(token)));
    measured.add(OFFERS, warm(site, &requests).await?);
    Ok(())
}

/// Answers per second once the same has been asked for a second: what clients ask for again and again is near.
async fn warm(site: &Site<'_>, requests: &Requests) -> Outcome<u64> {
    let load = site.load(CONNECTIONS, 200);
    Load { length: load.length.min(Duration::from_secs(1)), ..load.clone() }.per_second(requests).await?;
    load.per_second(requests).await
}

/// Reads the same from a process that has nothing but the framework.
pub(crate) async fn bare(plan: &Plan, folder: &Path, measured: &mut Measured) -> Outcome<()> {
    let mut command = program("offers-bench", folder, &[])?;
    command.arg(bare::ARGUMENT);
    let server = Program::start(command, folder, "ready")?;
    let load = Load {
        address: server.address("ready")?,
        connections: CONNECTIONS,
        length: plan.length,
        expected: 200,
    };
    for (name, path) in [(BARE_STATUS, bare::STATUS), (BARE_OFFERS, bare::OFFERS)] {
        measured.add(name, load.per_second(&always(path)).await?);
    }
    Ok(())
}

fn always(path: &'static str) -> Requests {
    Arc::new(move |_| get(path, None))
}
