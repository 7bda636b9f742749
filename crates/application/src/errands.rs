//! Work that is taken from a list, carried out with no unit of work open, and settled in batches.

use async_trait::async_trait;
use offers_domain::ports::StoreError;

/// A kind of such work: what the runner's senders do.
#[async_trait]
pub trait Errands: Send + Sync + 'static {
    /// One that was taken.
    type Taken: Send + 'static;
    /// One that was carried out, and what became of it.
    type Done: Send + Sync + 'static;

    /// What it is called in logs.
    fn name(&self) -> &'static str;

    /// Takes up to `limit` that are due.
    async fn take(&self, limit: usize) -> Result<Vec<Self::Taken>, StoreError>;

    /// Carries one out. It never fails: not knowing is an outcome.
    async fn carry_out(&self, taken: Self::Taken) -> Self::Done;

    /// Writes down what became of them, all in one commit. Those that are somebody else's by now are left alone.
    async fn settle(&self, done: &[Self::Done]) -> Result<(), StoreError>;

    /// Gives those back that nobody has begun: they are due at once for another one.
    async fn give_back(&self, taken: Vec<Self::Taken>) -> Result<(), StoreError>;
}
