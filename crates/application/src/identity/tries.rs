//! Tries of passwords, counted before they are looked at.

use std::sync::Arc;

use offers_domain::login_tries::{LoginTry, Network};
use offers_domain::ports::{LoginTries, Pseudonyms};
use time::Duration;

use super::Origin;

/// Counts tries by names that are not kept.
#[derive(Clone)]
pub struct Tries {
    /// What stands for the names.
    pub pseudonyms: Arc<dyn Pseudonyms>,
    /// Who tried what.
    pub login_tries: Arc<dyn LoginTries>,
}

impl Tries {
    /// Counts a try of this name, whether anybody has it or not; or says how long to wait with it.
    pub(super) async fn begin(&self, username: &str, origin: &Origin) -> Result<LoginTry, Duration> {
        let login = LoginTry { name: self.pseudonyms.of(username), network: Network::of(origin.address) };
        self.login_tries.begin(&login).await.map(|()| login)
    }

    /// It was the right password.
    pub(super) async fn succeeded(&self, login: &LoginTry) {
        self.login_tries.succeeded(login).await;
    }
}
