//! Requests and logins, counted in this process.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use offers_domain::audit::Pseudonym;
use offers_domain::limits::{LimitKey, Quota, Verdict};
use offers_domain::login_tries::{FORGOTTEN_AFTER, KNOWN_FOR, LoginTry, Tries, TryHistory};
use offers_domain::ports::{Clock, LoginTries, RateLimits};
use time::{Duration, OffsetDateTime};

use crate::shelf::Shelf;

/// Quotas in memory; of too many clients those that have been quiet longest are forgotten.
pub struct LocalRateLimits {
    whole_at: Shelf<LimitKey, OffsetDateTime>,
}

impl LocalRateLimits {
    /// Room for `capacity` clients.
    pub fn new(capacity: u64, clock: Arc<dyn Clock>) -> Self {
        Self { whole_at: Shelf::new(capacity, clock) }
    }

    fn take_one(&self, key: &LimitKey, quota: Quota) -> Verdict {
        let now = self.whole_at.now();
        self.whole_at.change(key.clone(), |whole_at| {
            let (whole_at, verdict) = quota.take(whole_at.copied(), now);
            (whole_at, whole_at, verdict)
        })
    }
}

#[async_trait]
impl RateLimits for LocalRateLimits {
    async fn take(&self, takes: &[(LimitKey, Quota)]) -> Vec<Verdict> {
        takes.iter().map(|(key, quota)| self.take_one(key, *quota)).collect()
    }
}

/// Tries in memory; of too many names those that have been quiet longest are forgotten.
pub struct LocalLoginTries {
    shelves: Mutex<Shelves>,
}

/// What is remembered of a try stands in three places, which change together.
struct Shelves {
    here: Shelf<LoginTry, Tries>,
    accounts: Shelf<Pseudonym, Tries>,
    known: Shelf<LoginTry, ()>,
}

impl LocalLoginTries {
    /// Room for `capacity` names.
    pub fn new(capacity: u64, clock: &Arc<dyn Clock>) -> Self {
        let shelves = Shelves {
            here: Shelf::new(capacity, clock.clone()),
            accounts: Shelf::new(capacity, clock.clone()),
            known: Shelf::new(capacity, clock.clone()),
        };
        Self { shelves: Mutex::new(shelves) }
    }

    fn with<T>(&self, deed: impl FnOnce(&Shelves) -> T) -> T {
        deed(&self.shelves.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shelves {
    fn begin(&self, login: &LoginTry) -> Result<(), Duration> {
        let now = self.here.now();
        let history = TryHistory {
            here: self.here.get(login),
            account: self.accounts.get(&login.name),
            known: self.known.get(login).is_some(),
        };
        let after = history.another(now)?;
        let good_until = now.saturating_add(FORGOTTEN_AFTER);
        if let Some(here) = after.here {
            self.here.put(*login, here, good_until, |_| true);
        }
        if let Some(account) = after.account {
            self.accounts.put(login.name, account, good_until, |_| true);
        }
        Ok(())
    }

    fn succeeded(&self, login: &LoginTry) {
        self.here.remove(login);
        self.accounts.remove(&login.name);
        self.known.put(*login, (), self.here.now().saturating_add(KNOWN_FOR), |()| true);
    }
}

#[async_trait]
impl LoginTries for LocalLoginTries {
    async fn begin(&self, login: &LoginTry) -> Result<(), Duration> {
        self.with(|shelves| shelves.begin(login))
    }

    async fn succeeded(&self, login: &LoginTry) {
        self.with(|shelves| shelves.succeeded(login));
    }
}
