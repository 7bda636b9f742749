//! Problem documents (RFC 9457): the one shape of every error.

use std::borrow::Cow;
use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use offers_domain::user::Locale;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error_code::{ErrorCode, plain};

/// The media type of problem documents.
pub(crate) const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// One invalid field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct FieldError {
    /// Where it is: an RFC 6901 pointer into the body, or `/query/` and the parameter's name.
    pub(crate) pointer: String,
    /// What is wrong, as a stable code.
    pub(crate) code: FieldCode,
    /// What is wrong, as a sentence.
    pub(crate) detail: String,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FieldCode {
    /// It is missing.
    Required,
    /// Nobody asked for it.
    UnknownField,
    /// It is there twice.
    DuplicateField,
    /// It is another kind of value.
    InvalidType,
    /// Its value is not allowed.
    InvalidValue,
}

/// An error on its way to the client. The outermost middleware writes it out, with the request's id.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    code: ErrorCode,
    detail: Option<Cow<'static, str>>,
    errors: Vec<FieldError>,
    /// In a box: this is the error of most functions, and most have none.
    members: Box<Map<String, Value>>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// An error (RFC 9457). Some codes have more members than these.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct Document<'a> {
    /// Where the code is explained.
    r#type: String,
    /// A short summary, the same at every occurrence.
    title: &'static str,
    /// The HTTP status.
    #[schemars(range(min = 400, max = 599))]
    status: u16,
    /// What went wrong here, as a sentence.
    detail: &'a str,
    /// What went wrong, as a stable code.
    #[schemars(with = "ErrorCode")]
    code: &'static str,
    /// The request, as the server's operators find it.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    /// Every invalid field.
    errors: &'a [FieldError],
    #[serde(flatten)]
    members: &'a Map<String, Value>,
}

impl Problem {
    /// The problem with this code, explained by the registry.
    pub(crate) fn new(code: ErrorCode) -> Self {
        let problem =
            Self { code, detail: None, errors: Vec::new(), members: Box::default(), headers: Vec::new() };
        match code.status() {
            StatusCode::UNAUTHORIZED => {
                problem.header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
            }
            StatusCode::SERVICE_UNAVAILABLE => problem.retry_after(1),
            _ => problem,
        }
    }

    /// A request with these invalid fields.
    pub(crate) fn invalid(errors: impl IntoIterator<Item = FieldError>) -> Self {
        Self { errors: errors.into_iter().collect(), ..Self::new(ErrorCode::ValidationFailed) }
    }

    /// A request with one field whose value is not allowed.
    pub(crate) fn invalid_value(pointer: &str, detail: impl fmt::Display) -> Self {
        let detail = detail.to_string();
        Self::invalid([FieldError { pointer: pointer.to_owned(), code: FieldCode::InvalidValue, detail }])
    }

    /// What went wrong.
    pub(crate) fn code(&self) -> ErrorCode {
        self.code
    }

    /// What to call an error that came from the framework with nothing but a status.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        Self::new(match status {
            StatusCode::NOT_FOUND => ErrorCode::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => ErrorCode::MethodNotAllowed,
            StatusCode::REQUEST_TIMEOUT => ErrorCode::RequestTimeout,
            StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::PayloadTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => ErrorCode::UnsupportedMediaType,
            status if status.is_client_error() => ErrorCode::MalformedRequest,
            _ => ErrorCode::InternalError,
        })
    }

    /// Says more than the registry about this occurrence.
    pub(crate) fn detail(self, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// Adds an extension member.
    pub(crate) fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// Sets a header of the answer.
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value));
        self
    }

    /// Says when another try makes sense.
    pub(crate) fn retry_after(self, seconds: u16) -> Self {
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// The answer without its body, which [`body`](Self::body) makes.
    pub(crate) fn response(self) -> HttpResponse {
        let mut response = HttpResponse::new(self.code.status());
        for (name, value) in &self.headers {
            response.headers_mut().insert(name.clone(), value.clone());
        }
        response.extensions_mut().insert(self);
        response
    }

    /// The document. Its title is in this language, whatever it says of the occurrence in English.
    pub(crate) fn body(&self, request_id: &str, locale: Locale) -> String {
        let explanation = plain(self.code.entry().explanation);
        let document = Document {
            r#type: address(self.code),
            title: self.code.title(locale),
            status: self.code.status().as_u16(),
            detail: self.detail.as_deref().unwrap_or(&explanation),
            code: self.code.as_str(),
            request_id: Some(request_id).filter(|id| !id.is_empty()),
            errors: &self.errors,
            members: &self.members,
        };
        serde_json::to_string(&document).unwrap_or_default()
    }
}

/// Where a code is explained.
pub(crate) fn address(code: ErrorCode) -> String {
    format!("/problems/{code}")
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code.fmt(f)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        self.clone().response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_its_members_in_a_fixed_order() {
        let problem = Problem::new(ErrorCode::OrderInProgress).detail("Wait.").member("transaction_id", "7");
        assert_eq!(
            problem.body("req-1", Locale::En),
            r#"{"type":"/problems/order_in_progress","title":"Order in progress","status":409,"detail":"Wait.","code":"order_in_progress","request_id":"req-1","transaction_id":"7"}"#
        );
    }

    #[test]
    fn invalid_fields_are_listed() {
        let body = Problem::invalid_value("/offer_id", "Must be an integer.").body("", Locale::En);
        assert!(body.contains(
            r#""errors":[{"pointer":"/offer_id","code":"invalid_value","detail":"Must be an integer."}]"#
        ));
    }

    #[test]
    fn unavailability_says_when_to_come_back_and_401_how_to_authenticate() {
        for code in ErrorCode::ALL {
            let response = Problem::new(*code).response();
            let has = |name| response.headers().contains_key(name);
            assert_eq!(has(header::RETRY_AFTER), code.status() == StatusCode::SERVICE_UNAVAILABLE, "{code}");
            assert_eq!(has(header::WWW_AUTHENTICATE), code.status() == StatusCode::UNAUTHORIZED, "{code}");
        }
    }
}
