//! Redis, or the way to it, accepts everything and answers nothing.

use std::sync::Arc;
use std::time::{Duration as Span, Instant};

use offers_domain::ports::{SessionCache, StatusCache};
use offers_testkit::servers::Redis;
use time::Duration;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::stage::{
    DEADLINE, ORDER, PATIENCE, UNTIL_LEFT_ALONE, live, now, patient, process, process_at, revoked, signal,
    success,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_redis_costs_five_deadlines_and_then_nothing() {
    let server = Redis::start();
    let process = process(&server, Duration::SECOND);
    process.recovers().await;
    signal(&server, "-STOP");
    let began = Instant::now();
    for _ in 0..5 {
        process.statuses.put(&[success(ORDER)], now()).await;
    }
    assert!(began.elapsed() >= DEADLINE * 5 && began.elapsed() < UNTIL_LEFT_ALONE, "{:?}", began.elapsed());
    let began = Instant::now();
    for _ in 0..1000 {
        assert_eq!(process.statuses.get(ORDER).await, None);
    }
    assert!(began.elapsed() < Span::from_millis(500), "{:?}", began.elapsed());
    signal(&server, "-CONT");
    process.recovers().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_do_not_wait_for_one_another() {
    let server = Redis::start();
    let process = Arc::new(process(&server, Duration::SECOND));
    process.recovers().await;
    signal(&server, "-STOP");
    let began = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..2000 {
        let process = process.clone();
        callers.spawn(async move { assert_eq!(process.statuses.get(ORDER).await, None) });
    }
    callers.join_all().await;
    assert!(began.elapsed() < UNTIL_LEFT_ALONE, "{:?}", began.elapsed());
    signal(&server, "-CONT");
    process.recovers().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_while_redis_is_frozen_holds_here_at_once_and_elsewhere_when_redis_is_back() {
    let server = Redis::start();
    let (here, elsewhere) = (process(&server, Duration::SECOND), patient(&server, Duration::SECOND));
    here.recovers().await;
    elsewhere.sessions.put(live(1)).await;
    assert_eq!(elsewhere.sessions.get(live(1).id).await, Some(live(1)));

    signal(&server, "-STOP");
    for _ in 0..5 {
        here.statuses.get(ORDER).await;
    }
    here.sessions.put(revoked(1)).await;
    assert_eq!(here.sessions.get(live(1).id).await, Some(revoked(1)));
    assert_eq!(here.sessions.get(live(2).id).await, None);

    signal(&server, "-CONT");
    let began = Instant::now();
    while elsewhere.sessions.get(live(1).id).await != Some(revoked(1)) {
        assert!(began.elapsed() < PATIENCE, "the revocation never arrives");
        // Any other customer's request pays what is owed.
        here.sessions.get(live(2).id).await;
        assert_eq!(here.sessions.get(live(1).id).await, Some(revoked(1)));
        tokio::time::sleep(Span::from_millis(20)).await;
    }
}

/// Passes connections on to `server` until it is told to forget those that it has: they stay open and lead nowhere.
async fn forgetful_proxy(server: &Redis, forget: watch::Receiver<()>) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let port = server.port();
    let mut proxy = JoinSet::new();
    proxy.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((mut near, _)) = listener.accept().await {
            let mut forget = forget.clone();
            forget.mark_unchanged();
            connections.spawn(async move {
                let mut far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                tokio::select! {
                    _ = copy_bidirectional(&mut near, &mut far) => {}
                    _ = forget.changed() => std::future::pending().await,
                }
            });
        }
    });
    (url, proxy)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_leads_nowhere_is_replaced() {
    let server = Redis::start();
    let (forget, forgets) = watch::channel(());
    let (url, _proxy) = forgetful_proxy(&server, forgets).await;
    let process = process_at(&url, Duration::SECOND, DEADLINE);
    for _ in 0..2 {
        process.recovers().await;
        forget.send(()).unwrap();
        let began = Instant::now();
        for _ in 0..5 {
            assert_eq!(process.statuses.get(ORDER).await, None);
        }
        assert!(began.elapsed() < UNTIL_LEFT_ALONE, "{:?}", began.elapsed());
    }
    process.recovers().await;
}
