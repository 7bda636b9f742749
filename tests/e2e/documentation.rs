//! What the documentation tells people to type works.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use offers_testkit::pages::{blocks, page, root, shell};

use crate::support::{Options, Partner, Server, offers};

/// Pages whose shell blocks are typed one after another, beside a server of their own. Each must print what is listed; what
/// follows `never` must not be printed.
macro_rules! played {
    ($($name:ident: $page:literal, [$($shown:literal),+], never [$($hidden:literal),*];)+) => {
        const PLAYED: &[&str] = &[$($page),+];
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let printed = play($page);
                $(assert!(printed.contains($shown), "{} is missing: {printed}", $shown);)+
                let hidden: &[&str] = &[$($hidden),*];
                for hidden in hidden {
                    assert!(!printed.contains(hidden), "{hidden} is there: {printed}");
                }
            }
        )+
    };
}

played! {
    the_blocks_of_the_readme_work: "README.md", ["\"status\":\"SUCCESS\""], never ["\"code\":"];
    the_blocks_of_the_quick_start_work: "docs/quick-start.md",
        ["\"status\":\"SUCCESS\"", " 0 differences", "no surprise"], never [];
    the_blocks_of_the_tour_work: "docs/tour.md",
        ["Left out: it needs --partner-key.", "no surprise", "customer.hurl"], never [];
    the_blocks_for_client_applications_work: "docs/client-apps.md",
        ["}304\n", "dempotent-", "\"status\":\"SUCCESS\"", "\"auto_renew\":true", "\"code\":\"validation_failed\"", "}401\n"],
        never ["\"code\":\"malformed_json\"", "\"code\":\"not_authenticated\""];
    the_blocks_about_following_work: "docs/following.md",
        ["id: 1\nevent: status\ndata: {", "\"status\":\"SUCCESS\"", "204\n"], never ["\"code\":"];
    the_blocks_for_partners_work: "docs/partners.md",
        ["\"is_valid\":true", "\"kind\":\"charge\",\"amount\":\"-9.99\""], never ["\"code\":"];
    the_blocks_about_webhooks_work: "docs/webhooks.md",
        ["\"secret\":\"whsec_", "registered webhook 3", "queued 0 events again"], never ["\"code\":"];
    the_blocks_for_staff_work: "docs/staff.md",
        [
            "\"kind\":\"credit\",\"user_id\":1,\"amount\":\"5.00\"", "\"price\":\"5.99\"", "\"version\":2",
            "retired  version 3", "\"kind\":\"credit\",\"partner_id\":", "\"key\":\"ok_live_", "wallet_credited",
            "wallet_debited", "user_locked", "user_unlocked"
        ],
        never ["\"code\":"];
    the_blocks_for_activation_partners_work: "docs/activation-partners.md",
        ["v1,/FJlB/ClVBbIsljwSj46FE1L9x94crGvqQH11ZUwB6I="], never [];
    the_blocks_about_operating_work: "docs/operating.md", [" 0 differences"], never [];
    the_looks_of_the_runbooks_work: "docs/runbooks.md", [": 0 differences", "0 open orders"], never [];
    the_blocks_about_money_work: "docs/money.md", [" 0 differences"], never [];
}

/// Blocks that are not played, by their page and first line, and why. The commands that they name must still exist.
const NOT_PLAYED: &[(&str, &str, &str)] = &[
    ("README.md", "cargo run", "starts the server that the other blocks talk to"),
    ("docs/quick-start.md", "cargo run", "starts the server that the other blocks talk to"),
    (
        "docs/quick-start.md",
        "# In a second terminal",
        "three terminals; the_refusal_that_the_pages_show_is_one",
    ),
    ("docs/operating.md", "cargo build --release --workspace", "takes minutes; the build is the same"),
    (
        "docs/operating.md",
        "export DATABASE_URL=",
        "names servers that exist elsewhere; many_processes.rs does the same",
    ),
    (
        "docs/activation-partners.md",
        "offers activation list",
        "needs a second partner; activation_partners.rs has one",
    ),
    (
        "docs/import.md",
        "# A role that may read is enough.",
        "reads the original's database; import.rs has one",
    ),
    (
        "docs/webhooks.md",
        "offers webhooks listen",
        "receives until it is stopped; webhook_receivers.rs does the same",
    ),
    (
        "docs/scaling.md",
        "   DATABASE_URL=\"$OWNER_DATABASE_URL\"",
        "needs a server with two roles; app_role.rs of the store has one",
    ),
    ("docs/scaling.md", "DATABASE_URL=\"$REPLICA_URL\"", "needs a replica"),
    ("docs/tour.md", "newman run", "foreign.rs runs both programs, which `make test-foreign` installs"),
    ("docs/deploy.md", "cargo build --release --locked", "takes minutes, and installs into the system"),
    ("docs/deploy.md", "psql \"$SUPERUSER_DATABASE_URL", "app_role.rs of the store makes such a role"),
    ("docs/deploy.md", "docker build", "needs a container engine"),
    ("docs/deploy.md", "cp deploy/.env.example", "needs a container engine"),
    ("docs/deploy.md", "useradd", "changes the system"),
    ("docs/deploy.md", "systemctl", "needs systemd"),
    ("docs/deploy.md", "kubectl apply --filename deploy/kubernetes/namespace", "needs a cluster"),
    ("docs/deploy.md", "kubectl delete job", "needs a cluster"),
    ("docs/deploy.md", "kubectl apply --kustomize deploy/kubernetes\n", "needs a cluster"),
    ("docs/deploy.md", "offers backup \"$BACKUP", "backup.rs plays it under load"),
    ("docs/deploy.md", "mkdir -m 0700 restored", "backup.rs plays it after a load"),
    ("docs/deploy.md", "pg_dump", "backup.rs plays it under load"),
    ("docs/deploy.md", "pg_restore", "backup.rs plays it after a load"),
    ("CONTRIBUTING.md", "make help", "builds and tests"),
    ("CONTRIBUTING.md", "cargo nextest run -p offers-domain", "builds and tests"),
    ("CONTRIBUTING.md", "make test-api", "builds and tests"),
    ("CONTRIBUTING.md", "make run", "runs until it is stopped"),
    ("CONTRIBUTING.md", "cargo run --quiet --package offers-testkit", "builds and tests"),
];

/// Every page of the repository that people read.
pub fn pages() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders: Vec<PathBuf> =
        ["docs", "crates", "benches", "deploy"].map(|name| root().join(name)).into();
    let top = std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = top.filter(|path| path.is_file()).collect();
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    for path in files.into_iter().filter(|path| path.extension().is_some_and(|end| end == "md")) {
        found.insert(path.strip_prefix(root()).unwrap().display().to_string());
    }
    assert!(found.len() > 30, "{found:?}");
    found
}

/// What is to be typed into a shell, whatever the page calls it.
fn shell_blocks(path: &str) -> Vec<String> {
    let text = page(path);
    ["sh", "bash", "shell", "console", "zsh"].iter().flat_map(|language| blocks(&text, language)).collect()
}

/// The first lines of a page's blocks that no fence begins, where nobody would look for commands.
fn indented_blocks(text: &str) -> Vec<&str> {
    let (mut found, mut fenced, mut before) = (Vec::new(), false, "");
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && before.is_empty() && line.starts_with("    ") {
            found.push(line);
        }
        before = line;
    }
    found
}

/// Whether a block of this page is one that is not played.
fn is_excused(path: &str, block: &str) -> bool {
    NOT_PLAYED.iter().any(|(excused, line, _)| *excused == path && block.starts_with(line))
}

/// The blocks of a page that are played.
fn to_play(path: &str) -> Vec<String> {
    shell_blocks(path).into_iter().filter(|block| !is_excused(path, block)).collect()
}

/// What the blocks of a page print, one after another; each must work.
fn play(path: &str) -> String {
    let server = Server::start_plain();
    let calls = to_play(path).join("\n").replace("http://127.0.0.1:8000", &server.url);
    let program = Path::new(env!("CARGO_BIN_EXE_offers"));
    let data = server.data_dir().display();
    // The settings file and the folders that a block names are in a folder of its own.
    let script = format!(
        "set -euo pipefail\ncd '{data}'\noffers() {{\n  case \"$1\" in\n    tour) '{0}' \"$@\" ;;\n    \
         *) '{0}' \"$@\" --data-dir '{data}' ;;\n  esac\n}}\n{calls}",
        program.display(),
    );

    let mut shell = shell();
    for name in ["DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ACTIVATION_PARTNER_URL"] {
        shell.env_remove(name);
    }
    let output = shell.args(["-c", &script]).output().unwrap();

    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{script}\n{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    printed.into_owned()
}

#[test]
fn every_shell_block_is_played_or_excused() {
    let mut excused = BTreeSet::new();
    for path in pages() {
        for block in shell_blocks(&path) {
            let line = block.lines().next().unwrap_or_default();
            if is_excused(&path, &block) {
                excused.insert((path.clone(), line.to_owned()));
            } else {
                assert!(PLAYED.contains(&path.as_str()), "nobody plays this block of {path}: {line}");
            }
        }
    }
    assert_eq!(excused.len(), NOT_PLAYED.len(), "an excuse is for one block that is there: {excused:?}");
    for path in PLAYED {
        assert!(!to_play(path).is_empty(), "{path} has nothing to play");
    }
    for (path, line, why) in NOT_PLAYED {
        assert!(!why.is_empty(), "{path}: {line}");
    }
}

#[test]
fn every_block_says_what_it_is_written_in() {
    for path in pages() {
        assert_eq!(indented_blocks(&page(&path)), [""; 0], "{path}: a fence says the language");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_refusal_that_the_pages_show_is_one() {
    let partner = Partner::start().await;
    let server = Server::start(Options { partner: Some(partner.url.clone()), ..Options::default() });
    let blocks = shell_blocks("docs/quick-start.md");
    let block = blocks.iter().find(|block| block.contains("/simulator/behaviours")).unwrap();
    let call = &block[block.find("curl").unwrap()..];
    let call = call.replace("http://127.0.0.1:8090", &partner.url);
    assert!(shell().args(["-c", &call]).output().unwrap().status.success(), "{call}");

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
    let readme = page("README.md");
    let cells = readme
        .lines()
        .filter(|line| line.starts_with("| `offers "))
        .filter_map(|line| line.split(" | ").next());
    let rows = cells.flat_map(|cell| cell.split("`offers ").skip(1)).filter_map(|row| row.split('`').next());
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

/// The pages in `docs` are a book, whose builder follows their links.
#[test]
fn the_files_that_the_other_pages_point_to_exist() {
    for path in pages().into_iter().filter(|path| !path.starts_with("docs/")) {
        let text = page(&path);
        let folder = root().join(&path).parent().unwrap().to_owned();
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        for target in targets.filter(|target| !target.is_empty() && !target.contains("://")) {
            assert!(folder.join(target).exists(), "{path} points to {target}");
        }
    }
}

#[test]
fn the_commands_in_blocks_that_are_not_played_exist() {
    let makefile = page("Makefile");
    let help = help(&[]);
    let mut seen = 0;
    for path in pages() {
        for block in shell_blocks(&path).into_iter().filter(|block| is_excused(&path, block)) {
            for line in block.lines() {
                let mut words = line.split_whitespace();
                match words.next() {
                    Some("make") => {
                        let target = words.next().unwrap();
                        assert!(makefile.contains(&format!("\n{target}:")), "{path}: make {target}");
                        seen += 1;
                    }
                    Some("offers") => {
                        let command = words.next().unwrap();
                        assert!(listed(&help).contains(command), "{path}: offers {command}");
                        seen += 1;
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(seen > 8, "the pages name commands");
}
