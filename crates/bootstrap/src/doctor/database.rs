//! The database: server, durability, schema, role, clock.

use std::path::Path;
use std::sync::Arc;

use offers_domain::ports::Clock;
use offers_local::SystemClock;
use offers_postgres::{PgInspection, PgRole, PgServer};
use offers_sqlite::{OpenError, SqliteStore};
use secrecy::ExposeSecret;
use time::Duration;

use super::report::{Finding, within};
use crate::backend::postgres_settings;
use crate::settings::{Database, Settings};

/// A difference of clocks that leases and tokens bear without harm.
const NEGLIGIBLE: Duration = Duration::seconds(1);
/// One with which signed reports are refused and leases end too early.
const HARMFUL: Duration = Duration::seconds(30);

pub(super) async fn look(settings: &Settings) -> Vec<Finding> {
    match settings.database() {
        Ok(Database::Sqlite(file)) => vec![embedded(&file)],
        Ok(Database::Postgres(url)) => {
            match PgInspection::new(&postgres_settings(settings, url.expose_secret())) {
                Ok(inspection) => server(&inspection, settings).await,
                Err(error) => {
                    vec![Finding::fail("database", error.to_string(), "correct database_url (DATABASE_URL)")]
                }
            }
        }
        // That the address is none is a mistake of the settings, which are looked at as well.
        Err(_) => Vec::new(),
    }
}

fn embedded(file: &Path) -> Finding {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let name = file.display();
    match SqliteStore::open(file, clock) {
        Ok(_) => Finding::ok("database", format!("SQLite, {name}, with this program's schema")),
        Err(OpenError::Missing(_)) => Finding::warn(
            "database",
            format!("{name} does not exist yet"),
            "`offers serve` makes it at its first start; `offers migrate` makes an empty one",
        ),
        Err(error) => Finding::fail(
            "database",
            error.to_string(),
            "run `offers migrate`, or choose another file with DATABASE_URL",
        ),
    }
}

async fn server(inspection: &PgInspection, settings: &Settings) -> Vec<Finding> {
    let asked = SystemClock.now();
    let server = match within(inspection.server()).await {
        Ok(server) => server,
        Err(reason) => {
            return vec![Finding::fail(
                "database",
                format!("PostgreSQL cannot be used: {reason}"),
                "start it, and check the address, name and password in DATABASE_URL",
            )];
        }
    };
    let answered = SystemClock.now();
    let PgServer { version, now } = server;
    vec![
        Finding::ok("database", format!("PostgreSQL {version} answers")),
        durability(within(inspection.durability()).await, settings.postgres.allow_unsafe_durability),
        schema(within(inspection.schema()).await),
        match within(inspection.role()).await {
            Ok(found) => role(&found),
            Err(reason) => Finding::fail("database role", reason, "see the lines above"),
        },
        clock(now - (asked + (answered - asked) / 2)),
    ]
}

fn durability(outcome: Result<(), String>, is_allowed: bool) -> Finding {
    let subject = "database durability";
    match outcome {
        Ok(()) => {
            Finding::ok(subject, "commits survive a crash (fsync, full_page_writes, synchronous_commit)")
        }
        Err(reason) if is_allowed => {
            Finding::warn(subject, reason, "set these, and take postgres.allow_unsafe_durability away")
        }
        Err(reason) => {
            Finding::fail(subject, reason, "the program refuses such a server; change its settings")
        }
    }
}

fn schema(outcome: Result<(), String>) -> Finding {
    match outcome {
        Ok(()) => Finding::ok("database schema", "it is this program's"),
        Err(reason) => Finding::fail(
            "database schema",
            reason,
            "run `offers migrate` with the owner's role, then deploy/postgres/app_role.sql",
        ),
    }
}

fn role(PgRole { name, is_superuser, may_write, may_rewrite }: &PgRole) -> Finding {
    let subject = "database role";
    let make = "make one as deploy/postgres/app_role.sql says, and use it in DATABASE_URL";
    if *is_superuser {
        Finding::warn(subject, format!("{name} is a superuser"), make)
    } else if !may_write {
        Finding::fail(subject, format!("{name} may not write"), "run deploy/postgres/app_role.sql for it")
    } else if *may_rewrite {
        Finding::warn(subject, format!("{name} may change and delete what the ledger has"), make)
    } else {
        Finding::ok(subject, format!("{name} may add to the ledger and not change it"))
    }
}

/// How far the database's clock is before ours.
fn clock(ahead: Duration) -> Finding {
    let fix = "let NTP set the clocks of both machines";
    let seen = format!("the database's clock differs by {} ms", ahead.whole_milliseconds());
    if ahead.abs() >= HARMFUL {
        Finding::fail("clock", seen, fix)
    } else if ahead.abs() >= NEGLIGIBLE {
        Finding::warn("clock", seen, fix)
    } else {
        Finding::ok("clock", seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::Verdict;

    #[test]
    fn clocks_may_differ_by_little() {
        for (milliseconds, verdict) in
            [(3, Verdict::Ok), (-900, Verdict::Ok), (-2_000, Verdict::Warn), (60_000, Verdict::Fail)]
        {
            assert_eq!(clock(Duration::milliseconds(milliseconds)).verdict, verdict, "{milliseconds}");
        }
    }

    #[test]
    fn a_role_should_write_the_ledger_and_not_rewrite_it() {
        for (is_superuser, may_write, may_rewrite, verdict) in [
            (false, true, false, Verdict::Ok),
            (false, true, true, Verdict::Warn),
            (true, true, true, Verdict::Warn),
            (false, false, false, Verdict::Fail),
        ] {
            let found = PgRole { name: "app".into(), is_superuser, may_write, may_rewrite };
            assert_eq!(role(&found).verdict, verdict, "{found:?}");
        }
    }

    #[test]
    fn a_forgetful_server_is_a_warning_only_where_that_is_allowed() {
        let forgetful = || Err("fsync is off".to_owned());
        assert_eq!(durability(forgetful(), true).verdict, Verdict::Warn);
        assert_eq!(durability(forgetful(), false).verdict, Verdict::Fail);
        assert_eq!(durability(Ok(()), false).verdict, Verdict::Ok);
    }
}
