//! A running partner and a gateway to it.

use std::net::Ipv4Addr;
use std::time::Duration;

use offers_domain::activation_partner::ActivationPartner;
use offers_domain::ids::{OfferId, TransactionId, UserId};
use offers_domain::money::{Amount, Currency};
use offers_domain::partner::{ActivationRequest, Answer};
use offers_domain::trace::TraceContext;
use offers_partner::{HttpGateway, HttpGatewaySettings};
use offers_simulator::{Behaviour, Refusal, Simulator, SimulatorHandle};
use tokio::task::JoinSet;
use uuid::Uuid;

pub(crate) const KEY: Uuid = Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0001);

/// A simulator that runs until it is dropped.
pub(crate) struct Partner {
    pub(crate) url: String,
    pub(crate) handle: SimulatorHandle,
    _running: JoinSet<()>,
}

impl Partner {
    pub(crate) async fn start() -> Self {
        let simulator = Simulator::bind((Ipv4Addr::LOCALHOST, 0).into()).await.unwrap();
        let (url, handle) = (format!("http://{}", simulator.local_addr()), simulator.handle());
        let mut running = JoinSet::new();
        running.spawn(simulator.run(std::future::pending()));
        Self { url, handle, _running: running }
    }

    /// A gateway with time enough for every call, and a breaker that never opens.
    pub(crate) fn gateway(&self) -> HttpGateway {
        self.gateway_with(|_| {})
    }

    pub(crate) fn gateway_with(&self, change: impl FnOnce(&mut HttpGatewaySettings)) -> HttpGateway {
        gateway(&self.url, change)
    }

    /// A gateway that soon gives a call up.
    pub(crate) fn hasty_gateway(&self) -> HttpGateway {
        self.gateway_with(|settings| {
            settings.call_timeout = Duration::from_millis(500);
            settings.connect_timeout = Duration::from_millis(500);
            settings.max_wait = Duration::from_millis(20);
        })
    }

    pub(crate) fn executed(&self) -> u32 {
        self.handle.executed(KEY)
    }

    /// The methods of the calls that arrived.
    pub(crate) fn methods(&self) -> Vec<String> {
        self.handle.calls().into_iter().map(|call| call.method).collect()
    }
}

pub(crate) fn gateway(url: &str, change: impl FnOnce(&mut HttpGatewaySettings)) -> HttpGateway {
    let mut settings = HttpGatewaySettings::new(url);
    settings.failures_to_open = u32::MAX;
    change(&mut settings);
    HttpGateway::try_new(&settings).unwrap()
}

pub(crate) fn request() -> ActivationRequest {
    request_for(KEY)
}

pub(crate) fn request_for(key: Uuid) -> ActivationRequest {
    ActivationRequest {
        partner: ActivationPartner::DEFAULT,
        transaction: TransactionId(key),
        user: UserId(7),
        offer: OfferId(3),
        amount: Amount::from_minor(1999, Currency::EUR).unwrap(),
        duration_days: 30,
        trace: TraceContext::of_order(TransactionId(key)),
    }
}

pub(crate) fn confirmed() -> Answer {
    Answer::Confirmed { reference: "SIM-000000000001".into() }
}

pub(crate) fn refused(code: &str, message: &str) -> Answer {
    Answer::Refused { code: code.into(), message: message.into() }
}

pub(crate) fn refuse(code: &str, message: &str) -> Behaviour {
    Behaviour::Refuse(Refusal { code: code.into(), message: message.into() })
}

pub(crate) fn unknown(answer: &Answer) -> &str {
    match answer {
        Answer::Unknown { reason } => reason,
        other => panic!("must be unknown: {other:?}"),
    }
}

pub(crate) fn not_executed(answer: &Answer) -> (&str, Option<time::Duration>) {
    match answer {
        Answer::NotExecuted { reason, retry_after } => (reason, *retry_after),
        other => panic!("must not be executed: {other:?}"),
    }
}
