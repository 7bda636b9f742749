//! Notices inside a unit of work: what customers are to be told, and the work list of its senders.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{Locked, StoreError};
use crate::ids::NoticeId;
use crate::notice::{NewNotice, NoticeChannel};
use crate::sending::Notice;

/// Queues notices and hands them out.
#[async_trait]
pub trait Notices {
    /// Queues notices, due at once. One whose dedupe key was queued before is ignored, and so is a text
    /// message to a customer whose telephone number is not known.
    async fn insert_notices(&mut self, notices: &[NewNotice], now: OffsetDateTime) -> Result<(), StoreError>;

    /// Locks up to `limit` notices of a channel that are due or whose lease is over at `now`, the longest waiting first.
    /// Those that another unit has locked are skipped; so are those that cannot be read, which are told about.
    async fn lock_due_notices(
        &mut self,
        channel: NoticeChannel,
        limit: usize,
        now: OffsetDateTime,
    ) -> Result<Vec<Locked<Notice>>, StoreError>;

    /// Locks these notices by ascending id. Unknown ids are missing from the answer; duplicates are locked once.
    async fn lock_notices(&mut self, ids: &[NoticeId]) -> Result<Vec<Locked<Notice>>, StoreError>;

    /// Saves notices that this unit has locked.
    async fn update_notices(&mut self, notices: &[Notice]) -> Result<(), StoreError>;

    /// Forgets notices that were queued before `limit`, ended or not, the `at_most` oldest of them; says how many.
    async fn purge_notices(&mut self, limit: OffsetDateTime, at_most: usize) -> Result<usize, StoreError>;
}
