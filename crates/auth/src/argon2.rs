//! Passwords: Argon2id (RFC 9106), a few at a time.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::Error as HashError;
use argon2::{
    ARGON2ID_IDENT, Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version,
};
use async_trait::async_trait;
use offers_domain::ports::{PasswordError, Passwords, Verification};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::pbkdf2;

/// Kibibytes that one hash fills; with two passes, one lane: the OWASP and ASVS figures.
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const OUTPUT: usize = 32;
/// Longer passwords are never hashed.
const LONGEST_PASSWORD: usize = 512;
/// Hashes at once on the largest machine. Each needs 19 MiB, and a machine's cores say nothing of a container's memory.
const MOST_AT_ONCE: usize = 8;

/// How much hashing there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashLimits {
    /// Hashes computed at once.
    pub at_once: usize,
    /// Calls that may wait for their turn.
    pub waiting: usize,
    /// How long a call may wait for its turn.
    pub longest_wait: Duration,
}

impl HashLimits {
    /// The limits for a machine with so many cores: as many hashes at once, but eight at most; 16 calls wait, for up to 2
    /// seconds.
    pub fn for_cores(cores: usize) -> Self {
        Self { at_once: cores.clamp(1, MOST_AT_ONCE), waiting: 16, longest_wait: Duration::from_secs(2) }
    }
}

/// Hashes and checks passwords on blocking threads, within [`HashLimits`].
pub struct Argon2Passwords {
    hasher: Arc<Hasher>,
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    longest_wait: Duration,
}

impl Argon2Passwords {
    /// Computes one hash, which stands in for the hashes of unknown users.
    pub fn try_new(limits: HashLimits) -> Result<Self, PasswordError> {
        Ok(Self {
            hasher: Arc::new(Hasher::try_new()?),
            places: Arc::new(Semaphore::new(limits.at_once.saturating_add(limits.waiting))),
            turns: Arc::new(Semaphore::new(limits.at_once)),
            longest_wait: limits.longest_wait,
        })
    }

    async fn turn(&self) -> Result<[OwnedSemaphorePermit; 2], PasswordError> {
        let overloaded = PasswordError::Overloaded;
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| overloaded)?;
        let turn = timeout(self.longest_wait, Arc::clone(&self.turns).acquire_owned());
        let turn = turn.await.map_err(|_| overloaded)?.map_err(|_| PasswordError::Failed)?;
        Ok([place, turn])
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Hasher) -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let turn = self.turn().await?;
        let hasher = Arc::clone(&self.hasher);
        let work = move || {
            // The turn ends with the hash, not with the caller, who may go away before.
            let _turn = turn;
            work(&hasher)
        };
        spawn_blocking(work).await.map_err(|_| PasswordError::Failed)
    }
}

#[async_trait]
impl Passwords for Argon2Passwords {
    async fn hash(&self, password: String) -> Result<String, PasswordError> {
        if password.len() > LONGEST_PASSWORD {
            return Err(PasswordError::Failed);
        }
        self.run(move |hasher| hasher.hash(&password)).await?
    }

    async fn verify(&self, password: String, hash: Option<String>) -> Result<Verification, PasswordError> {
        self.run(move |hasher| hasher.verify(&password, hash.as_deref())).await
    }
}

struct Hasher {
    argon2: Argon2<'static>,
    decoy: PasswordHash,
}

impl Hasher {
    fn try_new() -> Result<Self, PasswordError> {
        let params = Params::new(MEMORY, PASSES, LANES, Some(OUTPUT)).map_err(|_| PasswordError::Failed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = argon2.hash_password(b"").map_err(|_| PasswordError::Failed)?;
        Ok(Self { argon2, decoy })
    }

    fn hash(&self, password: &str) -> Result<String, PasswordError> {
        let hash = self.argon2.hash_password(password.as_bytes()).map_err(|_| PasswordError::Failed)?;
        Ok(hash.to_string())
    }

    fn verify(&self, password: &str, hash: Option<&str>) -> Verification {
        let stored = hash.and_then(|text| PasswordHash::new(text).ok());
        let outdated = hash.is_some() && !stored.as_ref().is_some_and(|stored| self.is_current(stored));
        Verification { matches: self.matches(password, stored.as_ref()), outdated }
    }

    /// Computes one hash, whatever there is to compare with.
    fn matches(&self, password: &str, stored: Option<&PasswordHash>) -> bool {
        let checked = stored
            .filter(|stored| stored.salt.is_some() && stored.hash.is_some())
            .filter(|_| password.len() <= LONGEST_PASSWORD)
            .map(|stored| match pbkdf2::verify(password, stored) {
                Some(true) => Ok(()),
                Some(false) => Err(HashError::PasswordInvalid),
                None => self.argon2.verify_password(password.as_bytes(), stored),
            });
        match checked {
            Some(Ok(())) => true,
            Some(Err(HashError::PasswordInvalid)) => false,
            Some(Err(_)) | None => {
                let _ = self.argon2.verify_password(b"", &self.decoy);
                false
            }
        }
    }

    fn is_current(&self, stored: &PasswordHash) -> bool {
        stored.algorithm == ARGON2ID_IDENT
            && stored.version == Some(Version::V0x13.into())
            && Params::try_from(stored).is_ok_and(|params| params == *self.argon2.params())
    }
}
