//! Logging in.

use std::sync::Arc;

use offers_domain::audit::{Actor, AuditAction, AuditEntry, Subject};
use offers_domain::ports::{Clock, Credentials, PasswordError, Passwords, Queries, StoreError, TokenError};
use offers_domain::session::{RefreshToken, Session};
use thiserror::Error;
use time::Duration;

use super::{Origin, Revocation, TokenIssuer, TokenPair, Tries, about};
use crate::transact::{Done, transact};

/// Why nobody was logged in.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LoginError {
    /// No such user, a wrong password or a locked account: clients are not told which.
    #[error("the username or the password is wrong")]
    InvalidCredentials,
    /// Too many tries before this one: it may be made after so long.
    #[error("too many tries")]
    TooManyTries(Duration),
    /// Too many logins at once.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// No token could be made.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of one look at a password.
enum Attempt {
    Opened(TokenPair),
    Refused(Subject),
    /// What was checked was changed before the session could be opened.
    Overtaken(Subject),
}

/// The use case.
pub struct Login {
    /// Units of work, and the end of a login that makes room.
    pub revocation: Revocation,
    /// Reads.
    pub queries: Arc<dyn Queries>,
    /// Password hashes.
    pub passwords: Arc<dyn Passwords>,
    /// Who tried what.
    pub tries: Tries,
    /// Tokens.
    pub tokens: TokenIssuer,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// No password is answered to sooner than this: what it takes to check one of an earlier system, where there are any.
    pub floor: std::time::Duration,
}

impl Login {
    /// Checks the password and opens a session. An unknown user costs the same time as a wrong password.
    pub async fn run(
        &self,
        username: &str,
        password: String,
        origin: &Origin,
    ) -> Result<TokenPair, LoginError> {
        let floor = tokio::time::Instant::now() + self.floor;
        let outcome = self.check(username, password, origin).await;
        if !matches!(outcome, Err(LoginError::TooManyTries(_))) {
            tokio::time::sleep_until(floor).await;
        }
        outcome
    }

    async fn check(
        &self,
        username: &str,
        password: String,
        origin: &Origin,
    ) -> Result<TokenPair, LoginError> {
        let login = self.tries.begin(username, origin).await.map_err(LoginError::TooManyTries)?;
        let nobody = Subject::Username(login.name);
        let mut outcome = self.attempt(username, &password, origin, nobody).await?;
        if matches!(outcome, Attempt::Overtaken(_)) {
            // Another login of the same person may have renewed the hash: what is stored now decides.
            outcome = self.attempt(username, &password, origin, nobody).await?;
        }
        match outcome {
            Attempt::Opened(pair) => {
                self.tries.succeeded(&login).await;
                Ok(pair)
            }
            Attempt::Refused(subject) | Attempt::Overtaken(subject) => self.refuse(subject, origin).await,
        }
    }

    async fn attempt(
        &self,
        username: &str,
        password: &str,
        origin: &Origin,
        nobody: Subject,
    ) -> Result<Attempt, LoginError> {
        let known = self.queries.credentials(username).await?;
        let hash = known.as_ref().map(|known| known.password_hash.clone());
        let verification = self.passwords.verify(password.to_owned(), hash).await?;
        let subject = known.as_ref().map_or(nobody, |known| Subject::User(known.user.id));
        let Some(known) = known.filter(|known| verification.matches && known.user.is_active) else {
            return Ok(Attempt::Refused(subject));
        };
        let rehashed = if verification.outdated { self.rehash(password.to_owned()).await } else { None };
        let opened = self.open(&known, rehashed.as_deref(), origin).await?;
        Ok(opened.map_or(Attempt::Overtaken(subject), Attempt::Opened))
    }

    /// Opens a session for a person who is still the one that was checked: nobody has locked them out, or given them
    /// another password, since.
    async fn open(
        &self,
        known: &Credentials,
        rehashed: Option<&str>,
        origin: &Origin,
    ) -> Result<Option<TokenPair>, LoginError> {
        let (user, now) = (known.user.id, self.clock.now());
        let session = Session::begin(self.revocation.ids.session_id(), user, &self.tokens.policy, now);
        let (pair, hash) = self.tokens.issue(&session, known.user.role, now)?;
        let expires_at = session.token_expiry(&self.tokens.policy, now);
        let token = RefreshToken { hash, session: session.id, parent: None, expires_at, used_at: None };
        let entry = &about(&session, Actor::User(user), AuditAction::LoginSucceeded, origin, now);
        let policy = &self.tokens.policy;
        let made_room = transact(&*self.revocation.store, &*self.revocation.ids, |unit| {
            Box::pin(async move {
                if unit.lock_credentials(&[user]).await?.first().is_none_or(|current| **current != *known) {
                    return Ok(Done::Nothing(None));
                }
                if let Some(hash) = rehashed {
                    unit.set_password_hash(user, hash, now).await?;
                }
                unit.insert_session(&session, &token).await?;
                let live = unit.lock_live_sessions(user, now).await?;
                let live: Vec<Session> = live.iter().map(|session| **session).collect();
                let surplus = policy.surplus(&live).to_vec();
                let ids: Vec<_> = surplus.iter().map(|session| session.id).collect();
                unit.revoke_sessions(&ids, now).await?;
                unit.record_audit(std::slice::from_ref(entry)).await?;
                Ok(Done::Write(Some(surplus)))
            })
        })
        .await?;
        let Some(made_room) = made_room else { return Ok(None) };
        self.revocation.announce(&made_room, now).await;
        Ok(Some(pair))
    }

    /// Leaves a trace, for a name that nobody has as for any other.
    async fn refuse(&self, subject: Subject, origin: &Origin) -> Result<TokenPair, LoginError> {
        let entry = AuditEntry::new(Actor::Anonymous, AuditAction::LoginFailed, subject, self.clock.now())
            .in_request(origin.request.as_ref());
        let entry = &entry;
        transact(&*self.revocation.store, &*self.revocation.ids, |unit| {
            Box::pin(async move {
                unit.record_audit(std::slice::from_ref(entry)).await?;
                Ok(Done::Write(()))
            })
        })
        .await?;
        Err(LoginError::InvalidCredentials)
    }

    async fn rehash(&self, password: String) -> Option<String> {
        let hash = self.passwords.hash(password).await;
        hash.inspect_err(|error| {
            tracing::warn!(%error, "a password hash could not be renewed; the next login tries again");
        })
        .ok()
    }
}
