//! What a person reads: each call as they could type it, its answer, and why it is so.

use std::io::{self, Write};

use serde_json::Value;

use crate::error::Surprise;
use crate::step::{Journey, Place, Step};
use crate::variables::{Variables, is_secret};
use crate::wire::Answer;

/// Longer answers are cut; what matters stands at the top.
const LINES: usize = 24;
/// Headers that say something about the answer.
const TELLING: [&str; 5] = ["Location", "Retry-After", "ETag", "Idempotent-Replayed", "WWW-Authenticate"];

pub(crate) fn journey(output: &mut dyn Write, journey: &Journey) -> io::Result<()> {
    writeln!(output, "== {} ==\n", journey.title)
}

/// Nothing is left out in silence.
pub(crate) fn left_out(output: &mut dyn Write, journey: &Journey, missing: &str) -> io::Result<()> {
    let flag = missing.replace('_', "-");
    writeln!(output, "== {} ==\n\nLeft out: it needs --{flag}.\n", journey.title)
}

pub(crate) fn title(output: &mut dyn Write, number: usize, step: &Step) -> io::Result<()> {
    writeln!(output, "{number}. {}\n", step.title)
}

pub(crate) fn call(output: &mut dyn Write, curl: &str) -> io::Result<()> {
    writeln!(output, "{}\n", indented(curl))
}

pub(crate) fn answer(output: &mut dyn Write, step: &Step, answer: &Answer) -> io::Result<()> {
    let again = if step.follows { ", at last" } else { "" };
    writeln!(output, "   {}{again}", answer.status)?;
    for (name, value) in TELLING.iter().filter_map(|name| Some((name, answer.header(name)?))) {
        writeln!(output, "   {name}: {value}")?;
    }
    if !answer.text.is_empty() {
        writeln!(output, "{}", indented(&shortened(&body(step, answer))))?;
    }
    writeln!(output, "\n   {}\n", step.why)
}

pub(crate) fn end(output: &mut dyn Write, played: usize) -> io::Result<()> {
    writeln!(output, "{played} steps, no surprise")
}

/// The call as a person would type it. Secrets are shell variables of the same name.
pub(crate) fn as_curl(step: &Step, variables: &Variables) -> Result<String, Surprise> {
    let mut lines = vec![format!("curl -s {}'{{{{base_url}}}}{}'", verb(step), step.path)];
    lines.extend(step.all_headers().iter().map(|(name, value)| format!("  -H '{name}: {value}'")));
    lines.extend(step.body.map(|body| format!("  -d '{body}'")));
    variables.fill_with(&lines.join(" \\\n"), |name, value| {
        if is_secret(name) {
            // Out of the single quotes, and into them again.
            format!("'\"${}\"'", name.to_uppercase())
        } else {
            value.replace('\'', r"'\''")
        }
    })
}

fn verb(step: &Step) -> String {
    match (step.method, step.body) {
        ("GET", None) | ("POST", Some(_)) => String::new(),
        (method, _) => format!("-X {method} "),
    }
}

/// The body, readable, with dots in place of secrets.
fn body(step: &Step, answer: &Answer) -> String {
    let mut json = answer.json().clone();
    for keep in step.keeps.iter().filter(|keep| is_secret(keep.name)) {
        if let Place::Member(path) = keep.place
            && let Some(secret) = json.get_mut(path)
        {
            *secret = Value::String("…".into());
        }
    }
    match json {
        Value::Null => answer.text.clone(),
        json => format!("{json:#}"),
    }
}

fn shortened(text: &str) -> String {
    let mut lines: Vec<_> = text.lines().take(LINES).map(str::to_owned).collect();
    let more = text.lines().count().saturating_sub(LINES);
    if more > 0 {
        lines.push(format!("… and {more} more lines"));
    }
    lines.join("\n")
}

fn indented(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(|line| format!("   {line}")).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::step::{Caller, member, post};

    const LOGIN: Step = post("/login/", r#"{"username":"{{username}}","password":"{{password}}"}"#)
        .by(Caller::Partner)
        .keeping(&[member("access_token", "access_token")]);

    #[test]
    fn a_call_can_be_typed_and_shows_no_secret() {
        let mut variables = Variables::default();
        for (name, value) in
            [("base_url", "http://h"), ("username", "o'neil"), ("password", "hush"), ("partner_key", "hush")]
        {
            variables.keep(name, json!(value));
        }
        let curl = as_curl(&LOGIN, &variables).unwrap();
        assert_eq!(
            curl,
            "curl -s 'http://h/login/' \\\n  -H 'Authorization: Bearer '\"$PARTNER_KEY\"'' \\\n  \
             -H 'Content-Type: application/json' \\\n  \
             -d '{\"username\":\"o'\\''neil\",\"password\":\"'\"$PASSWORD\"'\"}'"
        );
    }

    #[test]
    fn an_answer_shows_no_secret_and_is_cut() {
        let members: Vec<_> = (0..40).map(|number| format!("\"m{number:02}\":1")).collect();
        let text = format!("{{\"access_token\":\"hush\",{}}}", members.join(","));
        let mut printed = Vec::new();
        answer(&mut printed, &LOGIN, &Answer::new(200, vec![], text)).unwrap();
        let printed = String::from_utf8(printed).unwrap();
        assert!(printed.contains("\"access_token\": \"…\"") && !printed.contains("hush"), "{printed}");
        assert!(printed.contains("… and 19 more lines"), "{printed}");
    }
}
