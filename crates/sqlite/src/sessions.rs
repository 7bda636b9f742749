//! Login sessions and refresh tokens.

use std::collections::HashSet;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use offers_domain::ids::{SessionId, UserId};
use offers_domain::ports::{Locked, PresentedToken, Sessions, StoreError};
use offers_domain::session::{RefreshHash, RefreshToken, Session};
use time::OffsetDateTime;

use crate::error::SqliteError;
use crate::rows::{RefreshTokenRow, SessionRow, micros};
use crate::schema::{refresh_tokens, sessions};
use crate::unit_of_work::SqliteUnitOfWork;
use crate::update::update;

/// A session ends at its expiry or when it is revoked, whichever is first: two disjoint lists, each in an index's order.
const PURGE: &str = "
    DELETE FROM sessions WHERE id IN (
        SELECT id FROM (
            SELECT id, expires_at AS ended_at FROM sessions
            WHERE expires_at < ?1 AND (revoked_at IS NULL OR revoked_at >= expires_at)
            UNION ALL
            SELECT id, revoked_at FROM sessions WHERE revoked_at < ?1 AND revoked_at < expires_at
            ORDER BY ended_at LIMIT ?2
        )
    )";

#[async_trait]
impl Sessions for SqliteUnitOfWork {
    async fn insert_session(&mut self, session: &Session, token: &RefreshToken) -> Result<(), StoreError> {
        let (session, token) = (SessionRow::from(session), RefreshTokenRow::from(token));
        self.run(move |connection| {
            let heard_of = sessions::last_used_at.eq(session.created_at);
            diesel::insert_into(sessions::table).values((session, heard_of)).execute(connection)?;
            insert_token(connection, token)
        })
        .await
    }

    async fn lock_refresh_token(&mut self, hash: RefreshHash) -> Result<Option<PresentedToken>, StoreError> {
        self.run(move |connection| {
            let found: Option<(SessionRow, RefreshTokenRow)> = refresh_tokens::table
                .inner_join(sessions::table)
                .filter(refresh_tokens::hash.eq(hash.0.as_slice()))
                .select((SessionRow::as_select(), RefreshTokenRow::as_select()))
                .get_result(connection)
                .optional()?;
            let Some((session, token)) = found else { return Ok(None) };
            let children = refresh_tokens::table
                .filter(refresh_tokens::parent.eq(hash.0.as_slice()))
                .select(RefreshTokenRow::as_select())
                .load(connection)?;
            Ok(Some(PresentedToken {
                session: Locked::by_store(session.try_into()?),
                token: Locked::by_store(token.try_into()?),
                children: children.into_iter().map(RefreshToken::try_from).collect::<Result<_, _>>()?,
            }))
        })
        .await
    }

    async fn rotate_refresh_token(
        &mut self,
        used: RefreshHash,
        successor: &RefreshToken,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let successor = RefreshTokenRow::from(successor);
        self.run(move |connection| {
            let unused = refresh_tokens::hash.eq(used.0.as_slice()).and(refresh_tokens::used_at.is_null());
            let mark = refresh_tokens::used_at.eq(micros(now));
            if update(&refresh_tokens::table, mark, unused).execute(connection)? != 1 {
                return Err(StoreError::Contention("the refresh token was used since".into()).into());
            }
            let session = sessions::id.eq(successor.session_id.clone());
            update(&sessions::table, sessions::last_used_at.eq(micros(now)), session).execute(connection)?;
            insert_token(connection, successor)
        })
        .await
    }

    async fn live_sessions(
        &mut self,
        ids: &[SessionId],
        now: OffsetDateTime,
    ) -> Result<HashSet<SessionId>, StoreError> {
        self.over(ids, move |connection, ids| {
            let mut live = HashSet::with_capacity(ids.len());
            for id in ids {
                let session =
                    sessions::table.find(id.0.as_bytes().as_slice()).select(SessionRow::as_select());
                let found: Option<SessionRow> = session.get_result(connection).optional()?;
                let session = found.map(Session::try_from).transpose()?;
                live.extend(session.filter(|session| session.is_live(now)).map(|session| session.id));
            }
            Ok(live)
        })
        .await
    }

    async fn lock_live_sessions(
        &mut self,
        user: UserId,
        now: OffsetDateTime,
    ) -> Result<Vec<Locked<Session>>, StoreError> {
        self.run(move |connection| {
            let live = sessions::table
                .filter(sessions::user_id.eq(user.0))
                .filter(sessions::revoked_at.is_null().and(sessions::expires_at.gt(micros(now))))
                .order((sessions::created_at, sessions::id))
                .select(SessionRow::as_select())
                .load(connection)?;
            let locked = |row| Ok(Locked::by_store(Session::try_from(row)?));
            live.into_iter().map(locked).collect()
        })
        .await
    }

    async fn revoke_sessions(
        &mut self,
        sessions: &[SessionId],
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.over(sessions, move |connection, ids| {
            for id in ids {
                let live = sessions::id.eq(id.0.as_bytes().to_vec()).and(sessions::revoked_at.is_null());
                let end = sessions::revoked_at.eq(micros(now));
                update(&sessions::table, end, live).execute(connection)?;
            }
            Ok(())
        })
        .await
    }

    async fn purge_sessions(&mut self, limit: OffsetDateTime, at_most: usize) -> Result<usize, StoreError> {
        let (limit, at_most) = (micros(limit), i64::try_from(at_most).unwrap_or(i64::MAX));
        self.run(move |connection| {
            let purge = diesel::sql_query(PURGE).bind::<BigInt, _>(limit).bind::<BigInt, _>(at_most);
            Ok(purge.execute(connection)?)
        })
        .await
    }
}

fn insert_token(connection: &mut SqliteConnection, token: RefreshTokenRow) -> Result<(), SqliteError> {
    diesel::insert_into(refresh_tokens::table).values(token).execute(connection)?;
    Ok(())
}
