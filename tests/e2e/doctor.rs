//! `offers doctor` and `offers healthcheck`, with real servers that run and that do not.

use offers_testkit::servers::Smtp;
use serde_json::Value;

use crate::support::{Options, Server, Site, offers};

/// Nobody listens there.
const NOWHERE: &str = "127.0.0.1:1";

/// What the doctor says, and how it ends.
fn examine(settings: &[(&str, String)]) -> (Vec<Value>, String, Option<i32>) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = offers();
    command.args(["doctor", "--json", "--data-dir"]).arg(folder.path());
    let output = command.envs(settings.iter().cloned()).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let report: Value = serde_json::from_str(&printed).unwrap_or_else(|_| panic!("{printed}"));
    let checks = report["checks"].as_array().unwrap().clone();
    (checks, report["verdict"].as_str().unwrap().to_owned(), output.status.code())
}

/// The one line about this; what is not as it should be comes with a fix.
#[track_caller]
fn verdict<'a>(checks: &'a [Value], subject: &str) -> &'a str {
    let lines: Vec<_> = checks.iter().filter(|check| check["subject"] == subject).collect();
    assert_eq!(lines.len(), 1, "{subject}: {checks:?}");
    let verdict = lines[0]["verdict"].as_str().unwrap();
    assert_eq!(verdict != "ok", lines[0]["fix"].is_string(), "{:?}", lines[0]);
    verdict
}

fn setting(name: &'static str, value: impl Into<String>) -> (&'static str, String) {
    (name, value.into())
}

#[test]
fn with_everything_down_every_line_is_there_and_says_what_to_do() {
    let (checks, overall, code) = examine(&[
        setting("DATABASE_URL", format!("postgres://app:hidden@{NOWHERE}/offers")),
        setting("REDIS_URL", format!("redis://{NOWHERE}")),
        setting("ACTIVATION_PARTNER_URL", format!("http://{NOWHERE}")),
        setting("OFFERS_NOTICES_EMAIL_URL", format!("smtp://{NOWHERE}")),
        setting("OFFERS_NOTICES_FROM", "Shop <shop@shop.example>"),
        setting("OFFERS_NOTICES_SMS_URL", format!("http://{NOWHERE}/messages")),
        setting("OFFERS_LISTEN", NOWHERE),
    ]);

    assert_eq!((overall.as_str(), code), ("fail", Some(1)));
    for subject in ["database", "activation partner", "mail server", "sms gateway"] {
        assert_eq!(verdict(&checks, subject), "fail", "{subject}");
    }
    assert_eq!(verdict(&checks, "redis"), "warn", "everything works without it");
    for subject in ["settings", "data folder", "server"] {
        verdict(&checks, subject);
    }
    assert!(!checks.iter().any(|check| check.to_string().contains("hidden")), "{checks:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_everything_up_nothing_fails_and_a_server_that_stops_is_missed() {
    let (mut site, smtp) = (Site::open(true).await, Smtp::start());
    let mut settings = site.settings();
    settings.extend([
        setting("OFFERS_NOTICES_EMAIL_URL", format!("smtp://{}", smtp.address())),
        setting("OFFERS_NOTICES_FROM", "Shop <shop@shop.example>"),
    ]);

    let (checks, overall, code) = examine(&settings);
    assert_eq!((overall.as_str(), code), ("warn", Some(0)), "{checks:?}");
    for subject in [
        "database",
        "database durability",
        "database schema",
        "clock",
        "redis",
        "activation partner",
        "mail server",
    ] {
        assert_eq!(verdict(&checks, subject), "ok", "{subject}: {checks:?}");
    }
    assert_eq!(verdict(&checks, "database role"), "warn", "the tests' role is a superuser");

    site.redis.as_mut().unwrap().kill();
    site.postgres.kill();
    let (checks, _, code) = examine(&settings);
    assert_eq!((verdict(&checks, "database"), verdict(&checks, "redis"), code), ("fail", "warn", Some(1)));
    assert_eq!(verdict(&checks, "activation partner"), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_migrations_are_named_with_the_command_that_runs_them() {
    let postgres = offers_testkit::servers::Postgres::start();
    let (checks, _, code) = examine(&[
        setting("DATABASE_URL", format!("{}/postgres", postgres.url())),
        setting("OFFERS_PARTNER_SIMULATE", "true"),
    ]);
    assert_eq!((verdict(&checks, "database"), code), ("ok", Some(1)));
    let schema = checks.iter().find(|check| check["subject"] == "database schema").unwrap();
    assert!(schema["seen"].as_str().unwrap().contains("0001_users_and_accounts"), "{schema}");
    assert!(schema["fix"].as_str().unwrap().contains("offers migrate"), "{schema}");
}

#[test]
fn people_read_one_line_for_each_thing_and_the_fix_below_it() {
    let folder = tempfile::tempdir().unwrap();
    let output = offers()
        .args(["doctor", "--data-dir"])
        .arg(folder.path())
        .env("SECRET_KEY", "please-change-me-please-change-me")
        .env("OFFERS_LISTN", NOWHERE)
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{printed}");
    let lines: Vec<_> = printed.lines().collect();
    for (word, fix) in [("OFFERS_LISTN", "offers config check"), ("looks copied", "openssl rand")] {
        let line = lines.iter().position(|line| line.starts_with("fail  settings") && line.contains(word));
        let below = lines[line.unwrap_or_else(|| panic!("{word} is not in {printed}")) + 1];
        assert!(below.trim_start().starts_with("fix: ") && below.contains(fix), "{below}");
    }
    assert!(!printed.contains("please-change"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthcheck_succeeds_where_a_server_is_ready_and_nowhere_else() {
    let mut server = Server::start(Options::default());
    let address = |url: &str| url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let (api, metrics) = (address(&server.url), address(&server.metrics_url));
    let check = |arguments: &[&str]| offers().arg("healthcheck").args(arguments).output().unwrap();

    assert_eq!(check(&["--listen", &api]).stdout, b"ready\n");
    assert_eq!(check(&["--worker", "--metrics-listen", &metrics]).status.code(), Some(0));

    server.kill();
    let gone = check(&["--listen", &api]);
    assert_eq!(gone.status.code(), Some(1));
    let said = String::from_utf8(gone.stderr).unwrap();
    assert!(said.contains(&api) && said.contains("[unwell]"), "{said}");
}
