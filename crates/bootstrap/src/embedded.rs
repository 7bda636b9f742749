//! What only the embedded store needs: a first start that is finished even if it was interrupted, and one server at a time.

use std::fs::{File, TryLockError};
use std::path::PathBuf;

use crate::StartError;
use crate::backend::make_folder;
use crate::settings::{Database, Settings};

/// A first start under way. It fills the new store in several commits; a mark in the data folder says that the last one is
/// still to come.
pub(crate) struct FirstStart {
    mark: PathBuf,
}

impl FirstStart {
    /// Begins, or goes on with one that was interrupted; none where the store was there before, or is not embedded.
    pub(crate) fn begin(settings: &Settings) -> Result<Option<Self>, StartError> {
        let Database::Sqlite(file) = settings.database()? else { return Ok(None) };
        let mark = settings.data_dir.join("first-start");
        if file.exists() && !mark.exists() {
            return Ok(None);
        }
        make_folder(&settings.data_dir)
            .and_then(|()| File::create(&mark))
            .map_err(|reason| StartError::DataFolder { folder: settings.data_dir.clone(), reason })?;
        Ok(Some(Self { mark }))
    }

    /// Ends: everything is there, and the person has seen the password.
    pub(crate) fn finish(self) -> Result<(), StartError> {
        std::fs::remove_file(&self.mark)
            .map_err(|error| StartError::Setup(format!("{} cannot be removed: {error}", self.mark.display())))
    }
}

/// The right to serve requests on an embedded store. Sessions are cached in the process, so a second server would not see
/// what the first one revokes. The system gives it back when the process ends, however it ends.
pub(crate) struct ServingRight {
    _lock: Option<File>,
}

impl ServingRight {
    /// Takes it; without effect where the store is not embedded.
    pub(crate) fn take(settings: &Settings) -> Result<Self, StartError> {
        let Database::Sqlite(file) = settings.database()? else { return Ok(Self { _lock: None }) };
        let folder_error = |reason| StartError::DataFolder { folder: settings.data_dir.clone(), reason };
        make_folder(&settings.data_dir).map_err(folder_error)?;
        let lock = File::create(settings.data_dir.join("serving.lock")).map_err(folder_error)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: Some(lock) }),
            Err(TryLockError::WouldBlock) => Err(StartError::Store(format!(
                "another server serves requests on {} already; several need PostgreSQL (DATABASE_URL)",
                file.display()
            ))),
            Err(TryLockError::Error(reason)) => Err(folder_error(reason)),
        }
    }
}

/// Whether a server serves requests on this store, as far as this process can tell; never where the store is not embedded.
pub(crate) fn is_served(settings: &Settings) -> bool {
    matches!(ServingRight::take(settings), Err(StartError::Store(_)))
}
