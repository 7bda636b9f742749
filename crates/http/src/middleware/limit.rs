//! Turns away who asks too often, and tells everybody how often they still may.

use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use offers_application::identity::Caller;
use offers_domain::limits::{LimitKey, Quota, Verdict};

use super::Answer;
use crate::error_code::ErrorCode;
use crate::extract::client_address;
use crate::limits::{Client, Limit, Limits};
use crate::problem::Problem;
use crate::state;

/// Draft-ietf-httpapi-ratelimit-headers, two fields: what there is, and what is left of it.
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");

/// Counts a request as one of its class.
pub(crate) async fn counted(limit: Limit, request: ServiceRequest, next: Next<BoxBody>) -> Answer {
    let limits = match state::of(request.request()) {
        Ok(state) => state.limits.clone(),
        Err(problem) => return Ok(request.into_response(problem.response())),
    };
    let Some(quota) = limits.quotas.of(limit) else { return next.call(request).await };
    let client = client(limit, &request);
    let verdict = take(&limits, limit, quota, &client).await;
    let mut response = if verdict.allowed {
        next.call(request).await?
    } else {
        request.into_response(Problem::too_often(verdict.retry_after).response())
    };
    announce(response.headers_mut(), limit, quota, verdict);
    Ok(response)
}

fn client(limit: Limit, request: &ServiceRequest) -> Client {
    let caller = request.extensions().get::<Caller>().map(|caller| caller.user);
    match caller.filter(|_| limit.is_of_user()) {
        Some(user) => Client::User(user),
        None => Client::Address(client_address(request.request())),
    }
}

/// What became of the request. A login also counts among all logins of this process.
async fn take(limits: &Limits, limit: Limit, quota: Quota, client: &Client) -> Verdict {
    let one = |verdicts: Vec<Verdict>| verdicts.into_iter().next().unwrap_or_default();
    let own = one(limits.counter(limit).take(&[(limit.key(client), quota)]).await);
    match limits.quotas.logins_together {
        Some(together) if limit == Limit::Login && own.allowed => {
            let all = one(limits.near.take(&[(LimitKey::of_all("logins"), together)]).await);
            if all.allowed { own } else { Verdict { allowed: false, retry_after: all.retry_after, ..own } }
        }
        _ => own,
    }
}

fn announce(headers: &mut HeaderMap, limit: Limit, quota: Quota, verdict: Verdict) {
    let name = limit.name();
    let policy = format!("\"{name}\";q={};w={}", quota.amount, quota.window.whole_seconds());
    let left = format!("\"{name}\";r={};t={}", verdict.remaining, seconds(verdict.reset));
    for (header, value) in [(POLICY, policy), (LEFT, left)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(header, value);
        }
    }
}

/// Whole seconds, rounded up.
fn seconds(span: time::Duration) -> i64 {
    span.whole_seconds() + i64::from(span.subsec_nanoseconds() > 0)
}

impl Problem {
    /// A request that came too early.
    pub(crate) fn too_often(retry_after: time::Duration) -> Self {
        let wait = u16::try_from(seconds(retry_after)).unwrap_or(u16::MAX).max(1);
        Self::new(ErrorCode::RateLimited).retry_after(wait)
    }
}
