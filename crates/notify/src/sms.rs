//! Text messages through an HTTP gateway: one `POST` of JSON for each.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use offers_domain::ports::Messenger;
use offers_domain::sending::{Delivery, Letter};
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::templates::Templates;
use crate::{NotReady, SetupError};

/// How to reach the gateway.
#[derive(Debug, Clone)]
pub struct SmsSettings {
    /// Where messages are posted: `https://…`, or `http://` to this machine.
    pub url: String,
    /// What lets us in, if anything has to.
    pub token: Option<SecretString>,
    /// The header that carries the token. `Authorization` carries it as a bearer token, any other one as it is.
    pub header: String,
    /// The body: JSON in whose texts `{to}`, `{text}` and `{id}` are replaced.
    pub body: String,
    /// Longest whole call.
    pub timeout: Duration,
}

/// Posts text messages to a gateway.
#[derive(Debug)]
pub struct SmsGateway {
    templates: Arc<Templates>,
    http: reqwest::Client,
    url: Url,
    secret: Option<(HeaderName, HeaderValue)>,
    body: Value,
}

impl SmsGateway {
    /// Checks the settings.
    pub fn try_new(templates: Arc<Templates>, settings: &SmsSettings) -> Result<Self, SetupError> {
        let url = checked(&settings.url)?;
        let body =
            serde_json::from_str(&settings.body).map_err(|error| SetupError::Body(error.to_string()))?;
        let secret = settings.token.as_ref().map(|token| secret(&settings.header, token)).transpose()?;
        // reqwest takes the process's provider and panics without one. An error means that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(settings.timeout.min(Duration::from_secs(5)))
            .timeout(settings.timeout);
        let builder = match url.scheme() {
            "https" => builder.https_only(true),
            // Plain HTTP needs no root certificates, which a small container may not have.
            _ => builder.tls_certs_only([]),
        };
        let http = builder.build().map_err(|error| SetupError::Tls(error.without_url().to_string()))?;
        Ok(Self { templates, http, url, secret, body })
    }

    /// Whether anybody answers at the gateway's address. Nothing is sent, so that what lets us in is not tried.
    pub async fn probe(&self) -> Result<(), NotReady> {
        match self.http.head(self.url.clone()).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.is_timeout() => Err(NotReady("the gateway did not answer in time".into())),
            Err(_) => Err(NotReady("the gateway cannot be reached".into())),
        }
    }

    async fn post(&self, letter: &Letter, text: &str) -> Result<u16, reqwest::Error> {
        let id = letter.notice.to_string();
        let body = filled(&self.body, &[("{to}", &letter.address.0), ("{text}", text), ("{id}", &id)]);
        let mut call = self
            .http
            .post(self.url.clone())
            .header("idempotency-key", format!("notice-{id}"))
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string());
        if let Some((name, value)) = &self.secret {
            call = call.header(name, value);
        }
        Ok(call.send().await?.status().as_u16())
    }
}

#[async_trait]
impl Messenger for SmsGateway {
    async fn send(&self, letter: &Letter) -> Delivery {
        let text = match self.templates.sms(letter) {
            Ok(text) => text,
            Err(error) => return Delivery::NotSent { reason: error.to_string() },
        };
        match self.post(letter, &text).await {
            Ok(status) => meaning(status),
            Err(error) if error.is_connect() => {
                Delivery::NotSent { reason: "the gateway cannot be reached".into() }
            }
            Err(error) if error.is_timeout() => {
                Delivery::Unknown { reason: "the gateway did not answer in time".into() }
            }
            Err(_) => Delivery::Unknown { reason: "the gateway broke the connection off".into() },
        }
    }
}

/// What an answer says about the message. A gateway that does not let *us* in may do so later, and one that is busy too; what
/// it says about the message or its recipient is final; a failure on its side leaves the outcome open.
fn meaning(status: u16) -> Delivery {
    let reason = format!("the gateway answered {status}");
    match status {
        200..=299 => Delivery::Delivered,
        300..=399 | 401 | 402 | 403 | 408 | 425 | 429 | 503 => Delivery::NotSent { reason },
        400..=499 => Delivery::Refused { reason },
        _ => Delivery::Unknown { reason },
    }
}

fn checked(url: &str) -> Result<Url, SetupError> {
    let url = Url::parse(url)
        .map_err(|_| SetupError::Address("the SMS gateway's address is not an absolute URL"))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_this_machine(&url) => Ok(url),
        _ => Err(SetupError::Address("the SMS gateway's address must begin with https://")),
    }
}

/// Whether nothing leaves this machine on the way.
pub(crate) fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn secret(header: &str, token: &SecretString) -> Result<(HeaderName, HeaderValue), SetupError> {
    let unusable = SetupError::Address("the SMS gateway's header or token cannot be sent in HTTP");
    let Ok(name) = HeaderName::try_from(header) else { return Err(unusable) };
    let token = token.expose_secret();
    let value = if name == AUTHORIZATION { format!("Bearer {token}") } else { token.to_owned() };
    let Ok(mut value) = HeaderValue::try_from(value) else { return Err(unusable) };
    value.set_sensitive(true);
    Ok((name, value))
}

/// The body with its places filled. Only texts have places, so that nothing can leave its text.
fn filled(body: &Value, places: &[(&str, &str)]) -> Value {
    match body {
        Value::String(text) => Value::String(fill(text, places)),
        Value::Array(items) => items.iter().map(|item| filled(item, places)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, member)| (name.clone(), filled(member, places))).collect()
        }
        other => other.clone(),
    }
}

/// From left to right, once: what was put in is not looked at again.
fn fill(text: &str, places: &[(&str, &str)]) -> String {
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let (before, from) = rest.split_at(start);
        done.push_str(before);
        let place = places.iter().find_map(|(place, value)| Some((*value, from.strip_prefix(place)?)));
        if let Some((value, after)) = place {
            done.push_str(value);
            rest = after;
        } else {
            done.push('{');
            rest = from.strip_prefix('{').unwrap_or_default();
        }
    }
    done.push_str(rest);
    done
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_never_leaves_its_text_and_is_not_filled_again() {
        let body =
            json!({ "recipients": ["{to}"], "message": { "content": "{text} ({id}, {other})" }, "n": 1 });
        let filled =
            filled(&body, &[("{to}", "+33\",\"x\":\""), ("{text}", "a {to} b\n\"{\""), ("{id}", "7")]);
        let expected = json!({
            "recipients": ["+33\",\"x\":\""],
            "message": { "content": "a {to} b\n\"{\" (7, {other})" },
            "n": 1
        });
        assert_eq!(filled, expected);
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        for good in
            ["https://sms.example/send", "http://127.0.0.1:9/x", "http://[::1]:9/", "http://localhost/"]
        {
            assert!(checked(good).is_ok(), "{good}");
        }
        for bad in ["http://sms.example/", "ftp://127.0.0.1/", "sms.example", ""] {
            assert!(checked(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_answer_is_final_where_it_is_about_the_message() {
        for (status, delivered, again, refused) in [
            (200, true, false, false),
            (202, true, false, false),
            (302, false, true, false),
            (401, false, true, false),
            (429, false, true, false),
            (503, false, true, false),
            (400, false, false, true),
            (422, false, false, true),
            (500, false, false, false),
            (504, false, false, false),
        ] {
            let delivery = meaning(status);
            assert_eq!(delivery == Delivery::Delivered, delivered, "{status}");
            assert_eq!(matches!(delivery, Delivery::NotSent { .. }), again, "{status}");
            assert_eq!(matches!(delivery, Delivery::Refused { .. }), refused, "{status}");
        }
    }
}
