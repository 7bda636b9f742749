//! Taking over from the original application: its database as Django makes it, read by the real binary into both stores.

use std::path::Path;
use std::process::{Command, Output};

use offers_testkit::servers::{Authority, Database, Postgres, psql};
use serde_json::json;

use crate::support::{Client, Options, SITE_KEY, Server, offers};

const FIXTURE: &str = include_str!("../fixtures/django.sql");

/// Where it is imported into.
enum Target {
    File(tempfile::TempDir),
    Server(tempfile::TempDir, Database),
}

impl Target {
    async fn both() -> [Self; 2] {
        let folder = || tempfile::tempdir().unwrap();
        let targets = [Self::File(folder()), Self::Server(folder(), Database::empty().await)];
        for target in &targets {
            assert!(target.run(&["migrate"]).status.success());
        }
        targets
    }

    fn data_dir(&self) -> &Path {
        let (Self::File(folder) | Self::Server(folder, _)) = self;
        folder.path()
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::File(_) => Vec::new(),
            Self::Server(_, database) => vec![
                ("DATABASE_URL", database.url()),
                ("SECRET_KEY", SITE_KEY.to_owned()),
                ("OFFERS_PARTNER_SIMULATE", "true".to_owned()),
            ],
        }
    }

    fn command(&self) -> Command {
        let mut command = offers();
        command.arg("--data-dir").arg(self.data_dir()).envs(self.settings());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().unwrap()
    }

    /// What the import says.
    fn import(&self, source: &Database, arguments: &[&str]) -> String {
        let mut command = self.command();
        command.args(["import", "django", "--from", &source.url()]).args(arguments);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn verify(&self) {
        let output = self.run(&["verify"]);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("0 differences"), "{said}");
    }

    fn serve(&self) -> Server {
        let options = Options { settings: self.settings(), ..Options::default() };
        Server::start_binary("offers", self.data_dir(), options)
    }
}

async fn original() -> Database {
    let source = Database::empty().await;
    source.execute(FIXTURE).await.unwrap();
    source
}

/// The numbers of a line of the report.
#[track_caller]
fn line(report: &str, name: &str) -> Vec<String> {
    let line = report.lines().find(|line| line.starts_with(name));
    let line = line.unwrap_or_else(|| panic!("no line {name} in\n{report}"));
    line[name.len()..].split_whitespace().map(str::to_owned).collect()
}

async fn log_in(server: &Server, username: &str, password: &str) -> Option<Client> {
    let body = json!({"username": username, "password": password});
    let answer = server.client().post("/api/v1/auth/login/", body).await;
    (answer.status == 200)
        .then(|| server.client().with_token(answer.json()["access_token"].as_str().unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_original_that_speaks_tls_is_read_where_somebody_vouches_for_it() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let server = Postgres::start_secure(&authority.vouch_for("127.0.0.1"));
    let url = format!("{}/postgres", server.url());
    assert!(psql(&url).args(["--command", FIXTURE]).output().unwrap().status.success());
    let [target, _] = Target::both().await;
    let import = |authority: &Authority| {
        let from = format!("{url}?sslmode=verify-full");
        let mut command = target.command();
        command.args(["import", "django", "--from", &from]).env("SSL_CERT_FILE", authority.file());
        command.output().unwrap()
    };
    let read = import(&authority);
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    assert_eq!(line(&String::from_utf8(read.stdout).unwrap(), "people"), ["7", "6", "0", "1"]);

    let refused = import(&stranger);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("invalid peer certificate"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_says_what_would_be_taken_and_changes_nothing() {
    let source = original().await;
    for target in Target::both().await {
        let first = target.import(&source, &[]);
        assert!(first.contains("nothing was written"), "{first}");
        assert_eq!(line(&first, "people"), ["7", "6", "0", "1"]);
        assert_eq!(line(&first, "offers"), ["4", "2", "0", "2"]);
        assert_eq!(line(&first, "wallets"), ["6", "4", "0", "2"]);
        assert_eq!(line(&first, "orders of customers"), ["12", "6", "0", "6"]);
        assert_eq!(line(&first, "orders of partners"), ["2", "1", "0", "1"]);
        assert_eq!(line(&first, "subscriptions without an order"), ["1", "0", "0", "1"]);
        assert_eq!(target.import(&source, &[]), first, "a second trial finds the same");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_adds_up_and_is_taken_once() {
    let source = original().await;
    for target in Target::both().await {
        let trial = target.import(&source, &[]);
        let report = target.import(&source, &["--apply"]);
        let tables = |text: &str| text.split("\nNot taken").next().unwrap().to_owned();
        assert_eq!(tables(&report), tables(&trial), "the trial told the truth");
        // 100000062.49 there, of which 7.00 of a person who is not taken and 5.00 of debts are left.
        assert_eq!(line(&report, "  EUR"), ["100000062.49", "100000060.49", "0.00", "2.00"]);
        assert_eq!(line(&report, "wallets, EUR"), ["0.00", "100000060.49"]);
        assert!(report.contains("0 differences"), "{report}");
        target.verify();

        let again = target.import(&source, &["--apply"]);
        assert_eq!(line(&again, "people"), ["7", "0", "6", "1"]);
        assert_eq!(line(&again, "  EUR"), ["100000062.49", "0.00", "100000060.49", "2.00"]);
        assert_eq!(line(&again, "orders of customers"), ["12", "0", "6", "6"]);
        assert_eq!(line(&again, "wallets, EUR"), ["100000060.49", "100000060.49"]);
        target.verify();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_that_is_not_taken_is_named_with_its_reason() {
    let source = original().await;
    let [target, _] = Target::both().await;
    let report = target.import(&source, &[]);
    for sentence in [
        "  user 5: username may hold letters",
        "  offer 3: duration must be from 1 to 3650 days",
        "  offer 4: the amount 0.00 must be greater than zero",
        "  account 4: its user is not taken",
        "  account 5: the balance -5.00 is below zero",
        "  transaction 6: its user is not taken",
        "  transaction 7: its offer is not taken",
        "  transaction 8: the status REVERSED is unknown",
        "  transaction 9: the transaction id TX-0009 is not a UUID",
        "  transaction 10: its subscription lasts less than a day",
        "  transaction 12: another order has its transaction id",
        "  partner_transaction 3: a partner's order that is still open",
        "  user_offer 7: no order paid for it",
        "  user 1: has no usable e-mail address",
        "  user 4: has no password",
        "  transaction 3: has not ended",
        "  transaction 5: succeeded without a subscription",
        "  transaction 11: its subscription was switched off",
    ] {
        assert!(report.contains(sentence), "{sentence} is not in\n{report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_log_in_with_their_old_passwords_which_are_hashed_anew() {
    let source = original().await;
    for target in Target::both().await {
        target.import(&source, &["--apply"]);
        let server = target.serve();
        for (name, password, may) in [
            ("anna", "the old password", true),
            ("Anna", "another password", true),
            ("root", "the root password", true),
            ("anna", "another password", false),
            ("bert", "!", false),
            ("emil", "", false),
        ] {
            assert_eq!(log_in(&server, name, password).await.is_some(), may, "{name}");
        }
        let anna = log_in(&server, "anna", "the old password").await.unwrap();
        let profile = anna.get("/api/v1/auth/profile/").await.expect(200).json();
        assert_eq!((&profile["email"], &profile["role"]), (&json!("anna@example.com"), &json!("customer")));
        assert_eq!(profile["date_joined"], "2024-02-01T08:30:00.000Z");
        if let Target::Server(_, database) = &target {
            let kind = |name: &str| {
                let query =
                    format!("SELECT split_part(password_hash, '$', 2) FROM users WHERE username = '{name}'");
                async move { database.texts(&query).await }
            };
            assert_eq!(kind("anna").await, ["argon2id"]);
            assert_eq!(kind("root").await, ["argon2id"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_find_their_wallet_subscriptions_and_orders() {
    let source = original().await;
    for target in Target::both().await {
        target.import(&source, &["--apply", "--category", "tv"]);
        let server = target.serve();
        let anna = log_in(&server, "anna", "the old password").await.unwrap();
        let account = anna.get("/api/v1/account/").await.expect(200).json();
        assert_eq!(account["balance"], "50.00");
        assert_eq!(account["subscriptions"].as_array().unwrap().len(), 1);
        let first = "00000000-0000-4000-8000-000000000001";
        assert_eq!(account["subscriptions"][0]["transaction_id"], first);
        let status = anna.get(&format!("/api/v1/activation/status/{first}/")).await.expect(200).json();
        assert_eq!(
            (&status["status"], &status["reference"]),
            (&json!("SUCCESS"), &json!("REF-A1B2C3D4E5F6"))
        );
        let offers = anna.get("/api/v1/offers/").await.expect(200).json();
        assert_eq!(offers["data"].as_array().unwrap().len(), 1);
        assert_eq!(
            (&offers["data"][0]["name"], &offers["data"][0]["category"]),
            (&json!("Fibre"), &json!("tv"))
        );

        // A wallet from before pays for an order of today, and the orders that had not ended are left alone.
        let body = json!({"offer_id": offers["data"][0]["id"]});
        let order = anna.post("/api/v1/activation/", body.clone()).await;
        order.expect_problem(409, "order_in_progress");
        let key = [("idempotency-key", "another-one-please")];
        let order = anna.post_with("/api/v1/activation/", &key, body).await.expect(202).json();
        let end = anna.follow(order["transaction_id"].as_str().unwrap()).await;
        assert_eq!(end["status"], "SUCCESS");
        assert_eq!(anna.cents().await, 5000 - 1999);
        for open in ["00000000-0000-4000-8000-000000000003", "00000000-0000-4000-8000-000000000004"] {
            let status = anna.get(&format!("/api/v1/activation/status/{open}/")).await.expect(200).json();
            assert_eq!((&status["status"], &status["refunded"]), (&json!("PROCESSING"), &json!(false)));
            assert_eq!(status["sub_status"], "needs_attention");
        }
        target.verify();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_new_since_is_added_and_what_changed_is_said() {
    let (source, targets) = (original().await, Target::both().await);
    for target in &targets {
        target.import(&source, &["--apply"]);
    }
    let since = "
        INSERT INTO auth_user
            (id, username, email, password, is_superuser, is_staff, is_active, first_name, last_name, date_joined)
        VALUES (8, 'fred', 'fred@example.com', '!', FALSE, FALSE, TRUE, '', '', now());
        INSERT INTO accounts_account (id, user_id, balance) VALUES (7, 8, 1.00);
        UPDATE accounts_account SET balance = 30.01 WHERE id = 1;
        UPDATE activation_transaction SET status = 'SUCCESS' WHERE id = 3;
        INSERT INTO activation_transaction
            (id, transaction_id, user_id, offer_id, amount, status, created_at, updated_at, completed_at)
        VALUES (13, '00000000-0000-4000-8000-000000000013', 2, 1, 19.99, 'SUCCESS', now(), now(), now())";
    source.execute(since).await.unwrap();
    for target in &targets {
        let report = target.import(&source, &["--apply"]);
        assert_eq!(line(&report, "people"), ["8", "1", "6", "1"]);
        assert_eq!(line(&report, "orders of customers"), ["13", "1", "6", "6"]);
        assert_eq!(line(&report, "wallets, EUR"), ["100000060.49", "100000061.49"]);
        for sentence in [
            "  account 1: said 50.00 when it was taken and says 30.01 now; what was taken stays",
            "  transaction 3: said PENDING when it was taken and says SUCCESS now; what was taken stays",
        ] {
            assert!(report.contains(sentence), "{report}");
        }
        target.verify();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_original_is_only_read() {
    let source = original().await;
    let tables =
        ["auth_user", "accounts_account", "offers_offer", "offers_useroffer", "activation_transaction"];
    let state = async || {
        let mut state = Vec::new();
        for table in tables {
            let query =
                format!("SELECT md5(string_agg(t::text || xmin::text, '' ORDER BY id)) FROM {table} t");
            state.extend(source.texts(&query).await);
        }
        state
    };
    let before = state().await;
    let [target, _] = Target::both().await;
    target.import(&source, &["--apply"]);
    assert_eq!(state().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_something_else_is_refused_in_one_sentence() {
    let nothing = Database::empty().await;
    let older = original().await;
    older.execute("ALTER TABLE activation_transaction DROP COLUMN completed_at").await.unwrap();
    let [target, _] = Target::both().await;
    let nobody = "postgres://nobody@127.0.0.1:1/none".to_owned();
    for (url, words) in [
        (nothing.url(), "no table for the model User"),
        (older.url(), "activation_transaction has no column completed_at"),
        (nobody, "cannot be reached"),
        ("mysql://localhost/shop".to_owned(), "cannot be"),
    ] {
        let output = target.run(&["import", "django", "--from", &url]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(words) && said.trim_end().lines().count() == 1, "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_steps_of_the_page_work_one_after_another() {
    let page = include_str!("../../docs/import.md");
    let steps = page.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let (source, folder) = (original().await, tempfile::tempdir().unwrap());
    let program = offers().get_program().to_owned();
    let steps = steps.replace("postgres://reader:secret@old-db/offers", &source.url());
    let script =
        format!("set -euo pipefail\noffers() {{ {} --data-dir data \"$@\"; }}\n{steps}", program.display());
    let output = Command::new("bash").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("nothing was written") && printed.ends_with(": 0 differences\n"), "{printed}");
}
