//! TLS to PostgreSQL and to Redis: a server that a known authority vouches for is trusted, any other is not.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;

use offers_testkit::servers::{Authority, Postgres, Redis};

use crate::support::{Options, Partner, SITE_KEY, Server, Site, cheapest, offers};

/// What `offers migrate` says about a database that is reached like this, trusting the authority in this file.
fn migrate(url: &str, authority: &Path) -> Result<String, String> {
    let output =
        offers().arg("migrate").env("DATABASE_URL", url).env("SSL_CERT_FILE", authority).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

fn encrypted(server: &Postgres, mode: &str) -> String {
    format!("{}/postgres?sslmode={mode}", server.url())
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_on_a_database_that_speaks_tls() {
    let authority = Authority::new();
    let server = Postgres::start_secure(&authority.vouch_for("127.0.0.1"));
    let (url, file) = (encrypted(&server, "verify-full"), authority.file());
    migrate(&url, &file).unwrap();
    migrate(&encrypted(&server, "require"), &file).unwrap();
    let settings = vec![
        ("DATABASE_URL", url),
        ("SSL_CERT_FILE", file.display().to_string()),
        ("SECRET_KEY", SITE_KEY.to_owned()),
        ("ACTIVATION_PARTNER_URL", Partner::start().await.url),
    ];
    assert!(offers().arg("seed").envs(settings.clone()).status().unwrap().success());
    let folder = tempfile::tempdir().unwrap();
    let options = Options { settings, ..Options::default() };
    let api = Server::start_binary("offers-api", &folder.path().join("api"), options);

    let customer = api.client().log_in("user1").await;
    customer.activate(cheapest(&customer).await).await;

    // Every connection of the program is encrypted, the one that listens as well.
    let plain = "SELECT application_name FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)
                 WHERE application_name = 'offers' AND NOT ssl";
    let output = offers_testkit::servers::psql(&format!("{}/postgres", server.url()))
        .args(["--tuples-only", "--command", plain])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "", "{output:?}");
}

#[test]
fn a_database_that_nobody_vouches_for_is_refused() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let server = Postgres::start_secure(&authority.vouch_for("127.0.0.1"));
    let elsewhere = Postgres::start_secure(&authority.vouch_for("elsewhere.example"));
    for mode in ["require", "verify-full"] {
        for (server, trusted, reason) in [
            (&server, stranger.file(), "invalid peer certificate"),
            (&elsewhere, authority.file(), "not valid for name"),
        ] {
            let refused = migrate(&encrypted(server, mode), &trusted).unwrap_err();
            assert!(refused.contains("cannot be reached") && refused.contains(reason), "{mode}: {refused}");
            assert_eq!(refused.trim_end().lines().count(), 1, "{refused}");
        }
    }
}

/// How many keys Redis holds, asked without TLS.
fn keys(redis: &Redis) -> usize {
    let mut stream = TcpStream::connect(("127.0.0.1", redis.port())).unwrap();
    stream.write_all(b"DBSIZE\r\n").unwrap();
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    answer.trim().trim_start_matches(':').parse().unwrap()
}

/// Plays an order on a site whose Redis is reached over TLS, trusting the authority in this file.
async fn play(redis: &Redis, authority: &Path) {
    let site = Site::open(false).await;
    let (url, file) = (redis.secure_url(), authority.display().to_string());
    let encrypted = [("REDIS_URL", url.as_str()), ("SSL_CERT_FILE", file.as_str())];
    let api = site.start_with("offers-api", 1, &encrypted);
    let _worker = site.start_with("offers-worker", 1, &encrypted);
    let customer = api.client().log_in("user1").await;
    let order = customer.activate(cheapest(&customer).await).await;
    assert_eq!(customer.follow(&order).await["status"], "SUCCESS");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_speaks_tls_is_used_if_somebody_vouches_for_it_and_left_alone_if_not() {
    let authority = Authority::new();
    let good = Redis::start_secure(&authority.vouch_for("127.0.0.1"));
    play(&good, &authority.file()).await;
    assert!(keys(&good) > 0, "statuses, sessions and pages are kept there");

    let stranger = Authority::new();
    for (host, trusted) in [("127.0.0.1", stranger.file()), ("elsewhere.example", authority.file())] {
        let bad = Redis::start_secure(&authority.vouch_for(host));
        play(&bad, &trusted).await;
        assert_eq!(keys(&bad), 0, "nothing is told to a server that may be anybody");
    }
}
