//! What the documentation tells people to type works.

use std::path::Path;
use std::process::Command;

use crate::support::Server;

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
        blocks("README.md", "sh").into_iter().filter(|block| block.contains("curl")).collect();
    assert!(calls.matches("curl").count() >= 3, "the README shows three calls");
    let script = format!("set -euo pipefail\n{}", calls.replace("http://127.0.0.1:8000", &server.url));

    let output = Command::new("bash").args(["-c", &script]).output().unwrap();

    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{script}\n{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("\"status\":\"SUCCESS\""), "{printed}");
}

#[test]
fn the_commands_that_are_named_exist() {
    let makefile = read("Makefile");
    let help = String::from_utf8(crate::support::offers().arg("--help").output().unwrap().stdout).unwrap();
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
