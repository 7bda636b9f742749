//! What docs/webhooks.md tells receivers: every example is run as it stands there.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use offers_testkit::pages::shell;
use offers_testkit::servers::tool;

use crate::support::offers;

const PAGE: &str = include_str!("../../docs/webhooks.md");
const SECRET: &str = "whsec_b2ZmZXJzLWFwaS1leGFtcGxlLXNlY3JldCE=";
const ID: &str = "evt_3f2b8a540c1d4e6f9a7b112233445566";
const TIMESTAMP: &str = "1795176000";

/// The first block of this language.
fn block(language: &str) -> String {
    let (_, begun) = PAGE.split_once(&format!("\n```{language}\n")).expect(language);
    begun.split_once("\n```").unwrap().0.to_owned()
}

/// The signature and the body of the page's example.
fn example() -> (String, String) {
    let text = block("text");
    let header = |name: &str| {
        text.lines().find_map(|line| line.strip_prefix(name)).expect(name).trim_start().to_owned()
    };
    assert_eq!((header("webhook-id:"), header("webhook-timestamp:")), (ID.into(), TIMESTAMP.into()));
    (header("webhook-signature:"), text.lines().last().unwrap().to_owned())
}

/// Whether the program says yes to this body and signature.
fn says_yes(mut program: Command, body: &str, signature: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("body.json");
    std::fs::write(&file, body).unwrap();
    program.envs([("SECRET", SECRET), ("ID", ID), ("TIMESTAMP", TIMESTAMP)]);
    let output = program.env("SIGNATURE", signature).env("BODY", &file).output().unwrap();
    let code = output.status.code();
    assert!(code == Some(0) || code == Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    code == Some(0)
}

/// The example says yes to the page's message and to one of two signatures, and no to anything that was changed.
fn check(runner: impl Fn() -> Command, option: &str, program: &str) {
    let (signature, body) = example();
    let accepts = |body: &str, signature: &str| {
        let mut command = runner();
        command.args([option, program]);
        says_yes(command, body, signature)
    };
    assert!(accepts(&body, &signature));
    assert!(accepts(&body, &format!("v1,AAAA {signature}")));
    assert!(!accepts(&body.replace("succeeded", "failed"), &signature));
    assert!(!accepts(&body, "v1,AAAA"));
}

#[test]
fn the_example_in_python_is_right() {
    let program = block("python")
        + "\nimport os, sys\n\
           env = os.environ\n\
           body = open(env['BODY'], 'rb').read()\n\
           good = verify(env['SECRET'], env['ID'], env['TIMESTAMP'], env['SIGNATURE'], body, 10**12)\n\
           late = verify(env['SECRET'], env['ID'], env['TIMESTAMP'], env['SIGNATURE'], body, -1)\n\
           sys.exit(0 if good and not late else 3)\n";
    check(|| tool("python3", "python3"), "-c", &program);
}

#[test]
fn the_example_in_javascript_is_right() {
    let program = block("javascript")
        + "\nconst env = process.env;\n\
           const body = require('node:fs').readFileSync(env.BODY);\n\
           const verified = (age) => verify(env.SECRET, env.ID, env.TIMESTAMP, env.SIGNATURE, body, age);\n\
           process.exit(verified(1e12) && !verified(-1) ? 0 : 3);\n";
    check(|| tool("node", "nodejs"), "-e", &program);
}

#[test]
fn the_example_for_the_shell_is_right() {
    let program = PAGE.split("\n```sh\n").find(|block| block.contains("verify() {")).unwrap();
    let program = program.split_once("\n```").unwrap().0.to_owned()
        + "\nverify \"$SECRET\" \"$ID\" \"$TIMESTAMP\" \"$SIGNATURE\" \"$BODY\" && exit 0\nexit 3\n";
    check(shell, "-c", &program);
}

#[test]
fn offers_webhooks_verify_knows_the_example_and_that_it_is_old() {
    let (signature, body) = example();
    let verify = |signature: &str, more: &[&str]| {
        let mut command = offers();
        command.args(["webhooks", "verify", "--secret", SECRET, "--id", ID, "--timestamp", TIMESTAMP]);
        command.args(["--signature", signature]).args(more).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (good, said) = verify(&signature, &["--any-age"]);
    assert!(good && said.contains("the signature is good"), "{said}");
    let (good, said) = verify(&signature, &[]);
    assert!(!good && said.contains("five minutes"), "{said}");
    let (good, said) = verify("v1,AAAA", &["--any-age"]);
    assert!(!good && said.contains("no signature fits"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn offers_webhooks_listen_prints_what_it_believes_and_what_not() {
    let mut command = offers();
    command.args(["webhooks", "listen", "--port", "0", "--secret", SECRET]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let ready = lines.next().unwrap().unwrap();
    let url = ready.strip_prefix("listening on ").unwrap().to_owned();
    let (signature, body) = example();
    let client = crate::support::Client::new(&url);
    let headers =
        [("webhook-id", ID), ("webhook-timestamp", TIMESTAMP), ("webhook-signature", signature.as_str())];
    let sent = client.send(reqwest::Method::POST, "/", &headers, Some(body.into_bytes())).await;
    assert_eq!(sent.status, 401, "the example is old");
    let said = lines.next().unwrap().unwrap();
    assert!(said.contains("NOT BELIEVED") && said.contains(ID), "{said}");
    child.kill().unwrap();
    child.wait().unwrap();
}
