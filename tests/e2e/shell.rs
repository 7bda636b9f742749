//! What the command line does for those who sit at it: completions, manual pages, and how far a long command is.

use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::Stdio;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::support::offers;

#[test]
fn every_shell_completes_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = offers().args(["completions", shell]).output().unwrap();
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{shell}");
        for command in ["doctor", "healthcheck", "create-superuser"] {
            assert!(script.contains(command), "{shell} does not complete {command}");
        }
    }
    assert_eq!(offers().args(["completions", "sh"]).output().unwrap().status.code(), Some(2));
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let output = offers().arg("man").output().unwrap();
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(page.contains(".TH offers 1") && page.contains("healthcheck"), "{page}");

    let folder = tempfile::tempdir().unwrap();
    assert!(offers().args(["man", "--dir"]).arg(folder.path()).status().unwrap().success());
    for page in ["offers.1", "offers-doctor.1", "offers-config-show.1"] {
        assert!(folder.path().join(page).is_file(), "{page}");
    }
}

#[test]
fn elsewhere_than_on_a_terminal_a_long_command_writes_plain_lines() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["seed", "--users", "5", "--offers", "200", "--data-dir"];
    let output = offers().args(arguments).arg(folder.path()).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.lines().any(|line| line == "people and offers: 205 of 205"), "{told}");
    assert!(!told.contains('\r') && !told.contains('\u{1b}'), "{told}");
}

#[test]
fn on_a_terminal_it_draws_a_bar() {
    let folder = tempfile::tempdir().unwrap();
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let terminal = std::fs::OpenOptions::new().read(true).write(true).open(name).unwrap();
    let mut seed = offers()
        .args(["seed", "--users", "5", "--offers", "200", "--data-dir"])
        .arg(folder.path())
        .env("TERM", "xterm")
        .stdout(Stdio::null())
        .stderr(OwnedFd::from(terminal))
        .spawn()
        .unwrap();

    // Reading goes on until nobody is left who could write, and ends with an error then.
    let mut drawn = Vec::new();
    let _ = std::fs::File::from(master).read_to_end(&mut drawn);
    assert!(seed.wait().unwrap().success());
    let drawn = String::from_utf8_lossy(&drawn);
    assert!(drawn.contains("people and offers") && drawn.contains("205 of 205"), "{drawn:?}");
    assert!(drawn.contains('\u{2588}') && drawn.contains('\u{1b}'), "a bar is drawn: {drawn:?}");
}
