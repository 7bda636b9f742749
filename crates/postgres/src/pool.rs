//! Pools of connections, and single connections on loan from them.

use std::time::Duration;

use diesel::result::QueryResult;
use diesel_async::methods::{ExecuteDsl, LoadQuery};
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use offers_domain::ports::{Level, StoreError};

use crate::connection::{Endpoint, Purpose};
use crate::error::{OpenError, is_lost, no_answer, store_error};
use crate::settings::PgSettings;

/// How much longer than the server's own limit an answer is waited for: a server that is frozen enforces no limit.
const GRACE: Duration = Duration::from_secs(1);

/// So many connections for one purpose.
#[derive(Clone)]
pub(crate) struct Connections {
    pool: Pool<AsyncPgConnection>,
    name: &'static str,
    wait: Duration,
    deadline: Duration,
}

impl Connections {
    /// Connects to nobody yet.
    pub(crate) fn new(settings: &PgSettings, purpose: Purpose, size: usize) -> Result<Self, OpenError> {
        let endpoint = Endpoint::new(settings, purpose)?;
        let mut config = ManagerConfig::default();
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(move |_| {
            let endpoint = endpoint.clone();
            async move { endpoint.connect().await }.boxed()
        });
        let manager = AsyncDieselConnectionManager::new_with_config("", config);
        let pool = Pool::builder(manager)
            .max_size(size)
            .build()
            .map_err(|error| OpenError::Address(error.to_string()))?;
        Ok(Self {
            pool,
            name: purpose.as_str(),
            wait: settings.acquire_timeout,
            deadline: settings.statement_timeout.saturating_add(GRACE),
        })
    }

    /// How many of them are lent out.
    pub(crate) fn level(&self) -> Level {
        let status = self.pool.status();
        let in_use = status.size.saturating_sub(status.available);
        Level::Pool { name: self.name, size: status.max_size, in_use, waiting: status.waiting }
    }

    /// A connection that was open a moment ago.
    pub(crate) async fn lend(&self) -> Result<Loan, StoreError> {
        let object = tokio::time::timeout(self.wait, self.pool.get())
            .await
            .map_err(|_| StoreError::Overloaded("all connections are busy".into()))?
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Loan { object: Some(object), deadline: self.deadline })
    }

    /// A connection on which `begin` has begun a transaction. One that turns out closed is replaced once, and the others
    /// that lie idle are closed with it: whatever ended one has most likely ended all.
    pub(crate) async fn begin(&self, begin: &'static str) -> Result<Loan, StoreError> {
        let mut loan = self.lend().await?;
        match loan.command(begin).await {
            Err(error) if is_lost(&error) => {
                drop(loan);
                self.pool.retain(|_, _| false);
                let mut loan = self.lend().await?;
                loan.command(begin).await.map_err(|error| store_error(&error))?;
                Ok(loan)
            }
            outcome => outcome.map(|()| loan).map_err(|error| store_error(&error)),
        }
    }

    /// The rows of one statement.
    pub(crate) fn rows<Q, R>(&self, query: Q) -> BoxFuture<'_, Result<Vec<R>, StoreError>>
    where
        Q: LoadQuery<'static, AsyncPgConnection, R> + Send + 'static,
        R: Send + 'static,
    {
        async move {
            let mut loan = self.lend().await?;
            let outcome = loan.rows(query).await;
            if !outcome.as_ref().is_err_and(is_lost) {
                loan.give_back();
            }
            outcome.map_err(|error| store_error(&error))
        }
        .boxed()
    }

    /// The row of one statement that has at most one.
    pub(crate) fn row<Q, R>(&self, query: Q) -> BoxFuture<'_, Result<Option<R>, StoreError>>
    where
        Q: LoadQuery<'static, AsyncPgConnection, R> + Send + 'static,
        R: Send + 'static,
    {
        async move { Ok(self.rows(query).await?.pop()) }.boxed()
    }
}

/// A connection on loan. It returns to its pool only when it is given back; dropped in any other way, in the middle of a
/// transaction or of a statement, it is closed, and the server undoes what was under way.
pub(crate) struct Loan {
    object: Option<Object<AsyncPgConnection>>,
    deadline: Duration,
}

impl Loan {
    fn connection(&mut self) -> QueryResult<&mut AsyncPgConnection> {
        self.object.as_deref_mut().ok_or_else(no_answer)
    }

    /// Waits this long for answers from now on.
    pub(crate) fn wait_for(&mut self, deadline: Duration) {
        self.deadline = deadline;
    }

    /// A statement without values or rows, such as `BEGIN`.
    pub(crate) async fn command(&mut self, text: &str) -> QueryResult<()> {
        let deadline = self.deadline;
        within(deadline, self.connection()?.batch_execute(text)).await
    }

    /// The rows of a statement.
    pub(crate) fn rows<Q, R>(&mut self, query: Q) -> BoxFuture<'_, QueryResult<Vec<R>>>
    where
        Q: LoadQuery<'static, AsyncPgConnection, R> + Send + 'static,
        R: Send + 'static,
    {
        let deadline = self.deadline;
        async move { within(deadline, query.load(self.connection()?)).await }.boxed()
    }

    /// How many rows a statement has written.
    pub(crate) fn run<Q>(&mut self, query: Q) -> BoxFuture<'_, QueryResult<usize>>
    where
        Q: ExecuteDsl<AsyncPgConnection> + Send + 'static,
    {
        let deadline = self.deadline;
        async move { within(deadline, query.execute(self.connection()?)).await }.boxed()
    }

    /// Back to the pool: nothing is under way on it.
    pub(crate) fn give_back(mut self) {
        drop(self.object.take());
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        if let Some(object) = self.object.take() {
            drop(Object::take(object));
        }
    }
}

async fn within<T>(deadline: Duration, answer: impl Future<Output = QueryResult<T>>) -> QueryResult<T> {
    tokio::time::timeout(deadline, answer).await.unwrap_or_else(|_| Err(no_answer()))
}
