//! Orders carried to SUCCESS: how many, and how fast at half of that.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval_at};

use crate::Outcome;
use crate::customers::Customers;
use crate::figures::{Measured, percentile};
use crate::http::{Connection, get};
use crate::site::{Site, order};
use crate::usage::{Use, of};

/// Orders that ended well, per second.
pub(crate) const SUCCESSES: &str = "successes";
/// From the acceptance's arrival to SUCCESS's arrival at a client, in microseconds.
pub(crate) const MEDIAN_WAIT: &str = "accept to SUCCESS p50";
/// The same.
pub(crate) const LONG_WAIT: &str = "accept to SUCCESS p99";

/// Clients at half load. Each places an order at its time, whether or not the server keeps up, for one customer after the
/// other.
const CLIENTS: u32 = 64;
/// Every so many orders one is followed to its end.
const FOLLOWED: u32 = 8;
/// How long open orders may take to end.
const PATIENCE: Duration = Duration::from_mins(1);

const OPEN: &str = "SELECT count(*) FROM transactions WHERE completed_at IS NULL";
const ORDERS: &str = "SELECT count(*) FROM transactions";

/// What an order cost from its acceptance to its end.
#[derive(Debug, Default)]
pub(crate) struct Costs {
    pub(crate) at_full_load: Vec<Use>,
    pub(crate) at_half_load: Vec<Use>,
}

/// Measures both.
pub(crate) async fn measure(site: &Site<'_>, measured: &mut Measured) -> Outcome<Costs> {
    let (successes, at_full_load) = at_full_load(site).await?;
    measured.add(SUCCESSES, successes);
    let (waits, at_half_load) = at_half_load(site, successes / 2).await?;
    measured.add(MEDIAN_WAIT, percentile(&waits, 50));
    measured.add(LONG_WAIT, percentile(&waits, 99));
    Ok(Costs { at_full_load, at_half_load })
}

/// As many orders as can be carried. Returns how many there were in a second, and what each cost.
pub(crate) async fn at_full_load(site: &Site<'_>) -> Outcome<(u64, Vec<Use>)> {
    let offer = site.customers.offer;
    let requests = site.as_customers(move |number, token| order(offer, token, "to-the-end-run", number));
    let load = site.load(128, 202);
    let ((), used) = of(&site.watched(), || async {
        load.per_second(&requests).await?;
        all_ended(site).await
    })
    .await?;
    let rate = "SELECT (count(*) / extract(epoch FROM max(completed_at) - min(created_at)))::bigint
        FROM transactions WHERE status = 'SUCCESS'";
    let successes = site.database.number(rate).await?;
    let orders = site.database.number(ORDERS).await?;
    Ok((successes, used.into_iter().map(|one| one.per(orders)).collect()))
}

async fn all_ended(site: &Site<'_>) -> Outcome<()> {
    let started = Instant::now();
    while site.database.number(OPEN).await? > 0 {
        if started.elapsed() > PATIENCE {
            return Err("orders do not end".into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// So many orders in a second. Returns the waits of those that were followed, the shortest first, and what each cost.
pub(crate) async fn at_half_load(site: &Site<'_>, per_second: u64) -> Outcome<(Vec<u64>, Vec<Use>)> {
    let before = site.database.number(ORDERS).await?;
    let (mut waits, used) = of(&site.watched(), || async {
        let waits = place_in_time(site, per_second).await?;
        all_ended(site).await?;
        Ok(waits)
    })
    .await?;
    waits.sort_unstable();
    let orders = site.database.number(ORDERS).await? - before;
    Ok((waits, used.into_iter().map(|one| one.per(orders)).collect()))
}

async fn place_in_time(site: &Site<'_>, per_second: u64) -> Outcome<Vec<u64>> {
    let pause = Duration::from_micros(u64::from(CLIENTS) * 1_000_000 / per_second.max(1));
    let mut clients = JoinSet::new();
    let start = Instant::now();
    for number in 0..CLIENTS {
        let connection = Connection::open(&site.address).await?;
        let client = Client { connection, customers: site.customers.clone(), number };
        let offset = pause / CLIENTS * number;
        clients.spawn(client.run(start + offset, pause, start + site.plan.length));
    }
    let mut waits = Vec::new();
    while let Some(client) = clients.join_next().await {
        waits.extend(client??);
    }
    Ok(waits)
}

struct Client {
    connection: Connection,
    customers: Customers,
    number: u32,
}

impl Client {
    async fn run(mut self, first: Instant, pause: Duration, end: Instant) -> Outcome<Vec<u64>> {
        let mut ticks = interval_at(first.into(), pause);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut waits = Vec::new();
        let run = format!("half-load-{:06}", self.number);
        for number in 0_u32.. {
            ticks.tick().await;
            if Instant::now() > end {
                break;
            }
            let customer = self.customers.number((number * CLIENTS + self.number).into());
            let token = customer.map(|customer| customer.token.clone()).ok_or("nobody is logged in")?;
            let request = order(self.customers.offer, &token, &run, number.into());
            let answer = self.connection.exchange(&request).await?;
            let (accepted, placed) = (Instant::now(), json(answer.body)?);
            if (number + self.number).is_multiple_of(FOLLOWED) {
                let id = text(&placed, "transaction_id")?;
                self.follow(id, &token).await?;
                waits.push(u64::try_from(accepted.elapsed().as_micros())?);
            }
        }
        Ok(waits)
    }

    async fn follow(&mut self, id: &str, token: &str) -> Outcome<()> {
        let request = get(&format!("/api/v1/activation/status/{id}/?wait=5"), Some(token));
        loop {
            let seen = json(self.connection.exchange(&request).await?.body)?;
            match text(&seen, "status")? {
                "SUCCESS" => return Ok(()),
                "FAILED" => return Err("an order failed".into()),
                _ => {}
            }
        }
    }
}

fn json(body: &[u8]) -> Outcome<Value> {
    Ok(serde_json::from_slice(body)?)
}

fn text<'a>(value: &'a Value, name: &str) -> Outcome<&'a str> {
    value.get(name).and_then(Value::as_str).ok_or_else(|| format!("no {name} in {value}").into())
}
