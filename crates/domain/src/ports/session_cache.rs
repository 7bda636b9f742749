//! Whether a session lives, fast.

use async_trait::async_trait;

use crate::ids::SessionId;
use crate::session::Session;

/// Keeps sessions near, so that a request does not read the store to learn that its caller is still logged in. An
/// implementation must be shared by every process that serves requests: what one revokes, all see. A shared cache that missed a
/// revocation, because it was away, may be believed for at most 30 seconds more.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait SessionCache: Send + Sync {
    /// The session, if it is here.
    async fn get(&self, id: SessionId) -> Option<Session>;

    /// Keeps a session as the store has it. A revoked one is never replaced by a live one.
    async fn put(&self, session: Session);
}
