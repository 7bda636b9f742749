//! What we write for other programs, in the hands of those programs: `make test-foreign` installs them.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use offers_testkit::pages::{blocks, page, root};
use offers_testkit::servers::tool;

use crate::support::Server;
use crate::tour::{Doors, open};

/// The folder that `make test-foreign` installs into.
fn tools() -> PathBuf {
    root().join("target/tools")
}

/// A program that must be there.
fn program(path: &str) -> Command {
    let path = tools().join(path);
    assert!(path.exists(), "{} is missing: run `make test-foreign`", path.display());
    Command::new(path)
}

#[track_caller]
fn assert_success(output: &Output) {
    let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}

/// A server with the doors of the whole tour open, and what a caller must be told of it, by name.
fn shop() -> (Server, Vec<(&'static str, String)>) {
    let server = Server::start_plain();
    let Doors { password, partner_key } = open(|arguments| {
        let mut command = crate::support::offers();
        command.args(arguments).arg("--data-dir").arg(server.data_dir());
        command
    });
    let told = vec![
        ("base_url", server.url.clone()),
        ("username", "user1".into()),
        ("password", "password123".into()),
        ("partner_key", partner_key),
        ("staff_username", "root".into()),
        ("staff_password", password.into()),
    ];
    (server, told)
}

#[tokio::test(flavor = "multi_thread")]
async fn newman_plays_the_postman_collection() {
    let (server, told) = shop();
    let mut newman = program("node_modules/.bin/newman");
    newman.arg("run").arg(root().join("docs/collections/offers.postman_collection.json"));
    for (name, value) in told {
        newman.arg("--env-var").arg(format!("{name}={value}"));
    }
    assert_success(&newman.output().unwrap());
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn hurl_plays_its_files() {
    let (server, told) = shop();
    for journey in ["customer", "partner", "staff"] {
        let mut hurl = program("bin/hurl");
        hurl.arg("--test");
        for (name, value) in &told {
            hurl.arg("--variable").arg(format!("{name}={value}"));
        }
        hurl.arg(root().join(format!("docs/collections/{journey}.hurl")));
        assert_success(&hurl.output().unwrap());
    }
    server.assert_money_adds_up();
}

/// Runs a script that a program reads from its standard input; what it printed.
fn run(mut program: Command, script: &str) -> String {
    let streams = program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = streams.spawn().unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_success(&output);
    String::from_utf8(output.stdout).unwrap()
}

fn node() -> Command {
    let mut node = tool("node", "nodejs");
    node.arg("--input-type=module").current_dir(tools());
    node
}

#[test]
fn the_examples_in_python_and_javascript_sign_as_the_page_says() {
    const SIGNATURE: &str = "v1,/FJlB/ClVBbIsljwSj46FE1L9x94crGvqQH11ZUwB6I=";
    let text = page("docs/activation-partners.md");
    assert!(text.contains(&format!("`{SIGNATURE}`")));
    let [python] = blocks(&text, "python").try_into().unwrap();
    let [js] = blocks(&text, "js").try_into().unwrap();
    assert_eq!(run(tool("python3", "python3"), &python).trim(), SIGNATURE);
    assert_eq!(run(node(), &js).trim(), SIGNATURE);
}

#[test]
fn mermaid_itself_understands_every_diagram() {
    let mut diagrams = Vec::new();
    for path in crate::documentation::pages() {
        diagrams.extend(blocks(&page(&path), "mermaid").into_iter().map(|block| (path.clone(), block)));
    }
    assert!(diagrams.len() > 10, "{diagrams:?}");
    let mut node = node();
    node.env("DIAGRAMS", serde_json::to_string(&diagrams).unwrap());
    run(node, &page("tests/e2e/foreign/mermaid.mjs"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_logs_in_on_the_interactive_page_and_asks_nobody_else() {
    let server = Server::start_plain();
    let mut node = node();
    node.env("BASE_URL", &server.url).env("BROWSER", tool("chromium", "chromium").get_program());
    node.env("USERNAME", "user1").env("PASSWORD", "password123");
    run(node, &page("tests/e2e/foreign/swagger.mjs"));
}
