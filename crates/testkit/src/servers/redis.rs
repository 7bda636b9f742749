//! A private Redis server.

use tempfile::TempDir;

use super::authority::Identity;
use super::install::find_or_install;
use super::process::{ServerProcess, ends_with_parent, free_port, free_port_above};

/// A running server that keeps nothing on disk.
#[derive(Debug)]
pub struct Redis {
    process: Option<ServerProcess>,
    port: u16,
    secure_port: Option<u16>,
    folder: TempDir,
    settings: Vec<String>,
}

impl Redis {
    /// Starts one: a few milliseconds.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts one with more settings, as on its command line: `["--maxmemory", "2mb"]`.
    pub fn start_with(settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let mut server = Self { process: None, port: free_port(), secure_port: None, folder, settings };
        server.resume();
        server
    }

    /// Starts one that speaks TLS on a port of its own besides, and shows this certificate there.
    pub fn start_secure(identity: &Identity) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut settings = vec!["--tls-auth-clients".to_owned(), "no".to_owned()];
        for (setting, name, text) in [
            ("--tls-cert-file", "server.crt", &identity.certificate),
            ("--tls-key-file", "server.key", &identity.key),
        ] {
            let file = folder.path().join(name);
            std::fs::write(&file, text).expect("a file");
            settings.extend([setting.to_owned(), file.display().to_string()]);
        }
        let port = free_port();
        let secure_port = free_port_above(port);
        settings.extend(["--tls-port".to_owned(), secure_port.to_string()]);
        let mut server = Self { process: None, port, secure_port: Some(secure_port), folder, settings };
        server.resume();
        server
    }

    /// The address at which it speaks TLS.
    pub fn secure_url(&self) -> String {
        format!("rediss://127.0.0.1:{}", self.secure_port.expect("the server speaks TLS"))
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("the server runs").pid()
    }

    /// SIGKILL: everything it held is lost.
    pub fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill();
        }
    }

    /// Starts again on the same port, empty.
    pub fn resume(&mut self) {
        let mut command = ends_with_parent();
        command.arg(find_or_install("redis-server", "redis-server"));
        command.args([
            "--port",
            &self.port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]);
        command.arg("--dir").arg(self.folder.path()).args(&self.settings);
        self.process = Some(ServerProcess::start(command, self.port));
    }
}
