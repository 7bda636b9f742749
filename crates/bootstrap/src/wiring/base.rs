//! What every command stands on.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use offers_application::create_users::CreateUsers;
use offers_application::housekeeping::Housekeeping;
use offers_application::identity::{ResetPassword, Revocation};
use offers_application::import::Import;
use offers_application::partner_channel::ManagePartners;
use offers_application::seed::Seed;
use offers_auth::{Argon2Passwords, HashLimits, RandomApiKeys};
use offers_domain::money::Currency;
use offers_domain::offer::Category;
use offers_domain::ports::{Clock, IdSource, Levels, Metrics, Passwords, Queries, Store, TakesInventory};
use offers_local::{RandomIds, SystemClock};

use crate::StartError;
use crate::backend::{Backend, DataFolder};
use crate::settings::Settings;
use crate::shared_state::{Listener, SharedState};

/// What every command needs: the store, what is shared beside it, time, ids and passwords.
#[derive(Clone)]
pub(crate) struct Base {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) queries: Arc<dyn Queries>,
    pub(crate) inventory: Arc<dyn TakesInventory>,
    pub(crate) state: SharedState,
    pub(crate) passwords: Arc<dyn Passwords>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) currency: Currency,
    /// What can be read off at any moment.
    pub(crate) levels: Vec<Arc<dyn Levels>>,
    /// Batches under way at once.
    pub(super) lanes: usize,
}

impl Base {
    /// Opens the store that the settings name. A process that serves must run the listener; a command may drop it.
    pub(crate) async fn open(settings: &Settings) -> Result<(Self, Listener), StartError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids: Arc<dyn IdSource> = Arc::new(RandomIds);
        let backend = Backend::open(settings, clock.clone()).await?;
        let (state, listener) = SharedState::choose(settings, &backend, &clock, &*ids)?;
        let folder = Arc::new(DataFolder(settings.data_dir.clone()));
        let levels = [backend.levels(), folder].into_iter().chain(state.levels.clone()).collect();
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let passwords = Argon2Passwords::try_new(HashLimits::for_cores(cores))
            .map_err(|error| StartError::Setup(error.to_string()))?;
        let base = Self {
            store: backend.store(),
            queries: backend.queries(),
            inventory: backend.inventory(),
            state,
            passwords: Arc::new(passwords),
            clock,
            ids,
            currency: settings.currency()?,
            levels,
            lanes: backend.lanes(settings),
        };
        Ok((base, listener))
    }

    pub(crate) fn create_users(&self) -> CreateUsers {
        CreateUsers {
            store: self.store.clone(),
            passwords: self.passwords.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            currency: self.currency,
        }
    }

    pub(crate) fn manage_partners(&self) -> ManagePartners {
        ManagePartners { store: self.store.clone(), keys: Arc::new(RandomApiKeys), ids: self.ids.clone() }
    }

    pub(crate) fn reset_password(&self) -> ResetPassword {
        ResetPassword {
            revocation: Revocation {
                store: self.store.clone(),
                queries: self.queries.clone(),
                cache: self.state.sessions.clone(),
                ids: self.ids.clone(),
            },
            passwords: self.passwords.clone(),
            clock: self.clock.clone(),
        }
    }

    pub(crate) fn seed(&self) -> Seed {
        Seed {
            store: self.store.clone(),
            queries: self.queries.clone(),
            users: self.create_users(),
            offers: self.state.offers.clone(),
            passwords: self.passwords.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            currency: self.currency,
        }
    }

    pub(crate) fn import(&self, category: Category) -> Import {
        Import {
            store: self.store.clone(),
            queries: self.queries.clone(),
            offers: self.state.offers.clone(),
            ids: self.ids.clone(),
            currency: self.currency,
            category,
        }
    }

    pub(crate) fn housekeeping(
        &self,
        metrics: Arc<dyn Metrics>,
        settings: &Settings,
    ) -> Result<Housekeeping, StartError> {
        Ok(Housekeeping {
            store: self.store.clone(),
            queries: self.queries.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            metrics,
            partners: settings.activation_partners()?,
            strangers: AtomicU64::default(),
        })
    }
}
