//! What the Kubernetes manifests say of each other: ports, labels, secrets and settings.

use std::collections::BTreeSet;
use std::process::Command;

use crate::{files, path, read};

/// What runs for as long as the cluster.
const DEPLOYMENTS: [&str; 2] = ["deploy/kubernetes/api.yaml", "deploy/kubernetes/worker.yaml"];

/// The words that follow a mark, each up to what ends a value.
fn after<'a>(text: &'a str, mark: &str) -> Vec<&'a str> {
    let ends = [',', '}', ']', '\n', '"', ' '];
    text.split(mark).skip(1).filter_map(|rest| rest.split(ends).next()).collect()
}

/// The documents of a file by the kind and the name that they begin with.
fn document(file: &str, kind: &str, name: &str) -> String {
    let text = read(file);
    let begin = format!("kind: {kind}\nmetadata:\n  name: {name}\n");
    let found = text.split("---\n").find(|document| document.contains(&begin));
    found.unwrap_or_else(|| panic!("{file} has no {kind} {name}")).to_owned()
}

/// Names and values of the settings that every process gets.
fn settings() -> Vec<(String, String)> {
    let map = document("deploy/kubernetes/config.yaml", "ConfigMap", "offers");
    let data = map.split("\ndata:\n").nth(1).unwrap().lines().map(str::trim);
    let pairs = data.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": "));
    pairs.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned())).collect()
}

/// The keys of a secret of the example.
fn keys(secret: &str) -> BTreeSet<String> {
    let text = document("deploy/kubernetes/secret.example.yaml", "Secret", secret);
    let data = text.split("stringData:\n").nth(1).unwrap().lines().map(str::trim);
    let keys = data.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(':'));
    keys.map(|(key, _)| key.to_owned()).collect()
}

#[test]
fn every_port_that_is_named_is_one_of_the_container() {
    let ports = |file: &str| -> BTreeSet<String> {
        after(&read(file), "- {name: ")
            .into_iter()
            .filter(|name| read(file).contains(&format!("{{name: {name}, containerPort: ")))
            .map(str::to_owned)
            .collect()
    };
    let [api, worker] = DEPLOYMENTS.map(ports);
    assert_eq!(api, BTreeSet::from(["http", "metrics"].map(str::to_owned)));
    assert_eq!(worker, BTreeSet::from(["metrics".to_owned()]));
    for (file, there) in DEPLOYMENTS.iter().zip([&api, &worker]) {
        let text = read(file);
        let probes = after(&text, "httpGet: {path: /");
        assert_eq!(probes, ["livez", "livez", "readyz"], "{file}");
        for port in after(&text, "z, port: ").into_iter().chain(after(&text, "targetPort: ")) {
            assert!(there.contains(port), "{file}: {port}");
        }
    }
    for port in after(&read("deploy/kubernetes/network.yaml"), "ports: [{port: ") {
        assert!(port.parse::<u16>().is_ok() || api.contains(port), "network.yaml: {port}");
    }
    let monitor = read("deploy/kubernetes/monitoring/monitors.yaml");
    for port in after(&monitor, "- port: ") {
        assert!(api.contains(port) && worker.contains(port), "monitors.yaml: {port}");
    }
}

#[test]
fn the_ports_are_those_that_the_image_listens_on() {
    let image = read("deploy/Dockerfile");
    let api = read(DEPLOYMENTS[0]);
    for (variable, name) in [("OFFERS_LISTEN", "http"), ("OFFERS_METRICS_LISTEN", "metrics")] {
        let port = after(&image, &format!("{variable}=0.0.0.0:"))[0];
        assert!(api.contains(&format!("{{name: {name}, containerPort: {port}}}")), "{name}: {port}");
    }
}

#[test]
fn every_file_with_a_secret_is_a_key_of_the_secret_that_is_mounted() {
    let named: BTreeSet<_> = settings()
        .iter()
        .filter(|(name, _)| name.ends_with("_FILE"))
        .map(|(name, file)| file.strip_prefix("/secrets/").unwrap_or_else(|| panic!("{name}")).to_owned())
        .collect();
    assert_eq!(named, keys("offers"));
    for file in DEPLOYMENTS {
        let text = read(file);
        assert!(text.contains("secret: {secretName: offers,"), "{file}");
        assert!(text.contains("configMapRef: {name: offers}"), "{file}");
        assert!(text.contains("{name: secrets, mountPath: /secrets, readOnly: true}"), "{file}");
    }
    let job = read("deploy/kubernetes/migrate/job.yaml");
    assert!(job.contains("secret: {secretName: offers-owner,"));
    let named: BTreeSet<_> =
        after(&job, "/secrets/").into_iter().map(|name| name.trim_end_matches(')').to_owned()).collect();
    assert_eq!(named, keys("offers-owner"));
}

#[test]
fn every_setting_of_the_pods_is_one() {
    let output = Command::new(env!("CARGO_BIN_EXE_offers")).args(["config", "reference"]).output().unwrap();
    let reference = String::from_utf8(output.stdout).unwrap();
    let settings = settings();
    assert!(settings.len() >= 6, "{settings:?}");
    for (name, _) in settings {
        let variable = name.strip_suffix("_FILE").unwrap_or(&name);
        assert!(reference.contains(&format!("`{variable}`")), "{variable}");
    }
}

#[test]
fn what_selects_pods_selects_ours() {
    let app = "app.kubernetes.io/name: offers";
    for (file, component) in DEPLOYMENTS.iter().zip(["api", "worker"]) {
        let labels = format!("{{{app}, app.kubernetes.io/component: {component}}}");
        let text = read(file);
        assert!(text.contains(&format!("template:\n    metadata:\n      labels: {labels}")), "{file}");
        let selectors = text.matches("matchLabels: ").count();
        assert_eq!(text.matches(&format!("matchLabels: {labels}")).count(), selectors, "{file}");
    }
    let service = document(DEPLOYMENTS[0], "Service", "offers-api");
    assert!(service.contains(&format!("selector: {{{app}, app.kubernetes.io/component: api}}")));
    for file in ["network.yaml", "monitoring/monitors.yaml"] {
        let text = read(&format!("deploy/kubernetes/{file}"));
        assert!(text.contains(&format!("elector:\n    matchLabels: {{{app}}}\n")), "{file}");
    }
    let job = after(&read("deploy/prometheus/prometheus.yml"), "job_name: ")[0].to_owned();
    let monitor = read("deploy/kubernetes/monitoring/monitors.yaml");
    assert!(monitor.contains(&format!("{{targetLabel: job, replacement: {job}}}")), "{job}");
}

#[test]
fn every_part_of_a_kustomization_is_there_and_every_file_is_a_part() {
    for folder in ["deploy/kubernetes", "deploy/kubernetes/migrate", "deploy/kubernetes/monitoring"] {
        let text = read(&format!("{folder}/kustomization.yaml"));
        let resources = text.split("resources:\n").nth(1).unwrap().lines();
        let parts: BTreeSet<_> = resources
            .map_while(|line| line.strip_prefix("  - "))
            .map(|part| format!("{folder}/{part}"))
            .collect();
        let apart = ["kustomization.yaml", "secret.example.yaml"].map(|name| format!("{folder}/{name}"));
        let there = files(folder).into_iter().filter(|file| path(file).is_file() && file.ends_with("yaml"));
        assert_eq!(parts, there.filter(|file| !apart.contains(file)).collect(), "{folder}");
    }
    let job = read("deploy/kubernetes/migrate/job.yaml");
    let generated = read("deploy/kubernetes/migrate/kustomization.yaml");
    assert!(
        job.contains("configMap: {name: offers-app-role}") && generated.contains("- name: offers-app-role\n")
    );
}

#[test]
fn the_operator_of_prometheus_gets_the_same_alerts() {
    let rules = read("deploy/prometheus/rules.yml");
    let (_, rules) = rules.split_once("groups:\n").unwrap();
    let shifted = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") };
    let expected: String = rules.lines().map(shifted).collect();
    let given = read("deploy/kubernetes/monitoring/rules.yaml");
    let (_, given) = given.split_once("spec:\n  groups:\n").unwrap();
    assert!(given == expected, "monitoring/rules.yaml is not what rules.yml says: run `make pages`");
}
