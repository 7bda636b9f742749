//! Steps as a Hurl file.

use std::fmt::Write as _;

use crate::step::{ASK_AGAIN_AFTER_MS, ASK_AT_MOST, Check, Expected, Journey, Keep, Place, Step};

/// A journey; what it needs is given with `--variable` and `--secret`.
pub(super) fn file(journey: &Journey) -> String {
    let mut text = format!(
        "# {}.\n# Needs: base_url, {}.\n# Written by `offers tour --export`.\n",
        journey.title,
        journey.needs.join(", ")
    );
    for step in journey.steps {
        text.push('\n');
        text.push_str(&entry(step));
    }
    text
}

fn entry(step: &Step) -> String {
    let mut text = format!("# {}.\n# {}\n", step.title, step.why);
    let _ = writeln!(text, "{} {{{{base_url}}}}{}", step.method, step.path);
    for (name, value) in step.all_headers() {
        let _ = writeln!(text, "{name}: {value}");
    }
    if step.follows {
        let _ = writeln!(text, "[Options]\nretry: {ASK_AT_MOST}\nretry-interval: {ASK_AGAIN_AFTER_MS}ms");
    }
    if let Some(body) = step.body {
        let _ = writeln!(text, "{body}");
    }
    let _ = writeln!(text, "HTTP {}", step.status);
    section(&mut text, "Captures", step.keeps.iter().map(capture));
    section(&mut text, "Asserts", step.checks.iter().map(assert));
    text
}

fn section(text: &mut String, name: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<_> = lines.collect();
    if !lines.is_empty() {
        let _ = writeln!(text, "[{name}]\n{}", lines.join("\n"));
    }
}

fn capture(keep: &Keep) -> String {
    format!("{}: {}", keep.name, query(keep.place))
}

fn assert(check: &Check) -> String {
    let query = query(check.place);
    match check.expected {
        Expected::Text(text) => format!("{query} == \"{}\"", text.replace('"', "\\\"")),
        Expected::Flag(flag) => format!("{query} == {flag}"),
        Expected::Kept(name) => format!("{query} == {{{{{name}}}}}"),
        Expected::Present => format!("{query} exists"),
    }
}

fn query(place: Place) -> String {
    match place {
        Place::Member(path) => format!("jsonpath \"$.{path}\""),
        Place::Header(name) => format!("header \"{name}\""),
    }
}
