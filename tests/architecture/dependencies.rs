//! The dependency rule of the hexagon, read from `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// What each crate may see of ours. A crate that is not here may see nothing.
const RULE: &[(&str, &[&str])] = &[
    ("offers-domain", &[]),
    ("offers-application", &["offers-domain"]),
    ("offers-postgres", &["offers-domain"]),
    ("offers-sqlite", &["offers-domain"]),
    ("offers-local", &["offers-domain"]),
    ("offers-redis", &["offers-domain"]),
    ("offers-auth", &["offers-domain"]),
    ("offers-conventions", &[]),
    ("offers-partner", &["offers-conventions", "offers-domain"]),
    ("offers-webhooks", &["offers-conventions", "offers-domain"]),
    ("offers-notify", &["offers-domain"]),
    ("offers-simulator", &[]),
    ("offers-tour", &[]),
    ("offers-book", &[]),
    ("offers-http", &["offers-application", "offers-domain"]),
    ("offers-runner", &["offers-application", "offers-domain"]),
    ("offers-testkit", &["offers-domain"]),
    (
        "offers-bootstrap",
        &[
            "offers-application",
            "offers-auth",
            "offers-conventions",
            "offers-domain",
            "offers-http",
            "offers-local",
            "offers-notify",
            "offers-partner",
            "offers-postgres",
            "offers-redis",
            "offers-runner",
            "offers-simulator",
            "offers-sqlite",
            "offers-tour",
            "offers-webhooks",
        ],
    ),
    ("offers", &["offers-bootstrap"]),
    ("offers-api", &["offers-bootstrap"]),
    ("offers-worker", &["offers-bootstrap"]),
    (
        "offers-bench",
        &[
            "offers-application",
            "offers-auth",
            "offers-domain",
            "offers-local",
            "offers-postgres",
            "offers-sqlite",
            "offers-testkit",
        ],
    ),
];

/// Who alone may use a technology.
const TECHNOLOGIES: &[(&str, &[&str])] = &[
    ("actix-web", &["offers-bench", "offers-http", "offers-bootstrap"]),
    ("argon2", &["offers-auth"]),
    ("clap", &["offers-bootstrap", "offers", "offers-api", "offers-worker"]),
    ("deadpool-redis", &["offers-redis"]),
    ("diesel", &["offers-postgres", "offers-sqlite"]),
    ("hyper", &["offers-simulator"]),
    ("jsonwebtoken", &["offers-auth"]),
    ("lettre", &["offers-notify"]),
    ("mdbook-driver", &["offers-book"]),
    ("mermaid-rs-renderer", &["offers-book"]),
    ("minijinja", &["offers-notify"]),
    ("quick_cache", &["offers-http", "offers-local"]),
    ("reqwest", &["offers-bootstrap", "offers-notify", "offers-partner", "offers-tour", "offers-webhooks"]),
];

/// What the domain may use: nothing that runs, stores, serves or serialises.
const DOMAIN_MAY_USE: &[&str] = &["async-trait", "mockall", "thiserror", "time", "uuid"];

fn members() -> Vec<Package> {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo metadata runs");
    metadata.workspace_packages().into_iter().cloned().collect()
}

fn normal_dependencies(package: &Package) -> BTreeSet<String> {
    let normal = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
    normal.map(|dependency| dependency.name.clone()).collect()
}

#[test]
fn crates_see_only_what_the_hexagon_allows() {
    let rule: BTreeMap<_, _> = RULE.iter().copied().collect();
    for package in members() {
        let allowed = rule
            .get(package.name.as_str())
            .unwrap_or_else(|| panic!("{} has no place in the hexagon; add it to the rule", package.name));
        for dependency in normal_dependencies(&package) {
            let ours = dependency == "offers" || dependency.starts_with("offers-");
            assert!(
                !ours || allowed.contains(&dependency.as_str()),
                "{} must not depend on {dependency}",
                package.name
            );
        }
    }
}

#[test]
fn each_technology_has_one_home() {
    let homes: BTreeMap<_, _> = TECHNOLOGIES.iter().copied().collect();
    for package in members() {
        for dependency in normal_dependencies(&package) {
            if let Some(homes) = homes.get(dependency.as_str()) {
                assert!(homes.contains(&package.name.as_str()), "{} must not use {dependency}", package.name);
            }
        }
    }
}

#[test]
fn the_domain_is_pure() {
    let members = members();
    let domain = members.iter().find(|package| package.name.as_str() == "offers-domain").unwrap();
    for dependency in normal_dependencies(domain) {
        assert!(DOMAIN_MAY_USE.contains(&dependency.as_str()), "the domain must not use {dependency}");
    }
}

#[test]
fn every_crate_says_what_it_is_and_follows_the_workspace_lints() {
    for package in members() {
        assert!(package.description.is_some(), "{} has no description", package.name);
        let manifest = std::fs::read_to_string(&package.manifest_path).unwrap();
        let own_lints = package.name.as_str() == "offers-testkit";
        assert!(
            own_lints || manifest.contains("[lints]\nworkspace = true"),
            "{} skips the lints",
            package.name
        );
    }
}
