//! Pools of connections, and single connections on loan from them.

use std::time::Duration;

use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel::result::{Error, QueryResult};
use diesel::sql_types::Timestamptz;
use diesel_async::methods::{ExecuteDsl, LoadQuery};
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncConnectionCore, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join, join_all};
use offers_domain::ports::{Level, StoreError};
use time::OffsetDateTime;

use crate::connection::{Endpoint, Purpose};
use crate::error::{OpenError, is_lost, no_answer, store_error};
use crate::settings::PgSettings;
use crate::statement::statement;

/// How much longer than the server's own limit an answer is waited for: a server that is frozen enforces no limit.
const GRACE: Duration = Duration::from_secs(1);

/// The server's clock, which goes on while a transaction does.
pub(crate) const NOW: &str = "SELECT clock_timestamp() AS now";

/// Its answer.
#[derive(QueryableByName)]
pub(crate) struct Now {
    #[diesel(sql_type = Timestamptz)]
    pub(crate) now: OffsetDateTime,
}

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

    /// A connection on which `begin` has begun a transaction.
    pub(crate) async fn begin(&self, begin: &'static str) -> Result<Loan, StoreError> {
        let (loan, ()) = self.open(|loan| loan.command(begin).boxed()).await?;
        Ok(loan)
    }

    /// A connection on which a transaction to write in has begun, and when that was by the server's clock.
    pub(crate) async fn begin_now(&self) -> Result<(Loan, OffsetDateTime), StoreError> {
        self.open(|loan| loan.begin_now().boxed()).await
    }

    /// A connection after its first command. One that turns out closed is replaced once, and the others that lie idle are
    /// closed with it: whatever ended one has most likely ended all.
    async fn open<T>(
        &self,
        first: impl Fn(&mut Loan) -> BoxFuture<'_, QueryResult<T>>,
    ) -> Result<(Loan, T), StoreError> {
        let mut loan = self.lend().await?;
        let mut outcome = first(&mut loan).await;
        if outcome.as_ref().is_err_and(is_lost) {
            drop(loan);
            self.pool.retain(|_, _| false);
            loan = self.lend().await?;
            outcome = first(&mut loan).await;
        }
        Ok((loan, outcome.map_err(|error| store_error(&error))?))
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

    /// Begins a transaction and asks for the time, in one round trip.
    async fn begin_now(&mut self) -> QueryResult<OffsetDateTime> {
        let (deadline, connection) = (self.deadline, &*self.connection()?);
        let (mut first, mut second) = (connection, connection);
        let both = async { join(first.batch_execute("BEGIN"), statement(NOW).load(&mut second)).await };
        let (begun, rows) = tokio::time::timeout(deadline, both).await.map_err(|_| no_answer())?;
        let rows: Vec<Now> = begun.and(rows)?;
        rows.into_iter().next().map(|row| row.now).ok_or(Error::NotFound)
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

    /// How many rows each of these statements has written. They are sent one after the other without waiting, and the
    /// server runs them in this order.
    pub(crate) async fn together(&mut self, statements: Vec<Postponed>) -> Vec<QueryResult<usize>> {
        let count = statements.len();
        let deadline = self.deadline.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX));
        let connection = match self.connection() {
            Ok(connection) => &*connection,
            Err(error) => return vec![Err(error)],
        };
        let answers = join_all(statements.into_iter().map(|statement| (statement.send)(connection)));
        tokio::time::timeout(deadline, answers).await.unwrap_or_else(|_| vec![Err(no_answer())])
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

/// How many rows a statement will have written.
type Written<'c> = BoxFuture<'c, QueryResult<usize>>;

/// A statement that is sent later.
pub(crate) struct Postponed {
    send: Box<dyn FnOnce(&AsyncPgConnection) -> Written<'_> + Send>,
}

impl Postponed {
    /// Any statement without rows.
    pub(crate) fn new<Q>(query: Q) -> Self
    where
        Q: QueryFragment<Pg> + QueryId + Send + 'static,
    {
        Self { send: Box::new(move |mut connection| connection.execute_returning_count(query)) }
    }
}

async fn within<T>(deadline: Duration, answer: impl Future<Output = QueryResult<T>>) -> QueryResult<T> {
    tokio::time::timeout(deadline, answer).await.unwrap_or_else(|_| Err(no_answer()))
}
