//! A private PostgreSQL server.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::authority::Identity;
use super::install::find_or_install;
use super::process::{ServerProcess, ends_with_parent, free_port};

/// The superuser of the server.
const SUPERUSER: &str = "offers";

/// A running server with safe settings: fsync and `synchronous_commit` are on, as they must be in production.
#[derive(Debug)]
pub struct Postgres {
    process: Option<ServerProcess>,
    program: PathBuf,
    port: u16,
    folder: TempDir,
    settings: Vec<String>,
    orphans: Vec<u32>,
}

impl Postgres {
    /// Makes a cluster and starts it: about half a second.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts one with more settings: `["fsync=off"]`.
    pub fn start_with(settings: &[&str]) -> Self {
        let mut server = Self::prepare(settings);
        server.resume();
        server
    }

    /// Starts one that speaks TLS and shows this certificate.
    pub fn start_secure(identity: &Identity) -> Self {
        let mut server = Self::prepare(&["ssl=on"]);
        let data = server.folder.path().join("data");
        for (name, text) in [("server.crt", &identity.certificate), ("server.key", &identity.key)] {
            let file = data.join(name);
            std::fs::write(&file, text).expect("a file");
            give_away(&file, 0o600);
        }
        server.resume();
        server
    }

    fn prepare(settings: &[&str]) -> Self {
        let initdb = find_or_install("initdb", "postgresql");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        std::fs::create_dir(&data).expect("a data folder");
        give_away(folder.path(), 0o700);
        give_away(&data, 0o700);
        let made = as_server_user(&initdb)
            .args(["--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"])
            .args(["--no-sync", "--pgdata"])
            .arg(&data)
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        Self {
            process: None,
            program: initdb.with_file_name("postgres"),
            port: free_port(),
            folder,
            settings: settings.iter().map(|setting| (*setting).to_owned()).collect(),
            orphans: Vec::new(),
        }
    }

    /// The address of its superuser, without a database.
    pub fn url(&self) -> String {
        format!("postgres://{SUPERUSER}@127.0.0.1:{}", self.port)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process id of the postmaster.
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("the server runs").pid()
    }

    /// SIGKILL to the postmaster: what a crash of the database looks like.
    pub fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            self.orphans = children(process.pid());
            process.kill();
        }
    }

    /// Starts again on the same data and port, after [`kill`](Self::kill).
    pub fn resume(&mut self) {
        // A crashed server's children keep its shared memory until they notice; no new server starts before.
        for orphan in self.orphans.drain(..) {
            wait_for_end(orphan);
        }
        let mut command = as_server_user(&self.program);
        command.arg("-D").arg(self.folder.path().join("data"));
        command.args(["-p", &self.port.to_string(), "-h", "127.0.0.1"]);
        for setting in
            ["unix_socket_directories=", "max_connections=300", "shared_buffers=128MB", "max_wal_size=2GB"]
        {
            command.args(["-c", setting]);
        }
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        self.process = Some(ServerProcess::start(command, self.port));
        self.wait_until_ready();
    }

    fn wait_until_ready(&self) {
        let ready = self.program.with_file_name("pg_isready");
        let port = self.port.to_string();
        for _ in 0..1000 {
            let status =
                Command::new(&ready).args(["-q", "-h", "127.0.0.1", "-p", &port, "-U", SUPERUSER]).status();
            if status.is_ok_and(|status| status.success()) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("PostgreSQL on port {port} does not become ready");
    }
}

/// The client that runs scripts, told about this database; it stops at the first error.
pub fn psql(url: &str) -> Command {
    let mut command = Command::new(find_or_install("psql", "postgresql-client"));
    command.args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", url]);
    command
}

/// The processes that `parent` has started.
fn children(parent: u32) -> Vec<u32> {
    let list = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
    list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

fn wait_for_end(process: u32) {
    let runs = || {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
    };
    for _ in 0..1000 {
        if !runs() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("process {process} of a killed PostgreSQL does not end");
}

/// PostgreSQL refuses to run as root; there it runs as the user that its package made.
pub(super) fn as_server_user(program: &Path) -> Command {
    let mut command = ends_with_parent();
    if is_root() {
        command.args(["--reuid", "postgres", "--regid", "postgres", "--clear-groups"]);
    }
    command.arg(program);
    command
}

pub(super) fn give_away(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("our own file");
    if is_root() {
        let (user, group) = server_user();
        chown(path, Some(user), Some(group)).expect("root may give a file away");
    }
}

fn is_root() -> bool {
    id(&["-u"]) == 0
}

fn server_user() -> (u32, u32) {
    (id(&["-u", "postgres"]), id(&["-g", "postgres"]))
}

fn id(arguments: &[&str]) -> u32 {
    let output = Command::new("id").args(arguments).output().expect("id runs");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("id prints a number")
}
