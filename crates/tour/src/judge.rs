//! Whether an answer is the expected one.

use serde_json::Value;

use crate::error::Surprise;
use crate::step::{Check, Expected, FINAL, Place, Step};
use crate::variables::{Variables, plain};
use crate::wire::Answer;

/// Whether the order that the answer speaks of will change no more.
pub(crate) fn is_final(answer: &Answer) -> bool {
    answer.json().get("status").and_then(Value::as_str).is_some_and(|status| FINAL.contains(&status))
}

/// Compares the answer with what the step expects, and keeps what the step keeps.
pub(crate) fn judge(step: &Step, answer: &Answer, variables: &mut Variables) -> Result<(), Surprise> {
    if answer.status != step.status {
        let said = answer.json().get("detail").map(plain).unwrap_or_default();
        return Err(Surprise::Status { expected: step.status, got: answer.status, said });
    }
    for check in step.checks {
        compare(check, answer, variables)?;
    }
    for keep in step.keeps {
        variables.keep(keep.name, found(keep.place, answer)?);
    }
    Ok(())
}

fn compare(check: &Check, answer: &Answer, variables: &Variables) -> Result<(), Surprise> {
    let got = found(check.place, answer)?;
    let expected = match check.expected {
        Expected::Present => return Ok(()),
        Expected::Text(text) => Value::String(variables.fill(text)?),
        Expected::Flag(flag) => Value::Bool(flag),
        Expected::Kept(name) => variables.get(name)?.clone(),
    };
    if got == expected {
        return Ok(());
    }
    let (expected, got) = (expected.to_string(), got.to_string());
    Err(Surprise::Differs { place: check.place.to_string(), expected, got })
}

fn found(place: Place, answer: &Answer) -> Result<Value, Surprise> {
    let value = match place {
        Place::Member(path) => {
            answer.json().pointer(&pointer(path)).filter(|value| !value.is_null()).cloned()
        }
        Place::Header(name) => answer.header(name).map(|text| Value::String(text.to_owned())),
    };
    value.ok_or_else(|| Surprise::Missing { place: place.to_string() })
}

/// `data[0].id` is `/data/0/id`.
fn pointer(path: &str) -> String {
    format!("/{}", path.replace(['.', '['], "/").replace(']', ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::{get, header, keep_header, member, present, text};

    fn answer(status: u16, body: &str) -> Answer {
        Answer::new(status, vec![("etag".into(), "\"3\"".into())], body.to_owned())
    }

    const STEP: Step = get("/")
        .showing(&[text("data[0].name", "{{name}}"), present("data[0].id"), header("ETag", "\"3\"")])
        .keeping(&[member("id", "data[0].id"), keep_header("version", "ETag")]);

    #[test]
    fn what_is_expected_passes_and_is_kept() {
        let mut variables = Variables::default();
        variables.keep("name", "Jazz".into());
        judge(&STEP, &answer(200, r#"{"data":[{"id":7,"name":"Jazz"}]}"#), &mut variables).unwrap();
        assert_eq!(variables.fill("{{id}} {{version}}").unwrap(), "7 \"3\"");
    }

    #[test]
    fn every_difference_is_said() {
        let mut variables = Variables::default();
        variables.keep("name", "Jazz".into());
        for (status, body, said) in [
            (404, r#"{"detail":"Gone."}"#, "expected the status 200, and got 404: Gone."),
            (500, "<html>", "expected the status 200, and got 500"),
            (200, r#"{"data":[]}"#, "expected `data[0].name`, and it is missing"),
            (200, r#"{"data":[{"id":null,"name":"Jazz"}]}"#, "expected `data[0].id`, and it is missing"),
            (
                200,
                r#"{"data":[{"id":7,"name":"Rock"}]}"#,
                r#"expected `data[0].name` to be "Jazz", and it is "Rock""#,
            ),
        ] {
            let surprise = judge(&STEP, &answer(status, body), &mut variables).unwrap_err();
            assert_eq!(surprise.to_string(), said);
        }
    }

    #[test]
    fn only_a_final_status_ends_the_waiting() {
        for (body, ends) in [
            (r#"{"status":"PENDING"}"#, false),
            (r#"{"status":"PROCESSING"}"#, false),
            (r#"{"status":"SUCCESS"}"#, true),
            (r#"{"status":"FAILED"}"#, true),
            ("", false),
        ] {
            assert_eq!(is_final(&answer(200, body)), ends, "{body}");
        }
    }
}
