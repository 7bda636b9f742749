//! By which way customers are told.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use offers_domain::notice::{NoticeChannel, NoticeChannels};
use offers_domain::ports::Messenger;
use offers_notify::{
    LogOnly, MailHeaders, Outbox, Sender, SetupError, SmsGateway, SmsSettings, SmtpMessenger, SmtpSettings,
    Templates,
};
use secrecy::{ExposeSecret, SecretString};

use crate::StartError;
use crate::settings::{Database, Settings};

/// Who e-mails in an outbox are from, where nobody is named.
const NOBODY: &str = "Offers <offers@example.com>";

/// Each channel in use, with the way by which its messages go.
pub(crate) type Messengers = Vec<(NoticeChannel, Arc<dyn Messenger>)>;

/// Where the messages of one channel go.
#[derive(Debug, Clone)]
enum Way {
    /// Into a folder.
    Outbox(PathBuf),
    /// Into the log.
    Log,
    /// To a server at this address.
    Server(SecretString),
}

/// The channels in use: what they do not carry is not even queued.
pub(crate) fn channels(settings: &Settings) -> Result<NoticeChannels, StartError> {
    let used = |channel| way(settings, channel).map(|way| way.is_some());
    Ok(NoticeChannels { email: used(NoticeChannel::Email)?, sms: used(NoticeChannel::Sms)? })
}

/// The messenger of each channel in use. Texts, addresses and folders are checked here, so that a mistake ends the start.
pub(crate) fn messengers(settings: &Settings) -> Result<Messengers, StartError> {
    let templates = templates(settings)?;
    let mut messengers = Vec::new();
    for channel in NoticeChannel::ALL {
        if let Some(way) = way(settings, *channel)? {
            let messenger = match channel {
                NoticeChannel::Email => mailer(settings, &templates, way)?,
                NoticeChannel::Sms => texter(settings, &templates, way)?,
            };
            messengers.push((*channel, messenger));
        }
    }
    Ok(messengers)
}

/// A server that messages go to.
pub(crate) enum MessageServer {
    /// Takes e-mails.
    Mail(Box<SmtpMessenger>),
    /// Takes text messages.
    Texts(Box<SmsGateway>),
}

/// The servers that messages go to. Nobody is called yet, and no folder is made.
pub(crate) fn servers(settings: &Settings) -> Result<Vec<MessageServer>, StartError> {
    let templates = templates(settings)?;
    let mut servers = Vec::new();
    for channel in NoticeChannel::ALL {
        if let Some(Way::Server(url)) = way(settings, *channel)? {
            servers.push(match channel {
                NoticeChannel::Email => MessageServer::Mail(Box::new(smtp(settings, &templates, url)?)),
                NoticeChannel::Sms => MessageServer::Texts(Box::new(gateway(settings, &templates, &url)?)),
            });
        }
    }
    Ok(servers)
}

fn templates(settings: &Settings) -> Result<Arc<Templates>, StartError> {
    let templates = Templates::try_new(settings.notices.templates_dir.as_deref());
    templates.map(Arc::new).map_err(|error| StartError::Setting(format!("notices.templates_dir: {error}")))
}

/// None where a channel is not used. An embedded store's messages go into a folder beside it unless a setting says otherwise.
fn way(settings: &Settings, channel: NoticeChannel) -> Result<Option<Way>, StartError> {
    let (url, name) = url_of(settings, channel);
    let Some(url) = url else {
        let embedded = matches!(settings.database()?, Database::Sqlite(_));
        return Ok(embedded.then(|| Way::Outbox(settings.data_dir.join("outbox"))));
    };
    Ok(match url.expose_secret().split_once(':') {
        Some(("none", "")) => None,
        Some(("log", "")) => Some(Way::Log),
        Some(("outbox", folder)) if !folder.is_empty() => {
            Some(Way::Outbox(PathBuf::from(folder.strip_prefix("//").unwrap_or(folder))))
        }
        Some(("smtp" | "smtps" | "http" | "https", _)) => Some(Way::Server(url.clone())),
        _ => {
            return Err(StartError::Setting(format!(
                "{name} must be the address of a server, outbox:FOLDER, log: or none:"
            )));
        }
    })
}

fn url_of(settings: &Settings, channel: NoticeChannel) -> (Option<&SecretString>, &'static str) {
    match channel {
        NoticeChannel::Email => {
            (settings.notices.email_url.as_ref(), "notices.email_url (OFFERS_NOTICES_EMAIL_URL)")
        }
        NoticeChannel::Sms => (settings.notices.sms_url.as_ref(), "notices.sms_url (OFFERS_NOTICES_SMS_URL)"),
    }
}

fn mailer(
    settings: &Settings,
    templates: &Arc<Templates>,
    way: Way,
) -> Result<Arc<dyn Messenger>, StartError> {
    match way {
        Way::Log => Ok(Arc::new(LogOnly::new(templates.clone()))),
        Way::Outbox(folder) => {
            let headers = headers(settings, Some(NOBODY))?;
            let outbox = Outbox::for_mail(templates.clone(), headers, &folder, files(settings));
            Ok(Arc::new(outbox.map_err(|error| wrong("notices.email_url", &error))?))
        }
        Way::Server(url) => Ok(Arc::new(smtp(settings, templates, url)?)),
    }
}

fn smtp(
    settings: &Settings,
    templates: &Arc<Templates>,
    url: SecretString,
) -> Result<SmtpMessenger, StartError> {
    let headers = headers(settings, None)?;
    let lease = Settings::duration(settings.notices.lease_ms);
    // Both waits together end before the lease does.
    let smtp = SmtpSettings {
        extra_roots: settings.notices.smtp_ca_file.as_deref().map(certificates).transpose()?,
        ready_timeout: lease / 4,
        answer_timeout: lease / 2,
        idle_connections: settings.notices.concurrency,
        ..SmtpSettings::new(url)
    };
    let messenger = SmtpMessenger::try_new(templates.clone(), headers, &smtp);
    messenger.map_err(|error| wrong("notices.email_url", &error))
}

fn texter(
    settings: &Settings,
    templates: &Arc<Templates>,
    way: Way,
) -> Result<Arc<dyn Messenger>, StartError> {
    match way {
        Way::Log => Ok(Arc::new(LogOnly::new(templates.clone()))),
        Way::Outbox(folder) => {
            let outbox = Outbox::for_sms(templates.clone(), &folder, files(settings));
            Ok(Arc::new(outbox.map_err(|error| wrong("notices.sms_url", &error))?))
        }
        Way::Server(url) => Ok(Arc::new(gateway(settings, templates, &url)?)),
    }
}

fn gateway(
    settings: &Settings,
    templates: &Arc<Templates>,
    url: &SecretString,
) -> Result<SmsGateway, StartError> {
    let notices = &settings.notices;
    let sms = SmsSettings {
        url: url.expose_secret().to_owned(),
        token: notices.sms_token.clone(),
        header: notices.sms_header.clone(),
        body: notices.sms_body.clone(),
        timeout: Settings::duration(notices.lease_ms) / 2,
    };
    let gateway = SmsGateway::try_new(templates.clone(), &sms);
    gateway.map_err(|error| wrong("notices.sms_url", &error))
}

fn headers(settings: &Settings, otherwise: Option<&str>) -> Result<MailHeaders, StartError> {
    let Some(from) = settings.notices.from.as_deref().or(otherwise) else {
        return Err(StartError::Setting(
            "notices.from (OFFERS_NOTICES_FROM) must say who e-mails are from".into(),
        ));
    };
    let sender = |name, text: &str| Sender::try_new(text).map_err(|error| wrong(name, &error));
    let reply_to = settings.notices.reply_to.as_deref();
    Ok(MailHeaders {
        from: sender("notices.from", from)?,
        reply_to: reply_to.map(|text| sender("notices.reply_to", text)).transpose()?,
    })
}

fn files(settings: &Settings) -> usize {
    settings.notices.outbox_files.max(1)
}

fn certificates(file: &Path) -> Result<Vec<u8>, StartError> {
    std::fs::read(file).map_err(|error| {
        StartError::Setting(format!("notices.smtp_ca_file: cannot read {}: {error}", file.display()))
    })
}

fn wrong(setting: &str, error: &SetupError) -> StartError {
    StartError::Setting(format!("{setting}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(database: Option<&str>, email: Option<&str>) -> Settings {
        let folder = PathBuf::from("/nowhere");
        let mut settings = Settings { data_dir: folder, ..Settings::default() };
        settings.database_url = database.map(SecretString::from);
        settings.notices.email_url = email.map(SecretString::from);
        settings
    }

    #[test]
    fn an_embedded_store_has_an_outbox_beside_it_and_a_server_has_what_is_set() {
        let postgres = Some("postgres://localhost/offers");
        for (database, email, used) in [
            (None, None, true),
            (None, Some("none:"), false),
            (postgres, None, false),
            (postgres, Some("log:"), true),
            (postgres, Some("smtp://localhost:25"), true),
            (postgres, Some("outbox:/tmp/outbox"), true),
        ] {
            assert_eq!(channels(&settings(database, email)).unwrap().email, used, "{database:?} {email:?}");
        }
        let Ok(Some(Way::Outbox(folder))) = way(&settings(None, None), NoticeChannel::Email) else {
            panic!("no outbox")
        };
        assert_eq!(folder, Path::new("/nowhere/outbox"));
    }

    #[test]
    fn a_way_that_cannot_be_gone_is_refused_with_a_sentence() {
        for (email, word) in [
            ("mail.example", "notices.email_url"),
            ("outbox:", "outbox:FOLDER"),
            ("smtp://mail.example", "notices.from"),
        ] {
            let error = messengers(&settings(Some("postgres://localhost/offers"), Some(email)));
            let sentence = error.err().unwrap().to_string();
            assert!(sentence.contains(word), "{sentence}");
        }
    }
}
