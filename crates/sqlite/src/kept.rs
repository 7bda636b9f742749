//! Statements that are prepared once.
//!
//! Preparing costs more than running. Diesel keeps the statements that its query builder writes, with two exceptions that
//! matter here. An UPDATE is never kept: [`Kept`] is for that. And SQLite itself prepares a kept statement again whenever
//! the value of its `LIMIT ?` is bound, so single rows are read with `get_result`, which needs no limit, not with `first`.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sqlite::Sqlite;

/// An UPDATE whose text does not depend on its values. Diesel cannot know: a changeset may leave columns out, but none
/// of this crate does.
pub(crate) struct Kept<Q>(pub(crate) Q);

impl<Q: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Kept<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _backend: &Sqlite) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q> QueryId for Kept<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q, C: SimpleConnection> RunQueryDsl<C> for Kept<Q> {}
