//! The servers beside the database: Redis, the activation partners, the ways to customers, and our own.

use offers_domain::activation_partner::ActivationPartner;
use offers_domain::ids::{OfferId, TransactionId, UserId};
use offers_domain::money::Amount;
use offers_domain::partner::{ActivationRequest, Answer};
use offers_domain::ports::{ActivationGateway, Dependency, IdSource};
use offers_domain::trace::TraceContext;
use offers_local::RandomIds;
use offers_redis::{RedisConnection, RedisSettings};

use super::report::{Finding, within};
use crate::StartError;
use crate::activation::{gateways, manage};
use crate::notices::{self, MessageServer};
use crate::probe;
use crate::settings::{Database, Settings};
use crate::wiring::Base;

pub(super) async fn redis(settings: &Settings) -> Finding {
    let Some(url) = &settings.redis_url else {
        return Finding::ok("redis", "none is set: caches in each process, signals through the database");
    };
    let fix = "start it, and check redis_url (REDIS_URL); until then everything works without it, slower";
    let connection = match RedisConnection::open(&RedisSettings::new(url.clone())) {
        Ok(connection) => connection,
        Err(error) => return Finding::fail("redis", error.to_string(), "correct redis_url (REDIS_URL)"),
    };
    let answers = within(async { Ok::<_, String>(connection.answers().await) }).await;
    if answers == Ok(true) {
        Finding::ok("redis", "it answers")
    } else {
        Finding::warn("redis", "it does not answer", fix)
    }
}

/// Asks each activation partner about an order that nobody placed.
pub(super) async fn activation_partners(settings: &Settings) -> Vec<Finding> {
    let subject = "activation partner";
    let default = settings.activation_partner_url.as_deref();
    let partners = settings.activation_partners().unwrap_or_default();
    // The address of a default partner that is simulated is not known before it runs, and it is not asked.
    let ways = match gateways(default.unwrap_or("http://127.0.0.1:9"), settings) {
        Ok(ways) => ways,
        Err(error) => return vec![Finding::fail(subject, error.to_string(), "correct the setting")],
    };
    let mut findings = Vec::new();
    for partner in partners {
        findings.push(if partner == ActivationPartner::DEFAULT && default.is_none() {
            unnamed(settings)
        } else {
            answer(
                partner,
                &within(async { Ok::<_, String>(ways.query(&nobodys(partner, settings)?).await) }).await,
            )
        });
    }
    findings
}

fn unnamed(settings: &Settings) -> Finding {
    let subject = "activation partner";
    if matches!(settings.database(), Ok(Database::Sqlite(_))) {
        Finding::ok(subject, "default is simulated, and activates everything")
    } else if settings.partner.simulate {
        Finding::warn(subject, "default is simulated", "name the real one: ACTIVATION_PARTNER_URL")
    } else {
        Finding::fail(subject, "none is named", "name it: activation_partner_url (ACTIVATION_PARTNER_URL)")
    }
}

/// An order that no partner has ever heard of.
fn nobodys(partner: ActivationPartner, settings: &Settings) -> Result<ActivationRequest, String> {
    let currency = settings.currency().map_err(|error| error.to_string())?;
    let transaction = TransactionId(RandomIds.random_uuid());
    Ok(ActivationRequest {
        partner,
        transaction,
        user: UserId(0),
        offer: OfferId(0),
        amount: Amount::parse("1", currency).map_err(|error| error.to_string())?,
        duration_days: 1,
        trace: TraceContext::of_order(transaction),
    })
}

fn answer(partner: ActivationPartner, answer: &Result<Answer, String>) -> Finding {
    let subject = "activation partner";
    let reason = match answer {
        Ok(Answer::NotFound) => return Finding::ok(subject, format!("{partner} answers")),
        Ok(Answer::NotExecuted { reason, .. } | Answer::Unknown { reason }) | Err(reason) => reason.clone(),
        Ok(other) => format!("asked about an order that nobody placed, it says {}", other.kind()),
    };
    Finding::fail(
        subject,
        format!("{partner} cannot be used: {reason}"),
        "check its address; orders are taken and wait, and the circuit closes by itself when it answers again",
    )
}

/// Which partners are paused, as the database has it.
pub(super) async fn pauses(settings: &Settings) -> Vec<Finding> {
    let list = async {
        let (base, _) = Base::open(settings).await?;
        manage(&base, settings)?.list().await.map_err(|error| StartError::Store(error.to_string()))
    };
    // Why the database cannot be read is said where it is looked at.
    let partners = within(list).await.unwrap_or_default();
    let paused = partners.into_iter().filter_map(|view| view.pause.map(|pause| (view.partner, pause)));
    let paused = paused.map(|(partner, pause)| {
        Finding::warn(
            "activation partner",
            format!("{partner} is paused: {}", pause.reason.as_str()),
            format!("`offers activation resume {partner} --reason …` when it may be called again"),
        )
    });
    paused.collect()
}

/// The ways to customers that lead over a network.
pub(super) async fn ways_to_customers(settings: &Settings) -> Vec<Finding> {
    let servers = match notices::servers(settings) {
        Ok(servers) => servers,
        Err(error) => return vec![Finding::fail("notices", error.to_string(), "correct the setting")],
    };
    let mut findings = Vec::new();
    for server in servers {
        let (subject, outcome, setting) = match &server {
            MessageServer::Mail(messenger) => {
                ("mail server", within(messenger.probe()).await, "notices.email_url")
            }
            MessageServer::Texts(gateway) => {
                ("sms gateway", within(gateway.probe()).await, "notices.sms_url")
            }
        };
        findings.push(match outcome {
            Ok(()) => Finding::ok(subject, "it answers"),
            Err(reason) => Finding::fail(
                subject,
                reason,
                format!("check {setting}; until then messages wait, and old ones are given up"),
            ),
        });
    }
    if findings.is_empty() {
        findings
            .push(Finding::ok("notices", "no server is needed: they go to a folder, to the log or nowhere"));
    }
    findings
}

/// Our own server, if it runs on this machine.
pub(super) async fn own(settings: &Settings) -> Finding {
    match probe::ready(settings.listen).await {
        Ok(true) => Finding::ok("server", format!("one serves on {} and is ready", settings.listen)),
        Ok(false) => Finding::warn(
            "server",
            format!("one serves on {} and is not ready", settings.listen),
            "see what else this page says, and its log",
        ),
        Err(_) => Finding::ok("server", format!("none runs on {}", settings.listen)),
    }
}
