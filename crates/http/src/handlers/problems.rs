//! What the codes of problem documents mean: the pages that their `type` points to.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use offers_domain::user::Locale;
use serde::Serialize;

use crate::error_code::{ErrorCode, plain};
use crate::language;
use crate::problem::{Problem, address};

/// One code, explained.
#[derive(Debug, Serialize)]
struct ExplanationBody {
    r#type: String,
    code: &'static str,
    status: u16,
    title: &'static str,
    explanation: String,
    remedy: String,
}

impl ExplanationBody {
    fn new(code: ErrorCode, locale: Locale) -> Self {
        let entry = code.entry();
        Self {
            r#type: address(code),
            code: code.as_str(),
            status: code.status().as_u16(),
            title: code.title(locale),
            explanation: entry.story().map(plain).collect::<Vec<_>>().join(" "),
            remedy: plain(entry.remedy).into_owned(),
        }
    }
}

/// Explains a code.
pub(crate) async fn explain(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let code = request.match_info().get("code").and_then(|code| code.parse::<ErrorCode>().ok());
    let code = code.ok_or_else(|| Problem::new(ErrorCode::NotFound))?;
    let locale = language::asked_for(request.headers()).unwrap_or(Locale::En);
    let mut answer = HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .json(ExplanationBody::new(code, locale));
    language::mark(answer.headers_mut(), locale);
    Ok(answer)
}
