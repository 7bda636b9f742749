//! Every answer that a test gets must be one that the contract promises for its request.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::client::Answer;

static CONTRACT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(&offers_http::openapi()).unwrap());

/// Panics where the contract does not know such an answer. What it does not describe at all, it does not judge; nor what the
/// listener for machines says, which gives requests no names.
pub(super) fn judge(method: &str, address: &str, answer: &Answer) {
    let (path, _) = address.split_once('?').unwrap_or((address, ""));
    let Some(operation) = operation(method, path).filter(|_| answer.header("x-request-id").is_some()) else {
        return;
    };
    let described = &operation["responses"][answer.status.to_string()];
    assert!(!described.is_null(), "{method} {path}: the contract knows no such answer: {answer:?}");
    let media_type = answer.header("content-type").and_then(|value| value.split(';').next());
    let content = &resolved(described)["content"];
    if answer.body.is_empty() || method == "HEAD" {
        return;
    }
    let shape = media_type.and_then(|kind| content.get(kind)).or_else(|| content.get("*/*"));
    let shape =
        shape.unwrap_or_else(|| panic!("{method} {path}: not of a kind that the contract knows: {answer:?}"));
    if media_type.is_some_and(|kind| kind.ends_with("json")) {
        let whole = json!({ "components": CONTRACT["components"], "allOf": [shape["schema"]] });
        let judge = jsonschema::options().should_validate_formats(true).build(&whole).unwrap();
        let faults: Vec<_> = judge.iter_errors(&answer.json()).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{method} {path}: {faults:#?} in {answer:?}");
    }
}

/// What is described of such a request; a path of words goes before one with parts that vary.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let method = if method == "HEAD" { "get".to_owned() } else { method.to_lowercase() };
    let segments = |path: &'static str| path.trim_end_matches('/').split('/');
    let asked: Vec<_> = path.strip_suffix('/').unwrap_or(path).split('/').collect();
    let fits = |template: &&'static String| {
        let parts: Vec<_> = segments(template).collect();
        parts.len() == asked.len()
            && parts
                .iter()
                .zip(&asked)
                .all(|(part, asked)| part == asked || (part.starts_with('{') && !asked.is_empty()))
    };
    let paths = CONTRACT["paths"].as_object().unwrap();
    let found = paths.keys().filter(fits).min_by_key(|template| template.matches('{').count())?;
    paths[found].get(&method)
}

fn resolved(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(reference) => CONTRACT.pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}
