//! Errors, as the contract writes them: for each status the codes that it may have here, each with its document.

use std::collections::{BTreeMap, BTreeSet};

use offers_domain::user::Locale;
use schemars::json_schema;
use serde_json::Value;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::Header;
use utoipa::openapi::schema::AllOfBuilder;
use utoipa::openapi::{Ref, RefOr, Response, ResponseBuilder};

use super::shapes::plain;
use crate::error_code::ErrorCode;
use crate::problem::Problem;

/// One answer for each status, by its number. Where a status has one code, the answer is the one that operations share.
pub(super) fn answers(codes: &[ErrorCode]) -> Vec<(String, RefOr<Response>)> {
    let known = ErrorCode::ALL.iter().filter(|code| codes.contains(code));
    let mut by_status: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
    for code in known {
        by_status.entry(code.status().as_u16()).or_default().push(*code);
    }
    let answers = by_status.into_iter().map(|(status, codes)| {
        let answer = match codes.as_slice() {
            [only] => RefOr::Ref(Ref::from_response_name(only.as_str())),
            several => RefOr::T(answer(several)),
        };
        (status.to_string(), answer)
    });
    answers.collect()
}

/// The answers that have one code each.
pub(super) fn shared() -> BTreeMap<String, RefOr<Response>> {
    ErrorCode::ALL.iter().map(|code| (code.as_str().to_owned(), RefOr::T(answer(&[*code])))).collect()
}

/// One document for each code.
pub(super) fn examples() -> BTreeMap<String, RefOr<utoipa::openapi::example::Example>> {
    let example = |code: ErrorCode| {
        let document: Value =
            serde_json::from_str(&Problem::new(code).body("01JD3X8M4Q", Locale::En)).unwrap_or_default();
        ExampleBuilder::new().summary(code.title(Locale::En)).value(Some(document)).build()
    };
    ErrorCode::ALL.iter().map(|code| (code.as_str().to_owned(), RefOr::T(example(*code)))).collect()
}

fn answer(codes: &[ErrorCode]) -> Response {
    let spellings: Vec<_> = codes.iter().map(|code| code.as_str()).collect();
    let these = plain(
        json_schema!({ "type": "object", "properties": { "code": { "type": "string", "enum": spellings } } }),
    );
    let shape = AllOfBuilder::new().item(Ref::from_schema_name("Problem")).item(these);
    let examples =
        spellings.iter().map(|code| (*code, RefOr::Ref(Ref::new(format!("#/components/examples/{code}")))));
    let content = ContentBuilder::new().schema(Some(shape)).examples_from_iter(examples).build();
    let titles: BTreeSet<_> = codes.iter().map(|code| code.title(Locale::En)).collect();
    let about = titles.into_iter().collect::<Vec<_>>().join(", or ");
    let answer = ResponseBuilder::new().description(about).content("application/problem+json", content);
    headers(codes).into_iter().fold(answer, |answer, (name, header)| answer.header(name, header)).build()
}

/// What such an answer says in its headers, too.
fn headers(codes: &[ErrorCode]) -> Option<(&'static str, Header)> {
    let (name, about) = match codes.first()?.status().as_u16() {
        401 => ("WWW-Authenticate", "How to say who one is."),
        429 | 503 => ("Retry-After", "Seconds until another try makes sense."),
        _ => return None,
    };
    let mut header = Header::new(plain(json_schema!({ "type": "string" })));
    header.description = Some(about.to_owned());
    Some((name, header))
}
