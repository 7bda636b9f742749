//! Logging in, against the password hashes that the same machine computes in one process.

use std::sync::Arc;
use std::time::Instant;

use offers_auth::{Argon2Passwords, HashLimits};
use offers_domain::ports::Passwords;
use tokio::task::JoinSet;

use crate::Outcome;
use crate::figures::{Measured, per_second};
use crate::http::post;
use crate::load::Requests;
use crate::site::Site;

/// Through the API.
pub(crate) const LOGINS: &str = "logins";
/// The floor: no login is faster than its hash.
pub(crate) const HASHES: &str = "argon2 hashes";

/// Clients; the API lets so many wait.
const CLIENTS: u64 = 8;
/// Of every seeded customer.
const PASSWORD: &str = "password123";

/// Measures both, one after the other.
pub(crate) async fn measure(site: &Site<'_>, measured: &mut Measured) -> Outcome<()> {
    let wallets = u64::try_from(site.plan.wallets)?;
    let requests: Requests = Arc::new(move |number| {
        let body = format!("{{\"username\":\"user{}\",\"password\":\"{PASSWORD}\"}}", number % wallets + 1);
        post("/api/v1/auth/login/", "", &body)
    });
    measured.add(LOGINS, site.load(CLIENTS, 200).per_second(&requests).await?);
    measured.add(HASHES, hashes_per_second(site).await?);
    Ok(())
}

async fn hashes_per_second(site: &Site<'_>) -> Outcome<u64> {
    let cores = std::thread::available_parallelism()?.get();
    let passwords = Arc::new(Argon2Passwords::try_new(HashLimits::for_cores(cores))?);
    let hash = passwords.hash(PASSWORD.to_owned()).await?;
    let (length, started) = (site.plan.length, Instant::now());
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (passwords, hash) = (passwords.clone(), hash.clone());
        clients.spawn(async move {
            let mut checked = 0_u64;
            while started.elapsed() < length {
                passwords.verify(PASSWORD.to_owned(), Some(hash.clone())).await?;
                checked += 1;
            }
            Outcome::Ok(checked)
        });
    }
    let mut checked = 0;
    while let Some(client) = clients.join_next().await {
        checked += client??;
    }
    Ok(per_second(checked, started.elapsed()))
}
