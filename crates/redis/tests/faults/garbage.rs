//! Redis holds what this program never wrote.

use deadpool_redis::redis::cmd;
use offers_domain::offer::OfferSort;
use offers_domain::page::{Page, PageLimit, PageRequest};
use offers_domain::ports::{OfferCache, OfferFilter, OfferListQuery, OfferLookup, SessionCache, StatusCache};
use offers_testkit::builders::offer;
use offers_testkit::servers::Redis;
use time::Duration;

use crate::stage::{ORDER, Raw, live, now, patient, revoked, success};

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_is_not_as_it_was_written_is_a_miss_and_is_removed() {
    let server = Redis::start();
    let process = patient(&server, Duration::MINUTE);
    let mut raw = Raw::to(&server);
    let key = format!("transaction:{ORDER}");
    let required = "transaction_id user_id offer_id amount currency paid_by status sub_status created_at updated_at \
                    completed_at version";
    let missing = required.split_whitespace().map(|field| format!("HDEL {key} {field}"));
    let wrong = [
        ("user_id", "0x7"),
        ("user_id", "9223372036854775808"),
        ("transaction_id", "00000000-0000-0000-0000-000000000002"),
        ("amount", "-19.99"),
        ("amount", "1e1"),
        ("amount", "NaN"),
        ("currency", "eur"),
        ("status", "success"),
        ("status", "PROCESSING"),
        ("status", "FAILED"),
        ("version", "4294967296"),
        ("version", "inf"),
        ("completed_at", "yesterday"),
        ("reference", &"x".repeat(1_000_000)),
    ]
    .map(|(field, value)| format!("HSET {key} {field} {value}"));
    for damage in missing.chain(wrong) {
        process.statuses.put(&[success(ORDER)], now()).await;
        assert_eq!(process.statuses.get(ORDER).await, Some(success(ORDER)), "before {damage:.100}");
        raw.tell(&damage);
        assert_eq!(process.statuses.get(ORDER).await, None, "{damage:.100}");
        assert!(!raw.holds(&key), "{damage:.100}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_of_another_type_is_a_miss_and_may_be_written_over() {
    let server = Redis::start();
    let process = patient(&server, Duration::MINUTE);
    let mut raw = Raw::to(&server);
    let (order, session) = (format!("transaction:{ORDER}"), format!("session:{}", live(1).id));
    for (make, content) in [("SET", "7"), ("RPUSH", "7"), ("SADD", "7")] {
        for key in [&order, &session] {
            raw.tell(&format!("DEL {key}"));
            raw.tell(&format!("{make} {key} {content}"));
        }
        assert_eq!(process.statuses.get(ORDER).await, None);
        assert_eq!(process.sessions.get(live(1).id).await, None);
        assert!(!raw.holds(&order) && !raw.holds(&session));
        for key in [&order, &session] {
            raw.tell(&format!("{make} {key} {content}"));
        }
        process.statuses.put(&[success(ORDER)], now()).await;
        process.sessions.put(revoked(1)).await;
        assert_eq!(process.statuses.get(ORDER).await, Some(success(ORDER)));
        assert_eq!(process.sessions.get(live(1).id).await, Some(revoked(1)));
    }
    let () = raw.ask(cmd("HSET").arg(&order).arg("user_id").arg(b"\xff\xfe"));
    assert_eq!(process.statuses.get(ORDER).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_not_as_it_was_written_is_a_miss_and_is_removed() {
    let server = Redis::start();
    let process = patient(&server, Duration::MINUTE);
    let mut raw = Raw::to(&server);
    let key = format!("session:{}", live(1).id);
    for damage in ["HDEL {} user_id", "HDEL {} version", "HDEL {} revoked_at", "HSET {} session_id 1"] {
        process.sessions.put(revoked(1)).await;
        assert_eq!(process.sessions.get(live(1).id).await, Some(revoked(1)));
        raw.tell(&damage.replace("{}", &key));
        assert_eq!(process.sessions.get(live(1).id).await, None, "{damage}");
        assert!(!raw.holds(&key), "{damage}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_or_an_edition_that_is_not_as_it_was_written_is_a_miss() {
    let server = Redis::start();
    let process = patient(&server, Duration::MINUTE);
    let mut raw = Raw::to(&server);
    let query = OfferListQuery {
        filter: OfferFilter::default(),
        sort: OfferSort::Id,
        page: PageRequest { limit: PageLimit::default(), after: None },
    };
    let page = Page { items: vec![offer(1, 100)], has_more: false };
    for damage in ["SET {page} {}", "SET {page} [1", "SADD {page} 1", "SET {edition} 1", "SADD {edition} 1"] {
        let OfferLookup::Missing(Some(edition)) = process.offers.get(&query).await else {
            panic!("{damage}")
        };
        process.offers.put(&query, &page, edition).await;
        assert_eq!(process.offers.get(&query).await, OfferLookup::Found(page.clone()));
        let pages: Vec<String> = raw.ask(cmd("KEYS").arg("offers:list:*"));
        let damage = damage.replace("{page}", &pages[0]).replace("{edition}", "offers:edition");
        let key = damage.split(' ').nth(1).unwrap().to_owned();
        raw.tell(&format!("DEL {key}"));
        raw.tell(&damage);
        assert!(matches!(process.offers.get(&query).await, OfferLookup::Missing(Some(_))), "{damage}");
    }
}
