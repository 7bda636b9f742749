//! A folder instead of the world: one file for each message, to be looked at.

use std::collections::VecDeque;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use offers_domain::ports::Messenger;
use offers_domain::sending::{Delivery, Letter};

use crate::SetupError;
use crate::mail::{MailHeaders, compose};
use crate::templates::Templates;

/// What the files hold.
#[derive(Debug, Clone)]
enum Form {
    /// Whole e-mails, `.eml`, which any mail program opens.
    Mail(MailHeaders),
    /// The words of text messages, `.txt`.
    Sms,
}

impl Form {
    fn extension(&self) -> &'static str {
        match self {
            Self::Mail(_) => "eml",
            Self::Sms => "txt",
        }
    }
}

/// Writes each message into a file of its own, whole or not at all, and keeps the newest ones.
#[derive(Debug)]
pub struct Outbox {
    templates: Arc<Templates>,
    form: Form,
    folder: PathBuf,
    keep: usize,
    files: Mutex<VecDeque<PathBuf>>,
}

impl Outbox {
    /// An outbox for e-mails that keeps so many files. The folder is made if need be.
    pub fn for_mail(
        templates: Arc<Templates>,
        headers: MailHeaders,
        folder: &Path,
        keep: usize,
    ) -> Result<Self, SetupError> {
        Self::try_new(templates, Form::Mail(headers), folder, keep)
    }

    /// An outbox for text messages that keeps so many files. The folder is made if need be.
    pub fn for_sms(templates: Arc<Templates>, folder: &Path, keep: usize) -> Result<Self, SetupError> {
        Self::try_new(templates, Form::Sms, folder, keep)
    }

    fn try_new(
        templates: Arc<Templates>,
        form: Form,
        folder: &Path,
        keep: usize,
    ) -> Result<Self, SetupError> {
        let unusable = |reason| SetupError::Folder { folder: folder.to_owned(), reason };
        make_folder(folder).map_err(unusable)?;
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unusable)? {
            let path = entry.map_err(unusable)?.path();
            if path.extension().is_some_and(|extension| extension == form.extension()) {
                files.push(path);
            }
        }
        files.sort();
        Ok(Self { templates, form, folder: folder.to_owned(), keep, files: Mutex::new(files.into()) })
    }

    fn content(&self, letter: &Letter) -> Result<Vec<u8>, Delivery> {
        match &self.form {
            Form::Mail(headers) => Ok(compose(&self.templates, headers, letter)?.formatted()),
            Form::Sms => {
                let text = self.templates.sms(letter);
                let text = text.map_err(|error| Delivery::NotSent { reason: error.to_string() })?;
                Ok(format!("To: {}\n\n{text}\n", letter.address.0).into_bytes())
            }
        }
    }

    /// Names sort by age, and the same notice always has the same one.
    fn write(&self, letter: &Letter, content: &[u8]) -> std::io::Result<()> {
        let name = format!("{:012}-{}.{}", letter.notice.0, letter.occasion.kind(), self.form.extension());
        let path = self.folder.join(&name);
        let unfinished = self.folder.join(format!(".{name}.part"));
        create(&unfinished)?.write_all(content)?;
        std::fs::rename(&unfinished, &path)?;
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if !files.contains(&path) {
            files.push_back(path);
        }
        while files.len() > self.keep {
            let oldest = files.pop_front();
            // Whoever has tidied up already is welcome.
            let _ = oldest.map(std::fs::remove_file);
        }
        Ok(())
    }
}

#[async_trait]
impl Messenger for Outbox {
    /// A small file on this machine: no wait that would be worth another thread.
    async fn send(&self, letter: &Letter) -> Delivery {
        let content = match self.content(letter) {
            Ok(content) => content,
            Err(delivery) => return delivery,
        };
        match self.write(letter, &content) {
            Ok(()) => Delivery::Delivered,
            Err(error) => {
                Delivery::NotSent { reason: format!("the outbox cannot be written: {}", error.kind()) }
            }
        }
    }
}

/// For its owner only: it holds names and addresses.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

fn create(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
