//! Redis answers, but takes nothing.

use deadpool_redis::redis::cmd;
use offers_domain::ports::{SessionCache, StatusCache};
use offers_testkit::servers::Redis;
use time::Duration;

use crate::stage::{ORDER, Raw, live, now, patient, processing, revoked, success};

#[tokio::test(flavor = "multi_thread")]
async fn a_full_redis_loses_writes_and_never_keeps_what_they_replace() {
    let server = Redis::start_with(&["--maxmemory", "2mb", "--maxmemory-policy", "noeviction"]);
    let [here, elsewhere] = [0, 1].map(|_| patient(&server, Duration::MINUTE));
    here.sessions.put(live(1)).await;
    here.statuses.put(&[processing(1)], now()).await;
    assert_eq!(elsewhere.sessions.get(live(1).id).await, Some(live(1)));
    let mut raw = Raw::to(&server);
    for number in 0..200 {
        raw.tell(&format!("SET filler:{number} {}", "x".repeat(20_000)));
    }

    for id in [1, 3] {
        here.sessions.put(revoked(id)).await;
        assert_eq!(here.sessions.get(live(id).id).await, Some(revoked(id)));
    }
    here.statuses.put(&[success(ORDER)], now()).await;
    assert_ne!(elsewhere.sessions.get(live(1).id).await, Some(live(1)), "replaced, or removed");
    assert_ne!(elsewhere.statuses.get(ORDER).await, Some(processing(1)), "replaced, or removed");
    assert_eq!(elsewhere.sessions.get(live(3).id).await, None, "there is no room for anything new");

    raw.tell("FLUSHALL");
    assert_eq!(here.sessions.get(live(2).id).await, None);
    assert_eq!(elsewhere.sessions.get(live(3).id).await, Some(revoked(3)), "what was owed is paid");
    here.recovers().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_redis_is_not_believed_about_sessions_while_a_revocation_is_owed() {
    let server = Redis::start();
    let [here, elsewhere] = [0, 1].map(|_| patient(&server, Duration::MINUTE));
    for id in [1, 2] {
        here.sessions.put(live(id)).await;
    }
    here.statuses.put(&[success(ORDER)], now()).await;
    let mut raw = Raw::to(&server);
    raw.tell("REPLICAOF 127.0.0.1 1");

    assert_eq!(here.statuses.get(ORDER).await, Some(success(ORDER)), "reading goes on");
    here.sessions.put(revoked(1)).await;
    assert_eq!(here.sessions.get(live(1).id).await, Some(revoked(1)));
    assert_eq!(here.sessions.get(live(2).id).await, None, "the store is asked");

    raw.tell("REPLICAOF NO ONE");
    here.recovers().await;
    assert_eq!(here.sessions.get(live(2).id).await, Some(live(2)));
    assert_eq!(elsewhere.sessions.get(live(1).id).await, Some(revoked(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_process_confirms_is_gone_after_half_a_minute() {
    let server = Redis::start();
    let process = patient(&server, Duration::MINUTE);
    process.sessions.put(live(1)).await;
    process.sessions.put(revoked(2)).await;
    let mut raw = Raw::to(&server);
    let mut left = |id| -> i64 { raw.ask(cmd("PTTL").arg(format!("session:{}", live(id).id))) };
    assert!((1..=30_000).contains(&left(1)));
    assert!((30_001..=600_000).contains(&left(2)));
}
