//! From the end of an order to the event at the client who listens to it.

use std::path::Path;

use offers_domain::ports::Clock;
use offers_local::SystemClock;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::Outcome;
use crate::customers::Customer;
use crate::figures::{Measured, percentile};
use crate::http::{Connection, get, post};
use crate::programs::{Program, program};
use crate::site::{Site, order};

/// The names of the figures of one deployment, in microseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    pub(crate) median: &'static str,
    pub(crate) long: &'static str,
}

/// An API and a worker on PostgreSQL, with Redis between.
pub(crate) const SHARED: Names = Names {
    median: "end to event p50, PostgreSQL and Redis",
    long: "end to event p99, PostgreSQL and Redis",
};
/// One process on a file.
pub(crate) const EMBEDDED: Names = Names {
    median: "end to event p50, one process on SQLite",
    long: "end to event p99, one process on SQLite",
};

/// Clients that order and listen, one order after the other.
const CLIENTS: usize = 16;
/// Orders of each.
const ORDERS: u64 = 16;
/// The customers of a new embedded store.
const DEMONSTRATION: u32 = 5;

/// Measures on a site with a worker.
pub(crate) async fn shared(site: &Site<'_>, measured: &mut Measured) -> Outcome<()> {
    let (people, offer) = (site.customers.people.to_vec(), site.customers.offer);
    measure(&site.address, people, offer, SHARED, measured).await
}

/// Measures on a new embedded store.
pub(crate) async fn embedded(folder: &Path, measured: &mut Measured) -> Outcome<()> {
    let data = tempfile::tempdir_in(folder)?;
    let mut command = program(
        "offers",
        folder,
        &[("OFFERS_LIMITS_ENABLED", "false".into()), ("OFFERS_LOG_LEVEL", "warn".into())],
    )?;
    command
        .args(["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--data-dir"])
        .arg(data.path());
    let server = Program::start(command, folder, "ready")?;
    let address = server.address("API")?;
    let mut people = Vec::new();
    for number in 1..=DEMONSTRATION {
        people.push(log_in(&address, &format!("user{number}")).await?);
    }
    let token = people.first().map(|customer| customer.token.clone());
    let mut connection = Connection::open(&address).await?;
    let cheapest = get("/api/v1/offers/?sort=price&limit=1", token.as_deref());
    let list: Value = serde_json::from_slice(connection.exchange(&cheapest).await?.body)?;
    let offer = list.pointer("/data/0/id").and_then(Value::as_i64).ok_or("no offer")?;
    measure(&address, people, offer, EMBEDDED, measured).await?;
    server.stop()
}

async fn log_in(address: &str, username: &str) -> Outcome<Customer> {
    let body = format!("{{\"username\":\"{username}\",\"password\":\"password123\"}}");
    let mut connection = Connection::open(address).await?;
    let answer = connection.exchange(&post("/api/v1/auth/login/", "", &body)).await?;
    let tokens: Value = serde_json::from_slice(answer.body)?;
    let token = tokens.get("access_token").and_then(Value::as_str).ok_or("no token")?;
    Ok(Customer { user: 0, token: token.to_owned() })
}

async fn measure(
    address: &str,
    people: Vec<Customer>,
    offer: i64,
    names: Names,
    measured: &mut Measured,
) -> Outcome<()> {
    let mut clients = JoinSet::new();
    for (number, customer) in people.into_iter().cycle().take(CLIENTS).enumerate() {
        let client = Client { address: address.to_owned(), customer, offer, number };
        clients.spawn(client.run());
    }
    let mut waits = Vec::new();
    while let Some(client) = clients.join_next().await {
        waits.extend(client??);
    }
    waits.sort_unstable();
    measured.add(names.median, percentile(&waits, 50));
    measured.add(names.long, percentile(&waits, 99));
    Ok(())
}

struct Client {
    address: String,
    customer: Customer,
    offer: i64,
    number: usize,
}

impl Client {
    async fn run(self) -> Outcome<Vec<u64>> {
        let mut connection = Connection::open(&self.address).await?;
        let run = format!("listened-to-{:04}", self.number);
        let mut waits = Vec::new();
        for number in 0..ORDERS {
            let request = order(self.offer, &self.customer.token, &run, number);
            let answer = connection.exchange(&request).await?;
            let placed: Value = serde_json::from_slice(answer.body)?;
            let id = placed.get("transaction_id").and_then(Value::as_str);
            waits.push(self.listen(id.ok_or("an order was refused")?).await?);
        }
        Ok(waits)
    }

    /// How long after the order's end its last event came, in microseconds.
    async fn listen(&self, id: &str) -> Outcome<u64> {
        let mut stream = TcpStream::connect(&self.address).await?;
        let request = get(&format!("/api/v1/activation/status/{id}/events"), Some(&self.customer.token));
        stream.write_all(request.as_bytes()).await?;
        let mut received = Vec::with_capacity(16 * 1024);
        loop {
            if stream.read_buf(&mut received).await? == 0 {
                return Err("a stream ended early".into());
            }
            let now = SystemClock.now();
            let text = std::str::from_utf8(&received)?;
            if text.contains("\"status\":\"SUCCESS\"")
                && let Some((_, last)) = text.rsplit_once("data: ")
                && let Some((data, _)) = last.split_once("\n\n")
            {
                return since_end(data, now);
            }
        }
    }
}

fn since_end(data: &str, now: OffsetDateTime) -> Outcome<u64> {
    let status: Value = serde_json::from_str(data)?;
    let ended = status.get("completed_at").and_then(Value::as_str).ok_or("an order has not ended")?;
    let wait = now - OffsetDateTime::parse(ended, &Rfc3339)?;
    Ok(u64::try_from(wait.whole_microseconds()).unwrap_or_default())
}
