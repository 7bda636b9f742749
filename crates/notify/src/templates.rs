//! Texts: one set of templates for each kind of notice and each language, built in and replaceable by files.
//!
//! `en/expiring.txt` is an e-mail's text, whose first line is its subject; `en/expiring.html` is the same e-mail in HTML,
//! inside `layout.html`; `en/expiring.sms` is a text message. What a template may use is in [`values`]; anything else is an
//! error, found when the program starts.

mod defaults;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use minijinja::value::Value;
use minijinja::{Environment, UndefinedBehavior};
use offers_domain::auto_renew::RenewalObstacle;
use offers_domain::ids::{NoticeId, OfferId, TransactionId, UserOfferId};
use offers_domain::money::{Amount, Currency};
use offers_domain::notice::{NoticeKind, Occasion};
use offers_domain::sending::{Address, Letter};
use offers_domain::user::Locale;
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::format::{date, money, one_line};

/// What the first line of an e-mail's text begins with.
const SUBJECT: &str = "Subject: ";
/// No template file is larger.
const LARGEST: u64 = 64 * 1024;

/// Why a set of templates cannot be used.
#[derive(Debug, Error)]
pub enum TemplateError {
    /// The folder or a file in it cannot be read.
    #[error("{} cannot be read: {reason}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// A file whose name is no template's would be ignored, which is never what was meant.
    #[error("{} is not the name of a template", .0.display())]
    UnknownName(PathBuf),
    /// A template is broken.
    #[error("{place}: {reason}")]
    Broken {
        /// File and line.
        place: String,
        /// What is wrong.
        reason: String,
    },
}

/// An e-mail's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailText {
    /// One line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same in HTML.
    pub html: String,
}

/// All texts, checked.
#[derive(Debug)]
pub struct Templates {
    texts: Environment<'static>,
    folder: Option<PathBuf>,
}

impl Templates {
    /// The built-in texts, and the files of `folder` in place of those with the same names. Every text is tried out.
    pub fn try_new(folder: Option<&Path>) -> Result<Self, TemplateError> {
        let mut texts = Environment::new();
        texts.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        let mut templates = Self { texts, folder: folder.map(Path::to_owned) };
        let mut sources: BTreeMap<String, String> =
            defaults::ALL.iter().map(|(name, source)| ((*name).to_owned(), (*source).to_owned())).collect();
        if let Some(folder) = folder {
            replace(folder, &mut sources)?;
        }
        for (name, source) in sources {
            let added = templates.texts.add_template_owned(name, source);
            added.map_err(|error| templates.broken(&error))?;
        }
        templates.try_out()?;
        Ok(templates)
    }

    /// An e-mail.
    pub fn mail(&self, letter: &Letter) -> Result<MailText, TemplateError> {
        let text_name = name_of(letter, "txt");
        let text = self.render(&text_name, letter)?;
        let (first, text) = text.split_once('\n').unwrap_or((&text, ""));
        let subject = first.strip_prefix(SUBJECT).map(one_line).filter(|subject| !subject.trim().is_empty());
        let Some(subject) = subject else {
            let reason = format!("the first line must be the subject: \"{SUBJECT}…\"");
            return Err(TemplateError::Broken { place: self.place(&text_name, 1), reason });
        };
        let html = self.render(&name_of(letter, "html"), letter)?;
        Ok(MailText { subject, text: text.trim_start().to_owned(), html })
    }

    /// A text message.
    pub fn sms(&self, letter: &Letter) -> Result<String, TemplateError> {
        Ok(self.render(&name_of(letter, "sms"), letter)?.trim().to_owned())
    }

    fn render(&self, name: &str, letter: &Letter) -> Result<String, TemplateError> {
        let template = self.texts.get_template(name).map_err(|error| self.broken(&error))?;
        template.render(values(letter)).map_err(|error| self.broken(&error))
    }

    /// A mistake that only shows when a text is made shows now, and not when the first customer waits for it.
    fn try_out(&self) -> Result<(), TemplateError> {
        for locale in Locale::ALL {
            for letter in samples(*locale) {
                self.mail(&letter)?;
                self.sms(&letter)?;
            }
        }
        Ok(())
    }

    fn broken(&self, error: &minijinja::Error) -> TemplateError {
        let name = error.name().unwrap_or("a template");
        let reason = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
        TemplateError::Broken { place: self.place(name, error.line().unwrap_or(1)), reason }
    }

    /// The file, where there is one, and the line.
    fn place(&self, name: &str, line: usize) -> String {
        let file = self.folder.as_ref().map(|folder| folder.join(name)).filter(|file| file.exists());
        file.map_or_else(|| format!("{name}:{line}"), |file| format!("{}:{line}", file.display()))
    }
}

fn name_of(letter: &Letter, extension: &str) -> String {
    format!("{}/{}.{extension}", letter.locale, letter.occasion.kind())
}

/// Takes the folder's files, which must all have names of templates; hidden files are left alone.
fn replace(folder: &Path, sources: &mut BTreeMap<String, String>) -> Result<(), TemplateError> {
    for path in entries(folder)? {
        if path.is_dir() && Locale::ALL.iter().any(|locale| path.ends_with(locale.as_str())) {
            for path in entries(&path)? {
                take(folder, &path, sources)?;
            }
        } else {
            take(folder, &path, sources)?;
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, TemplateError> {
    let unreadable = |reason| TemplateError::Unreadable { path: folder.to_owned(), reason };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn take(folder: &Path, path: &Path, sources: &mut BTreeMap<String, String>) -> Result<(), TemplateError> {
    let name = path.strip_prefix(folder).ok().and_then(Path::to_str).unwrap_or_default();
    let Some(source) = sources.get_mut(name) else {
        return Err(TemplateError::UnknownName(path.to_owned()));
    };
    let unreadable = |reason| TemplateError::Unreadable { path: path.to_owned(), reason };
    if std::fs::metadata(path).map_err(unreadable)?.len() > LARGEST {
        return Err(unreadable(std::io::Error::other("it is larger than 64 KiB")));
    }
    *source = std::fs::read_to_string(path).map_err(unreadable)?;
    Ok(())
}

/// What a text may use: `username` and `locale` always; `offer`, `amount`, `date`, `days`, `transaction` and `reason` where
/// the occasion has them.
fn values(letter: &Letter) -> Value {
    let facts = letter.occasion.facts();
    let transaction = match letter.occasion {
        Occasion::ActivationSucceeded { transaction, .. }
        | Occasion::ActivationFailed { transaction, .. } => Some(transaction.to_string()),
        _ => None,
    };
    let known = [
        ("username", Some(one_line(&letter.username))),
        ("locale", Some(letter.locale.to_string())),
        ("offer", letter.offer.as_deref().map(one_line)),
        ("amount", facts.amount.map(|amount| money(amount, letter.locale))),
        ("date", facts.ends_at.map(|at| date(at, letter.locale))),
        ("transaction", transaction),
        ("reason", facts.obstacle.map(|obstacle| obstacle.to_string())),
    ];
    let texts = known.into_iter().filter_map(|(name, value)| Some((name, Value::from(value?))));
    let days = facts.days.map(|days| ("days", Value::from(days)));
    Value::from(texts.chain(days).collect::<BTreeMap<_, _>>())
}

/// One letter for each kind of notice, one for a failure whose money went to somebody else, and one for each reason.
fn samples(locale: Locale) -> Vec<Letter> {
    let epoch = OffsetDateTime::UNIX_EPOCH;
    let (transaction, offer) = (TransactionId(Uuid::nil()), OfferId(1));
    let user_offer = UserOfferId(1);
    let Ok(amount) = Amount::from_minor(1999, Currency::EUR) else { return Vec::new() };
    let not_renewed = |obstacle: &RenewalObstacle| Occasion::AutoRenewFailed {
        user_offer,
        offer,
        price: amount,
        expires_at: epoch,
        obstacle: *obstacle,
    };
    let occasion = |kind: &NoticeKind| match kind {
        NoticeKind::ActivationSucceeded => {
            Occasion::ActivationSucceeded { transaction, offer, expires_at: epoch }
        }
        NoticeKind::ActivationFailed => {
            Occasion::ActivationFailed { transaction, offer, refund: Some(amount) }
        }
        NoticeKind::Expiring => Occasion::Expiring { user_offer, offer, expires_at: epoch, days: 3 },
        NoticeKind::Expired => Occasion::Expired { user_offer, offer, expired_at: epoch },
        NoticeKind::AutoRenewFailed => not_renewed(&RenewalObstacle::Money),
        NoticeKind::WalletCredited => Occasion::WalletCredited { credit: transaction.0, amount },
    };
    let not_refunded = Occasion::ActivationFailed { transaction, offer, refund: None };
    let letter = |occasion: Occasion| Letter {
        notice: NoticeId(1),
        created_at: epoch,
        occasion,
        offer: occasion.facts().offer.map(|_| "Fibre 1000".to_owned()),
        username: "user1".into(),
        locale,
        address: Address(String::new()),
    };
    let others = RenewalObstacle::ALL.iter().map(not_renewed).chain([not_refunded]);
    NoticeKind::ALL.iter().map(occasion).chain(others).map(letter).collect()
}

#[cfg(test)]
mod tests;
