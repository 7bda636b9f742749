//! A writer that was held up.

use std::time::Duration as Span;

use offers_domain::ports::StatusCache;
use offers_testkit::servers::Redis;
use time::Duration;
use tokio::time::sleep;

use crate::stage::{ORDER, Raw, now, patient, process, processing, signal, success};

const FRESH_FOR: Duration = Duration::milliseconds(600);

#[tokio::test(flavor = "multi_thread")]
async fn an_old_status_in_an_emptied_place_is_gone_when_its_time_is_over() {
    let server = Redis::start();
    let process = patient(&server, FRESH_FOR);
    let read_at = now();
    process.statuses.put(&[success(ORDER)], now()).await;
    Raw::to(&server).tell("FLUSHALL");
    sleep(Span::from_millis(300)).await;
    process.statuses.put(&[processing(2)], read_at).await;
    // Redis keeps a key through the millisecond in which it ends.
    sleep((read_at + FRESH_FOR - now()).unsigned_abs() + Span::from_millis(2)).await;
    assert_eq!(process.statuses.get(ORDER).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_status_never_follows_a_newer_one_even_out_of_the_backlog_of_a_frozen_server() {
    let server = Redis::start();
    let (slow, quick) = (process(&server, FRESH_FOR), patient(&server, FRESH_FOR));
    slow.recovers().await;
    quick.statuses.put(&[success(ORDER)], now()).await;
    signal(&server, "-STOP");
    slow.statuses.put(&[processing(2)], now()).await;
    signal(&server, "-CONT");
    // The answer to this comes after the backlog.
    assert!(Raw::to(&server).holds(&format!("transaction:{ORDER}")));
    assert_eq!(quick.statuses.get(ORDER).await, Some(success(ORDER)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_waited_in_a_frozen_server_past_its_time_is_dead_on_arrival() {
    let server = Redis::start();
    let process = process(&server, FRESH_FOR);
    process.recovers().await;
    let mut raw = Raw::to(&server);
    raw.tell("FLUSHALL");
    raw.tell("CONFIG RESETSTAT");
    signal(&server, "-STOP");
    process.statuses.put(&[processing(2)], now()).await;
    sleep(FRESH_FOR.unsigned_abs()).await;
    signal(&server, "-CONT");
    process.recovers().await;
    let stats: String = raw.ask(deadpool_redis::redis::cmd("INFO").arg("commandstats"));
    assert!(stats.contains("cmdstat_evalsha"), "{stats}");
    assert!(!raw.holds(&format!("transaction:{ORDER}")));
    assert_eq!(process.statuses.get(ORDER).await, None);
}
