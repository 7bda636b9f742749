//! Statements that are prepared once.
//!
//! Preparing costs more than running. Diesel keeps the statements that its query builder writes, with two exceptions that
//! matter here. It never keeps an UPDATE, because a changeset may leave columns out; none of this crate does, so
//! [`update`] writes one that is kept. And SQLite itself prepares a kept statement again whenever its `LIMIT ?` is bound,
//! so single rows are read with `get_result`, which needs no limit, not with `first`.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::Bool;
use diesel::sqlite::Sqlite;

/// An UPDATE whose text does not depend on its values.
pub(crate) struct Update<F, C, P> {
    table: F,
    changes: C,
    condition: P,
}

/// Makes `changes` to the rows of `table` that meet `condition`.
pub(crate) fn update<T, V, P>(table: &T, changes: V, condition: P) -> Update<T::FromClause, V::Changeset, P>
where
    T: QuerySource,
    V: AsChangeset<Target = T>,
    P: Expression<SqlType = Bool> + AppearsOnTable<T>,
{
    Update { table: table.from_clause(), changes: changes.as_changeset(), condition }
}

impl<F, C, P> QueryFragment<Sqlite> for Update<F, C, P>
where
    F: QueryFragment<Sqlite>,
    C: QueryFragment<Sqlite>,
    P: QueryFragment<Sqlite>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        pass.push_sql("UPDATE ");
        self.table.walk_ast(pass.reborrow())?;
        pass.push_sql(" SET ");
        self.changes.walk_ast(pass.reborrow())?;
        pass.push_sql(" WHERE ");
        self.condition.walk_ast(pass)
    }
}

impl<F, C, P> QueryId for Update<F, C, P> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<F, C, P> RunQueryDsl<SqliteConnection> for Update<F, C, P> {}

#[cfg(test)]
mod tests;
