//! The use cases of logins, over one set of ports.

use std::sync::Arc;
use std::time::Duration;

use offers_domain::ports::{Clock, IdSource, Passwords, Queries, SessionCache, Store};

use super::{
    ChangePassword, ChangeProfile, EndSessions, Login, Logout, ManageAccess, Refresh, ResetPassword,
    Revocation, TokenIssuer, Tries,
};

/// What logins need from outside.
#[derive(Clone)]
pub struct IdentityPorts {
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// Reads.
    pub queries: Arc<dyn Queries>,
    /// Sessions near.
    pub sessions: Arc<dyn SessionCache>,
    /// Password hashes.
    pub passwords: Arc<dyn Passwords>,
    /// Who tried what.
    pub tries: Tries,
    /// Tokens.
    pub tokens: TokenIssuer,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Session ids, and randomness for retries.
    pub ids: Arc<dyn IdSource>,
    /// How long every login takes at least.
    pub login_floor: Duration,
}

/// The use cases.
pub struct Identity {
    /// Logging in.
    pub login: Login,
    /// Keeping a login.
    pub refresh: Refresh,
    /// Logging out.
    pub logout: Logout,
    /// A person's own new password.
    pub change_password: ChangePassword,
    /// How a person wants to be told.
    pub change_profile: ChangeProfile,
    /// A person's own sessions.
    pub end_sessions: EndSessions,
    /// Locks and roles.
    pub manage_access: ManageAccess,
    /// Somebody else's new password.
    pub reset_password: ResetPassword,
}

impl Identity {
    /// All of them over these ports.
    pub fn new(ports: IdentityPorts) -> Self {
        let IdentityPorts { store, queries, sessions, passwords, tries, tokens, clock, ids, login_floor } =
            ports;
        let revocation = Revocation { store, queries: queries.clone(), cache: sessions, ids };
        let refresh_tokens = tokens.refresh.clone();
        Self {
            login: Login {
                revocation: revocation.clone(),
                queries,
                passwords: passwords.clone(),
                tries: tries.clone(),
                tokens: tokens.clone(),
                clock: clock.clone(),
                floor: login_floor,
            },
            refresh: Refresh { revocation: revocation.clone(), tokens, clock: clock.clone() },
            logout: Logout { revocation: revocation.clone(), refresh: refresh_tokens, clock: clock.clone() },
            change_password: ChangePassword {
                revocation: revocation.clone(),
                passwords: passwords.clone(),
                tries,
                clock: clock.clone(),
            },
            change_profile: ChangeProfile { revocation: revocation.clone() },
            end_sessions: EndSessions { revocation: revocation.clone(), clock: clock.clone() },
            manage_access: ManageAccess { revocation: revocation.clone(), clock: clock.clone() },
            reset_password: ResetPassword { revocation, passwords, clock },
        }
    }
}
