//! Giving work back: a worker that stops hands over the orders that it cannot finish.

use std::sync::Arc;

use offers_domain::ids::TransactionId;
use offers_domain::ports::{Clock, IdSource, Store, StoreError};
use offers_domain::settlement::{Claim, release};
use offers_domain::views::StatusView;

use crate::announcer::Announcer;
use crate::transact::{Done, transact};

/// The use case.
pub struct ReleaseWork {
    store: Arc<dyn Store>,
    announcer: Announcer,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl ReleaseWork {
    /// Gives back to this store.
    pub fn new(
        store: Arc<dyn Store>,
        announcer: Announcer,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self { store, announcer, clock, ids }
    }

    /// Ends these claims without an answer, in one commit, and calls other workers. Returns how many orders were given
    /// back; the others had been settled, or taken by another worker.
    pub async fn run(&self, claims: &[Claim]) -> Result<usize, StoreError> {
        let ids: Vec<TransactionId> = claims.iter().map(|claim| claim.transaction).collect();
        let ids = &ids;
        let released = transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let mut orders = unit.lock_transactions(ids).await?;
                let released = release(claims, &mut orders, unit.now().await?);
                unit.update_transactions(&released).await?;
                Ok(if released.is_empty() { Done::Nothing(released) } else { Done::Write(released) })
            })
        })
        .await?;
        if !released.is_empty() {
            let views: Vec<_> = released.iter().map(StatusView::from).collect();
            self.announcer.hand_over(&views, self.clock.now()).await;
        }
        Ok(released.len())
    }
}
