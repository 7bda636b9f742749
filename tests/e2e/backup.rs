//! A backup that is taken under load, as the documentation says, is whole: everything that was acknowledged before is in it,
//! and it works on elsewhere.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use offers_testkit::servers::{Postgres, tool};
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{Client, Options, Server, Site, cheapest, offers};

/// The shell blocks below a heading of the page.
fn blocks(heading: &str) -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/deploy.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, section) = page.split_once(&format!("\n### {heading}\n")).unwrap();
    let section = section.split("\n#").next().unwrap();
    let blocks = section.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    blocks.collect()
}

/// Runs a block in `folder`, with the program under test as `offers`.
fn run(block: &str, folder: &Path, variables: &[(&str, &str)]) {
    let program = offers();
    let mut shell = Command::new("bash");
    for (name, _) in program.get_envs().filter(|(_, value)| value.is_none()) {
        shell.env_remove(name);
    }
    let servers = tool("pg_dump", "postgresql-client");
    let servers = Path::new(servers.get_program()).parent().unwrap().display().to_string();
    let script = format!(
        "set -euo pipefail\nPATH={servers}:$PATH\noffers() {{ '{}' \"$@\"; }}\n{block}",
        program.get_program().to_str().unwrap()
    );
    let output = shell.args(["-c", &script]).envs(variables.iter().copied()).current_dir(folder).output();
    let output = output.unwrap();
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
    assert!(output.status.success(), "{block}\n{said}");
}

/// Customers who buy until they are told to stop.
struct Load {
    stop: Arc<AtomicBool>,
    buyers: JoinSet<()>,
}

impl Load {
    async fn on(api: &Server) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut buyers = JoinSet::new();
        for number in 2..=4 {
            let customer = api.client().log_in(&format!("user{number}")).await;
            let (offer, stop) = (cheapest(&customer).await, stop.clone());
            buyers.spawn(async move {
                for order in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let key = format!("buyer-{number}-order-{order:06}");
                    let headers = [("idempotency-key", key.as_str())];
                    customer.post_with("/api/v1/activation/", &headers, json!({"offer_id": offer})).await;
                }
            });
        }
        Self { stop, buyers }
    }

    async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.buyers.join_all().await;
    }
}

/// Orders of somebody outside the load, acknowledged.
async fn orders(customer: &Client) -> BTreeSet<String> {
    let mut told = BTreeSet::new();
    let offer = cheapest(customer).await;
    for number in 0..3 {
        let key = format!("before-the-backup-{number:03}");
        let body = json!({"offer_id": offer});
        let answer = customer.post_with("/api/v1/activation/", &[("idempotency-key", &key)], body).await;
        if answer.status == 202 {
            told.insert(answer.json()["transaction_id"].as_str().unwrap().to_owned());
        }
    }
    assert!(!told.is_empty(), "an order was acknowledged");
    told
}

/// Fails unless these orders are there and end well.
async fn assert_ends_well(customer: &Client, told: &BTreeSet<String>) {
    for order in told {
        assert_eq!(customer.follow(order).await["status"], "SUCCESS");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_the_embedded_store_works_on_elsewhere() {
    let server = Server::start(Options::default());
    let folder = server.data_dir().parent().unwrap().to_owned();
    let kept = tempfile::tempdir().unwrap();
    let variables = [("BACKUP", kept.path().to_str().unwrap())];
    let [back_up, restore] = blocks("SQLite").try_into().unwrap();
    let load = Load::on(&server).await;
    let customer = server.client().log_in("user1").await;
    let told = orders(&customer).await;

    run(&back_up, &folder, &variables);
    load.end().await;
    server.assert_money_adds_up();
    run(&restore, &folder, &variables);

    let elsewhere = Server::start_binary("offers", &folder.join("restored"), Options::default());
    assert_ends_well(&customer.moved_to(&elsewhere.url), &told).await;
    elsewhere.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_of_postgresql_works_on_elsewhere() {
    let (site, elsewhere) = (Site::open(true).await, Postgres::start());
    let (api, _worker) = (site.start("offers-api", 1), site.start("offers-worker", 1));
    let kept = tempfile::tempdir().unwrap();
    let restored = format!("{}/postgres", elsewhere.url());
    let original = format!("{}/postgres", site.postgres.url());
    let variables = [
        ("BACKUP", kept.path().to_str().unwrap()),
        ("OWNER_DATABASE_URL", &original),
        ("RESTORED_DATABASE_URL", &restored),
    ];
    let [back_up, restore] = blocks("PostgreSQL").try_into().unwrap();
    let load = Load::on(&api).await;
    let customer = api.client().log_in("user1").await;
    let told = orders(&customer).await;

    run(&back_up, kept.path(), &variables);
    load.end().await;
    site.verify();
    run(&restore, kept.path(), &variables);

    let there = [("DATABASE_URL", restored.as_str()), ("REDIS_PREFIX", "restored:")];
    let (api, _worker) =
        (site.start_with("offers-api", 3, &there), site.start_with("offers-worker", 3, &there));
    assert_ends_well(&customer.moved_to(&api.url), &told).await;
    let output = offers().arg("verify").envs(there).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("0 differences"), "{said}");
}

#[test]
fn a_backup_overwrites_nothing_and_says_what_it_cannot_copy() {
    let server = Server::start(Options::default());
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().join("there");
    std::fs::write(&there, "somebody's").unwrap();
    let back_up = |to: &Path| {
        let mut command = offers();
        command.arg("backup").arg(to).arg("--data-dir").arg(server.data_dir());
        command
    };
    let refused = back_up(&there).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("there is no backup"), "{said}");
    assert_eq!(std::fs::read_to_string(&there).unwrap(), "somebody's");
    let postgres =
        back_up(&folder.path().join("new")).env("DATABASE_URL", "postgres://nobody@127.0.0.1/x").output();
    let said = String::from_utf8(postgres.unwrap().stderr).unwrap();
    assert!(said.contains("pg_dump"), "{said}");
}
