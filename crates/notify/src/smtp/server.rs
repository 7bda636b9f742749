//! The server's address: whom to call, how to protect the call, who we are.

use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use offers_domain::sending::Delivery;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use super::dialogue::refused_us;
use crate::SetupError;
use crate::sms::is_this_machine;

/// How the call is protected.
enum Protection {
    /// Not at all: it does not leave this machine.
    None,
    /// By STARTTLS, or there is no call.
    StartTls(TlsParameters),
    /// By TLS from the first byte.
    Tls(TlsParameters),
}

/// One SMTP server.
pub(super) struct Server {
    host: String,
    port: u16,
    protection: Protection,
    login: Option<Credentials>,
    hello: ClientId,
}

impl Server {
    /// Reads the address.
    pub(super) fn try_new(url: &SecretString, extra_roots: Option<&[u8]>) -> Result<Self, SetupError> {
        let url = Url::parse(url.expose_secret())
            .map_err(|_| SetupError::Address("the SMTP server's address is not an absolute URL"))?;
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or(SetupError::Address("the SMTP server's address has no host"))?.to_owned();
        let tls_required = url.query_pairs().any(|(key, value)| key == "tls" && value == "required");
        let (port, protection) = match url.scheme() {
            "smtps" => (465, Protection::Tls(tls(&host, extra_roots)?)),
            "smtp" if is_this_machine(&url) && !tls_required => (25, Protection::None),
            "smtp" => (587, Protection::StartTls(tls(&host, extra_roots)?)),
            _ => {
                return Err(SetupError::Address(
                    "the SMTP server's address must begin with smtps:// or smtp://",
                ));
            }
        };
        Ok(Self {
            port: url.port().unwrap_or(port),
            protection,
            login: login(&url)?,
            hello: ClientId::default(),
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
        })
    }

    /// A connection that the server accepts messages on.
    pub(super) async fn connect(&self) -> Result<AsyncSmtpConnection, Delivery> {
        let address = (self.host.as_str(), self.port);
        let wrapper = match &self.protection {
            Protection::Tls(parameters) => Some(parameters.clone()),
            Protection::None | Protection::StartTls(_) => None,
        };
        let mut connection = AsyncSmtpConnection::connect_tokio1(address, None, &self.hello, wrapper, None)
            .await
            .map_err(|error| refused_us("the SMTP server cannot be reached", &error))?;
        if let Protection::StartTls(parameters) = &self.protection {
            let upgraded = connection.starttls(parameters.clone(), &self.hello).await;
            upgraded.map_err(|error| refused_us("the SMTP server's TLS cannot be used", &error))?;
        }
        if let Some(login) = &self.login {
            let admitted = connection.auth(DEFAULT_MECHANISMS, login).await;
            admitted.map_err(|error| refused_us("the SMTP server does not accept the login", &error))?;
        }
        Ok(connection)
    }
}

fn tls(host: &str, extra_roots: Option<&[u8]>) -> Result<TlsParameters, SetupError> {
    let failed = |error: lettre::transport::smtp::Error| SetupError::Tls(error.to_string());
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(pem) = extra_roots {
        builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(failed)?);
    }
    builder.build().map_err(failed)
}

fn login(url: &Url) -> Result<Option<Credentials>, SetupError> {
    let Some(password) = url.password() else { return Ok(None) };
    let decoded = |text: &str| {
        let text = percent_decode_str(text).decode_utf8();
        text.map(String::from).map_err(|_| SetupError::Address("the SMTP login is not UTF-8"))
    };
    Ok(Some(Credentials::new(decoded(url.username())?, decoded(password)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str) -> Result<Server, SetupError> {
        Server::try_new(&SecretString::from(url), None)
    }

    #[test]
    fn nothing_leaves_this_machine_in_plain_text() {
        for (url, port, plain) in [
            ("smtp://localhost", 25, true),
            ("smtp://127.0.0.1:2525", 2525, true),
            ("smtp://[::1]:2525", 2525, true),
            ("smtp://localhost:2525?tls=required", 2525, false),
            ("smtp://mail.example", 587, false),
            ("smtps://mail.example", 465, false),
            ("smtp://user%40example.com:p%3Aw@mail.example:2587", 2587, false),
        ] {
            let server = server(url).unwrap();
            assert_eq!(server.port, port, "{url}");
            assert_eq!(matches!(server.protection, Protection::None), plain, "{url}");
        }
    }

    #[test]
    fn an_address_that_is_none_is_refused() {
        for url in ["", "mail.example", "https://mail.example", "smtp://"] {
            assert!(matches!(server(url), Err(SetupError::Address(_))), "{url}");
        }
    }
}
