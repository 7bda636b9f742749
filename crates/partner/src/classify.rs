//! What an answer means. A pure function: the README's table, as code.

use offers_domain::partner::{ActivationRequest, Answer, Step};
use offers_domain::text;
use time::Duration;

use crate::wire::{AnswerBody, Word};

const MAX_REFERENCE: usize = 100;
const MAX_CODE: usize = 64;
const MAX_MESSAGE: usize = 300;

/// The code of a refusal because the key was voided.
const VOIDED: &str = "voided";

/// What came back, whole.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    /// Empty where the status alone decides.
    pub(crate) body: Vec<u8>,
}

/// Whether an answer with this status cannot be understood without its body.
pub(crate) fn needs_body(status: u16) -> bool {
    matches!(status, 200..=202 | 404 | 422)
}

/// What is known after this reply.
pub(crate) fn classify(step: Step, request: &ActivationRequest, reply: &Reply) -> Answer {
    let status = reply.status;
    let doubt = match status {
        429 | 503 => {
            let reason = format!("the partner turned the call away: HTTP {status}");
            return Answer::NotExecuted { reason, retry_after: reply.retry_after };
        }
        _ if needs_body(status) => match read(step, request, reply) {
            Ok(answer) => return answer,
            Err(doubt) => doubt,
        },
        409 => "the same key is in flight",
        300..=399 => "redirects are not followed",
        _ => "not in the contract",
    };
    Answer::Unknown { reason: format!("HTTP {status}: {doubt}") }
}

/// The answer that a body gives, or why it gives none.
fn read(step: Step, request: &ActivationRequest, reply: &Reply) -> Result<Answer, &'static str> {
    let body: AnswerBody = serde_json::from_slice(&reply.body).map_err(|_| "the body is malformed")?;
    if !body.is_about(request) {
        return Err("the body is about another order");
    }
    let named = body.transaction_id.is_some();
    match (step, reply.status, body.status) {
        (Step::Activate | Step::Query, 200 | 201, Word::Activated) if named => {
            Ok(Answer::Confirmed { reference: reference(&body)? })
        }
        (Step::Activate | Step::Query, 202, Word::Pending) if named => {
            Ok(Answer::Pending { reference: reference(&body)? })
        }
        // Only a void of ours kills a key: an earlier one got through although its answer was lost.
        (Step::Query, 422, Word::Refused) if body.code.as_deref() == Some(VOIDED) => Ok(Answer::Voided),
        (Step::Activate | Step::Query, 422, Word::Refused) => refusal(&body),
        (Step::Query, 404, Word::NotFound) => Ok(Answer::NotFound),
        (Step::Void, 200, Word::Voided) if named => Ok(Answer::Voided),
        _ => Err("the body does not go with the call and the status"),
    }
}

pub(crate) fn reference(body: &AnswerBody) -> Result<String, &'static str> {
    let reference = body.reference.as_deref().ok_or("the reference is missing")?;
    text::line(reference, MAX_REFERENCE).map_err(|_| "the reference is not a short line")
}

pub(crate) fn refusal(body: &AnswerBody) -> Result<Answer, &'static str> {
    match (&body.code, &body.message) {
        (Some(code), Some(message)) if !one_line(code, MAX_CODE).is_empty() => {
            Ok(Answer::Refused { code: one_line(code, MAX_CODE), message: one_line(message, MAX_MESSAGE) })
        }
        _ => Err("the refusal gives no reason"),
    }
}

/// The text without control characters, cut to `max` characters.
fn one_line(text: &str, max: usize) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(max).collect()
}

#[cfg(test)]
mod tests {
    use offers_domain::activation_partner::ActivationPartner;
    use offers_domain::ids::{OfferId, TransactionId, UserId};
    use offers_domain::money::{Amount, Currency};
    use offers_domain::partner::AnswerKind;
    use offers_domain::trace::TraceContext;
    use uuid::Uuid;

    use super::*;

    const ID: &str = "01930000-0000-7000-8000-000000000001";

    const ACTIVATED: &str = r#"{"status":"activated","transaction_id":"ID","reference":"R-1"}"#;
    const PENDING: &str = r#"{"status":"pending","transaction_id":"ID","reference":"R-1"}"#;
    const REFUSED: &str = r#"{"status":"refused","code":"barred","message":"The line is barred"}"#;
    const DEAD: &str = r#"{"status":"refused","code":"voided","message":"The order was voided"}"#;
    const NOT_FOUND: &str = r#"{"status":"not_found"}"#;
    const GIVEN_UP: &str = r#"{"status":"voided","transaction_id":"ID"}"#;

    fn request() -> ActivationRequest {
        ActivationRequest {
            partner: ActivationPartner::DEFAULT,
            transaction: TransactionId(Uuid::parse_str(ID).unwrap()),
            user: UserId(7),
            offer: OfferId(3),
            amount: Amount::from_minor(1990, Currency::EUR).unwrap(),
            duration_days: 30,
            trace: TraceContext::of_order(TransactionId(Uuid::parse_str(ID).unwrap())),
        }
    }

    fn answer(step: Step, status: u16, body: &str) -> Answer {
        let body = body.replace("ID", ID).into_bytes();
        classify(step, &request(), &Reply { status, retry_after: None, body })
    }

    fn confirmed() -> Answer {
        Answer::Confirmed { reference: "R-1".into() }
    }

    fn pending() -> Answer {
        Answer::Pending { reference: "R-1".into() }
    }

    fn refused() -> Answer {
        Answer::Refused { code: "barred".into(), message: "The line is barred".into() }
    }

    fn refused_as_voided() -> Answer {
        Answer::Refused { code: "voided".into(), message: "The order was voided".into() }
    }

    /// Every pair of a call, a status and a body that means something. All others must be unknown.
    fn understood(step: Step, status: u16, body: &str) -> Option<Answer> {
        match (step, status, body) {
            (Step::Activate | Step::Query, 200 | 201, ACTIVATED) => Some(confirmed()),
            (Step::Activate | Step::Query, 202, PENDING) => Some(pending()),
            (Step::Activate | Step::Query, 422, REFUSED) => Some(refused()),
            (Step::Activate, 422, DEAD) => Some(refused_as_voided()),
            (Step::Query, 404, NOT_FOUND) => Some(Answer::NotFound),
            (Step::Query, 422, DEAD) | (Step::Void, 200, GIVEN_UP) => Some(Answer::Voided),
            _ => None,
        }
    }

    #[test]
    fn only_the_body_that_goes_with_the_call_and_the_status_is_understood() {
        for step in Step::ALL.iter().copied() {
            for status in (200..600).filter(|status| !matches!(status, 429 | 503)) {
                for body in [ACTIVATED, PENDING, REFUSED, DEAD, NOT_FOUND, GIVEN_UP] {
                    let answer = answer(step, status, body);
                    match understood(step, status, body) {
                        Some(expected) => assert_eq!(answer, expected, "{step} {status} {body}"),
                        None => assert_eq!(answer.kind(), AnswerKind::Unknown, "{step} {status} {body}"),
                    }
                }
            }
        }
    }

    #[test]
    fn a_call_that_was_turned_away_was_not_executed_whatever_the_body() {
        let wait = Some(Duration::seconds(7));
        for step in Step::ALL.iter().copied() {
            for status in [429, 503] {
                for body in ["", ACTIVATED, REFUSED] {
                    let reply = Reply { status, retry_after: wait, body: body.into() };
                    let answer = classify(step, &request(), &reply);
                    assert!(matches!(answer, Answer::NotExecuted { retry_after, .. } if retry_after == wait));
                }
            }
        }
    }

    #[test]
    fn what_an_answer_repeats_must_be_ours() {
        let with = |fields: &str| {
            let body = format!(r#"{{"status":"activated","reference":"R-1",{fields}}}"#);
            answer(Step::Activate, 200, &body)
        };
        for ours in [
            r#""transaction_id":"ID""#,
            r#""transaction_id":"ID","offer_id":3,"amount":"19.90","currency":"EUR""#,
            r#""transaction_id":"ID","amount":"19.9","new_field":[1,2]"#,
            r#""transaction_id":"ID","offer_id":null"#,
        ] {
            assert_eq!(with(ours), confirmed(), "{ours}");
        }
        for other in [
            r#""transaction_id":"01930000-0000-7000-8000-000000000002""#,
            r#""transaction_id":"nonsense""#,
            r#""transaction_id":7"#,
            r#""transaction_id":"ID","transaction_id":"ID""#,
            r#""offer_id":3"#,
            r#""transaction_id":"ID","offer_id":4"#,
            r#""transaction_id":"ID","amount":"19.91""#,
            r#""transaction_id":"ID","amount":19.9"#,
            r#""transaction_id":"ID","currency":"XOF""#,
        ] {
            assert_eq!(with(other).kind(), AnswerKind::Unknown, "{other}");
        }
        for (status, body) in [
            (422, r#"{"status":"refused","code":"barred","message":"","transaction_id":"another"}"#),
            (404, r#"{"status":"not_found","transaction_id":"another"}"#),
        ] {
            assert_eq!(answer(Step::Query, status, body).kind(), AnswerKind::Unknown, "{body}");
        }
    }

    #[test]
    fn a_broken_body_is_unknown() {
        for step in Step::ALL.iter().copied() {
            for status in [200, 201, 202, 404, 422] {
                for body in [
                    "",
                    "null",
                    "[]",
                    "<html>Not Found</html>",
                    r#"{"error":"internal"}"#,
                    r#"{"status":"ok"}"#,
                    r#"{"status":"activated","transaction_id":"ID""#,
                    r#"{"status":"activated","transaction_id":"ID","reference":"R-1"} {}"#,
                    r#"{"status":"activated","transaction_id":"ID"}"#,
                    r#"{"status":"refused"}"#,
                    r#"{"status":"refused","code":"","message":"no"}"#,
                    r#"{"status":"refused","code":"barred"}"#,
                    r#"{"status":"voided"}"#,
                ] {
                    assert_eq!(
                        answer(step, status, body).kind(),
                        AnswerKind::Unknown,
                        "{step} {status} {body}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_reference_is_one_short_line() {
        let long = "R".repeat(101);
        for reference in ["", "  ", r"R\n1", r"R\u00001", &long] {
            for (status, word) in [(200, "activated"), (202, "pending")] {
                let body =
                    format!(r#"{{"status":"{word}","transaction_id":"ID","reference":"{reference}"}}"#);
                assert_eq!(answer(Step::Query, status, &body).kind(), AnswerKind::Unknown, "{body}");
            }
        }
    }

    #[test]
    fn a_refusals_words_are_cleaned_and_cut() {
        let body =
            format!(r#"{{"status":"refused","code":"no\u0000pe\r\n","message":"{}"}}"#, "é\\n".repeat(400));
        let Answer::Refused { code, message } = answer(Step::Activate, 422, &body) else {
            panic!("must be refused");
        };
        assert_eq!(code, "nope");
        assert_eq!(message, "é".repeat(300));
    }

    #[test]
    fn a_reason_never_repeats_the_body() {
        for status in [200, 404, 422, 500] {
            let Answer::Unknown { reason } = answer(Step::Query, status, r#"{"status":"secret"}"#) else {
                panic!("must be unknown");
            };
            assert!(
                reason.starts_with(&format!("HTTP {status}: ")) && !reason.contains("secret"),
                "{reason}"
            );
        }
    }
}
