//! The release binaries as child processes.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::Outcome;

/// A running program. It is killed when this value is dropped.
pub(crate) struct Program {
    child: Child,
    banner: String,
}

impl Program {
    /// Starts it, its log into a file in `folder`, and returns once it has printed a line with `last`.
    pub(crate) fn start(mut command: Command, folder: &Path, last: &str) -> Outcome<Self> {
        let name = PathBuf::from(command.get_program());
        let log = folder.join(name.file_name().unwrap_or_default()).with_extension("log");
        let log = File::options().create(true).append(true).open(log)?;
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn()?;
        let mut output = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        let mut program = Self { child, banner: String::new() };
        while !program.banner.lines().last().is_some_and(|line| line.contains(last)) {
            if output.read_line(&mut program.banner)? == 0 {
                return Err(format!("{} ends: {}", name.display(), program.banner).into());
            }
        }
        // Whatever comes later must not fill the pipe.
        std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        Ok(program)
    }

    /// Host and port of the address on the line with `label`.
    pub(crate) fn address(&self, label: &str) -> Outcome<String> {
        let mut lines = self.banner.lines().filter(|line| line.contains(label));
        let rest = lines.find_map(|line| line.split_once("http://")).ok_or("no address in the banner")?.1;
        Ok(rest.split(['/', ' ']).next().unwrap_or_default().to_owned())
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM; it must end well.
    pub(crate) fn stop(mut self) -> Outcome<()> {
        Command::new("kill").args(["-TERM", &self.pid().to_string()]).status()?;
        if self.child.wait()?.success() {
            return Ok(());
        }
        Err(format!("a program did not end well:\n{}", self.banner).into())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program that lies beside this one, in an environment that holds nothing but these settings.
pub(crate) fn program(name: &str, folder: &Path, settings: &[(&str, String)]) -> Outcome<Command> {
    let path = std::env::current_exe()?.with_file_name(name);
    if !path.exists() {
        return Err(format!("{} is missing: build all binaries first", path.display()).into());
    }
    let mut command = Command::new(path);
    command.env_clear().current_dir(folder).envs(settings.iter().map(|(name, value)| (name, value)));
    Ok(command)
}

/// Runs a command to its end.
pub(crate) fn finish(command: &mut Command) -> Outcome<String> {
    let output = command.stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!("{} fails: {said}{complaint}", command.get_program().to_string_lossy()).into())
}
