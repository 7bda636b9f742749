//! E-mail over SMTP.

mod dialogue;
mod pool;
mod server;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lettre::Message;
use offers_domain::ports::Messenger;
use offers_domain::sending::{Delivery, Letter};
use secrecy::SecretString;
use tokio::time::timeout;

use crate::mail::{MailHeaders, compose};
use crate::templates::Templates;
use crate::{NotReady, SetupError};
use pool::Pool;
use server::Server;

/// How to reach the server.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// `smtps://name:word@host:465` for TLS from the first byte, `smtp://name:word@host:587` for STARTTLS, which is then
    /// required. Plain text is spoken only to this machine, unless `?tls=required` asks for STARTTLS there too.
    pub url: SecretString,
    /// Certificates (PEM) to trust besides those of the system.
    pub extra_roots: Option<Vec<u8>>,
    /// Longest wait until the server is ready to take the message.
    pub ready_timeout: Duration,
    /// Longest wait for its answer to the message.
    pub answer_timeout: Duration,
    /// How many idle connections are kept.
    pub idle_connections: usize,
}

impl SmtpSettings {
    /// The defaults, for a server at this address.
    pub fn new(url: SecretString) -> Self {
        Self {
            url,
            extra_roots: None,
            ready_timeout: Duration::from_secs(15),
            answer_timeout: Duration::from_secs(30),
            idle_connections: 8,
        }
    }
}

/// Hands e-mails to one SMTP server.
pub struct SmtpMessenger {
    templates: Arc<Templates>,
    headers: MailHeaders,
    pool: Pool,
    ready_timeout: Duration,
    answer_timeout: Duration,
}

impl SmtpMessenger {
    /// Checks the settings; the server is not called yet.
    pub fn try_new(
        templates: Arc<Templates>,
        headers: MailHeaders,
        settings: &SmtpSettings,
    ) -> Result<Self, SetupError> {
        let server = Server::try_new(&settings.url, settings.extra_roots.as_deref())?;
        Ok(Self {
            templates,
            headers,
            pool: Pool::new(server, settings.idle_connections),
            ready_timeout: settings.ready_timeout,
            answer_timeout: settings.answer_timeout,
        })
    }

    /// Whether the server lets us in. Nothing is sent.
    pub async fn probe(&self) -> Result<(), NotReady> {
        match timeout(self.ready_timeout, self.pool.take()).await {
            Ok(Ok(connection)) => {
                self.pool.give_back(connection);
                Ok(())
            }
            Ok(Err(Delivery::Delivered)) => Ok(()),
            Ok(Err(
                Delivery::Refused { reason } | Delivery::NotSent { reason } | Delivery::Unknown { reason },
            )) => Err(NotReady(reason)),
            Err(_) => Err(NotReady("the SMTP server was not ready in time".into())),
        }
    }

    /// Everything before the message's last line can be repeated; what comes after it cannot.
    async fn hand_over(&self, message: &Message) -> Delivery {
        let ready = async {
            let mut connection = self.pool.take().await?;
            dialogue::announce(&mut connection, message.envelope()).await?;
            Ok(connection)
        };
        let mut connection = match timeout(self.ready_timeout, ready).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(delivery)) => return delivery,
            Err(_) => return Delivery::NotSent { reason: "the SMTP server was not ready in time".into() },
        };
        let content = message.formatted();
        match timeout(self.answer_timeout, dialogue::transmit(&mut connection, &content)).await {
            Ok(Delivery::Delivered) => {
                self.pool.give_back(connection);
                Delivery::Delivered
            }
            Ok(other) => other,
            Err(_) => Delivery::Unknown { reason: "the SMTP server did not answer in time".into() },
        }
    }
}

#[async_trait]
impl Messenger for SmtpMessenger {
    async fn send(&self, letter: &Letter) -> Delivery {
        match compose(&self.templates, &self.headers, letter) {
            Ok(message) => self.hand_over(&message).await,
            Err(delivery) => delivery,
        }
    }
}
