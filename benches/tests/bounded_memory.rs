//! What the scheduler does with very many subscriptions takes no more memory than what it does with few.

#![cfg(test)]

use std::path::Path;
use std::sync::Arc;

use offers_application::watch_ends::WatchEnds;
use offers_domain::expiry::WarningDays;
use offers_domain::notice::NoticeChannels;
use offers_domain::ports::Store;
use offers_local::RandomIds;
use offers_postgres::{PgSettings, PgStore};
use offers_testkit::crowd;
use offers_testkit::servers::Database;
use time::Duration;

/// Ten times as many rows may cost this process so much more, in KiB. To hold them all would cost several times that.
const SLACK: u64 = 8 * 1024;

/// The most memory that this process ever had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// So many are warned of their end, and as many have ended and are swept.
async fn a_day(store: &Arc<PgStore>, name: &str, count: usize) {
    let now = store.begin().await.unwrap().now().await.unwrap();
    let later = |number: usize| Duration::HOUR + Duration::milliseconds(number.try_into().unwrap());
    let soon = format!("{name}-soon");
    crowd::subscribe(&**store, &soon, count, |number| now + later(number)).await.unwrap();
    let over = format!("{name}-over");
    crowd::subscribe(&**store, &over, count, |number| now - later(number)).await.unwrap();
    let watch = WatchEnds {
        store: store.clone(),
        ids: Arc::new(RandomIds),
        warning: WarningDays::new(vec![3]),
        channels: NoticeChannels { email: true, sms: true },
    };
    assert!(watch.warn().await.unwrap() >= count);
    assert_eq!(watch.expire().await.unwrap(), count);
}

#[tokio::test]
async fn fifty_thousand_subscriptions_take_no_more_memory_than_five_thousand() {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/postgres");
    let database = Database::fresh(&migrations, async |url| {
        offers_postgres::migrate(&PgSettings::new(url)).await.unwrap();
    })
    .await;
    let store = Arc::new(PgStore::connect(&PgSettings::new(database.url())).await.unwrap());
    a_day(&store, "few", 5_000).await;
    let few = peak();
    a_day(&store, "many", 50_000).await;
    let many = peak();
    assert!(many <= few + SLACK, "{few} KiB for 5 000, {many} KiB for 50 000");
}
