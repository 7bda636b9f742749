//! What the codes of problem documents mean: the pages that their `type` points to.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use crate::error_code::ErrorCode;
use crate::problem::{Problem, address};

/// One code, explained.
#[derive(Debug, Serialize)]
struct ExplanationBody {
    r#type: String,
    code: &'static str,
    status: u16,
    title: &'static str,
    explanation: &'static str,
}

/// Explains a code.
pub(crate) async fn explain(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let code = request.match_info().get("code").and_then(|code| code.parse::<ErrorCode>().ok());
    let code = code.ok_or_else(|| Problem::new(ErrorCode::NotFound))?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "public, max-age=3600")).json(
        ExplanationBody {
            r#type: address(code),
            code: code.as_str(),
            status: code.status().as_u16(),
            title: code.title(),
            explanation: code.explanation(),
        },
    ))
}
