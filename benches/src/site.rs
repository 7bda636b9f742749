//! The processes under test on one copy of the database.

use std::path::Path;

use crate::Outcome;
use crate::customers::{Customers, KEY};
use crate::database::{Database, Servers};
use crate::http::{get, post};
use crate::load::{Load, Requests};
use crate::plan::Plan;
use crate::programs::{Program, finish, program};
use crate::usage::Watched;

/// Who runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cast {
    /// Orders are taken and stay as they are.
    Api,
    /// Orders are carried to their end, by a partner who activates everything at once.
    ApiAndWorker,
}

/// Limits that one measuring client would meet before a thousand real ones do. Durability is as it is shipped.
const RAISED: [(&str, &str); 4] = [
    // What is measured is the work, not its limits.
    ("OFFERS_LIMITS_ENABLED", "false"),
    ("OFFERS_ORDERS_QUEUE", "16384"),
    ("OFFERS_WORKER_CONCURRENCY", "256"),
    ("OFFERS_PARTNER_MAX_CONCURRENCY", "256"),
];

/// A database, an API, and perhaps a worker with its partner.
pub(crate) struct Site<'a> {
    pub(crate) database: Database,
    pub(crate) customers: &'a Customers,
    /// Host and port of the API.
    pub(crate) address: String,
    pub(crate) plan: Plan,
    servers: &'a Servers,
    folder: &'a Path,
    api: Program,
    worker: Option<Worker>,
}

struct Worker {
    process: Program,
    partner: Program,
}

/// The name of the copy that the processes work on.
const COPY: &str = "bench_site";

impl<'a> Site<'a> {
    pub(crate) async fn open(
        cast: Cast,
        plan: Plan,
        servers: &'a Servers,
        customers: &'a Customers,
        folder: &'a Path,
    ) -> Outcome<Self> {
        let database = servers.copy(COPY).await?;
        let settings = settings(&database, servers);
        let api = serve("offers-api", folder, &settings)?;
        let worker = match cast {
            Cast::Api => None,
            Cast::ApiAndWorker => Some(Worker::start(folder, settings)?),
        };
        let address = api.address("API")?;
        let site = Self { database, customers, address, plan, servers, folder, api, worker };
        site.warm_up().await?;
        Ok(site)
    }

    /// Asks once for each customer, so that their sessions are in the cache and all connections are open.
    async fn warm_up(&self) -> Outcome<()> {
        let nowhere = "/api/v1/activation/status/00000000-0000-7000-8000-000000000000/";
        let load = self.load(64, 404);
        let load = Load { length: self.plan.length.min(std::time::Duration::from_secs(1)), ..load };
        load.per_second(&self.as_customers(move |_, token| get(nowhere, Some(token)))).await?;
        Ok(())
    }

    /// So many connections to the API for the usual time.
    pub(crate) fn load(&self, connections: u64, expected: u16) -> Load {
        Load { address: self.address.clone(), connections, length: self.plan.length, expected }
    }

    /// Requests by each customer in turn, made from the request's number and the customer's token.
    pub(crate) fn as_customers(
        &self,
        request: impl Fn(u64, &str) -> String + Send + Sync + 'static,
    ) -> Requests {
        let customers = self.customers.clone();
        std::sync::Arc::new(move |number| {
            let token = customers.number(number).map_or("", |customer| customer.token.as_str());
            request(number, token)
        })
    }

    /// The processes whose use of the machine is watched.
    pub(crate) fn watched(&self) -> Vec<Watched> {
        let mut watched = vec![
            Watched::alone("load generator", std::process::id()),
            Watched::alone("offers-api", self.api.pid()),
        ];
        if let Some(worker) = &self.worker {
            watched.push(Watched::alone("offers-worker", worker.process.pid()));
            watched.push(Watched::alone("simulated partner", worker.partner.pid()));
        }
        watched.push(Watched::family("PostgreSQL", self.servers.postgres.pid()));
        watched.push(Watched::alone("Redis", self.servers.redis.pid()));
        watched
    }

    /// Stops everything, and proves that the money adds up.
    pub(crate) async fn close(self) -> Outcome<()> {
        if let Some(worker) = self.worker {
            worker.process.stop()?;
            worker.partner.stop()?;
        }
        self.api.stop()?;
        let settings = [("DATABASE_URL", self.database.url.clone())];
        finish(program("offers", self.folder, &settings)?.arg("verify"))?;
        drop(self.database);
        self.servers.remove(COPY).await
    }
}

impl Worker {
    fn start(folder: &Path, mut settings: Vec<(&'static str, String)>) -> Outcome<Self> {
        let mut simulator = program("offers", folder, &[])?;
        simulator.args(["simulate-partner", "--listen", "127.0.0.1:0"]);
        let partner = Program::start(simulator, folder, "http://")?;
        settings.push(("ACTIVATION_PARTNER_URL", format!("http://{}", partner.address("http://")?)));
        Ok(Self { process: serve("offers-worker", folder, &settings)?, partner })
    }
}

fn settings(database: &Database, servers: &Servers) -> Vec<(&'static str, String)> {
    let mut settings = vec![
        ("DATABASE_URL", database.url.clone()),
        ("REDIS_URL", servers.redis.url()),
        ("SECRET_KEY", KEY.to_owned()),
    ];
    settings.extend(RAISED.map(|(name, value)| (name, value.to_owned())));
    settings
}

fn serve(name: &str, folder: &Path, settings: &[(&str, String)]) -> Outcome<Program> {
    let mut command = program(name, folder, settings)?;
    command.args(["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"]);
    Program::start(command, folder, "ready")
}

/// An order with a key that nobody has used.
pub(crate) fn order(offer: i64, token: &str, run: &str, number: u64) -> String {
    let headers = format!("Authorization: Bearer {token}\r\nIdempotency-Key: {run}-{number:012}\r\n");
    post("/api/v1/activation/", &headers, &format!("{{\"offer_id\":{offer}}}"))
}
