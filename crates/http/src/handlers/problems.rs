//! What the codes of problem documents mean: the pages that their `type` points to.

use offers_domain::user::Locale;
use schemars::JsonSchema;
use serde::Serialize;

use crate::answer::Lasting;
use crate::error_code::{ErrorCode, plain};
use crate::extract::{AskedLanguage, PathId};
use crate::problem::address;

/// One code, explained.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ExplanationBody {
    r#type: String,
    #[schemars(with = "ErrorCode")]
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
pub(crate) async fn explain(code: PathId<ErrorCode>, asked: AskedLanguage) -> Lasting<ExplanationBody> {
    let locale = asked.0.unwrap_or(Locale::En);
    Lasting { locale, body: ExplanationBody::new(code.0, locale) }
}
