//! Reports of partners: signed after Standard Webhooks, with a body of the contract.

use std::collections::HashMap;

use offers_conventions::{Envelope, Forgery, Key, keys};
use offers_domain::activation_partner::ActivationPartner;
use offers_domain::callback::{Callback, CallbackId};
use offers_domain::ids::TransactionId;
use offers_domain::partner::Answer;
use offers_domain::ports::{ActivationCallbacks, CallbackRefusal, SealedCallback};
use time::OffsetDateTime;

use crate::classify::{reference, refusal};
use crate::settings::SetupError;
use crate::wire::{AnswerBody, Word};

/// Knows the partners' secrets.
#[derive(Default)]
pub struct Callbacks(HashMap<ActivationPartner, Vec<Key>>);

impl Callbacks {
    /// Lets this partner report. `secrets` are written as Standard Webhooks has them, `whsec_` and then base64, with commas
    /// between while they are being changed.
    pub fn admit(&mut self, partner: ActivationPartner, secrets: &str) -> Result<(), SetupError> {
        self.0.insert(partner, keys(secrets)?);
        Ok(())
    }
}

impl ActivationCallbacks for Callbacks {
    fn open(&self, sealed: &SealedCallback, now: OffsetDateTime) -> Result<Callback, CallbackRefusal> {
        let id = CallbackId::try_new(&sealed.id).ok_or(CallbackRefusal::Forged)?;
        let keys = self.0.get(&sealed.partner).map_or(&[][..], Vec::as_slice);
        let SealedCallback { id: name, timestamp, signature, body, .. } = sealed;
        Envelope { id: name, timestamp, signature, body }.check(keys, now).map_err(
            |forgery| match forgery {
                Forgery::Signature => CallbackRefusal::Forged,
                Forgery::Stale => CallbackRefusal::Stale,
            },
        )?;
        read(sealed.partner, id, &sealed.body).map_err(CallbackRefusal::Malformed)
    }
}

fn read(partner: ActivationPartner, id: CallbackId, body: &[u8]) -> Result<Callback, &'static str> {
    let body: AnswerBody = serde_json::from_slice(body).map_err(|_| "the body is not one of the contract")?;
    let transaction = body.transaction_id.as_deref().ok_or("transaction_id is missing")?;
    let transaction: TransactionId = transaction.parse().map_err(|_| "transaction_id is no UUID")?;
    let answer = match body.status {
        Word::Activated => Answer::Confirmed { reference: reference(&body)? },
        Word::Pending => Answer::Pending { reference: reference(&body)? },
        Word::Refused => refusal(&body)?,
        Word::NotFound | Word::Voided => return Err("a report says activated, refused or pending"),
    };
    Ok(Callback { partner, id, transaction, answer, repeated: body.repeated() })
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    /// The example of the documentation; see docs/activation-partners.md.
    const SECRET: &str = "whsec_b2ZmZXJzLWFwaS1leGFtcGxlLXNlY3JldCE=";
    const OTHER: &str = "whsec_YW5vdGhlci1leGFtcGxlLXNlY3JldC0wMDE=";
    const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);
    const BODY: &str = r#"{"status":"activated","transaction_id":"01930000-0000-7000-8000-000000000001","reference":"TV-4711"}"#;

    fn partner() -> ActivationPartner {
        "tv-house".parse().unwrap()
    }

    fn callbacks(secrets: &str) -> Callbacks {
        let mut callbacks = Callbacks::default();
        callbacks.admit(partner(), secrets).unwrap();
        callbacks
    }

    fn sign(secret: &str, id: &str, timestamp: &str, body: &str) -> String {
        Key::try_new(secret).unwrap().sign(id, timestamp, body.as_bytes())
    }

    fn sealed(body: &str) -> SealedCallback {
        let (id, timestamp) = ("msg_1", NOW.unix_timestamp().to_string());
        let signature = sign(SECRET, id, &timestamp, body);
        SealedCallback { partner: partner(), id: id.into(), timestamp, signature, body: body.into() }
    }

    #[test]
    fn a_report_with_the_partners_signature_is_believed() {
        let callback = callbacks(SECRET).open(&sealed(BODY), NOW).unwrap();
        assert_eq!((callback.partner, callback.id.as_str()), (partner(), "msg_1"));
        assert_eq!(callback.transaction.to_string(), "01930000-0000-7000-8000-000000000001");
        assert_eq!(callback.answer, Answer::Confirmed { reference: "TV-4711".into() });
    }

    #[test]
    fn the_example_of_the_documentation_is_right() {
        let page = include_str!("../../../docs/activation-partners.md");
        let example = sign(SECRET, "msg_2Lh9KRb0pzN4LePd3XiA4v", "1795176000", BODY);
        for part in [SECRET, "msg_2Lh9KRb0pzN4LePd3XiA4v", "1795176000", BODY, &example] {
            assert!(page.contains(part), "the page lacks {part}");
        }
        let sealed = SealedCallback {
            partner: partner(),
            id: "msg_2Lh9KRb0pzN4LePd3XiA4v".into(),
            timestamp: "1795176000".into(),
            signature: example,
            body: BODY.into(),
        };
        assert!(callbacks(SECRET).open(&sealed, NOW).is_ok());
    }

    #[test]
    fn whoever_changes_anything_has_forged_it() {
        let good = sealed(BODY);
        let other_body = BODY.replace("4711", "4712");
        let stranger: ActivationPartner = "stranger".parse().unwrap();
        for forged in [
            SealedCallback { id: "msg_2".into(), ..good.clone() },
            SealedCallback { id: String::new(), ..good.clone() },
            SealedCallback { timestamp: (NOW.unix_timestamp() + 1).to_string(), ..good.clone() },
            SealedCallback { body: other_body.into(), ..good.clone() },
            SealedCallback { partner: stranger, ..good.clone() },
            SealedCallback { signature: good.signature.replace("v1,", "v2,"), ..good.clone() },
            SealedCallback { signature: "v1,".into(), ..good.clone() },
            SealedCallback { signature: String::new(), ..good.clone() },
            SealedCallback { signature: sign(OTHER, "msg_1", &good.timestamp, BODY), ..good.clone() },
        ] {
            assert_eq!(callbacks(SECRET).open(&forged, NOW), Err(CallbackRefusal::Forged), "{forged:?}");
        }
        assert_eq!(Callbacks::default().open(&good, NOW), Err(CallbackRefusal::Forged), "nobody is admitted");
    }

    #[test]
    fn secrets_can_be_changed_without_a_gap() {
        let both = callbacks(&format!("{OTHER}, {SECRET}"));
        assert!(both.open(&sealed(BODY), NOW).is_ok(), "the old secret still counts");
        let mut twice = sealed(BODY);
        twice.signature = format!("{} {}", sign(OTHER, "msg_1", &twice.timestamp, BODY), twice.signature);
        assert!(callbacks(SECRET).open(&twice, NOW).is_ok(), "one of several signatures is enough");
    }

    #[test]
    fn what_is_older_than_five_minutes_or_from_the_future_is_stale() {
        let (callbacks, sealed) = (callbacks(SECRET), sealed(BODY));
        for (late, good) in [(0, true), (300, true), (301, false), (-300, true), (-301, false)] {
            let outcome = callbacks.open(&sealed, NOW + Duration::seconds(late));
            assert_eq!(outcome.is_ok(), good, "{late}");
            assert!(good || outcome == Err(CallbackRefusal::Stale));
        }
    }

    #[test]
    fn a_report_says_how_an_order_ended() {
        let id = r#""transaction_id":"01930000-0000-7000-8000-000000000001""#;
        for (body, good) in [
            (format!(r#"{{"status":"refused",{id},"code":"barred","message":"Barred"}}"#), true),
            (format!(r#"{{"status":"pending",{id},"reference":"R","more":1}}"#), true),
            (format!(r#"{{"status":"activated",{id}}}"#), false),
            (format!(r#"{{"status":"voided",{id}}}"#), false),
            (format!(r#"{{"status":"refused",{id}}}"#), false),
            (r#"{"status":"activated","reference":"R"}"#.to_owned(), false),
            ("[]".to_owned(), false),
        ] {
            let outcome = callbacks(SECRET).open(&sealed(&body), NOW);
            assert_eq!(outcome.is_ok(), good, "{body}");
            assert!(good || matches!(outcome, Err(CallbackRefusal::Malformed(_))), "{body}");
        }
    }

    #[test]
    fn a_secret_that_could_be_guessed_is_refused() {
        for bad in ["", "b2ZmZXJzLWFwaS1leGFtcGxlLXNlY3JldCE=", "whsec_%%%", "whsec_c2hvcnQ="] {
            assert!(Callbacks::default().admit(partner(), bad).is_err(), "{bad}");
        }
    }
}
