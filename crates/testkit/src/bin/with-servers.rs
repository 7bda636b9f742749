//! `with-servers COMMAND…`: runs a command beside a private PostgreSQL and a private Redis, and ends with its exit code.

use std::process::{Command, ExitCode};

use offers_testkit::servers::{DATABASE_URL, Postgres, REDIS_URL, Redis};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(program) = arguments.next() else {
        eprintln!("usage: with-servers COMMAND [ARGUMENT…]");
        return ExitCode::from(2);
    };
    let mut command = Command::new(program);
    command.args(arguments);
    // A developer's own servers are left alone.
    let postgres = std::env::var_os(DATABASE_URL).is_none().then(Postgres::start);
    let redis = std::env::var_os(REDIS_URL).is_none().then(Redis::start);
    if let Some(postgres) = &postgres {
        command.env(DATABASE_URL, postgres.url());
    }
    if let Some(redis) = &redis {
        command.env(REDIS_URL, redis.url());
    }
    let status = command.status().expect("the command starts");
    ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
