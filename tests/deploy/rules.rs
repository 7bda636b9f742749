//! The alert rules of `deploy/prometheus`, and what the runbooks say about them.

use std::collections::BTreeSet;

use offers_testkit::servers::tool;

use crate::metrics::check;
use crate::promql::shown;
use crate::{path, read};

/// Each alert's name and text.
fn alerts() -> Vec<(String, String)> {
    let rules = read("deploy/prometheus/rules.yml");
    let blocks = rules.split("- alert: ").skip(1);
    let alerts: Vec<_> = blocks
        .map(|block| {
            let (name, text) = block.split_once('\n').unwrap();
            (name.to_owned(), text.to_owned())
        })
        .collect();
    assert!(alerts.len() > 20, "the rules are read");
    alerts
}

/// The expression of an alert, on however many lines it stands.
fn expression(text: &str) -> &str {
    let (_, rest) = text.split_once("expr:").unwrap();
    rest.split("\n        for:").next().unwrap().split("\n        labels:").next().unwrap()
}

fn promtool(arguments: &[&str]) -> String {
    let output = tool("promtool", "prometheus")
        .args(arguments)
        .current_dir(path("deploy/prometheus"))
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
    assert!(output.status.success(), "promtool {arguments:?}: {said}");
    said
}

#[test]
fn every_alert_asks_for_metrics_and_labels_that_there_are() {
    for (alert, text) in alerts() {
        let labels = check(&alert, expression(&text));
        let annotations = text.split("annotations:").nth(1).unwrap();
        for label in shown(annotations).into_iter().filter(|label| label != "value") {
            assert!(labels.contains(&label), "{alert} shows {label}");
        }
        assert!(["page", "ticket"].iter().any(|it| text.contains(&format!("{{severity: {it}}}"))), "{alert}");
    }
}

#[test]
fn every_alert_has_an_entry_in_the_runbooks_and_every_entry_an_alert() {
    let page = read("docs/runbooks.md");
    let entries: BTreeSet<_> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let alerts = alerts();
    for (alert, text) in &alerts {
        let link = format!("runbook_url: docs/runbooks.md#{}\n", alert.to_lowercase());
        assert!(text.contains(&link), "{alert}: {link}");
    }
    let alerts: BTreeSet<_> = alerts.iter().map(|(alert, _)| alert.as_str()).collect();
    assert_eq!(entries, alerts);
}

#[test]
fn prometheus_reads_the_rules_and_the_configuration() {
    promtool(&["check", "rules", "--lint-fatal", "rules.yml"]);
    promtool(&["check", "config", "prometheus.yml"]);
}

#[test]
fn alerts_are_raised_when_they_should_be_and_not_before() {
    promtool(&["test", "rules", "rules_test.yml"]);
    let tests = read("deploy/prometheus/rules_test.yml");
    for (alert, _) in alerts().iter().filter(|(_, text)| text.contains("severity: page")) {
        let tested = tests.contains(&format!("alertname: {alert}\n"));
        assert!(tested, "{alert} wakes people and has no test");
    }
}
