//! What processes show of themselves is what the documentation says, by Prometheus' conventions, and never grows.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use offers_testkit::pages::label_values;
use offers_testkit::servers::tool;
use serde_json::json;

use crate::support::{Client, PATIENCE, Server, Site};

/// Kind and labels of each metric, by name.
type Metrics = BTreeMap<String, (String, BTreeSet<String>)>;

/// What `docs/metrics.md` lists.
fn documented() -> Metrics {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md");
    let page = std::fs::read_to_string(page).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `offers_"));
    rows.map(|row| {
        let cells: Vec<_> = row.split(" | ").map(str::trim).collect();
        let labels = cells[2].split('`').skip(1).step_by(2).map(str::to_owned).collect();
        (format!("offers_{}", cells[0].trim_end_matches('`')), (cells[1].to_owned(), labels))
    })
    .collect()
}

async fn shown(server: &Server) -> String {
    Client::new(&server.metrics_url).get("/metrics").await.expect(200).text
}

/// What this text shows of ours; samples of a histogram count as the histogram.
fn read(text: &str) -> Metrics {
    let mut metrics = Metrics::new();
    for line in text.lines() {
        if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|line| line.split_once(' ')) {
            metrics.insert(name.to_owned(), (kind.to_owned(), BTreeSet::new()));
        } else if !line.starts_with('#') {
            let (series, _) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
            let family = family.filter(|family| metrics.contains_key(*family)).unwrap_or(name);
            let labels = labels.split("=\"").filter_map(|part| part.rsplit(['{', ',', '"']).next());
            let labels = labels.filter(|label| !label.is_empty() && *label != "le" && *label != "}");
            metrics.get_mut(family).unwrap().1.extend(labels.map(str::to_owned));
        }
    }
    metrics.retain(|name, _| name.starts_with("offers_"));
    metrics
}

/// Fails where a label has a value that the page does not list.
fn assert_values_listed(text: &str) {
    let listed = label_values();
    for line in text.lines().filter(|line| line.starts_with("offers_")) {
        let labels = line.split_once('{').and_then(|(_, rest)| rest.rsplit_once('}'));
        for label in labels.into_iter().flat_map(|(labels, _)| labels.split("\",")) {
            let (name, value) = label.split_once("=\"").unwrap();
            if let Some(values) = listed.get(name) {
                assert!(
                    values.contains(value.trim_end_matches('"')),
                    "docs/metrics.md does not list {label}: {line}"
                );
            }
        }
    }
}

/// One of everything that is counted.
async fn live(server: &Server) {
    let stranger = server.client();
    let customer = stranger.log_in("user1").await;
    customer.follow(&customer.activate(customer.offer(2).await.0).await).await;
    customer.get("/api/v1/offers/").await.expect(200);
    customer.post("/api/v1/activation/", json!({"offer_id": 4711})).await.expect(404);
    stranger.get("/nothing/here").await.expect(404);
    let wrong = json!({"username": "user1", "password": "not the password"});
    stranger.post("/api/v1/auth/login/", wrong).await.expect_problem(401, "invalid_credentials");
    stranger.post("/api/v1/partner/callbacks/activation/", json!({})).await.expect(401);
    stranger.with_token("ok_live_nobodys").get("/api/v1/partner/account/").await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_is_documented_with_its_labels_and_every_documented_one_is_shown() {
    let (server, site) = (Server::start_plain(), Site::open(true).await);
    live(&server).await;
    let other = shown(&site.start("offers-api", 1)).await;
    assert_values_listed(&other);
    let mut seen = read(&other);
    let documented = documented();
    let started = Instant::now();
    loop {
        // The first look of each schedule may take a moment.
        seen.extend(read(&shown(&server).await));
        if seen.len() >= documented.len() || started.elapsed() > PATIENCE {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(seen, documented);
    assert_values_listed(&shown(&server).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_follow_the_conventions_of_prometheus() {
    let server = Server::start_plain();
    live(&server).await;
    let text = shown(&server).await;
    let mut check = tool("promtool", "prometheus");
    check.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut check = check.spawn().unwrap();
    check.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = check.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
    assert!(output.status.success() && said.is_empty(), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_clients_send_there_are_no_more_series_than_before() {
    let server = Server::start_plain();
    live(&server).await;
    let customer = server.client().log_in("user1").await;
    let probe = async |number: u32| {
        customer.get(&format!("/nothing/here/{number}")).await.expect(404);
        customer.get(&format!("/api/v1/offers/{}/", 9000 + number)).await.expect(404);
        let method = reqwest::Method::from_bytes(format!("BREW{number}").as_bytes()).unwrap();
        customer.send(method, "/api/v1/offers/", &[], None).await.expect(405);
        let name = json!({"username": format!("nobody{number}"), "password": "not the password"});
        customer.post("/api/v1/auth/login/", name).await.expect(401);
    };
    probe(0).await;
    let series = async || {
        let text = shown(&server).await;
        let names = text.lines().filter(|line| line.starts_with("offers_http_"));
        names.map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect::<BTreeSet<_>>()
    };
    let before = series().await;
    for number in 1..30 {
        probe(number).await;
    }
    assert_eq!(series().await, before);
}
