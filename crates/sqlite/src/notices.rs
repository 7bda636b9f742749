//! Notices and the work list of their senders.

use async_trait::async_trait;
use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use offers_domain::ids::{NoticeId, UserId};
use offers_domain::notice::{NewNotice, NoticeChannel};
use offers_domain::ports::{Locked, Notices, StoreError};
use offers_domain::sending::Notice;
use time::OffsetDateTime;

use crate::error::SqliteError;
use crate::rows::{NewNoticeRow, NoticeRow, NoticeStateRow, micros};
use crate::schema::{notices, users};
use crate::unit_of_work::{SqliteUnitOfWork, locked_work};
use crate::update::update;

/// Ids follow the order of queueing, so that no index on the age is needed. Ended or not: one that stayed would take a place
/// among the oldest for good.
const PURGE: &str = "
    DELETE FROM notices WHERE created_at < ?1 AND id IN (
        SELECT id FROM notices ORDER BY id LIMIT ?2
    )";

#[async_trait]
impl Notices for SqliteUnitOfWork {
    async fn insert_notices(&mut self, notices: &[NewNotice], now: OffsetDateTime) -> Result<(), StoreError> {
        self.over(notices, move |connection, notices| {
            notices.iter().try_for_each(|notice| insert(connection, notice, now))
        })
        .await
    }

    async fn lock_due_notices(
        &mut self,
        channel: NoticeChannel,
        limit: usize,
        now: OffsetDateTime,
    ) -> Result<Vec<Locked<Notice>>, StoreError> {
        self.run(move |connection| {
            let due = notices::table
                .filter(notices::channel.eq(channel.as_str()))
                .filter(notices::due_at.le(micros(now)))
                .order((notices::due_at, notices::id))
                .select(NoticeRow::as_select());
            Ok(locked_work(due.load_iter::<NoticeRow, DefaultLoadingMode>(connection)?, limit)?)
        })
        .await
    }

    async fn lock_notices(&mut self, ids: &[NoticeId]) -> Result<Vec<Locked<Notice>>, StoreError> {
        self.over(ids, |connection, mut ids| {
            ids.sort_unstable();
            ids.dedup();
            ids.iter().filter_map(|id| find(connection, *id).transpose()).collect()
        })
        .await
    }

    async fn update_notices(&mut self, notices: &[Notice]) -> Result<(), StoreError> {
        self.over(notices, |connection, notices| {
            notices.iter().try_for_each(|notice| save(connection, notice))
        })
        .await
    }

    async fn purge_notices(&mut self, limit: OffsetDateTime, at_most: usize) -> Result<usize, StoreError> {
        let (limit, at_most) = (micros(limit), i64::try_from(at_most).unwrap_or(i64::MAX));
        self.run(move |connection| {
            let purge = diesel::sql_query(PURGE).bind::<BigInt, _>(limit).bind::<BigInt, _>(at_most);
            Ok(purge.execute(connection)?)
        })
        .await
    }
}

fn insert(
    connection: &mut SqliteConnection,
    notice: &NewNotice,
    now: OffsetDateTime,
) -> Result<(), SqliteError> {
    if notice.channel == NoticeChannel::Sms && !has_phone(connection, notice.user)? {
        return Ok(());
    }
    diesel::insert_into(notices::table)
        .values(NewNoticeRow::at(now, notice))
        .on_conflict(notices::dedupe_key)
        .do_nothing()
        .execute(connection)?;
    Ok(())
}

fn has_phone(connection: &mut SqliteConnection, user: UserId) -> Result<bool, SqliteError> {
    let phone = users::table.find(user.0).select(users::phone);
    Ok(phone.get_result::<Option<String>>(connection).optional()?.flatten().is_some())
}

/// While a unit has its turn nobody else writes, so every row that it reads is locked.
fn find(connection: &mut SqliteConnection, id: NoticeId) -> Result<Option<Locked<Notice>>, SqliteError> {
    let row = notices::table.find(id.0).select(NoticeRow::as_select());
    let notice = row.get_result(connection).optional()?.map(Notice::try_from).transpose()?;
    Ok(notice.map(Locked::by_store))
}

fn save(connection: &mut SqliteConnection, notice: &Notice) -> Result<(), SqliteError> {
    let id = notice.id();
    let saved = update(&notices::table, NoticeStateRow::from(notice), notices::id.eq(id.0));
    if saved.execute(connection)? == 1 {
        Ok(())
    } else {
        Err(StoreError::Misuse(format!("there is no notice {id}")).into())
    }
}
