//! What the documentation tells people to type works.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::support::{Options, Partner, Server, offers};

fn read(page: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(page);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The fenced blocks of a page in this language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let text = read(page);
    let blocks = text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    blocks.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_of_the_readme_work_one_after_another() {
    let server = Server::start_plain();
    let calls: String =
        blocks("README.md", "sh").into_iter().filter(|block| block.contains("/api/v1/")).collect();
    assert!(calls.matches("curl").count() >= 3, "the README shows three calls");
    let script = format!("set -euo pipefail\n{}", calls.replace("http://127.0.0.1:8000", &server.url));

    let output = Command::new("bash").args(["-c", &script]).output().unwrap();

    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{script}\n{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("\"status\":\"SUCCESS\""), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_of_the_partners_page_work_one_after_another() {
    let printed = play("docs/partners.md");
    assert!(printed.contains("\"is_valid\":true"), "{printed}");
    assert!(printed.contains("\"kind\":\"charge\",\"amount\":\"-9.99\""), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_of_the_page_about_following_work_one_after_another() {
    let printed = play("docs/following.md");
    assert!(printed.contains("id: 1\nevent: status\ndata: {"), "{printed}");
    assert!(printed.contains("\"status\":\"SUCCESS\""), "{printed}");
    assert!(printed.ends_with("204\n"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_of_the_page_for_staff_work_one_after_another() {
    let printed = play("docs/staff.md");
    assert!(printed.contains("\"kind\":\"credit\",\"user_id\":1,\"amount\":\"5.00\""), "{printed}");
    assert!(printed.contains("\"price\":\"5.99\"") && printed.contains("\"version\":2"), "{printed}");
    assert!(printed.contains("retired  version 3"), "{printed}");
    assert!(printed.contains("\"kind\":\"credit\",\"partner_id\":"), "{printed}");
    assert!(printed.contains("\"key\":\"ok_live_"), "{printed}");
    for deed in ["wallet_credited", "wallet_debited", "user_locked", "user_unlocked"] {
        assert!(printed.contains(deed), "{deed}: {printed}");
    }
    assert!(!printed.contains("\"code\":"), "no call is refused: {printed}");
}

/// What the calls of a page print on a server of their own, one after another; each must work.
fn play(page: &str) -> String {
    let server = Server::start_plain();
    let calls = blocks(page, "sh").join("\n").replace("http://127.0.0.1:8000", &server.url);
    let program = Path::new(env!("CARGO_BIN_EXE_offers"));
    let offers = format!(
        "offers() {{ '{}' \"$@\" --data-dir '{}'; }}",
        program.display(),
        server.data_dir().display()
    );

    let mut shell = Command::new("bash");
    for name in ["DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ACTIVATION_PARTNER_URL"] {
        shell.env_remove(name);
    }
    let script = format!("set -euo pipefail\n{offers}\n{calls}");
    let output = shell.args(["-c", &script]).output().unwrap();

    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{script}\n{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    printed.into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_refusal_that_the_readme_shows_is_one() {
    let partner = Partner::start().await;
    let server = Server::start(Options { partner: Some(partner.url.clone()), ..Options::default() });
    let blocks = blocks("README.md", "sh");
    let block = blocks.iter().find(|block| block.contains("/simulator/behaviours")).unwrap();
    let call = &block[block.find("curl").unwrap()..];
    let call = call.replace("http://127.0.0.1:8090", &partner.url);
    assert!(Command::new("bash").args(["-c", &call]).output().unwrap().status.success(), "{call}");

    let customer = server.client().log_in("user1").await;
    let transaction = customer.activate(customer.offer(2).await.0).await;
    let end = customer.follow(&transaction).await;

    assert_eq!((&end["status"], &end["refunded"]), (&"FAILED".into(), &true.into()), "{end}");
}

/// What `offers … --help` prints.
fn help(command: &[&str]) -> String {
    let output = offers().args(command).arg("--help").output().unwrap();
    assert!(output.status.success(), "offers {command:?} --help");
    String::from_utf8(output.stdout).unwrap()
}

/// The words that a help page lists: commands, and flags.
fn listed(help: &str) -> BTreeSet<&str> {
    help.lines().flat_map(|line| line.split_whitespace().take(2)).collect()
}

#[test]
fn the_readme_lists_every_command_with_flags_that_exist() {
    let readme = read("README.md");
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `offers ")?.split('`').next());
    let mut named = BTreeSet::new();
    for row in rows {
        let (command, rest) = row.split_once(' ').unwrap_or((row, ""));
        let page = help(&[command]);
        for flag in rest.split(' ').filter(|word| word.starts_with("--")) {
            assert!(listed(&page).contains(flag), "offers {command} {flag}");
        }
        named.insert(command);
    }

    let page = help(&[]);
    let commands = page.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let commands: BTreeSet<_> = commands.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(named, commands.into_iter().filter(|command| *command != "help").collect());
}

#[test]
fn the_files_that_the_pages_point_to_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for page in ["README.md", "CONTRIBUTING.md"] {
        let text = read(page);
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        for target in targets.filter(|target| !target.is_empty() && !target.contains("://")) {
            assert!(root.join(target).exists(), "{page} points to {target}");
        }
    }
}

#[test]
fn the_commands_that_are_named_exist() {
    let makefile = read("Makefile");
    let help = help(&[]);
    let mut seen = 0;
    for page in ["README.md", "CONTRIBUTING.md"] {
        for line in blocks(page, "sh").join("\n").lines() {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("make") => {
                    let target = words.next().unwrap();
                    assert!(makefile.contains(&format!("\n{target}:")), "{page}: make {target}");
                    seen += 1;
                }
                Some("offers") => {
                    let command = words.next().unwrap();
                    assert!(help.contains(command), "{page}: offers {command}");
                    seen += 1;
                }
                _ => {}
            }
        }
    }
    assert!(seen > 3, "the pages name commands");
}
