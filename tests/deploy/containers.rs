//! The image, `compose.yaml` and the Kubernetes manifests.

use std::collections::BTreeSet;
use std::process::Command;

use crate::{path, read};

/// The names in `${…}`, with what follows the name.
fn interpolated(text: &str) -> Vec<(String, String)> {
    let places = text.split("${").skip(1).map(|rest| rest.split('}').next().unwrap());
    let named = places.map(|place| {
        let end = place.find(|letter: char| !letter.is_ascii_uppercase() && letter != '_');
        let (name, rest) = place.split_at(end.unwrap_or(place.len()));
        (name.to_owned(), rest.to_owned())
    });
    named.collect()
}

/// Name and value of each line that sets something.
fn example(file: &str) -> Vec<(String, String)> {
    let text = read(file);
    let lines = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
    lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn is_secret(name: &str) -> bool {
    name.ends_with("PASSWORD") || name.ends_with("KEY")
}

#[test]
fn every_variable_of_compose_is_in_the_example_and_no_other() {
    let compose = read("deploy/compose.yaml");
    let used: BTreeSet<_> = interpolated(&compose).into_iter().map(|(name, _)| name).collect();
    let shown: BTreeSet<_> = example("deploy/.env.example").into_iter().map(|(name, _)| name).collect();
    assert_eq!(used, shown);
}

#[test]
fn secrets_have_no_default_anywhere() {
    for (name, rest) in interpolated(&read("deploy/compose.yaml")) {
        assert_eq!(rest.starts_with(":?"), is_secret(&name), "{name}{rest}");
    }
    for (name, value) in example("deploy/.env.example") {
        assert_eq!(
            value.is_empty() && name != "OFFERS_HTTP_TRUSTED_PROXIES",
            is_secret(&name),
            "{name}={value}"
        );
    }
    let secret = read("deploy/kubernetes/secret.example.yaml");
    let values = secret.lines().filter(|line| line.starts_with("  ") && line.contains("_url:"));
    assert!(
        values
            .chain(secret.lines().filter(|line| line.contains("secret_key:")))
            .all(|line| line.ends_with("\"\""))
    );
}

#[test]
fn the_defaults_of_compose_are_those_of_the_example() {
    let example = example("deploy/.env.example");
    for (name, rest) in interpolated(&read("deploy/compose.yaml")) {
        if let Some(default) = rest.strip_prefix(":-") {
            assert!(example.contains(&(name.clone(), default.to_owned())), "{name}: {default}");
        }
    }
}

#[test]
fn every_file_that_compose_mounts_is_there() {
    let compose = read("deploy/compose.yaml");
    let mounts = compose.split(['"', ' ']).filter(|word| word.starts_with("./"));
    let mounts: Vec<_> = mounts.map(|mount| mount.split(':').next().unwrap()).collect();
    assert!(mounts.len() >= 5, "{mounts:?}");
    for mount in mounts {
        assert!(path("deploy").join(mount).exists(), "{mount}");
    }
}

#[test]
fn the_image_builds_programs_that_there_are_from_files_that_reach_the_builder() {
    let dockerfile = read("deploy/Dockerfile");
    let packages: Vec<_> = dockerfile.split("--package ").skip(1).map(first_word).collect();
    assert_eq!(packages, ["offers", "offers-api", "offers-worker"]);
    for package in packages {
        let folder = package.strip_prefix("offers-").unwrap_or(package);
        let manifest = read(&format!("apps/{folder}/Cargo.toml"));
        assert!(manifest.contains(&format!("name = \"{package}\"")), "{package}");
        assert!(dockerfile.contains(&format!("target/release/{package}")), "{package} is copied out");
    }
    let rust = read("Cargo.toml");
    let version = rust.split("rust-version = \"").nth(1).unwrap().split('"').next().unwrap();
    assert!(dockerfile.contains(&format!("FROM rust:{version}-")), "the compiler is the one of Cargo.toml");

    let ignored = read(".dockerignore");
    let sent: BTreeSet<_> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
    for folder in &sent {
        assert!(path(folder).exists(), "{folder}");
    }
    for needed in ["Cargo.toml", "Cargo.lock", "apps", "benches", "crates", "migrations"] {
        assert!(sent.contains(needed), "{needed} is needed to build");
    }
    assert!(!sent.contains("deploy"), "no .env reaches the builder");
}

#[test]
fn every_command_that_a_container_runs_is_one() {
    let mut run = BTreeSet::new();
    for file in ["deploy/Dockerfile", "deploy/compose.yaml", "deploy/kubernetes/migrate/job.yaml"] {
        let text = read(file).replace('"', "");
        let lists = text.split('[').skip(1).map(|rest| rest.split(']').next().unwrap().to_owned());
        let commands = lists
            .filter_map(|list| Some(list.trim_start_matches("CMD, ").strip_prefix("offers, ")?.to_owned()));
        run.extend(commands.map(|rest| rest.split(',').next().unwrap().to_owned()));
    }
    let known = ["healthcheck", "migrate", "serve", "simulate-partner"].map(str::to_owned);
    assert_eq!(run, BTreeSet::from(known));
    for command in run {
        let help = Command::new(env!("CARGO_BIN_EXE_offers")).args([&command, "--help"]).output().unwrap();
        assert!(help.status.success(), "offers {command}");
    }
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap()
}

#[test]
fn every_pod_runs_as_the_user_of_the_image_and_may_nothing() {
    let user = "10001";
    assert!(read("deploy/Dockerfile").contains(&format!("USER {user}:{user}")));
    for file in ["api.yaml", "worker.yaml", "migrate/job.yaml"] {
        let manifest = read(&format!("deploy/kubernetes/{file}"));
        for said in [
            "runAsNonRoot: true",
            &format!("runAsUser: {user}"),
            "readOnlyRootFilesystem: true",
            "allowPrivilegeEscalation: false",
            "capabilities: {drop: [ALL]}",
            "automountServiceAccountToken: false",
            // Variables that are no settings keep the program from starting.
            "enableServiceLinks: false",
            "limits: {memory:",
        ] {
            assert!(manifest.contains(said), "{file}: {said}");
        }
    }
}

#[test]
fn the_migration_job_grants_what_the_script_says() {
    assert_eq!(read("deploy/kubernetes/migrate/app_role.sql"), read("deploy/postgres/app_role.sql"));
}
