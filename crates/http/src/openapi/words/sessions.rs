//! A person's own logins.

use serde_json::json;

use super::examples::page;
use super::{Tag, Words};
use crate::error_code::ErrorCode::{NotAuthenticated, SessionNotFound};

pub(crate) fn list() -> Words {
    Tag::Login.says("List the caller's sessions").more("The newest first, all on one page.").answers(page(json!({
        "id": "01a1fa7c-90aa-7d10-9a55-0d4fd1d0d9a1", "created_at": "2026-11-20T19:40:00.000Z",
        "last_used_at": "2026-11-20T19:40:00.000Z", "expires_at": "2026-12-20T19:40:00.000Z", "current": true,
    })))
}

pub(crate) fn end_others() -> Words {
    Tag::Login
        .says("End all sessions but this one")
        .answers(json!({ "ended": 2 }))
        .refuses(&[NotAuthenticated])
}

pub(crate) fn end() -> Words {
    Tag::Login.says("End a session").more("Its tokens stop working at once.").refuses(&[SessionNotFound])
}
