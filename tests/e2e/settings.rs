//! `offers config`: what is set, by what, and whether it can work.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::support::offers;

fn config(file: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = offers();
    command.arg("config").args(arguments).arg("--config").arg(file);
    command.envs(variables.iter().copied()).output().unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A settings file with this text.
fn file(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.toml");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

#[test]
fn every_setting_is_shown_with_where_it_comes_from_and_without_secrets() {
    let (_folder, path) = file("currency = 'XOF'\n[retry]\nbase_ms = 500\n");
    let variables = [
        ("OFFERS_RETRY_BASE_MS", "700"),
        ("SECRET_KEY", "f3a9c1d27be04586a1f0c9d8e7b6a5c4"),
        ("DATABASE_URL", "postgres://app:hidden@db/offers"),
    ];
    let output = config(&path, &["show", "--json", "--listen", "127.0.0.1:9999"], &variables);
    let shown = printed(&output);
    assert!(output.status.success(), "{shown}");
    let lines: Vec<Value> = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let place = path.display().to_string();
    for (key, value, origin) in [
        ("currency", "XOF", place.as_str()),
        ("retry.base_ms", "700", "OFFERS_RETRY_BASE_MS"),
        ("listen", "127.0.0.1:9999", "--listen"),
        ("worker.lease_ms", "30000", "default"),
        ("secret_key", "(secret)", "SECRET_KEY"),
        ("database_url", "(secret)", "DATABASE_URL"),
    ] {
        let line = lines.iter().find(|line| line["key"] == key).unwrap();
        assert_eq!((&line["value"], &line["origin"]), (&value.into(), &origin.into()), "{line}");
    }
    let read = printed(&config(&path, &["show"], &variables));
    assert_eq!(read.lines().count(), lines.len());
    assert!(!(shown + &read).contains("hidden"), "no secret is shown");
}

#[test]
fn all_mistakes_are_named_at_once_each_with_its_place() {
    let (_folder, path) = file("[http]\nwrkers = 4\n[retry]\nbase_ms = 'soon'\n");
    let output = config(&path, &["check"], &[("OFFERS_LISTEN", "nowhere"), ("OFFERS_LISTN", "1")]);
    let said = printed(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(said.lines().count(), 4, "{said}");
    for words in [
        ["shop.toml", "http.wrkers", "did you mean http.workers?"],
        ["shop.toml", "retry.base_ms", "integer"],
        ["OFFERS_LISTEN", "listen", "socket address"],
        ["OFFERS_LISTN", "is not a setting", "did you mean OFFERS_LISTEN?"],
    ] {
        let named = said.lines().any(|line| words.iter().all(|word| line.contains(word)));
        assert!(named, "{words:?} are not in one line of {said}");
    }
}

#[test]
fn settings_that_contradict_each_other_are_refused_with_where_each_is_set() {
    let (_folder, path) = file("[partner]\ncall_timeout_ms = 20000\n");
    let output = config(&path, &["check"], &[("OFFERS_WORKER_LEASE_MS", "30000")]);
    let said = printed(&output);
    assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    for word in
        ["two calls", "is set by OFFERS_WORKER_LEASE_MS", "partner.call_timeout_ms is set by", "shop.toml"]
    {
        assert!(said.contains(word), "{word} is not in {said}");
    }
    let good = config(&path, &["check"], &[("OFFERS_WORKER_LEASE_MS", "45000")]);
    assert!(good.status.success() && printed(&good).contains("are good"), "{}", printed(&good));
}
