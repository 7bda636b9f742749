//! Databases with the newest schema.

use std::path::Path;

use offers_postgres::PgSettings;
use offers_testkit::servers::Database;

/// An empty one.
pub(crate) async fn fresh() -> Database {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/postgres");
    Database::fresh(&migrations, async |url| {
        offers_postgres::migrate(&PgSettings::new(url)).await.unwrap();
    })
    .await
}
