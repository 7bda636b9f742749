//! The private servers, and copies of one seeded database.

use std::path::Path;

use offers_testkit::servers::{Postgres, Redis};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Error, NoTls};

use crate::Outcome;
use crate::plan::Plan;
use crate::programs::{finish, program};

/// The database that is copied.
const SEED: &str = "bench_seed";

/// Wallets hold enough for every order, as money that was paid in: the books stay true.
const FUND: &str = "
    INSERT INTO transfers (debit_account_id, credit_account_id, amount, currency, kind, created_at)
        SELECT 2, id, 10000000, currency, 'top_up', now() FROM accounts WHERE kind = 'wallet';
    UPDATE accounts SET balance = balance + 10000000 WHERE kind = 'wallet';";

/// Only what is filled: the planner takes an empty table that was vacuumed for one that stays empty, and would scan it.
const TIDY: &str = "VACUUM ANALYZE users, accounts, offers, transfers";

/// PostgreSQL with the seed, and Redis.
pub(crate) struct Servers {
    pub(crate) postgres: Postgres,
    pub(crate) redis: Redis,
}

impl Servers {
    /// Starts both and fills the database that is copied later.
    pub(crate) async fn start(plan: &Plan, folder: &Path) -> Outcome<Self> {
        Self::start_with(&[], plan, folder).await
    }

    /// The same with more settings of PostgreSQL.
    pub(crate) async fn start_with(settings: &[&str], plan: &Plan, folder: &Path) -> Outcome<Self> {
        let servers = Self { postgres: Postgres::start_with(settings), redis: Redis::start() };
        servers.execute(&format!("CREATE DATABASE {SEED}")).await?;
        let settings = [("DATABASE_URL", servers.seed_url())];
        finish(program("offers", folder, &settings)?.arg("migrate"))?;
        let users = plan.wallets.to_string();
        finish(program("offers", folder, &settings)?.args(["seed", "--users", &users, "--offers", "20"]))?;
        let database = Database::open(servers.seed_url()).await?;
        database.client.batch_execute(FUND).await?;
        database.client.batch_execute(TIDY).await?;
        Ok(servers)
    }

    /// The address of the database that is copied. Nobody may be connected to it while it is.
    pub(crate) fn seed_url(&self) -> String {
        self.url(SEED)
    }

    /// A fresh copy, and an empty Redis.
    pub(crate) async fn copy(&self, name: &str) -> Outcome<Database> {
        self.execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
        self.execute(&format!("CREATE DATABASE {name} TEMPLATE {SEED}")).await?;
        self.execute("CHECKPOINT").await?;
        finish(std::process::Command::new("redis-cli").args(["-u", &self.redis.url(), "FLUSHALL"]))?;
        Ok(Database::open(self.url(name)).await?)
    }

    /// Removes a copy.
    pub(crate) async fn remove(&self, name: &str) -> Outcome<()> {
        Ok(self.execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await?)
    }

    fn url(&self, database: &str) -> String {
        format!("{}/{database}", self.postgres.url())
    }

    async fn execute(&self, statement: &str) -> Result<(), Error> {
        Database::open(self.url("postgres")).await?.client.batch_execute(statement).await
    }
}

/// A connection to one database.
pub(crate) struct Database {
    pub(crate) url: String,
    pub(crate) client: Client,
    connection: JoinHandle<Result<(), Error>>,
}

impl Database {
    pub(crate) async fn open(url: String) -> Result<Self, Error> {
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
        #[expect(clippy::disallowed_methods, reason = "it ends with this value")]
        let connection = tokio::spawn(connection);
        Ok(Self { url, client, connection })
    }

    /// One number.
    pub(crate) async fn number(&self, query: &str) -> Outcome<u64> {
        let row = self.client.query_one(query, &[]).await?;
        Ok(u64::try_from(row.try_get::<_, i64>(0)?)?)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.connection.abort();
    }
}
