//! The `offers` binary as a child process.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Instant;

use tempfile::TempDir;

use super::{Client, PATIENCE};

/// The binary under test.
pub fn offers() -> Command {
    binary("offers")
}

/// One of the binaries; the thin ones lie beside `offers`.
pub fn binary(name: &str) -> Command {
    let path = Path::new(env!("CARGO_BIN_EXE_offers")).with_file_name(name);
    assert!(path.exists(), "{} is missing: run `cargo build --workspace --bins` first", path.display());
    let mut command = Command::new(path);
    // The developer's own settings must not leak into the tests.
    for (name, _) in std::env::vars() {
        let ours = ["DATABASE_URL", "SECRET_KEY", "ACTIVATION_PARTNER_URL", "SSL_CERT_FILE"];
        if ours.contains(&name.as_str()) || name.starts_with("REDIS_") || name.starts_with("OFFERS_") {
            command.env_remove(name);
        }
    }
    command.current_dir(env!("CARGO_TARGET_TMPDIR")).stdin(Stdio::null());
    command
}

/// How to start a server.
#[derive(Default)]
pub struct Options {
    /// Where the activation partner is; the built-in one where none is given.
    pub partner: Option<String>,
    /// More settings, by variable.
    pub settings: Vec<(&'static str, String)>,
}

/// A running server with its own data folder.
pub struct Server {
    child: Child,
    folder: Option<TempDir>,
    binary: &'static str,
    data_dir: PathBuf,
    options: Options,
    /// What it printed when it was ready.
    pub banner: String,
    /// Where the API is.
    pub url: String,
    /// Where metrics are.
    pub metrics_url: String,
}

impl Server {
    /// Starts on free ports with a fresh data folder and short waits, and returns once it has printed its banner.
    pub fn start(options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("data");
        let mut server = Self::launch("offers", data_dir, options);
        server.folder = Some(folder);
        server
    }

    /// Starts another binary, which may be followed by flags, on a data folder that is there already.
    pub fn start_binary(name: &'static str, data_dir: &Path, options: Options) -> Self {
        Self::launch(name, data_dir.to_owned(), options)
    }

    fn launch(binary: &'static str, data_dir: PathBuf, options: Options) -> Self {
        let (child, banner) = launch(binary, &data_dir, &options);
        let mut server = Self {
            child,
            folder: None,
            binary,
            data_dir,
            options,
            banner: String::new(),
            url: String::new(),
            metrics_url: String::new(),
        };
        server.read_banner(banner);
        server
    }

    /// Starts with everything at its default but the waits.
    pub fn start_plain() -> Self {
        Self::start(Options::default())
    }

    /// Starts again on the same data, after [`kill`](Self::kill) or [`terminate`](Self::terminate).
    pub fn restart(&mut self) {
        let (child, banner) = launch(self.binary, &self.data_dir, &self.options);
        self.child = child;
        self.read_banner(banner);
    }

    /// A client of this server.
    pub fn client(&self) -> Client {
        Client::new(&self.url)
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its data folder.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// SIGKILL: no goodbye.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; the exit code, once it has ended.
    pub fn terminate(&mut self) -> Option<i32> {
        self.ask_to_stop();
        self.exit_code()
    }

    /// SIGTERM.
    pub fn ask_to_stop(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// The exit code, once it has ended.
    pub fn exit_code(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// `offers verify` on its data.
    pub fn verify(&self) -> Output {
        offers().args(["verify", "--data-dir"]).arg(&self.data_dir).output().unwrap()
    }

    /// Fails unless `offers verify` finds that the money adds up.
    pub fn assert_money_adds_up(&self) {
        let output = self.verify();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        assert!(said.contains("0 differences"), "{said}");
    }

    /// A worker has no API, so its line may be missing.
    fn read_banner(&mut self, banner: String) {
        let address = |label: &str| {
            let line = banner.lines().find(|line| line.trim_start().starts_with(label)).unwrap_or_default();
            let url = line.split_whitespace().nth(1).unwrap_or_default();
            url.split_inclusive('/').take(3).collect::<String>().trim_end_matches('/').to_owned()
        };
        (self.url, self.metrics_url) = (address("API"), address("Metrics"));
        self.banner = banner;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            // The log tells what happened; keep it.
            let log = std::fs::read_to_string(self.data_dir.with_extension("log")).unwrap_or_default();
            let tail: Vec<_> = log.lines().rev().take(40).collect();
            eprintln!("last lines of the server's log:");
            tail.iter().rev().for_each(|line| eprintln!("  {line}"));
        }
        drop(self.folder.take());
    }
}

fn launch(name: &str, data_dir: &Path, options: &Options) -> (Child, String) {
    let mut words = name.split(' ');
    let mut command = binary(words.next().unwrap_or_default());
    command
        .args(words)
        .args(["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--data-dir"])
        .arg(data_dir);
    for (name, value) in [
        // Many customers of one address, and many orders of one customer; what limits do has tests of its own.
        ("OFFERS_LIMITS_ENABLED", "false"),
        ("OFFERS_WORKER_POLL_MS", "50"),
        ("OFFERS_WORKER_LEASE_MS", "3000"),
        ("OFFERS_PARTNER_CALL_TIMEOUT_MS", "1000"),
        ("OFFERS_RETRY_BASE_MS", "50"),
        ("OFFERS_RETRY_QUERY_UNIT_MS", "50"),
        ("OFFERS_RETRY_RECONCILE_BASE_MS", "100"),
    ] {
        command.env(name, value);
    }
    for (name, value) in &options.settings {
        command.env(name, value);
    }
    if let Some(partner) = &options.partner {
        command.env("ACTIVATION_PARTNER_URL", partner);
    }
    let log =
        std::fs::File::options().create(true).append(true).open(data_dir.with_extension("log")).unwrap();
    let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    let banner = wait_for_banner(&mut child, data_dir);
    (child, banner)
}

/// The banner ends with an empty line; whatever comes after is read and dropped, so that the pipe never fills.
fn wait_for_banner(child: &mut Child, data_dir: &Path) -> String {
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut banner = String::new();
        while output.read_line(&mut banner).is_ok_and(|read| read > 0) {
            if banner.ends_with("ready\n") {
                break;
            }
        }
        let _ = sender.send(banner);
        let _ = output.read_to_end(&mut Vec::new());
    });
    let started = Instant::now();
    let banner = receiver.recv_timeout(PATIENCE).unwrap_or_default();
    if !banner.ends_with("ready\n") {
        let _ = child.kill();
        let log = std::fs::read_to_string(data_dir.with_extension("log")).unwrap_or_default();
        panic!("not ready after {:?}:\n{banner}\n{log}", started.elapsed());
    }
    banner
}
