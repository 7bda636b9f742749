//! The contract that the code describes is the one that is committed, and it is whole.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "this is how a test fails")]

use std::collections::{BTreeMap, BTreeSet};

use offers_http::{Access, ErrorCode, openapi, route_table};
use offers_testkit::pages::{blocks, page, root};
use serde_json::{Value, json};

/// The committed document.
const COMMITTED: &str = include_str!("../../../docs/openapi.json");

fn document() -> Value {
    serde_json::from_str(&openapi()).unwrap()
}

/// Every operation that is answered here, by its method and path.
fn operations(document: &Value) -> BTreeMap<(String, String), Value> {
    operations_in(&document["paths"])
}

fn operations_in(paths: &Value) -> BTreeMap<(String, String), Value> {
    let paths = paths.as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().unwrap().iter();
        item.map(move |(method, operation)| ((method.to_uppercase(), path.clone()), operation.clone()))
    });
    operations.collect()
}

/// What a reference stands for.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).expect(reference),
        None => value,
    }
}

fn responses(operation: &Value) -> impl Iterator<Item = (u16, &Value)> {
    operation["responses"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(status, answer)| (status.parse().unwrap(), answer))
}

/// A shape of the document, ready to judge values.
fn judge(document: &Value, shape: &Value) -> jsonschema::Validator {
    let whole = json!({ "components": document["components"], "allOf": [shape] });
    jsonschema::options().should_validate_formats(true).build(&whole).unwrap()
}

#[test]
fn the_committed_document_is_what_the_code_says() {
    assert!(
        COMMITTED == openapi(),
        "docs/openapi.json is not what the code says: run `make pages` and look at the difference"
    );
}

/// What is asked from outside. The listener for machines is not part of it: its probes are those that are described, and
/// its `/metrics` is no JSON but the text of Prometheus, which docs/metrics.md lists and the end-to-end tests compare.
#[test]
fn every_route_is_described_and_nothing_else() {
    let routes: BTreeSet<_> = route_table()
        .map(|route| {
            // A GET answers HEAD, too, as the conventions say.
            (route.methods[0].to_owned(), route.path.to_owned())
        })
        .collect();
    let described: BTreeSet<_> = operations(&document()).into_keys().collect();
    assert_eq!(described, routes);
}

#[test]
fn every_operation_has_a_name_of_its_own_a_summary_and_a_tag() {
    let document = document();
    let tags: BTreeSet<_> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].clone())
        .map(|tag| tag.to_string())
        .collect();
    let mut names = BTreeSet::new();
    for (place, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
        assert!(names.insert(name.to_owned()), "{place:?}");
        let summary = operation["summary"].as_str().unwrap();
        assert!(summary.starts_with(char::is_uppercase) && !summary.ends_with('.'), "{place:?}: {summary}");
        let description = operation["description"].as_str().unwrap_or(".");
        assert!(description.ends_with('.'), "{place:?}: {description}");
        assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{place:?}");
        assert!(tags.contains(&operation["tags"][0].to_string()), "{place:?}");
    }
}

#[test]
fn every_part_of_a_path_is_a_parameter_and_no_parameter_is_there_twice() {
    for (place, operation) in operations(&document()) {
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let named = |place: &str| -> Vec<_> {
            let there = parameters.iter().filter(|parameter| parameter["in"] == place);
            there.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
        };
        let parts: Vec<_> =
            place.1.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        assert_eq!(named("path"), parts, "{place:?}");
        let all: BTreeSet<_> = parameters
            .iter()
            .map(|parameter| (parameter["in"].to_string(), parameter["name"].to_string()))
            .collect();
        assert_eq!(all.len(), parameters.len(), "{place:?}");
    }
}

#[test]
fn every_operation_says_whom_it_is_for() {
    let document = document();
    let operations = operations(&document);
    for route in route_table() {
        let operation = &operations[&(route.methods[0].to_owned(), route.path.to_owned())];
        let schemes: Vec<_> = operation["security"].as_array().into_iter().flatten().collect();
        let asks_for =
            |scheme: &str| !schemes.is_empty() && schemes.iter().all(|one| one.get(scheme).is_some());
        let has = |status: &str| operation["responses"].get(status).is_some();
        match route.access {
            Access::Public => assert!(
                schemes.iter().all(|one| **one == json!({ "accessToken": [] }) || **one == json!({})),
                "{}",
                route.path
            ),
            Access::Signed => assert!(asks_for("webhookSignature") && has("401"), "{}", route.path),
            Access::SignedIn => assert!(asks_for("accessToken") && has("401"), "{}", route.path),
            Access::Staff | Access::Superuser => {
                assert!(asks_for("accessToken") && has("401") && has("403"), "{}", route.path);
            }
            Access::Partner(_) => {
                assert!(asks_for("partnerKey") && has("401") && has("403"), "{}", route.path);
            }
        }
    }
}

#[test]
fn every_body_and_every_answer_has_an_example_that_fits_its_shape() {
    let document = document();
    for (place, operation) in operations(&document) {
        let asked = operation.get("requestBody").map(|body| ("request".to_owned(), body));
        let answered = responses(&operation).filter(|(status, _)| *status < 300);
        let answered = answered.map(|(status, answer)| (status.to_string(), answer));
        for (which, body) in asked.into_iter().chain(answered) {
            assert_example_fits(&document, &format!("{place:?} {which}"), body);
        }
    }
    for (place, told) in operations_in(&document["webhooks"]) {
        assert_example_fits(&document, &format!("{place:?}"), &told["requestBody"]);
    }
}

fn assert_example_fits(document: &Value, place: &str, body: &Value) {
    for (media_type, content) in body["content"].as_object().into_iter().flatten() {
        if media_type == "application/json" {
            assert!(content.get("example").is_some(), "{place} has no example");
            assert_fits(document, place, &content["schema"], &content["example"]);
        }
    }
}

#[track_caller]
fn assert_fits(document: &Value, place: &str, shape: &Value, value: &Value) {
    let faults: Vec<_> = judge(document, shape)
        .iter_errors(value)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{place}: {faults:#?}");
}

#[test]
fn every_error_is_a_problem_document_of_a_known_code() {
    let document = document();
    let problem = judge(&document, &json!({ "$ref": "#/components/schemas/Problem" }));
    for (place, operation) in operations(&document) {
        for (status, answer) in responses(&operation).filter(|(status, _)| *status >= 400) {
            let content = &resolved(&document, answer)["content"]["application/problem+json"];
            let examples = content["examples"].as_object().unwrap();
            let codes = &content["schema"]["allOf"][1]["properties"]["code"]["enum"];
            assert_eq!(codes.as_array().unwrap().len(), examples.len(), "{place:?} {status}");
            for (code, example) in examples {
                let known: ErrorCode = code.parse().unwrap();
                assert_eq!(known.status().as_u16(), status, "{place:?} {code}");
                let example = &resolved(&document, example)["value"];
                assert_eq!(example["code"], code.as_str());
                assert!(codes.as_array().unwrap().contains(&example["code"]), "{place:?} {code}");
                assert!(problem.is_valid(example), "{place:?} {code}");
            }
        }
    }
}

#[test]
fn requests_refuse_what_they_do_not_know() {
    let document = document();
    for (place, operation) in operations(&document) {
        let Some(body) = operation.get("requestBody") else { continue };
        let shape = resolved(&document, &body["content"]["application/json"]["schema"]);
        // What activation partners report may hold more than we read.
        let open = operation["tags"][0] == "Activation partners";
        assert_eq!(shape["additionalProperties"] == false, !open, "{place:?}");
    }
}

#[test]
fn names_of_shapes_mean_one_thing() {
    for name in document()["components"]["schemas"].as_object().unwrap().keys() {
        assert!(!name.ends_with(|last: char| last.is_ascii_digit()), "{name} is the name of two shapes");
    }
}

#[test]
fn the_messages_in_the_page_about_webhooks_are_as_the_contract_says() {
    let document = document();
    let page = include_str!("../../../docs/webhooks.md");
    let mut shown = BTreeSet::new();
    for message in page.lines().filter(|line| line.starts_with("{\"type\":")) {
        let message: Value = serde_json::from_str(message).unwrap();
        let kind = message["type"].as_str().unwrap();
        let body = &document["webhooks"][kind]["post"]["requestBody"]["content"]["application/json"];
        assert_fits(&document, kind, &body["schema"], &message);
        assert!(shown.contains(kind) || body["example"] == message, "{kind}: the page shows {message} first");
        shown.insert(kind.to_owned());
    }
    let described: BTreeSet<_> = document["webhooks"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(shown, described);
}

/// The shape of what a page shows, by what is in it.
fn shape_of(shown: &Value) -> Option<&'static str> {
    let has = |field: &str| shown.get(field).is_some();
    match () {
        () if has("code") => Some("Problem"),
        () if has("user_id") && has("sub_status") => Some("OrderBody"),
        () if has("status") && has("reference") => Some("ActivationReport"),
        () => None,
    }
}

#[test]
fn the_answers_in_the_other_pages_are_as_the_contract_says() {
    let document = document();
    let pages = ["README.md", "docs/client-apps.md", "docs/activation-partners.md"];
    for path in pages {
        let shown = blocks(&page(path), "json");
        assert!(!shown.is_empty(), "{path}");
        for shown in shown {
            let shown: Value = serde_json::from_str(&shown).unwrap();
            let name = shape_of(&shown).unwrap_or_else(|| panic!("{path}: what is this? {shown}"));
            let mut shape = document["components"]["schemas"][name].clone();
            assert!(shape.is_object(), "{name}");
            // What a page shows in full has every field, and what it leaves out is not there.
            shape["additionalProperties"] = json!(name == "Problem");
            assert_fits(&document, path, &shape, &shown);
        }
    }
    let elsewhere = std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    for path in elsewhere.filter(|path| path.extension().is_some_and(|end| end == "md")) {
        let path = path.strip_prefix(root()).unwrap().display().to_string();
        let known = pages.contains(&path.as_str()) || path == "docs/webhooks.md";
        assert!(known || blocks(&page(&path), "json").is_empty(), "nobody compares the answers of {path}");
    }
}
