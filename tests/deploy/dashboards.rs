//! The dashboards of `deploy/grafana`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::metrics::check;
use crate::promql::shown;
use crate::{files, read};

fn dashboards() -> Vec<(String, Value)> {
    let files = files("deploy/grafana/dashboards").into_iter();
    files.map(|file| (file.clone(), serde_json::from_str(&read(&file)).expect(&file))).collect()
}

/// Everything that is asked of Prometheus, with the legend.
fn queries(value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            if let Some(expression) = members.get("expr").and_then(Value::as_str) {
                let legend = members.get("legendFormat").or_else(|| members.get("titleFormat"));
                let legend = legend.and_then(Value::as_str).unwrap_or_default();
                found.push((expression.to_owned(), legend.to_owned()));
            }
            members.values().for_each(|member| queries(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| queries(item, found)),
        _ => {}
    }
}

#[test]
fn every_panel_asks_for_metrics_and_labels_that_there_are() {
    for (file, dashboard) in dashboards() {
        let mut found = Vec::new();
        queries(&dashboard, &mut found);
        assert!(found.len() > 5, "{file} shows something");
        for (expression, legend) in found {
            let labels = check(&file, &expression);
            for label in shown(&legend) {
                assert!(labels.contains(&label), "{file}: no {label} in {expression}");
            }
        }
        for variable in dashboard["templating"]["list"].as_array().unwrap() {
            if let Some(definition) = variable["definition"].as_str() {
                let inner = definition.strip_prefix("label_values(").unwrap().trim_end_matches(')');
                let (metric, label) = inner.split_once(", ").unwrap();
                assert!(check(&file, metric).contains(label), "{file}: {definition}");
            }
        }
    }
}

#[test]
fn dashboards_and_panels_have_names_of_their_own() {
    let mut uids = BTreeSet::new();
    for (file, dashboard) in dashboards() {
        let uid = dashboard["uid"].as_str().unwrap();
        assert!(file.ends_with(&format!("/{uid}.json")) && uids.insert(uid.to_owned()), "{file}");
        let panels = dashboard["panels"].as_array().unwrap();
        let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
        assert_eq!(ids.len(), panels.len(), "{file}");
        assert!(panels.iter().all(|panel| panel["title"].as_str().is_some_and(|title| !title.is_empty())));
    }
    assert!(uids.len() >= 5);
}
