//! What a lost or littered Redis does to those who wait.

use std::sync::Arc;
use std::time::Instant;

use deadpool_redis::redis::cmd;
use offers_domain::ports::WakeUp;
use offers_local::RelayedBell;
use offers_redis::RedisSettings;
use offers_testkit::servers::Redis;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::stage::{ORDER, PATIENCE, Raw, UNTIL_LEFT_ALONE};
use crate::support::Process;

/// A bell that listens, and its listener.
fn bell(server: &Redis) -> (Arc<RelayedBell>, JoinSet<()>) {
    let Process { bell, listener, .. } = Process::start(&RedisSettings::new(server.url()));
    let mut listening = JoinSet::new();
    listening.spawn(listener.run(std::future::pending()));
    (bell, listening)
}

async fn soon<T>(event: impl Future<Output = T>) -> T {
    timeout(PATIENCE, event).await.expect("nothing happened")
}

/// Announces until it is heard.
async fn is_heard(from: &RelayedBell, by: &RelayedBell) {
    let mut follower = by.follow(ORDER);
    let announcing = async {
        loop {
            from.announce(&[ORDER]).await;
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    soon(async {
        tokio::select! {
            () = follower.changed() => {}
            () = announcing => {}
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_a_process_still_hears_itself() {
    let mut server = Redis::start();
    server.kill();
    let (bell, _listening) = bell(&server);
    let began = Instant::now();
    for _ in 0..50 {
        bell.ring().await;
        soon(bell.wait_for_work()).await;
        let mut follower = bell.follow(ORDER);
        bell.announce(&[ORDER]).await;
        soon(follower.changed()).await;
    }
    assert!(began.elapsed() < UNTIL_LEFT_ALONE, "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waited_through_a_failure_of_redis_looks_once_it_is_back() {
    let mut server = Redis::start();
    let [(here, _here), (elsewhere, _elsewhere)] = [bell(&server), bell(&server)];
    is_heard(&here, &elsewhere).await;
    soon(elsewhere.wait_for_work()).await;
    server.kill();
    let mut follower = elsewhere.follow(ORDER);
    here.announce(&[ORDER]).await;
    here.ring().await;
    server.resume();
    soon(follower.changed()).await;
    soon(elsewhere.wait_for_work()).await;
    is_heard(&here, &elsewhere).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_strangers_are_not_understood_and_do_no_harm() {
    let server = Redis::start();
    let [(here, _here), (elsewhere, _elsewhere)] = [bell(&server), bell(&server)];
    is_heard(&here, &elsewhere).await;
    let mut raw = Raw::to(&server);
    for message in [b"".as_slice(), b"\xff", b"work", b"00000000-0000-0000-0000-000000000001 x y  "] {
        let () = raw.ask(cmd("PUBLISH").arg("signals").arg(message));
    }
    is_heard(&here, &elsewhere).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_stops_when_it_is_told_to() {
    let server = Redis::start();
    let Process { listener, .. } = Process::start(&RedisSettings::new(server.url()));
    let stop = Arc::new(Notify::new());
    let told = stop.clone();
    let running = JoinSet::from_iter([listener.run(async move { told.notified().await })]);
    stop.notify_one();
    soon(running.join_all()).await;
}
