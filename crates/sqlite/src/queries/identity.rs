//! Reads who people are.

use async_trait::async_trait;
use diesel::prelude::*;
use offers_domain::ids::{SessionId, UserId};
use offers_domain::ports::{Credentials, IdentityQueries, StoreError};
use offers_domain::session::Session;
use offers_domain::user::{User, Username};
use offers_domain::views::SessionView;
use time::OffsetDateTime;

use crate::rows::{SessionRow, UserRow, micros, session_view};
use crate::schema::{sessions, users};
use crate::store::SqliteStore;
use crate::users::find;

/// How many sessions a list shows.
const MOST: i64 = 100;

#[async_trait]
impl IdentityQueries for SqliteStore {
    async fn credentials(&self, username: &str) -> Result<Option<Credentials>, StoreError> {
        let username = username.to_owned();
        self.readers
            .read(move |connection| {
                let user = users::table.filter(users::username.eq(username)).select(UserRow::as_select());
                Ok(user.get_result(connection).optional()?.map(Credentials::try_from).transpose()?)
            })
            .await
    }

    async fn taken_usernames(&self, usernames: &[Username]) -> Result<Vec<String>, StoreError> {
        let names: Vec<String> = usernames.iter().map(|name| name.as_str().to_owned()).collect();
        self.readers
            .read(move |connection| {
                let taken = users::table.filter(users::username.eq_any(names)).select(users::username);
                Ok(taken.load(connection)?)
            })
            .await
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.readers.read(move |connection| find(connection, id)).await
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.readers
            .read(move |connection| {
                let session =
                    sessions::table.find(id.0.as_bytes().as_slice()).select(SessionRow::as_select());
                Ok(session.get_result(connection).optional()?.map(Session::try_from).transpose()?)
            })
            .await
    }

    async fn live_sessions(&self, user: UserId, now: OffsetDateTime) -> Result<Vec<SessionView>, StoreError> {
        self.readers
            .read(move |connection| {
                let live: Vec<(SessionRow, i64)> = sessions::table
                    .filter(sessions::user_id.eq(user.0))
                    .filter(sessions::revoked_at.is_null().and(sessions::expires_at.gt(micros(now))))
                    .order((sessions::created_at.desc(), sessions::id.desc()))
                    .limit(MOST)
                    .select((SessionRow::as_select(), sessions::last_used_at))
                    .load(connection)?;
                let view = |(session, heard_of)| Ok(session_view(session, heard_of)?);
                live.into_iter().map(view).collect()
            })
            .await
    }
}
