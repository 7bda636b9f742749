//! Codes that explain themselves: in answers, at the end of a command that failed, and when asked.

use crate::support::{Server, offers};

/// What the command prints, and how it ends.
fn run(arguments: &[&str]) -> (String, String, Option<i32>) {
    let output = offers().args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_the_api_answered_is_explained_by_the_command_in_the_same_words() {
    let server = Server::start_plain();
    let customer = server.client().log_in("user1").await;
    let problem = customer.get("/api/v1/offers/4711/").await.json();
    let page = customer.get(&format!("{}/", problem["type"].as_str().unwrap())).await.json();

    let (said, _, code) = run(&["explain", problem["code"].as_str().unwrap()]);

    assert_eq!(code, Some(0));
    assert!(said.starts_with("offer_not_found: Offer not found (HTTP 404)\n"), "{said}");
    for text in [&problem["title"], &problem["detail"], &page["remedy"]] {
        assert!(said.contains(text.as_str().unwrap()), "{text} is not in {said}");
    }
}

#[test]
fn a_command_that_fails_names_a_code_that_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("none");
    let (_, error, exit) = run(&["verify", "--data-dir", data_dir.to_str().unwrap()]);
    assert_eq!(exit, Some(1));
    let code = error.trim_end().rsplit_once(" [").unwrap().1.trim_end_matches(']');
    assert_eq!(code, "store_unusable");
    let (said, _, exit) = run(&["explain", code]);
    assert!(exit == Some(0) && said.contains("What to do: ") && said.contains("(exit 1)"), "{said}");
}

#[test]
fn without_a_code_all_of_them_are_listed() {
    let (said, _, exit) = run(&["explain"]);
    assert_eq!(exit, Some(0));
    assert!(said.lines().count() > 50, "{said}");
    for line in ["HTTP 400  insufficient_balance", "HTTP 503  overloaded", "exit 2    setting_refused"] {
        assert!(said.lines().any(|known| known.starts_with(line)), "{line} is not in {said}");
    }
}

#[test]
fn a_code_that_does_not_exist_is_refused_with_a_suggestion() {
    for (code, suggestion) in [("offer_notfound", "did you mean offer_not_found?"), ("zzz", "lists them all")]
    {
        let (said, error, exit) = run(&["explain", code]);
        assert_eq!((said.as_str(), exit), ("", Some(2)));
        assert!(error.contains(suggestion) && error.lines().count() == 1, "{error}");
    }
}
