//! Writes problem documents: ours, and one for each error that the framework answered with a bare status.

use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use offers_domain::audit::RequestId;
use offers_domain::user::Locale;

use super::Answer;
use crate::language;
use crate::problem::{MEDIA_TYPE, Problem};

/// Gives every error its document.
pub(crate) async fn written(request: ServiceRequest, next: Next<BoxBody>) -> Answer {
    let response = next.call(request).await?;
    let Some(problem) = of(&response) else { return Ok(response) };
    let id = response.request().extensions().get::<RequestId>().cloned();
    let locale = language::asked_for(response.request().headers()).unwrap_or(Locale::En);
    let id = id.as_ref().map_or("", RequestId::as_str);
    let mut response = response.map_body(|_, _| BoxBody::new(problem.body(id, locale)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, MEDIA_TYPE);
    language::mark(headers, locale);
    Ok(response)
}

/// The problem that an answer tells of, if it does.
pub(super) fn of(answer: &ServiceResponse) -> Option<Problem> {
    let status = answer.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let told = || answer.response().extensions().get::<Problem>().cloned();
    is_error.then(|| told().unwrap_or_else(|| Problem::of_status(status)))
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_and_read_body_json, call_service, init_service};
    use actix_web::{App, HttpResponse, web};
    use serde_json::Value;

    use super::*;

    async fn document(status: StatusCode) -> Value {
        let bare = move || async move { HttpResponse::build(status).body("what the framework says") };
        let app = init_service(App::new().route("/", web::get().to(bare)).wrap(from_fn(written))).await;
        call_and_read_body_json(&app, TestRequest::default().to_request()).await
    }

    #[tokio::test]
    async fn an_error_of_the_framework_gets_a_document_of_ours() {
        for (status, code) in [
            (400, "malformed_request"),
            (404, "not_found"),
            (408, "request_timeout"),
            (413, "payload_too_large"),
            (418, "malformed_request"),
            (500, "internal_error"),
            (502, "internal_error"),
        ] {
            assert_eq!(document(StatusCode::from_u16(status).unwrap()).await["code"], code);
        }
    }

    #[tokio::test]
    async fn an_answer_that_is_no_error_is_left_alone() {
        let app = App::new().route("/", web::get().to(|| async { "fine" })).wrap(from_fn(written));
        let answer = call_service(&init_service(app).await, TestRequest::default().to_request()).await;
        assert_ne!(answer.headers().get(header::CONTENT_TYPE), Some(&MEDIA_TYPE));
    }
}
