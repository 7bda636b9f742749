//! Following an order from transition to transition.

use offers_domain::ids::{TransactionId, UserId};
use offers_domain::ports::{Follow, StoreError};
use offers_domain::views::StatusView;

use super::ActivationStatus;

/// A client that is told of every transition of one order. It costs nothing while nothing happens.
pub struct Following {
    user: UserId,
    order: TransactionId,
    /// The version that the client has been told of; zero where it has been told nothing.
    seen: u32,
    /// What was read and not told yet.
    present: Option<StatusView>,
    ended: bool,
    news: Box<dyn Follow>,
}

impl Following {
    /// Whether there is nothing more to tell, now or ever.
    pub fn is_over(&self) -> bool {
        self.ended
    }

    /// Returns once [`ActivationStatus::missed`] may have something to tell. May be dropped and called again.
    pub async fn changed(&mut self) {
        self.news.changed().await;
    }
}

impl ActivationStatus {
    /// Follows the user's order from after the version `seen`, zero for all of its story; none where there is no such
    /// order.
    pub async fn follow(
        &self,
        user: UserId,
        order: TransactionId,
        seen: u32,
    ) -> Result<Option<Following>, StoreError> {
        // Watched before it is read, so that no change falls between.
        let news = self.wake_up.follow(order);
        let Some(known) = self.read(user, order).await? else { return Ok(None) };
        let present = known.value;
        let ended = present.status.is_final() && present.version <= seen;
        Ok(Some(Following { user, order, seen, present: Some(present), ended, news }))
    }

    /// The order after each transition that the client has not been told of, the earliest one first. The story of more
    /// than one comes from the store.
    pub async fn missed(&self, following: &mut Following) -> Result<Vec<StatusView>, StoreError> {
        // Never closed.
        let _turn = self.turns.acquire().await;
        let Following { user, order, seen, .. } = *following;
        let present = match following.present.take() {
            Some(present) => Some(present),
            None => self.read_past(user, order, seen).await?,
        };
        let Some(present) = present else { return Ok(Vec::new()) };
        if present.version <= seen {
            following.ended = present.status.is_final();
            return Ok(Vec::new());
        }
        let missed = if present.version == seen.saturating_add(1) {
            vec![present]
        } else {
            let story = self.queries.transaction(user, order).await?;
            story.map_or_else(|| vec![present], |story| story.since(seen))
        };
        if let Some(last) = missed.last() {
            following.seen = last.version;
            following.ended = last.status.is_final();
        }
        Ok(missed)
    }
}
