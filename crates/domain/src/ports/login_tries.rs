//! Remembering who tries to log in.

use async_trait::async_trait;
use time::Duration;

use crate::login_tries::LoginTry;

/// Slows logins down by what was tried before. Never fails: what cannot be remembered together is remembered apart.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait LoginTries: Send + Sync {
    /// Counts a try before its password is looked at, so that many at once are many; or says how long to wait with it.
    async fn begin(&self, login: &LoginTry) -> Result<(), Duration>;

    /// The password was right: the tries before are forgotten, and the network is known.
    async fn succeeded(&self, login: &LoginTry);
}
