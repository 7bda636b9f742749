//! An e-mail: two parts with the same words, and headers that nobody else can add to.

use std::time::{Duration, SystemTime};

use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};
use offers_domain::sending::{Delivery, Letter};

use crate::SetupError;
use crate::templates::Templates;

/// Who e-mails are from.
#[derive(Debug, Clone)]
pub struct Sender(Mailbox);

impl Sender {
    /// `Name <name@example.com>`, or the address alone.
    pub fn try_new(text: &str) -> Result<Self, SetupError> {
        text.parse().map(Self).map_err(|_| SetupError::Sender)
    }
}

/// The headers that every e-mail has.
#[derive(Debug, Clone)]
pub struct MailHeaders {
    /// Who it is from.
    pub from: Sender,
    /// Who gets an answer to it; the sender where none is named.
    pub reply_to: Option<Sender>,
}

/// Makes the e-mail, or says why it never can be sent, or not now.
pub(crate) fn compose(
    templates: &Templates,
    headers: &MailHeaders,
    letter: &Letter,
) -> Result<Message, Delivery> {
    let to: Address = letter
        .address
        .0
        .parse()
        .map_err(|_| Delivery::Refused { reason: "the e-mail address is malformed".into() })?;
    // An operator can mend a text, so a broken one is worth waiting for.
    let text = templates.mail(letter).map_err(|error| Delivery::NotSent { reason: error.to_string() })?;
    let mut message = Message::builder()
        .from(headers.from.0.clone())
        .to(Mailbox::new(None, to))
        .subject(text.subject)
        .date(sent_at(letter))
        .message_id(Some(message_id(letter, &headers.from)))
        .header(AutoSubmitted);
    if let Some(Sender(reply_to)) = &headers.reply_to {
        message = message.reply_to(reply_to.clone());
    }
    message
        .multipart(MultiPart::alternative_plain_html(text.text, text.html))
        .map_err(|error| Delivery::Refused { reason: format!("no e-mail can be made of it: {error}") })
}

/// Tells programs that answer mails not to answer this one (RFC 3834).
#[derive(Debug, Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// The same for every attempt, and no other notice's: ids may begin anew in another database, instants do not.
fn message_id(letter: &Letter, Sender(from): &Sender) -> String {
    let queued = letter.created_at.unix_timestamp_nanos() / 1000;
    format!("<notice-{}.{queued}@{}>", letter.notice, from.email.domain())
}

fn sent_at(letter: &Letter) -> SystemTime {
    let seconds = u64::try_from(letter.created_at.unix_timestamp()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}
