//! Reads what customers were told.

use async_trait::async_trait;
use diesel::dsl::{count_star, min};
use diesel::prelude::*;
use offers_domain::ids::NoticeId;
use offers_domain::page::{Page, PageRequest};
use offers_domain::ports::{NoticeBacklog, NoticeFilter, NoticeQueries, StoreError};
use offers_domain::sending::Notice;

use super::overfetch;
use crate::rows::{NoticeRow, Reading};
use crate::schema::notices;
use crate::store::SqliteStore;

#[async_trait]
impl NoticeQueries for SqliteStore {
    async fn notices(
        &self,
        filter: &NoticeFilter,
        page: &PageRequest<NoticeId>,
    ) -> Result<Page<Notice>, StoreError> {
        let mut query = notices::table
            .order(notices::id.desc())
            .limit(overfetch(page.limit))
            .select(NoticeRow::as_select())
            .into_boxed();
        if let Some(after) = page.after {
            query = query.filter(notices::id.lt(after.0));
        }
        if let Some(user) = filter.user {
            query = query.filter(notices::user_id.eq(user.0));
        }
        if let Some(status) = filter.status {
            query = query.filter(notices::status.eq(status.as_str()));
        }
        if let Some(kind) = filter.kind {
            query = query.filter(notices::kind.eq(kind.as_str()));
        }
        if let Some(channel) = filter.channel {
            query = query.filter(notices::channel.eq(channel.as_str()));
        }
        let limit = page.limit;
        self.readers
            .read(move |connection| {
                let rows: Vec<NoticeRow> = query.load(connection)?;
                let notices = rows.into_iter().map(Notice::try_from).collect::<Result<_, _>>()?;
                Ok(Page::from_overfetch(notices, limit))
            })
            .await
    }

    async fn notice_backlog(&self) -> Result<NoticeBacklog, StoreError> {
        self.readers
            .read(|connection| {
                let (open, oldest): (i64, Option<i64>) = notices::table
                    .filter(notices::due_at.is_not_null())
                    .select((count_star(), min(notices::created_at)))
                    .get_result(connection)?;
                let reading = Reading { table: "notices", row: &"?" };
                Ok(NoticeBacklog {
                    open: reading.number("due_at", open)?,
                    oldest: reading.optional_instant("created_at", oldest)?,
                })
            })
            .await
    }
}
