//! The command line: what works, and one clear sentence for what does not.

use std::io::Write;
use std::net::TcpListener;
use std::process::{Output, Stdio};

use serde_json::json;

use crate::support::{Client, Options, Server, Site, binary, offers};

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Exactly one line on standard error, and not a stack trace.
#[track_caller]
fn assert_one_sentence(output: &Output, code: i32, words: &[&str]) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{}", said(output));
    assert_eq!(error.trim_end().lines().count(), 1, "{error}");
    for word in words {
        assert!(error.contains(word), "{word} is not in {error}");
    }
}

#[test]
fn a_port_in_use_is_said_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let free = "127.0.0.1:0";
    for (api, metrics, flag) in
        [(address.as_str(), free, "--listen"), (free, address.as_str(), "--metrics-listen")]
    {
        let arguments = ["serve", "--listen", api, "--metrics-listen", metrics, "--data-dir"];
        let output = offers().args(arguments).arg(folder.path()).output().unwrap();
        assert_one_sentence(&output, 1, &[&address, "already in use", flag]);
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_said_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    std::fs::write(&file, "in the way").unwrap();
    let output = offers()
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(file.join("data"))
        .output()
        .unwrap();
    assert_one_sentence(&output, 1, &["cannot write to the data folder", "a-file"]);
}

#[test]
fn wrong_settings_are_said_in_one_sentence() {
    for (name, value, word) in [
        ("OFFERS_LISTEN", "nowhere", "listen"),
        ("OFFERS_LISTN", "127.0.0.1:1", "OFFERS_LISTN is not a setting"),
        ("OFFERS_CURRENCY", "euro", "currency"),
        ("OFFERS_LOG_FORMAT", "xml", "auto, pretty or json"),
        ("SECRET_KEY", "short", "at least 32 bytes"),
        ("DATABASE_URL", "mysql://localhost/offers", "postgres:// or sqlite:"),
        ("REDIS_URL", "localhost:6379", "redis_url"),
        ("ACTIVATION_PARTNER_URL", "not a url", "activation_partner_url"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let output = offers().env(name, value).arg("--data-dir").arg(folder.path()).output().unwrap();
        assert_one_sentence(&output, 2, &[word]);
    }
}

#[test]
fn a_worker_without_an_activation_partner_does_not_pretend_to_have_one() {
    let folder = tempfile::tempdir().unwrap();
    assert!(offers().args(["migrate", "--data-dir"]).arg(folder.path()).status().unwrap().success());
    let arguments = ["--metrics-listen", "127.0.0.1:0", "--data-dir"];
    let output = binary("offers-worker").args(arguments).arg(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("ACTIVATION_PARTNER_URL"), "{}", said(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_the_partner_is_simulated_only_where_that_is_asked_for() {
    let site = Site::open(false).await;
    let folder = tempfile::tempdir().unwrap();
    let settings: Vec<_> =
        site.settings().into_iter().filter(|(name, _)| *name != "ACTIVATION_PARTNER_URL").collect();
    let output = offers()
        .args(["serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.path())
        .envs(settings.clone())
        .output()
        .unwrap();
    assert_one_sentence(&output, 2, &["ACTIVATION_PARTNER_URL", "--simulate-partner"]);

    let data_dir = folder.path().join("data");
    let asked = [("OFFERS_PARTNER_SIMULATE", "true".to_owned())];
    let settings = settings.into_iter().chain(asked).collect();
    let server = Server::start_binary("offers", &data_dir, Options { settings, ..Options::default() });
    assert!(server.banner.contains("simulated"), "{}", server.banner);
    let customer = server.client().log_in("user1").await;
    let order = customer.activate(customer.offer(2).await.0).await;
    assert_eq!(customer.follow(&order).await["status"], "SUCCESS");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_server_at_a_time_serves_an_embedded_store() {
    let server = Server::start_plain();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--data-dir"];
    let output = offers().args(arguments).arg(server.data_dir()).output().unwrap();
    assert_one_sentence(&output, 1, &["another server serves requests on", "DATABASE_URL"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_first_start_is_finished_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    std::fs::create_dir(&data_dir).unwrap();
    std::fs::write(data_dir.join("secret_key"), "too short").unwrap();
    let output = offers()
        .args(["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--data-dir"])
        .arg(&data_dir)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    std::fs::remove_file(data_dir.join("secret_key")).unwrap();

    let server = Server::start_binary("offers", &data_dir, Options::default());

    assert_eq!(log_in_as_admin(&server).await, 200);
    server.client().log_in("user5").await;
}

#[test]
fn a_database_of_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("offers.db"),
        "this is no database, only text that lies here\n".repeat(50),
    )
    .unwrap();
    let output = offers().args(["verify", "--data-dir"]).arg(folder.path()).output().unwrap();
    assert_one_sentence(&output, 1, &["offers.db"]);
}

#[test]
fn migrate_seed_and_verify_work_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = offers().args(arguments).arg("--data-dir").arg(folder.path()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        said(&output)
    };
    run(&["migrate"]);
    assert!(run(&["migrate"]).contains("up to date"));
    assert!(run(&["seed", "--users", "7", "--offers", "15"]).contains("7 users and 15 offers"));
    assert!(run(&["seed", "--users", "7", "--offers", "15"]).contains("0 users and 0 offers"));
    assert!(run(&["verify"]).contains("0 differences"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_superuser_made_on_the_command_line_can_log_in() {
    let server = Server::start_plain();
    let mut child = offers()
        .args(["create-superuser", "--username", "root1", "--email", "root1@example.com", "--data-dir"])
        .arg(server.data_dir())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"a long password\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", said(&output));

    let body = json!({"username": "root1", "password": "a long password"});
    let tokens = server.client().post("/api/v1/auth/login/", body).await.expect(200).json();
    let root = server.client().with_token(tokens["access_token"].as_str().unwrap());
    let profile = root.get("/api/v1/auth/profile/").await.expect(200).json();
    assert_eq!((&profile["role"], &profile["is_staff"]), (&json!("superuser"), &json!(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_generated_staff_password_of_the_first_start_works() {
    let server = Server::start_plain();
    assert_eq!(log_in_as_admin(&server).await, 200);
}

/// The status of a login with the password that the banner shows.
async fn log_in_as_admin(server: &Server) -> u16 {
    let line = server.banner.lines().find(|line| line.contains("admin")).unwrap();
    let password = line.split_whitespace().last().unwrap();
    let body = json!({"username": "admin", "password": password});
    server.client().post("/api/v1/auth/login/", body).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn the_simulated_partner_runs_as_a_process() {
    let mut child = offers()
        .args(["simulate-partner", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line)
        .unwrap();
    let url = line[line.find("http://").unwrap()..].trim().to_owned();
    let partner = Client::new(&url);
    let unknown = "/activations/01890000-0000-7000-8000-000000000000";
    assert_eq!(partner.get(unknown).await.expect(404).json()["status"], "not_found");
    child.kill().unwrap();
    child.wait().unwrap();
}
