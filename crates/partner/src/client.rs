//! One HTTP call to the partner.

use std::error::Error;
use std::time::Duration;

use offers_conventions::retry_after;
use offers_domain::partner::{ActivationRequest, Answer, Step};
use reqwest::header::{DATE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Response, retry};

use crate::classify::{Reply, needs_body};
use crate::settings::{HttpGatewaySettings, SetupError};
use crate::wire::OrderBody;

/// Shorter than the idle limit of common servers, so that few calls meet a connection that is just being closed.
const IDLE_CONNECTION: Duration = Duration::from_secs(4);

/// Speaks HTTP to one partner.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    orders: String,
    max_body: usize,
}

impl Client {
    pub(crate) fn try_new(settings: &HttpGatewaySettings) -> Result<Self, SetupError> {
        let orders = settings.check()?;
        // reqwest takes the process's provider and panics without one. An error means that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .http1_only()
            .no_proxy()
            .redirect(Policy::none())
            .retry(retry::never())
            .referer(false)
            .tcp_nodelay(true)
            .connect_timeout(settings.connect_timeout)
            .pool_idle_timeout(IDLE_CONNECTION)
            .pool_max_idle_per_host(settings.max_concurrency);
        let builder = match orders.scheme() {
            "https" => builder.https_only(true),
            // Plain HTTP needs no root certificates, which a small container may not have.
            _ => builder.tls_certs_only([]),
        };
        Ok(Self { http: builder.build()?, orders: orders.into(), max_body: settings.max_body })
    }

    /// Sends one call and reads the answer, or says what its failure means. It has no deadline of its own.
    pub(crate) async fn call(&self, step: Step, request: &ActivationRequest) -> Result<Reply, Answer> {
        let (key, orders) = (request.transaction.to_string(), &self.orders);
        let call = match step {
            Step::Activate => {
                let body = OrderBody::from(request);
                self.http.post(orders).header("idempotency-key", key).json(&body)
            }
            Step::Query => self.http.get(format!("{orders}/{key}")),
            Step::Void => self.http.delete(format!("{orders}/{key}")),
        };
        let call = call.header("traceparent", request.trace.to_string());
        let response = call.send().await.map_err(failure)?;
        let status = response.status().as_u16();
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let retry_after = retry_after(header(RETRY_AFTER), header(DATE));
        let body = if needs_body(status) { self.read(response).await? } else { Vec::new() };
        Ok(Reply { status, retry_after, body })
    }

    async fn read(&self, mut response: Response) -> Result<Vec<u8>, Answer> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failure)? {
            if chunk.len() > self.max_body.saturating_sub(body.len()) {
                return Err(Answer::Unknown { reason: format!("the body exceeds {} bytes", self.max_body) });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// Without a connection nothing was sent. Any later failure, also on a connection that was kept alive, may have come
/// after the partner read the call.
fn failure(error: reqwest::Error) -> Answer {
    let connecting = error.is_connect();
    let error = error.without_url();
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    let reason = causes.fold(error.to_string(), |reason, cause| format!("{reason}: {cause}"));
    if connecting { Answer::NotExecuted { reason, retry_after: None } } else { Answer::Unknown { reason } }
}
