//! Logins without passwords, whose hashing would take longer than what is measured.

use offers_domain::ids::UserId;
use offers_domain::ports::{IdSource, Store};
use offers_domain::session::{RefreshHash, RefreshToken, Session, SessionPolicy};

use crate::Outcome;

/// Begins a session for each user, in one unit.
pub(crate) async fn log_in(store: &dyn Store, users: &[UserId], ids: &dyn IdSource) -> Outcome<Vec<Session>> {
    let mut unit = store.begin().await?;
    let (now, policy) = (unit.now().await?, SessionPolicy::default());
    let mut sessions = Vec::with_capacity(users.len());
    for user in users {
        let session = Session::begin(ids.session_id(), *user, &policy, now);
        let mut hash = [0; 32];
        hash.iter_mut().zip(session.id.0.as_bytes()).for_each(|(to, from)| *to = *from);
        let expires_at = session.token_expiry(&policy, now);
        let token = RefreshToken {
            hash: RefreshHash(hash),
            session: session.id,
            parent: None,
            expires_at,
            used_at: None,
        };
        unit.insert_session(&session, &token).await?;
        sessions.push(session);
    }
    unit.commit().await?;
    Ok(sessions)
}
