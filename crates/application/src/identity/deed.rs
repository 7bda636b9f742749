//! What somebody does who is not concerned: staff, or whoever holds the command line.

use offers_domain::audit::{Actor, AuditAction, AuditEntry, Reason, Subject};
use offers_domain::user::User;
use time::OffsetDateTime;

use super::{Caller, Origin};

/// Who does it, and why.
#[derive(Debug, Clone, Copy)]
pub struct Deed<'a> {
    /// A member of staff; none for whoever holds the command line.
    pub by: Option<&'a Caller>,
    /// In their words.
    pub reason: &'a Reason,
    /// The request.
    pub origin: &'a Origin,
}

impl Deed<'_> {
    /// Who does it, for the trail.
    pub(crate) fn actor(&self) -> Actor {
        self.by.map_or(Actor::System, |by| Actor::Staff(by.user))
    }

    /// Whether it may be done to this person at all. Nobody does it to themselves.
    pub(crate) fn concerns(&self, user: &User) -> bool {
        self.by.is_none_or(|by| by.user != user.id && by.role.may_manage(user.role))
    }

    /// What the trail says of it.
    pub(crate) fn entry(&self, action: AuditAction, subject: Subject, now: OffsetDateTime) -> AuditEntry {
        AuditEntry::new(self.actor(), action, subject, now)
            .because(self.reason.clone())
            .in_request(self.origin.request.as_ref())
    }
}
