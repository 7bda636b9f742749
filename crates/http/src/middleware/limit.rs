//! Turns away who asks too often, and tells everybody how often they still may.

use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use offers_application::identity::Caller;
use offers_application::partner_channel::PartnerCaller;
use offers_domain::limits::{LimitKey, Quota, Verdict};
use offers_domain::ports::RateLimits;

use super::Answer;
use crate::error_code::ErrorCode;
use crate::extract::client_address;
use crate::limits::{Client, Limit};
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
    let together = limits.quotas.logins_together.filter(|_| limit == Limit::Login);
    let client = client(limit, &request);
    let own = limits.quotas.of(limit, &client);
    let verdict = match own {
        Some(quota) => take(limits.counter(limit), limit.key(&client), quota).await,
        None => Verdict { allowed: true, ..Verdict::default() },
    };
    // A login also counts among all logins of this process, however many one client may try.
    let last = match together.filter(|_| verdict.allowed) {
        Some(quota) => take(&*limits.near, LimitKey::of_all("logins"), quota).await,
        None => verdict,
    };
    let mut response = if last.allowed {
        next.call(request).await?
    } else {
        request.into_response(Problem::too_often(last.retry_after).response())
    };
    if let Some(quota) = own {
        announce(response.headers_mut(), limit, quota, verdict);
    }
    Ok(response)
}

fn client(limit: Limit, request: &ServiceRequest) -> Client {
    let extensions = request.extensions();
    let known = match limit {
        Limit::Read | Limit::Write | Limit::Order => {
            extensions.get::<Caller>().map(|caller| Client::User(caller.user))
        }
        Limit::Partner => extensions.get::<PartnerCaller>().copied().map(Client::Partner),
        _ => None,
    };
    known.unwrap_or_else(|| Client::Address(client_address(request.request())))
}

/// What became of one request.
async fn take(counter: &dyn RateLimits, key: LimitKey, quota: Quota) -> Verdict {
    counter.take(&[(key, quota)]).await.into_iter().next().unwrap_or_default()
}

fn announce(headers: &mut HeaderMap, limit: Limit, quota: Quota, verdict: Verdict) {
    for (header, value) in fields(limit, quota, verdict) {
        headers.insert(header, value);
    }
}

/// What there is and what is left of it, as two fields.
fn fields(limit: Limit, quota: Quota, verdict: Verdict) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let name = limit.name();
    let policy = format!("\"{name}\";q={};w={}", quota.amount, quota.window.whole_seconds());
    let left = format!("\"{name}\";r={};t={}", verdict.remaining, seconds(verdict.reset));
    let field = |(header, value): (HeaderName, String)| Some((header, HeaderValue::from_str(&value).ok()?));
    [(POLICY, policy), (LEFT, left)].into_iter().filter_map(field)
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

    /// The same, with what there is of this class.
    pub(crate) fn over(limit: Limit, quota: Quota, verdict: Verdict) -> Self {
        let problem = Self::too_often(verdict.retry_after);
        fields(limit, quota, verdict).fold(problem, |problem, (name, value)| problem.header(name, value))
    }
}
