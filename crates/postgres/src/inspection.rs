//! A server and its database, looked at one question at a time: for whoever asks why the program does not start there.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text, Timestamptz};
use time::OffsetDateTime;

use crate::connection::Purpose;
use crate::error::{OpenError, open_error};
use crate::pool::Connections;
use crate::settings::PgSettings;
use crate::statement::statement;
use crate::{migrations, server};

/// Looks at a server, and changes nothing there. Unlike a [`PgStore`](crate::PgStore) it works on a server that the program
/// would refuse.
pub struct PgInspection(Connections);

/// A server that answers.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct PgServer {
    /// Its version, as `17.2`.
    #[diesel(sql_type = Text)]
    pub version: String,
    /// What its clock says.
    #[diesel(sql_type = Timestamptz)]
    pub now: OffsetDateTime,
}

/// What the program's role may do.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct PgRole {
    /// Its name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Whether no right is checked.
    #[diesel(sql_type = Bool)]
    pub is_superuser: bool,
    /// Whether it may add to the ledger.
    #[diesel(sql_type = Bool)]
    pub may_write: bool,
    /// Whether it may change or delete what the ledger has.
    #[diesel(sql_type = Bool)]
    pub may_rewrite: bool,
}

impl PgInspection {
    /// Connects to nobody yet.
    pub fn new(settings: &PgSettings) -> Result<Self, OpenError> {
        Connections::new(settings, Purpose::Read, 1).map(Self)
    }

    /// Whether the server answers, and who it is.
    pub async fn server(&self) -> Result<PgServer, OpenError> {
        let query = "SELECT current_setting('server_version') AS version, clock_timestamp() AS now";
        let found = self.0.row(statement(query)).await.map_err(|error| open_error(&error))?;
        found.ok_or_else(nothing)
    }

    /// Whether the server keeps what it has committed, and speaks so that the program understands it.
    pub async fn durability(&self) -> Result<(), OpenError> {
        server::check(&self.0, false).await
    }

    /// Whether the schema is this program's.
    pub async fn schema(&self) -> Result<(), OpenError> {
        migrations::check(&self.0).await
    }

    /// What the role may do with the ledger; nothing where there is none.
    pub async fn role(&self) -> Result<PgRole, OpenError> {
        let query = "
            SELECT r.rolname::text AS name, r.rolsuper AS is_superuser,
                coalesce(has_table_privilege(t.oid, 'INSERT'), false) AS may_write,
                coalesce(has_table_privilege(t.oid, 'UPDATE, DELETE, TRUNCATE'), false) AS may_rewrite
            FROM pg_roles r LEFT JOIN pg_class t ON t.oid = to_regclass('transfers')
            WHERE r.rolname = current_user";
        let found = self.0.row(statement(query)).await.map_err(|error| open_error(&error))?;
        found.ok_or_else(nothing)
    }
}

fn nothing() -> OpenError {
    OpenError::Unreachable("the server answered with nothing".into())
}
