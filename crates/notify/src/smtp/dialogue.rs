//! The dialogue about one message, in two acts, because what may be done about a failure differs.

use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use offers_domain::sending::Delivery;

/// The first act: whom the message is from and to. The server has nothing yet.
pub(super) async fn announce(
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
) -> Result<(), Delivery> {
    let from = Mail::new(envelope.from().cloned(), Vec::new());
    let accepted = connection.command(from).await;
    accepted.map_err(|error| refused_us("the SMTP server does not accept the sender", &error))?;
    for recipient in envelope.to() {
        let accepted = connection.command(Rcpt::new(recipient.clone(), Vec::new())).await;
        accepted.map_err(|error| refused_message("the SMTP server refuses the recipient", &error))?;
    }
    let accepted = connection.command(Data).await;
    accepted.map_err(|error| refused_message("the SMTP server refuses the message", &error))?;
    Ok(())
}

/// The second act: the message. Without an answer to its last line nobody knows whether the server has taken it.
pub(super) async fn transmit(connection: &mut AsyncSmtpConnection, content: &[u8]) -> Delivery {
    match connection.message(content).await {
        Ok(_) => Delivery::Delivered,
        Err(error) if error.status().is_some() => {
            refused_message("the SMTP server refuses the message", &error)
        }
        Err(_) => Delivery::Unknown { reason: "the SMTP server broke the connection off".into() },
    }
}

/// A failure that is not about the message: an operator, or time, can mend it.
pub(super) fn refused_us(what: &str, error: &Error) -> Delivery {
    Delivery::NotSent { reason: reason(what, error) }
}

/// A failure that may be about the message: final where the server says so.
fn refused_message(what: &str, error: &Error) -> Delivery {
    let reason = reason(what, error);
    if error.is_permanent() { Delivery::Refused { reason } } else { Delivery::NotSent { reason } }
}

/// The server's code alone: its words like to quote the recipient.
fn reason(what: &str, error: &Error) -> String {
    match error.status() {
        Some(code) => format!("{what} ({code})"),
        None if error.is_tls() => format!("{what} (TLS: {error})"),
        None => what.to_owned(),
    }
}
