//! One call to an endpoint, and what its answer means.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use async_trait::async_trait;
use offers_conventions::{Key, new_secret, retry_after};
use offers_domain::ports::{TokenError, WebhookDesk, WebhookSender};
use offers_domain::webhook::delivery::{Answer, Message};
use offers_domain::webhook::endpoint::UrlRefusal;
use offers_domain::webhook::secret::Secret;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Response, Url, retry};
use tokio::time::{Instant, timeout_at};

use crate::body::render;
use crate::resolver::{Lookup, NotPublic, SystemLookup, VettedResolver, Vetting};
use crate::settings::{SetupError, WebhookSettings};

/// Longest address.
const LONGEST_URL: usize = 2_000;
/// What an answer may say before it is not listened to any more.
const MOST_BODY: usize = 64 * 1024;
/// Longest reason that is kept.
const LONGEST_REASON: usize = 200;
/// What receivers see as the caller.
const USER_AGENT: &str = concat!("offers-webhooks/", env!("CARGO_PKG_VERSION"));

/// Sends to addresses of strangers: encrypted, without redirects, and only to what may be called.
pub struct HttpSender {
    encrypted: Route,
    /// To this machine alone, where that is allowed.
    plain: Option<Route>,
    settings: WebhookSettings,
}

/// A client and what it may call.
struct Route {
    /// Why there is none stands in its place. Where the machine trusts no certificates, as a small container may not, that is
    /// no reason not to start.
    http: Result<Client, String>,
    vetting: Arc<Vetting>,
}

impl HttpSender {
    /// Looks names up as the system does.
    pub fn try_new(settings: WebhookSettings) -> Result<Self, SetupError> {
        Self::with_lookup(settings, Arc::new(SystemLookup))
    }

    /// Looks names up so.
    pub fn with_lookup(settings: WebhookSettings, lookup: Arc<dyn Lookup>) -> Result<Self, SetupError> {
        let encrypted = Route::try_new(&settings, lookup.clone(), false)?;
        let plain = settings.reach.loopback.then(|| Route::try_new(&settings, lookup, true)).transpose()?;
        Ok(Self { encrypted, plain, settings })
    }

    fn route(&self, url: &Url) -> Option<&Route> {
        if url.scheme() == "https" { Some(&self.encrypted) } else { self.plain.as_ref() }
    }

    async fn call(&self, message: &Message) -> Result<Response, String> {
        let url = Url::parse(&message.url).map_err(|_| "the address is no address")?;
        let route = self.route(&url).ok_or("the address is not encrypted")?;
        // An address that is written in figures is never looked up.
        if is_refused(&url, &route.vetting) {
            return Err(NotPublic.to_string());
        }
        let (id, body) = (message.event.id.to_string(), render(&message.event));
        let timestamp = message.at.unix_timestamp().to_string();
        let signatures: Result<Vec<_>, _> = message
            .secrets
            .iter()
            .map(|secret| Key::try_new(&secret.0).map(|key| key.sign(&id, &timestamp, body.as_bytes())))
            .collect();
        let signatures = signatures.map_err(|error| error.to_string())?;
        let http = route.http.as_ref().map_err(|why| format!("nothing can be encrypted here: {why}"))?;
        let call = http
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures.join(" "))
            .body(body);
        call.send().await.map_err(reason)
    }
}

impl Route {
    fn try_new(
        settings: &WebhookSettings,
        lookup: Arc<dyn Lookup>,
        only_loopback: bool,
    ) -> Result<Self, SetupError> {
        let vetting = Arc::new(Vetting { lookup, reach: settings.reach.clone(), only_loopback });
        // reqwest takes the process's provider and panics without one. An error means that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder()
            .http1_only()
            .no_proxy()
            .redirect(Policy::none())
            .retry(retry::never())
            .referer(false)
            .user_agent(USER_AGENT)
            .tcp_nodelay(true)
            .connect_timeout(settings.connect_timeout)
            .pool_max_idle_per_host(1)
            .dns_resolver(Arc::new(VettedResolver(vetting.clone())));
        let http = if only_loopback {
            Ok(builder.tls_certs_only([]).build()?)
        } else {
            let extra = settings.extra_roots.as_deref().map(Certificate::from_pem_bundle).transpose()?;
            builder.https_only(true).tls_certs_merge(extra.unwrap_or_default()).build().map_err(reason)
        };
        Ok(Self { http, vetting })
    }
}

#[async_trait]
impl WebhookSender for HttpSender {
    async fn send(&self, message: &Message) -> Answer {
        let deadline = Instant::now() + self.settings.call_timeout;
        let response = match timeout_at(deadline, self.call(message)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return failed(None, error, None),
            Err(_) => return failed(None, "no answer in time".into(), None),
        };
        let answer = judge(&response);
        // The answer's body says nothing; read to its end, its connection can be used again.
        let _ = timeout_at(deadline, discard(response)).await;
        answer
    }
}

impl WebhookDesk for HttpSender {
    fn admit(&self, url: &str) -> Result<String, UrlRefusal> {
        let url = Url::parse(url.trim()).map_err(|_| UrlRefusal::Malformed)?;
        if url.as_str().len() > LONGEST_URL || url.host_str().is_none_or(str::is_empty) {
            return Err(UrlRefusal::Malformed);
        }
        if !matches!(url.scheme(), "https" | "http") {
            return Err(UrlRefusal::NotHttps);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlRefusal::Credentials);
        }
        if url.fragment().is_some() {
            return Err(UrlRefusal::Fragment);
        }
        let route = self.route(&url).ok_or(UrlRefusal::NotHttps)?;
        if url.scheme() == "http" && !is_here(&url) {
            return Err(UrlRefusal::NotHttps);
        }
        if is_refused(&url, &route.vetting) {
            return Err(UrlRefusal::NotPublic);
        }
        Ok(url.into())
    }

    fn new_secret(&self) -> Result<Secret, TokenError> {
        new_secret().map(Secret).ok_or(TokenError::Signing)
    }
}

/// Whether the host is plainly this machine.
fn is_here(url: &Url) -> bool {
    known_address(url).is_some_and(|address| address.is_loopback())
}

/// The host's address, where that is known without a look-up: it is written in figures, or is a name of this machine on
/// every system (RFC 6761).
fn known_address(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    let name = host.strip_suffix('.').unwrap_or(host);
    if name == "localhost" || name.ends_with(".localhost") {
        return Some(Ipv4Addr::LOCALHOST.into());
    }
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Whether the host has a known address that may not be called. However its figures are written, the parser has made the
/// usual four numbers of them.
fn is_refused(url: &Url, vetting: &Vetting) -> bool {
    known_address(url).is_some_and(|address| !vetting.admits(address))
}

fn judge(response: &Response) -> Answer {
    let status = response.status().as_u16();
    match status {
        200..=299 => Answer::Accepted { status },
        410 => Answer::Gone,
        300..=399 => failed(Some(status), format!("http {status}: redirects are not followed"), None),
        _ => {
            let header = |name: &HeaderName| text(response.headers(), name);
            let wait = retry_after(header(&RETRY_AFTER), header(&DATE));
            failed(Some(status), format!("http {status}"), wait)
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

async fn discard(mut response: Response) {
    let mut read = 0_usize;
    while let Ok(Some(chunk)) = response.chunk().await {
        read = read.saturating_add(chunk.len());
        if read > MOST_BODY {
            return;
        }
    }
}

fn failed(status: Option<u16>, error: String, retry_after: Option<time::Duration>) -> Answer {
    Answer::Failed { status, error, retry_after }
}

/// The innermost cause, in the words of the library: neither the address nor a word of the receiver's.
fn reason(error: reqwest::Error) -> String {
    let timed_out = error.is_timeout();
    let error = error.without_url();
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    let innermost = causes.last().map_or_else(|| error.to_string(), ToString::to_string);
    let innermost = if timed_out { "no connection in time".to_owned() } else { innermost };
    innermost.chars().filter(|character| !character.is_control()).take(LONGEST_REASON).collect()
}
