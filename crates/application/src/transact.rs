//! One unit of work from begin to commit, tried again where another unit was in the way.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use offers_domain::ports::{Constraint, IdSource, Store, StoreError, UnitOfWork};

/// How often a unit that met contention is tried again.
const RETRIES: u32 = 3;
/// Ceiling of the wait before the first of these; doubles with each.
const FIRST_WAIT: Duration = Duration::from_millis(8);

/// What a step did with its unit.
pub(crate) enum Done<T> {
    /// It wrote: commit.
    Write(T),
    /// It only read or refused: roll back.
    Nothing(T),
}

/// The future of one step over a borrowed unit.
pub(crate) type StepFuture<'a, T> = Pin<Box<dyn Future<Output = Result<Done<T>, StoreError>> + Send + 'a>>;

/// Runs `step` in a unit of work and commits or rolls back as it says. The step may run several times and must touch the
/// world only through its unit.
///
/// The lifetime `'env` on the unit is what lets the step borrow from its caller: it tells the compiler that whatever the
/// step borrows outlives each run of it.
pub(crate) async fn transact<'env, T, F>(
    store: &dyn Store,
    ids: &dyn IdSource,
    mut step: F,
) -> Result<T, StoreError>
where
    T: Send,
    F: for<'a> FnMut(&'a mut (dyn UnitOfWork + 'env)) -> StepFuture<'a, T> + Send,
{
    let mut tried = 0;
    loop {
        match once(store, &mut step).await {
            Err(error) if tried < RETRIES && may_pass_later(&error) => {
                let ceiling = FIRST_WAIT * (1 << tried);
                tried += 1;
                tokio::time::sleep(jittered(ceiling, ids)).await;
            }
            outcome => return outcome,
        }
    }
}

async fn once<'env, T, F>(store: &dyn Store, step: &mut F) -> Result<T, StoreError>
where
    T: Send,
    F: for<'a> FnMut(&'a mut (dyn UnitOfWork + 'env)) -> StepFuture<'a, T> + Send,
{
    let mut unit = store.begin().await?;
    match step(&mut *unit).await {
        Ok(Done::Write(answer)) => unit.commit().await.map(|()| answer),
        Ok(Done::Nothing(answer)) => unit.rollback().await.map(|()| answer),
        Err(error) => {
            // The step's error is the one to report; a unit that cannot even roll back is dropped by its store.
            let _ = unit.rollback().await;
            Err(error)
        }
    }
}

/// A key that another unit has just committed will be found, and replayed, the next time.
fn may_pass_later(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Contention(_)
            | StoreError::Conflict(Constraint::IdempotencyKey | Constraint::PartnerReference)
    )
}

fn jittered(ceiling: Duration, ids: &dyn IdSource) -> Duration {
    let nanoseconds = u64::try_from(ceiling.as_nanos()).unwrap_or(u64::MAX);
    let part = (u128::from(nanoseconds) * u128::from(ids.jitter().0)) >> 32;
    Duration::from_nanos(u64::try_from(part).unwrap_or(nanoseconds))
}
