//! Rules that are read from the source text.

use std::path::{Path, PathBuf};

/// Longest source file, its tests aside.
const CEILING: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn rust_files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["apps", "benches", "crates", "tests"].map(|name| root().join(name)).into();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                files.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(files.len() > 50, "the walk found too few files: {}", files.len());
    files
}

#[test]
fn files_stay_short() {
    for (name, text) in rust_files() {
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let lines = code.lines().count();
        assert!(lines <= CEILING, "{name} has {lines} lines; find its natural cut");
    }
}

#[test]
fn only_stores_and_tests_say_that_a_row_is_locked() {
    let may = ["crates/domain/src/ports/locked.rs", "crates/postgres/src/", "crates/sqlite/src/"];
    for (name, text) in rust_files() {
        let is_test =
            name.contains("/tests/") || name.starts_with("tests/") || name.starts_with("crates/testkit/");
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let says = code.contains("Locked::by_store");
        assert!(!says || is_test || may.iter().any(|place| name.starts_with(place)), "{name} forges a lock");
    }
}

/// A contract that is not run is not kept.
#[test]
fn every_adapter_runs_the_contracts_of_its_ports() {
    const STORE: &[&str] = &["store_contract!("];
    const CACHES: &[&str] = &[
        "status_cache_contract!(",
        "session_cache_contract!(",
        "offer_cache_contract!(",
        "wake_up_contract!(",
    ];
    for (adapter, suites) in [("sqlite", STORE), ("postgres", STORE), ("local", CACHES), ("redis", CACHES)] {
        let path = root().join("crates").join(adapter).join("tests/contract.rs");
        let tests = std::fs::read_to_string(&path).unwrap();
        for suite in suites {
            let is_run =
                tests.lines().any(|line| line.trim().starts_with(&format!("offers_testkit::{suite}")));
            assert!(is_run, "{} does not run {suite}…)", path.display());
        }
    }
}

#[test]
fn nothing_is_left_open_or_switched_off() {
    let marks = [
        concat!("to", "do!("),
        concat!("unim", "plemented!("),
        concat!("FIX", "ME"),
        concat!("#[ig", "nore"),
    ];
    for (name, text) in rust_files() {
        for mark in marks {
            assert!(!text.contains(mark), "{name} contains {mark}");
        }
    }
}
