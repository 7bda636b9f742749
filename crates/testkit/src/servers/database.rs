//! A database of its own for each test, on the test run's PostgreSQL server.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio_postgres::{Client, NoTls};

use super::{DATABASE_URL, Postgres};

/// Only one test at a time makes a template.
const TEMPLATE_LOCK: i64 = 20_260_303;

/// The server of this process, where the test run has none.
static SERVER: OnceLock<Postgres> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// A migrated, empty database. It is removed when this value is dropped.
#[derive(Debug)]
pub struct Database {
    server: String,
    name: String,
}

impl Database {
    /// Clones a template that has the schema of these migrations. The first test that needs the template makes it:
    /// `migrate` is given the address of an empty database.
    pub async fn fresh<F: Future<Output = ()>>(migrations: &Path, migrate: impl FnOnce(String) -> F) -> Self {
        let server = server();
        let template = format!("offers_template_{:016x}", fingerprint(migrations));
        let admin = connect(&format!("{server}/postgres")).await;
        run(&admin, &format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})")).await;
        let made = "SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate";
        if admin.query_opt(made, &[&template]).await.expect("the server answers").is_none() {
            run(&admin, &format!("DROP DATABASE IF EXISTS {template} WITH (FORCE)")).await;
            run(&admin, &format!("CREATE DATABASE {template}")).await;
            migrate(format!("{server}/{template}")).await;
            run(&admin, &format!("ALTER DATABASE {template} IS_TEMPLATE true")).await;
        }
        run(&admin, &format!("SELECT pg_advisory_unlock({TEMPLATE_LOCK})")).await;
        let number = DATABASES.fetch_add(1, Ordering::Relaxed);
        let name = format!("offers_test_{}_{number}", std::process::id());
        run(&admin, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        run(&admin, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        Self { server, name }
    }

    /// A database without anything in it.
    pub async fn empty() -> Self {
        let server = server();
        let number = DATABASES.fetch_add(1, Ordering::Relaxed);
        let name = format!("offers_test_{}_{number}", std::process::id());
        let admin = connect(&format!("{server}/postgres")).await;
        run(&admin, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        run(&admin, &format!("CREATE DATABASE {name}")).await;
        Self { server, name }
    }

    /// Its address, as the server's superuser.
    pub fn url(&self) -> String {
        format!("{}/{}", self.server, self.name)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs statements as the superuser.
    pub async fn execute(&self, statements: &str) -> Result<(), tokio_postgres::Error> {
        connect(&self.url()).await.batch_execute(statements).await
    }

    /// The first column of the rows of a query, as text.
    pub async fn texts(&self, query: &str) -> Vec<String> {
        let rows = connect(&self.url()).await.query(query, &[]).await.expect("the query is right");
        rows.iter().map(|row| row.get(0)).collect()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A test's own runtime may be ending; a database that stays behind is gone with its server.
        let _ = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let address = format!("{server}/postgres");
                if let Ok((client, connection)) = tokio_postgres::connect(&address, NoTls).await {
                    let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                    tokio::select! { _ = client.batch_execute(&drop) => {}, _ = connection => {} }
                }
            });
            std::io::Result::Ok(())
        })
        .join();
    }
}

fn server() -> String {
    std::env::var(DATABASE_URL).unwrap_or_else(|_| SERVER.get_or_init(Postgres::start).url())
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the server lets us in");
    #[expect(clippy::disallowed_methods, reason = "it ends with the client")]
    tokio::spawn(connection);
    client
}

async fn run(client: &Client, statement: &str) {
    client.batch_execute(statement).await.expect(statement);
}

/// Changes with any of the migrations' names or texts.
fn fingerprint(migrations: &Path) -> u64 {
    let mut files: Vec<_> = std::fs::read_dir(migrations)
        .expect("the migrations' folder")
        .map(|entry| entry.expect("an entry").path().join("up.sql"))
        .collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        std::fs::read_to_string(&file).expect("a migration").hash(&mut hasher);
    }
    hasher.finish()
}
