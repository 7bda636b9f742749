//! Finding a server's program, or installing it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program that checks something, found or installed.
pub fn tool(program: &str, package: &str) -> Command {
    Command::new(find_or_install(program, package))
}

/// The path of `program`. Where it is missing, `package` is installed with the system's package manager, and one line says
/// so; where that is not possible either, the test run fails: a missing server is never a skipped test. Tests run as
/// processes side by side, so one installs while the others wait.
pub(super) fn find_or_install(program: &str, package: &str) -> PathBuf {
    find(program).unwrap_or_else(|| {
        let turn =
            File::create(std::env::temp_dir().join("offers-testkit-install.lock")).expect("a lock file");
        turn.lock().expect("the turn to install");
        find(program).unwrap_or_else(|| install(program, package))
    })
}

fn install(program: &str, package: &str) -> PathBuf {
    eprintln!("{program} is not on this machine: installing {package} with apt-get");
    // A package of a server may start it; RUNLEVEL=1 tells Debian's packages not to.
    let install = "apt-get update -qq && apt-get install -y -qq --no-install-recommends \"$0\"";
    let status = Command::new("sh")
        .args(["-c", install, package])
        .envs([("RUNLEVEL", "1"), ("DEBIAN_FRONTEND", "noninteractive")])
        .stdout(Stdio::null())
        .status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "{program} is needed for the tests and could not be installed; install {package} yourself"
    );
    find(program).unwrap_or_else(|| panic!("{package} is installed, but {program} is nowhere to be found"))
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> = debian.map(|entry| entry.path().join("bin")).collect();
    versions.sort();
    let folders = versions.into_iter().rev().chain(std::env::split_paths(&path)).chain(["/usr/sbin".into()]);
    folders.map(|folder| folder.join(program)).find(|file| Path::is_file(file))
}
