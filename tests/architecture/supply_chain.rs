//! What may come in from outside: one registry, free licences, versions without known holes.

use cargo_metadata::MetadataCommand;
use cargo_metadata::semver::Version;

/// Versions below these have known holes or bugs that lose data.
const FLOORS: &[(&str, &str)] = &[
    ("actix-http", "3.12.1"),
    ("diesel", "2.3.10"),
    ("h2", "0.3.27"),
    ("jsonwebtoken", "10.3.0"),
    ("libsqlite3-sys", "0.37.0"),
    ("time", "0.3.47"),
];

/// Crates that must not be in the tree, and why.
const BANNED: &[(&str, &str)] = &[
    ("openssl-sys", "TLS is rustls on ring"),
    ("aws-lc-sys", "one crypto backend: ring"),
    ("sqlx", "diesel is the one way to the database"),
    ("actix-governor", "GPL"),
];

const FREE: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Icons have a licence for works of art. These are in the book's pages, not in a program.
const ICONS: (&str, &str) = ("font-awesome-as-a-crate", "CC-BY-4.0 AND MIT");

#[test]
fn dependencies_come_from_the_registry_under_free_licences_and_above_the_floors() {
    let metadata = MetadataCommand::new().exec().expect("cargo metadata runs");
    let outside = metadata.packages.iter().filter(|package| package.source.is_some());
    let mut seen = 0;
    for package in outside {
        seen += 1;
        let (name, version) = (package.name.as_str(), &package.version);
        assert!(package.source.as_ref().unwrap().is_crates_io(), "{name} does not come from the registry");
        if let Some((_, floor)) = FLOORS.iter().find(|(floored, _)| *floored == name) {
            assert!(*version >= Version::parse(floor).unwrap(), "{name} {version} is below {floor}");
        }
        if let Some((_, why)) = BANNED.iter().find(|(banned, _)| *banned == name) {
            panic!("{name} must not be used: {why}");
        }
        let licence = package.license.clone().unwrap_or_default();
        assert!(is_free(&licence) || (name, licence.as_str()) == ICONS, "{name} is under {licence:?}");
    }
    assert!(seen > 100, "metadata lists too few packages: {seen}");
}

/// Whether one of the alternatives of an SPDX expression consists of free licences only.
fn is_free(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ").replace(" WITH LLVM-exception", "");
    plain.split(" OR ").any(|choice| choice.split(" AND ").all(|licence| FREE.contains(&licence.trim())))
}
