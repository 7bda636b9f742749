//! `offers tour` plays the whole journey, whatever the store; and says so when something is not as it should be.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use offers_simulator::{Behaviour, Refusal};

use crate::support::{Options, Partner, Server, Site, offers};

/// What an operator prepares: somebody of staff, and a partner with money and a key.
pub struct Doors {
    /// Of the superuser `root`.
    pub password: &'static str,
    /// For everything.
    pub partner_key: String,
}

/// Opens the doors of the deployment that `command` reaches.
pub fn open(command: impl Fn(&[&str]) -> Command) -> Doors {
    let password = "a long password";
    let run = |arguments: &[&str], input: &str| {
        let mut child = command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["create-superuser", "--username", "root", "--email", "root@example.com"], password);
    run(&["partner", "create", "Kiosk"], "");
    run(&["partner", "credit", "Kiosk", "100.00", "--reason", "bank transfer"], "");
    let key = run(&["partner", "key", "Kiosk"], "");
    Doors { password, partner_key: key.lines().last().unwrap().to_owned() }
}

/// The tour through every door.
fn tour(url: &str, doors: &Doors) -> Output {
    let mut command = offers();
    command.args(["tour", "--base-url", url, "--staff-username", "root"]);
    command.env("TOUR_STAFF_PASSWORD", doors.password).env("TOUR_PARTNER_KEY", &doors.partner_key);
    command.output().unwrap()
}

/// Fails unless the whole tour went well; what it printed.
#[track_caller]
fn assert_no_surprise(output: &Output) -> String {
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.trim_end().ends_with("no surprise") && !printed.contains("Left out"), "{printed}");
    printed
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tour_goes_through_every_door_again_and_again() {
    let server = Server::start_plain();
    let doors = open(|arguments| {
        let mut command = offers();
        command.args(arguments).arg("--data-dir").arg(server.data_dir());
        command
    });

    let printed = assert_no_surprise(&tour(&server.url, &doors));
    assert_no_surprise(&tour(&server.url, &doors));

    for secret in ["password123", doors.password, &doors.partner_key, "eyJ"] {
        assert!(!printed.contains(secret), "{secret} is shown: {printed}");
    }
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tour_is_the_same_on_postgresql_and_redis() {
    let site = Site::open(true).await;
    let (api, _worker) = (site.start("offers-api", 1), site.start("offers-worker", 1));
    let doors = open(|arguments| {
        let mut command = offers();
        command.args(arguments).envs(site.settings());
        command
    });

    assert_no_surprise(&tour(&api.url, &doors));

    site.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_keys_only_the_customer_goes_and_what_is_left_out_is_said() {
    let server = Server::start_plain();
    let output = offers().args(["tour", "--base-url", &format!("{}/", server.url)]).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}");
    for needed in ["--partner-key", "--staff-password"] {
        assert!(printed.contains(&format!("Left out: it needs {needed}.")), "{printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_the_expected_one_ends_the_tour_with_a_sentence() {
    let refusal = Refusal { code: "barred".into(), message: "The line is barred".into() };
    let partner = Partner::scripted([Behaviour::Refuse(refusal)]).await;
    let server = Server::start(Options { partner: Some(partner.url.clone()), ..Options::default() });

    let output = offers().args(["tour", "--base-url", &server.url]).output().unwrap();

    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "offers: customer, step 7 (Follow it to its end): expected `status` to be \"SUCCESS\", and it is \"FAILED\" [command_failed]\n"
    );
}

#[test]
fn a_server_that_is_not_there_is_said_so() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (url, said) in
        [(format!("http://{nobody}"), "is the server running?"), ("nowhere".into(), "is not an address")]
    {
        let output = offers().args(["tour", "--base-url", &url]).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(
            error.starts_with("offers: ") && error.contains(said) && error.lines().count() == 1,
            "{error}"
        );
    }
}
