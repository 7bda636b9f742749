//! A person's logins.

use offers_domain::ids::SessionId;
use offers_domain::views::SessionView;
use schemars::JsonSchema;
use serde::Serialize;

use super::time::Timestamp;
use uuid::Uuid;

/// One login on one device.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SessionBody {
    id: Uuid,
    created_at: Timestamp,
    last_used_at: Timestamp,
    expires_at: Timestamp,
    current: bool,
}

impl SessionBody {
    /// Shows a login to one who has logged in with `current`.
    pub(crate) fn new(view: SessionView, current: SessionId) -> Self {
        let SessionView { session, last_used_at } = view;
        Self {
            id: session.id.0,
            created_at: session.created_at.into(),
            last_used_at: last_used_at.into(),
            expires_at: session.expires_at.into(),
            current: session.id == current,
        }
    }
}

/// How many logins were ended.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EndedBody {
    pub(crate) ended: usize,
}
