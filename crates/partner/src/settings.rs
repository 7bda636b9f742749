//! What can be set.

use std::time::Duration;

use offers_conventions::BadSecret;
use reqwest::Url;
use thiserror::Error;
use tokio::sync::Semaphore;

/// No wait is longer: a setting beyond it is a slip of the unit.
const LONGEST: Duration = Duration::from_hours(1);

/// How to call the partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpGatewaySettings {
    /// Where the contract's paths begin: `https://partner.example/v1`.
    pub base_url: String,
    /// Longest wait for a connection, TLS included.
    pub connect_timeout: Duration,
    /// Longest whole call: waiting for a turn, connecting, sending and reading.
    pub call_timeout: Duration,
    /// Most bytes of an answer.
    pub max_body: usize,
    /// Most calls at once.
    pub max_concurrency: usize,
    /// Longest wait for a turn when so many calls are under way.
    pub max_wait: Duration,
    /// How many calls in a row must fail before the partner is left alone.
    pub failures_to_open: u32,
    /// For how long it is left alone before one call tries it.
    pub cool_down: Duration,
}

impl HttpGatewaySettings {
    /// The defaults, for a partner at this address.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            connect_timeout: Duration::from_secs(2),
            call_timeout: Duration::from_secs(10),
            max_body: 64 * 1024,
            max_concurrency: 64,
            max_wait: Duration::from_secs(1),
            failures_to_open: 10,
            cool_down: Duration::from_secs(5),
        }
    }

    /// The address of the orders, or what is wrong with the settings.
    pub(crate) fn check(&self) -> Result<Url, SetupError> {
        let out_of_range = [
            ("call_timeout", self.call_timeout > LONGEST),
            ("connect_timeout", self.connect_timeout.is_zero() || self.connect_timeout > self.call_timeout),
            ("max_wait", self.max_wait >= self.call_timeout),
            ("max_body", self.max_body == 0),
            ("max_concurrency", !(1..=Semaphore::MAX_PERMITS).contains(&self.max_concurrency)),
            ("failures_to_open", self.failures_to_open == 0),
            ("cool_down", self.cool_down > LONGEST),
        ];
        match out_of_range.into_iter().find(|(_, wrong)| *wrong) {
            Some((name, _)) => Err(SetupError::OutOfRange(name)),
            None => orders_url(&self.base_url),
        }
    }
}

fn orders_url(base: &str) -> Result<Url, SetupError> {
    let mut url = Url::parse(base).map_err(|_| SetupError::BaseUrl("not an absolute URL"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(SetupError::BaseUrl("neither http nor https"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(SetupError::BaseUrl("it must end with the path"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(SetupError::BaseUrl("it must not hold credentials"));
    }
    url.path_segments_mut()
        .map_err(|()| SetupError::BaseUrl("it has no path"))?
        .pop_if_empty()
        .push("activations");
    Ok(url)
}

/// Why a gateway cannot be made.
#[derive(Debug, Error)]
pub enum SetupError {
    /// The address is none that can be called.
    #[error("the partner's base URL is unusable: {0}")]
    BaseUrl(&'static str),
    /// A setting is zero, or a part is longer than the whole call.
    #[error("the partner setting {0} is out of range")]
    OutOfRange(&'static str),
    /// A secret for callbacks is none.
    #[error("the secrets for callbacks are unusable: {0}")]
    CallbackSecret(#[from] BadSecret),
    /// The HTTP client cannot be built: no root certificates on this machine, for example.
    #[error("the partner's HTTP client cannot be built")]
    Client(#[from] reqwest::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl FnOnce(&mut HttpGatewaySettings)) -> Result<Url, SetupError> {
        let mut settings = HttpGatewaySettings::new("https://partner.example");
        change(&mut settings);
        settings.check()
    }

    #[test]
    fn orders_are_below_the_base_url() {
        for (base, orders) in [
            ("https://partner.example", "https://partner.example/activations"),
            ("https://partner.example/", "https://partner.example/activations"),
            ("http://127.0.0.1:9000/api/v1", "http://127.0.0.1:9000/api/v1/activations"),
            ("http://127.0.0.1:9000/api/v1/", "http://127.0.0.1:9000/api/v1/activations"),
        ] {
            assert_eq!(orders_url(base).unwrap().as_str(), orders);
        }
    }

    #[test]
    fn an_address_that_cannot_be_called_is_refused() {
        for base in [
            "",
            "partner.example",
            "ftp://partner.example",
            "unix:/run/partner",
            "https://partner.example/?key=1",
            "https://partner.example/#top",
            "https://name:word@partner.example",
        ] {
            assert!(matches!(orders_url(base), Err(SetupError::BaseUrl(_))), "{base}");
        }
    }

    #[test]
    fn settings_that_could_never_work_are_refused() {
        assert!(check(|_| {}).is_ok());
        assert!(check(|settings| settings.max_concurrency = 0).is_err());
        assert!(check(|settings| settings.max_concurrency = usize::MAX).is_err());
        assert!(check(|settings| settings.cool_down = Duration::MAX).is_err());
        assert!(check(|settings| settings.call_timeout = Duration::MAX).is_err());
        assert!(check(|settings| settings.max_body = 0).is_err());
        assert!(check(|settings| settings.failures_to_open = 0).is_err());
        assert!(check(|settings| settings.connect_timeout = Duration::ZERO).is_err());
        assert!(check(|settings| settings.call_timeout = Duration::from_secs(1)).is_err());
        assert!(check(|settings| settings.max_wait = settings.call_timeout).is_err());
    }
}
