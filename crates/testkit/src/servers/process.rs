//! A server as a child process that never outlives its parent.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server. It is asked to end when this value is dropped, and has ended when the drop returns.
#[derive(Debug)]
pub(super) struct ServerProcess {
    pid: u32,
    end: mpsc::Sender<End>,
    holder: Option<JoinHandle<()>>,
}

/// How a server ends.
#[derive(Debug, Clone, Copy)]
enum End {
    /// With time to clean up.
    Quick,
    /// Like a crash.
    Kill,
}

impl ServerProcess {
    /// Starts `command` and returns once something listens on `port`.
    ///
    /// The child asks the kernel for a signal at its parent's end. The kernel means the parent's *thread*, so a thread of
    /// its own holds the child for as long as this value lives.
    pub(super) fn start(mut command: Command, port: u16) -> Self {
        let (end, ended) = mpsc::channel();
        let (started, pid) = mpsc::channel();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let holder = std::thread::spawn(move || {
            let child = command.spawn().expect("the server's program starts");
            let _ = started.send(child.id());
            stop(child, ended.recv().unwrap_or(End::Quick));
        });
        let pid = pid.recv().expect("the server's thread reports");
        let process = Self { pid, end, holder: Some(holder) };
        process.wait_for(port);
        process
    }

    /// SIGKILL: no goodbye.
    pub(super) fn kill(self) {
        let _ = self.end.send(End::Kill);
    }

    /// The process id, for tests that stop, freeze or kill the server.
    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    fn wait_for(&self, port: u16) {
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < PATIENCE, "nothing listens on port {port} after {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.end.send(End::Quick);
        if let Some(holder) = self.holder.take() {
            let _ = holder.join();
        }
    }
}

fn stop(mut child: Child, how: End) {
    match how {
        // PostgreSQL's fast shutdown, and Redis' ordinary one.
        End::Quick => drop(Command::new("kill").args(["-INT", &child.id().to_string()]).status()),
        End::Kill => drop(child.kill()),
    }
    let _ = child.wait();
}

/// The words before a command that make it end with its parent.
pub(super) fn ends_with_parent() -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]);
    command
}

/// A port that nobody listens on, below those that outgoing connections use.
pub(super) fn free_port() -> u16 {
    // Another process may look for a port at the same time: begin at a place of our own.
    free_port_above(20_000 + (std::process::id() % 10_000) as u16 - 1)
}

/// The next one above `port`.
pub(super) fn free_port_above(port: u16) -> u16 {
    let begin = port + 1;
    (begin..32_000)
        .chain(15_000..begin)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a port is free")
}
