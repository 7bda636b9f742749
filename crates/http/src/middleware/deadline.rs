//! An answer in time, even where the work is not done in time.

use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use tokio::time::timeout;

use super::Answer;
use crate::error_code::ErrorCode;
use crate::problem::Problem;

/// Answers within `time`. Of a request that writes nobody can then tell whether it had its effect.
pub(crate) async fn within(time: Duration, request: ServiceRequest, next: Next<BoxBody>) -> Answer {
    let kept = request.request().clone();
    if let Ok(answer) = timeout(time, next.call(request)).await {
        return answer;
    }
    tracing::warn!(deadline = ?time, "a request was not answered in time");
    let reads = matches!(*kept.method(), Method::GET | Method::HEAD);
    let code = if reads { ErrorCode::ServiceUnavailable } else { ErrorCode::OutcomeUnknown };
    Ok(ServiceResponse::new(kept, Problem::new(code).response()))
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, HttpResponse, web};
    use tokio::time::sleep;

    use super::*;

    async fn answer(method: Method, work: Duration) -> ServiceResponse {
        let route = web::route().to(move || async move {
            sleep(work).await;
            HttpResponse::Ok().finish()
        });
        let route = route.wrap(from_fn(|request: ServiceRequest, next: Next<BoxBody>| {
            within(Duration::from_secs(5), request, next)
        }));
        let app = init_service(App::new().route("/", route)).await;
        call_service(&app, TestRequest::default().method(method).to_request()).await
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_is_done_in_time_is_answered() {
        assert_eq!(answer(Method::POST, Duration::from_secs(4)).await.status(), StatusCode::OK);
    }

    #[tokio::test(start_paused = true)]
    async fn of_a_late_write_nobody_knows_the_outcome_but_a_late_read_did_nothing() {
        for (method, code) in [
            (Method::GET, ErrorCode::ServiceUnavailable),
            (Method::HEAD, ErrorCode::ServiceUnavailable),
            (Method::POST, ErrorCode::OutcomeUnknown),
        ] {
            let answer = answer(method, Duration::from_secs(6)).await;
            let problem = answer.response().extensions().get::<Problem>().unwrap().to_string();
            assert_eq!(problem, code.as_str());
        }
    }
}
