//! The gateway: a turn, a deadline, and a word in the log for each call.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use offers_domain::activation_partner::ActivationPartner;
use offers_domain::partner::{ActivationRequest, Answer, Step};
use offers_domain::ports::{ActivationGateway, Level};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout, timeout_at};

use crate::breaker::Breaker;
use crate::classify::classify;
use crate::client::Client;
use crate::settings::{HttpGatewaySettings, SetupError};

/// Calls one activation partner over HTTP.
#[derive(Debug)]
pub struct HttpGateway {
    client: Client,
    breaker: Mutex<Breaker>,
    turns: Semaphore,
    max_concurrency: usize,
    max_wait: Duration,
    call_timeout: Duration,
}

impl HttpGateway {
    /// A gateway to the partner at `settings.base_url`, which is not called yet.
    pub fn try_new(settings: &HttpGatewaySettings) -> Result<Self, SetupError> {
        let HttpGatewaySettings { call_timeout, cool_down, failures_to_open, max_wait, .. } = *settings;
        Ok(Self {
            client: Client::try_new(settings)?,
            breaker: Mutex::new(Breaker::new(failures_to_open, cool_down, call_timeout)),
            turns: Semaphore::new(settings.max_concurrency),
            max_concurrency: settings.max_concurrency,
            max_wait,
            call_timeout,
        })
    }

    /// What is under way to `partner`, whom this gateway calls.
    pub(crate) fn level(&self, partner: ActivationPartner) -> Level {
        Level::PartnerCalls {
            partner,
            limit: self.max_concurrency,
            under_way: self.max_concurrency.saturating_sub(self.turns.available_permits()),
            circuit_open: self.breaker().is_open(),
        }
    }

    async fn call(&self, step: Step, request: &ActivationRequest) -> Answer {
        let begun = Instant::now();
        let (answer, status) = match self.turn().await {
            Ok(_turn) => self.exchange(step, request, begun + self.call_timeout).await,
            Err(answer) => (answer, None),
        };
        log(step, request, &answer, status, begun.elapsed());
        answer
    }

    /// A turn to call the partner, unless it has enough to do or is ill.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, Answer> {
        let Ok(Ok(turn)) = timeout(self.max_wait, self.turns.acquire()).await else {
            return Err(not_called("too many calls at once", self.max_wait));
        };
        let admitted = self.breaker().admit(Instant::now());
        admitted.map_err(|wait| not_called("the circuit is open", wait))?;
        Ok(turn)
    }

    async fn exchange(
        &self,
        step: Step,
        request: &ActivationRequest,
        deadline: Instant,
    ) -> (Answer, Option<u16>) {
        let (answer, status) = match timeout_at(deadline, self.client.call(step, request)).await {
            Ok(Ok(reply)) => (classify(step, request, &reply), Some(reply.status)),
            Ok(Err(answer)) => (answer, None),
            Err(_) => (Answer::Unknown { reason: "no answer in time".into() }, None),
        };
        let partner = request.partner;
        if is_healthy(&answer, status) {
            if self.breaker().succeeded() {
                tracing::info!(%partner, "the activation partner answers again: the circuit is closed");
            }
        } else if self.breaker().failed(Instant::now()) {
            tracing::error!(%partner, "the activation partner keeps failing: the circuit is open");
        }
        (answer, status)
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ActivationGateway for HttpGateway {
    async fn activate(&self, request: &ActivationRequest) -> Answer {
        self.call(Step::Activate, request).await
    }

    async fn query(&self, request: &ActivationRequest) -> Answer {
        self.call(Step::Query, request).await
    }

    async fn void(&self, request: &ActivationRequest) -> Answer {
        self.call(Step::Void, request).await
    }
}

fn not_called(reason: &str, wait: Duration) -> Answer {
    Answer::NotExecuted { reason: reason.to_owned(), retry_after: wait.try_into().ok() }
}

/// A partner that says 429 is well: it only asks for patience.
fn is_healthy(answer: &Answer, status: Option<u16>) -> bool {
    status == Some(429) || !matches!(answer, Answer::NotExecuted { .. } | Answer::Unknown { .. })
}

fn log(step: Step, request: &ActivationRequest, answer: &Answer, status: Option<u16>, took: Duration) {
    let id = request.transaction;
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    match answer {
        Answer::NotExecuted { reason, .. } | Answer::Unknown { reason } => tracing::warn!(
            transaction.id = %id, partner = %request.partner, %step, answer = %answer.kind(), http.status = status, duration_ms, reason, "partner call failed"
        ),
        _ => tracing::info!(
            transaction.id = %id, partner = %request.partner, %step, answer = %answer.kind(), http.status = status, duration_ms, "partner call answered"
        ),
    }
}
