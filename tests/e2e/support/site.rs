//! What the processes of one deployment share.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::Stdio;

use offers_testkit::servers::{Postgres, Redis};
use serde_json::json;
use tempfile::TempDir;

use super::{Client, Options, Partner, Server, offers};

/// Long enough for every process; nobody's secret.
pub const SITE_KEY: &str = "a key of 32 bytes for the tests!";

/// The cheapest offer on sale.
pub async fn cheapest(customer: &Client) -> i64 {
    let list = customer.get("/api/v1/offers/?sort=price&limit=1").await.expect(200).json();
    list["data"][0]["id"].as_i64().unwrap()
}

/// A database, perhaps a Redis, and a partner.
pub struct Site {
    /// The database's server.
    pub postgres: Postgres,
    /// The shared cache.
    pub redis: Option<Redis>,
    /// The activation partner.
    pub partner: Partner,
    folder: TempDir,
}

impl Site {
    /// Servers of its own, with the schema and the demonstration data.
    pub async fn open(with_redis: bool) -> Self {
        let site = Self {
            postgres: Postgres::start(),
            redis: with_redis.then(Redis::start),
            partner: Partner::start().await,
            folder: tempfile::tempdir().unwrap(),
        };
        for command in ["migrate", "seed"] {
            let output = offers().arg(command).envs(site.settings()).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        site
    }

    /// What every process is told.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = vec![
            ("DATABASE_URL", format!("{}/postgres", self.postgres.url())),
            ("SECRET_KEY", SITE_KEY.to_owned()),
            ("ACTIVATION_PARTNER_URL", self.partner.url.clone()),
        ];
        settings.extend(self.redis.as_ref().map(|redis| ("REDIS_URL", redis.url())));
        settings
    }

    /// Starts a process.
    pub fn start(&self, name: &'static str, number: usize) -> Server {
        self.start_with(name, number, &[])
    }

    /// Starts a process with more settings.
    pub fn start_with(&self, name: &'static str, number: usize, more: &[(&'static str, &str)]) -> Server {
        let more = more.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let settings = self.settings().into_iter().chain(more).collect();
        let options = Options { settings, ..Options::default() };
        Server::start_binary(name, &self.folder.path().join(format!("{name}-{number}")), options)
    }

    /// Fails unless every order of the demonstration customers has ended well, was executed exactly once, and those that
    /// clients were told of are among them.
    pub async fn assert_every_order_succeeded(&self, api: &Server, told: &BTreeSet<String>) {
        let mut found = BTreeSet::new();
        for number in 1..=5 {
            let customer = api.client().log_in(&format!("user{number}")).await;
            let mut path = "/api/v1/account/transactions/?limit=100".to_owned();
            loop {
                let page = customer.get(&path).await.expect(200).json();
                for order in page["data"].as_array().unwrap() {
                    let id = order["transaction_id"].as_str().unwrap();
                    assert_eq!(customer.follow(id).await["status"], "SUCCESS");
                    assert_eq!(self.partner.executed(id), 1, "{id} was executed exactly once");
                    found.insert(id.to_owned());
                }
                let Some(cursor) = page["next_cursor"].as_str() else { break };
                path = format!("/api/v1/account/transactions/?limit=100&cursor={cursor}");
            }
        }
        assert!(told.is_subset(&found), "every order that a client was told of exists");
    }

    /// What `offers …` prints, where it does its work on the site's database.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = offers().args(arguments).envs(self.settings()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A superuser, logged in at this API.
    pub async fn root(&self, api: &Server) -> Client {
        let mut command = offers();
        command.args(["create-superuser", "--username", "root1", "--email", "root1@example.com"]);
        let mut child = command.envs(self.settings()).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"a long password\n").unwrap();
        assert!(child.wait().unwrap().success());
        let body = json!({"username": "root1", "password": "a long password"});
        let tokens = api.client().post("/api/v1/auth/login/", body).await.expect(200).json();
        api.client().with_token(tokens["access_token"].as_str().unwrap())
    }

    /// Fails unless the money adds up.
    pub fn verify(&self) {
        let output = offers().arg("verify").envs(self.settings()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("0 differences"), "{said}");
    }
}
