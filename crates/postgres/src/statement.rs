//! SQL of our own that is prepared once.
//!
//! Diesel's `sql_query` is parsed and planned on every call. A [`Statement`] is not: its text never depends on its values,
//! so diesel keeps it prepared, connection by connection, as it keeps what its own query builder writes.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{HasSqlType, Untyped};

/// A text with places (`$1`, `$2` …) and the values for them.
pub(crate) struct Statement<B = ()> {
    text: &'static str,
    binds: B,
}

/// Begins a statement.
pub(crate) fn statement(text: &'static str) -> Statement {
    Statement { text, binds: () }
}

/// The values before, and one more of the SQL type `S`.
pub(crate) struct Bind<B, S, T> {
    before: B,
    value: T,
    sql_type: std::marker::PhantomData<S>,
}

impl<B> Statement<B> {
    /// Gives the next place its value.
    pub(crate) fn bind<S, T>(self, value: T) -> Statement<Bind<B, S, T>> {
        let binds = Bind { before: self.binds, value, sql_type: std::marker::PhantomData };
        Statement { text: self.text, binds }
    }
}

impl<B, S, T> QueryFragment<Pg> for Bind<B, S, T>
where
    B: QueryFragment<Pg>,
    T: ToSql<S, Pg>,
    Pg: HasSqlType<S>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.before.walk_ast(pass.reborrow())?;
        pass.push_bind_param_value_only::<S, T>(&self.value)
    }
}

impl<B: QueryFragment<Pg>> QueryFragment<Pg> for Statement<B> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql(self.text);
        self.binds.walk_ast(pass)
    }
}

impl<B> Query for Statement<B> {
    type SqlType = Untyped;
}

/// No id of its own: statements are told apart by their text.
impl<B> QueryId for Statement<B> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

/// Binds one array for each column named, taken from the rows, in this order.
macro_rules! bind_columns {
    ($statement:expr, $rows:expr; $($($field:ident).+: $sql_type:ty),+ $(,)?) => {
        $statement$(.bind::<diesel::sql_types::Array<$sql_type>, _>(
            $rows.iter().map(|row| row.$($field).+.clone()).collect::<Vec<_>>(),
        ))+
    };
}

pub(crate) use bind_columns;

#[cfg(test)]
mod tests;
