//! The metrics that `docs/metrics.md` lists, which the end-to-end tests compare with what processes show.

use std::collections::{BTreeMap, BTreeSet};

use offers_domain::notice::{NoticeChannel, NoticeStatus};
use offers_domain::partner::{AnswerKind, Step};
use offers_domain::transaction::{Status, SubStatus};
use offers_domain::webhook::delivery::DeliveryStatus;
use offers_testkit::pages::label_values;

use crate::promql::{groups, mentions};
use crate::read;

/// What Prometheus adds to every series that it reads.
const ADDED: [&str; 2] = ["instance", "job"];

/// A metric of the page.
pub(crate) struct Listed {
    kind: String,
    labels: BTreeSet<String>,
}

/// Every metric that there is, by name.
pub(crate) fn listed() -> BTreeMap<String, Listed> {
    let page = read("docs/metrics.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `offers_"));
    let ours = rows.map(|row| {
        let cells: Vec<_> = row.split(" | ").map(str::trim).collect();
        let labels = cells[2].split('`').skip(1).step_by(2).map(str::to_owned).collect();
        let name = format!("offers_{}", cells[0].trim_end_matches('`'));
        (name, Listed { kind: cells[1].to_owned(), labels })
    });
    let quoted = page.split('`').skip(1).step_by(2).filter(|name| name.starts_with("process_"));
    let others = quoted
        .chain(["up"])
        .map(|name| (name.to_owned(), Listed { kind: "gauge".to_owned(), labels: BTreeSet::new() }));
    ours.chain(others).collect()
}

/// The metric that a name in an expression belongs to.
fn find<'a>(metrics: &'a BTreeMap<String, Listed>, name: &str) -> Option<&'a Listed> {
    metrics.get(name).or_else(|| {
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end))?;
        metrics.get(base).filter(|metric| metric.kind == "histogram")
    })
}

/// The values that a label can have, where the domain or a page knows them all.
fn values(metric: &str, label: &str) -> Option<BTreeSet<String>> {
    let all = |values: &[&str]| Some(values.iter().map(|value| (*value).to_owned()).collect());
    match (metric, label) {
        (_, "sub_status") => all(&SubStatus::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>()),
        (_, "answer") => all(&AnswerKind::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>()),
        (_, "step") => all(&Step::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>()),
        (_, "channel") => all(&NoticeChannel::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>()),
        ("offers_notices_settled_total", "status") => {
            all(&NoticeStatus::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>())
        }
        ("offers_webhook_deliveries_settled_total", "status") => {
            all(&DeliveryStatus::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>())
        }
        ("offers_orders_ended_total", "status") => {
            all(&Status::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>())
        }
        (_, label) => label_values().remove(label),
    }
}

/// Fails unless every metric, label and known value in an expression exists; the labels that it may show.
pub(crate) fn check(place: &str, expression: &str) -> BTreeSet<String> {
    let metrics = listed();
    let mut labels: BTreeSet<String> = ADDED.iter().map(|label| (*label).to_owned()).collect();
    let found = mentions(expression);
    assert!(!found.is_empty(), "{place} asks for nothing: {expression}");
    for mention in found {
        let metric = &mention.metric;
        let listed = find(&metrics, metric);
        let listed = listed.unwrap_or_else(|| panic!("{place}: there is no metric {metric}"));
        labels.extend(listed.labels.iter().cloned());
        if metric.ends_with("_bucket") {
            labels.insert("le".to_owned());
        }
        for (label, value) in &mention.labels {
            let known = listed.labels.contains(label) || ADDED.contains(&label.as_str());
            assert!(known, "{place}: {metric} has no label {label}");
            let plain =
                value.chars().all(|letter| letter.is_ascii_alphanumeric() || "_|/{}-".contains(letter));
            if let Some(values) = values(metric, label).filter(|_| plain) {
                for value in value.split('|') {
                    assert!(values.contains(value), "{place}: {label} is never {value}");
                }
            }
        }
    }
    for label in groups(expression) {
        assert!(labels.contains(&label), "{place}: nothing there has the label {label}: {expression}");
    }
    labels
}

#[test]
fn no_label_of_ours_is_one_that_prometheus_adds() {
    for (name, metric) in listed() {
        assert!(ADDED.iter().all(|added| !metric.labels.contains(*added)), "{name}");
    }
}

#[test]
fn what_the_runbooks_call_a_metric_is_one() {
    let page = read("docs/runbooks.md");
    for name in page.split('`').skip(1).step_by(2).filter(|name| name.starts_with("offers_")) {
        check("docs/runbooks.md", name);
    }
}

#[test]
#[should_panic(expected = "there is no metric offers_nothing_total")]
fn a_metric_that_nobody_shows_is_found_out() {
    check("a test", "rate(offers_nothing_total[5m])");
}

#[test]
#[should_panic(expected = "offers_orders_open has no label route")]
fn a_label_that_a_metric_lacks_is_found_out() {
    check("a test", r#"offers_orders_open{route="/"}"#);
}

#[test]
#[should_panic(expected = "work is never tidying")]
fn a_value_that_the_page_does_not_list_is_found_out() {
    check("a test", r#"offers_job_failures_total{work="tidying"}"#);
}

#[test]
#[should_panic(expected = "route is never /api/v1/login/")]
fn a_route_that_the_contract_does_not_have_is_found_out() {
    check("a test", r#"offers_http_requests_total{route="/api/v1/login/"}"#);
}

#[test]
#[should_panic(expected = "sub_status is never lost")]
fn a_value_that_a_label_never_has_is_found_out() {
    check("a test", r#"offers_orders_open{sub_status=~"queued|lost"}"#);
}
