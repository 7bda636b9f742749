//! Whether the time of a refused login tells that a name exists.

use std::time::Instant;

use tempfile::TempDir;

use crate::Outcome;
use crate::customers::Customers;
use crate::database::{Database, Servers};
use crate::figures::percentile;
use crate::http::{Connection, post};
use crate::plan::Plan;
use crate::site::{Cast, Site};

/// What asks for this.
pub(crate) const ARGUMENT: &str = "enumeration";

/// Logins of each kind.
const LOGINS: usize = 2_000;

/// Refused logins in turn, of names that exist and of names that do not, and how well their times tell one from the other:
/// the chance that a name that does not exist takes longer, which is one half where nothing can be told.
pub(crate) async fn run(plan: Plan) -> Outcome<()> {
    let folder = TempDir::new()?;
    let servers = Servers::start(&plan, folder.path()).await?;
    let customers = Customers::log_in(&Database::open(servers.seed_url()).await?, 1).await?;
    let site = Site::open(Cast::Api, plan, &servers, &customers, folder.path()).await?;
    let mut connection = Connection::open(&site.address).await?;
    let (mut there, mut nobody) = (Vec::with_capacity(LOGINS), Vec::with_capacity(LOGINS));
    // Each name once: a second wrong password in a row would have to wait.
    for number in 1..=LOGINS {
        there.push(refused(&mut connection, &format!("user{number}")).await?);
        nobody.push(refused(&mut connection, &format!("nobody{number}")).await?);
    }
    site.close().await?;
    let (mut longer, pairs) = (0, LOGINS * LOGINS);
    for one in &nobody {
        longer += there.iter().filter(|other| one > *other).count();
    }
    println!("| | p50 | p99 |\n|---|---|---|");
    for (name, mut times) in [("a name that exists", there), ("a name that does not", nobody)] {
        times.sort_unstable();
        let [median, long] = [50, 99].map(|percent| percentile(&times, percent));
        println!("| {name} | {median} µs | {long} µs |");
    }
    println!("\nA name that does not exist takes longer in {} of 1000 pairs.", longer * 1_000 / pairs);
    Ok(())
}

/// How long a login with a wrong password takes, in microseconds.
async fn refused(connection: &mut Connection, name: &str) -> Outcome<u64> {
    let body = format!("{{\"username\":\"{name}\",\"password\":\"not the password\"}}");
    let started = Instant::now();
    let answer = connection.exchange(&post("/api/v1/auth/login/", "", &body)).await?;
    let took = u64::try_from(started.elapsed().as_micros())?;
    if answer.status == 401 { Ok(took) } else { Err(format!("{name} was answered {}", answer.status).into()) }
}
