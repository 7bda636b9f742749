//! Steps as a Postman collection, format 2.1.

use serde_json::{Value, json};

use crate::journeys::JOURNEYS;
use crate::step::{ASK_AGAIN_AFTER_MS, ASK_AT_MOST, Check, Expected, FINAL, Journey, Keep, Place, Step};

/// What a run starts with; the secrets are for whoever runs it to fill in.
const VARIABLES: [(&str, &str); 6] = [
    ("base_url", "http://127.0.0.1:8000"),
    ("username", "user1"),
    ("password", "password123"),
    ("partner_key", ""),
    ("staff_username", "admin"),
    ("staff_password", ""),
];

/// All journeys.
pub(super) fn collection() -> String {
    let variables = VARIABLES.map(|(key, value)| json!({"key": key, "value": value}));
    let folders: Vec<_> = JOURNEYS.iter().map(|journey| folder(journey)).collect();
    let collection = json!({
        "info": {
            "name": "Offers API",
            "description": "A folder for each journey, from login to logout. Written by `offers tour --export`.",
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        "variable": variables,
        "item": folders,
    });
    format!("{collection:#}\n")
}

fn folder(journey: &Journey) -> Value {
    let items: Vec<_> = journey.steps.iter().map(|step| item(journey, step)).collect();
    let needs = journey.needs.join(", ");
    json!({"name": journey.name, "description": format!("{}. Needs: {needs}.", journey.title), "item": items})
}

fn item(journey: &Journey, step: &Step) -> Value {
    let headers = step.all_headers().into_iter();
    let headers: Vec<_> = headers.map(|(key, value)| json!({"key": key, "value": value})).collect();
    let mut request = json!({
        "method": step.method,
        "header": headers,
        "url": format!("{{{{base_url}}}}{}", step.path),
        "description": step.why,
    });
    if let (Some(body), Some(request)) = (step.body, request.as_object_mut()) {
        let body = json!({"mode": "raw", "raw": body, "options": {"raw": {"language": "json"}}});
        request.insert("body".into(), body);
    }
    let script = json!({"type": "text/javascript", "exec": script(step)});
    json!({
        // A request that is sent again is named by this.
        "id": format!("{}: {}", journey.name, step.title),
        "name": step.title,
        "request": request,
        "response": [],
        "event": [{"listen": "test", "script": script}],
    })
}

fn script(step: &Step) -> Vec<String> {
    let status = step.status;
    let mut lines =
        vec![format!("pm.test(\"status {status}\", () => pm.response.to.have.status({status}));")];
    let members = step.checks.iter().map(|check| check.place).chain(step.keeps.iter().map(|keep| keep.place));
    if step.follows || members.into_iter().any(|place| matches!(place, Place::Member(_))) {
        lines.push("const answer = pm.response.json();".into());
    }
    let judged = step.checks.iter().map(check).chain(step.keeps.iter().map(keep));
    if !step.follows {
        lines.extend(judged);
        return lines;
    }
    lines.extend([
        "const asked = Number(pm.collectionVariables.get(\"asked\") || 0) + 1;".into(),
        format!("if (!{FINAL:?}.includes(answer.status) && asked < {ASK_AT_MOST}) {{"),
        "  pm.collectionVariables.set(\"asked\", asked);".into(),
        format!("  setTimeout(() => {{}}, {ASK_AGAIN_AFTER_MS});"),
        "  pm.execution.setNextRequest(pm.info.requestId);".into(),
        "} else {".into(),
        "  pm.collectionVariables.unset(\"asked\");".into(),
    ]);
    lines.extend(judged.map(|line| format!("  {line}")));
    lines.push("}".into());
    lines
}

fn check(check: &Check) -> String {
    let (place, got) = (check.place.to_string().replace('`', ""), value(check.place));
    let (name, expectation) = match check.expected {
        Expected::Text(text) => {
            (format!("{place} is {text}"), format!("to.eql(pm.variables.replaceIn({text:?}))"))
        }
        Expected::Flag(flag) => (format!("{place} is {flag}"), format!("to.eql({flag})")),
        Expected::Kept(kept) => {
            (format!("{place} is {kept}"), format!("to.eql(pm.collectionVariables.get({kept:?}))"))
        }
        Expected::Present => (format!("{place} is there"), "to.exist".into()),
    };
    format!("pm.test({name:?}, () => pm.expect({got}).{expectation});")
}

fn keep(keep: &Keep) -> String {
    format!("pm.collectionVariables.set({:?}, {});", keep.name, value(keep.place))
}

fn value(place: Place) -> String {
    match place {
        Place::Member(path) => format!("answer.{path}"),
        Place::Header(name) => format!("pm.response.headers.get({name:?})"),
    }
}
