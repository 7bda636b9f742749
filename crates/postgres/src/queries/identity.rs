//! Reads who people are.

use async_trait::async_trait;
use diesel::prelude::*;
use offers_domain::ids::{SessionId, UserId};
use offers_domain::ports::{Credentials, IdentityQueries, StoreError};
use offers_domain::session::Session;
use offers_domain::user::{User, Username};
use offers_domain::views::SessionView;
use time::OffsetDateTime;

use crate::rows::{SessionRow, UserRow};
use crate::schema::{sessions, users};
use crate::store::PgStore;

/// How many sessions a list shows.
const MOST: i64 = 100;

#[async_trait]
impl IdentityQueries for PgStore {
    async fn credentials(&self, username: &str) -> Result<Option<Credentials>, StoreError> {
        let user = users::table.filter(users::username.eq(username.to_owned())).select(UserRow::as_select());
        self.readers.row(user).await?.map(Credentials::try_from).transpose()
    }

    async fn taken_usernames(&self, usernames: &[Username]) -> Result<Vec<String>, StoreError> {
        let names: Vec<String> = usernames.iter().map(|name| name.as_str().to_owned()).collect();
        self.readers.rows(users::table.filter(users::username.eq_any(names)).select(users::username)).await
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let user = users::table.filter(users::id.eq(id.0)).select(UserRow::as_select());
        let found = self.readers.row(user).await?.map(Credentials::try_from).transpose()?;
        Ok(found.map(|credentials| credentials.user))
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let session = sessions::table.filter(sessions::id.eq(id.0)).select(SessionRow::as_select());
        Ok(self.readers.row(session).await?.map(Session::from))
    }

    async fn live_sessions(&self, user: UserId, now: OffsetDateTime) -> Result<Vec<SessionView>, StoreError> {
        let live = sessions::table
            .filter(sessions::user_id.eq(user.0))
            .filter(sessions::revoked_at.is_null().and(sessions::expires_at.gt(now)))
            .order((sessions::created_at.desc(), sessions::id.desc()))
            .limit(MOST)
            .select((SessionRow::as_select(), sessions::last_used_at));
        let rows: Vec<(SessionRow, OffsetDateTime)> = self.readers.rows(live).await?;
        let view =
            |(session, last_used_at): (SessionRow, _)| SessionView { session: session.into(), last_used_at };
        Ok(rows.into_iter().map(view).collect())
    }
}
