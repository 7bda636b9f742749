//! A private PgBouncer before a PostgreSQL server.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::install::find_or_install;
use super::postgres::{Postgres, as_server_user, give_away};
use super::process::{ServerProcess, free_port};

/// The first version that follows prepared statements from one server connection to another.
const FOLLOWS_STATEMENTS: (u32, u32) = (1, 21);

/// A running pooler.
#[derive(Debug)]
pub struct PgBouncer {
    _process: ServerProcess,
    port: u16,
    _folder: TempDir,
}

impl PgBouncer {
    /// Starts one before `server` that lends connections for a `session` or for a `transaction`. It lets our settings of a
    /// new connection pass unheeded, and follows prepared statements if it can.
    pub fn start(server: &Postgres, pool_mode: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (port, file) = (free_port(), folder.path().join("pgbouncer.ini"));
        let statements = if Self::follows_statements() { "max_prepared_statements = 200" } else { "" };
        let settings = format!(
            "[databases]\n\
             postgres = user=offers host=127.0.0.1 port={}\n\
             [pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = {pool_mode}\ndefault_pool_size = 40\nignore_startup_parameters = options\n{statements}\n",
            server.port(),
        );
        std::fs::write(&file, settings).expect("a file");
        give_away(folder.path(), 0o700);
        give_away(&file, 0o600);
        let mut command = as_server_user(&program());
        command.arg(&file);
        Self { _process: ServerProcess::start(command, port), port, _folder: folder }
    }

    /// Whether the one that is installed follows prepared statements.
    pub fn follows_statements() -> bool {
        let output = Command::new(program()).arg("--version").output().expect("pgbouncer runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let version = text.split_whitespace().nth(1).expect("it tells its version");
        let mut numbers = version.split('.').map(|number| number.parse().expect("a number"));
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= FOLLOWS_STATEMENTS
    }

    /// The address of the database `postgres` through the pooler.
    pub fn url(&self) -> String {
        format!("postgres://offers@127.0.0.1:{}/postgres", self.port)
    }
}

fn program() -> PathBuf {
    find_or_install("pgbouncer", "pgbouncer")
}
