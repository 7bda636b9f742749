use offers_domain::idempotency::*;
use offers_domain::ids::*;
use offers_domain::money::Currency;
use offers_domain::ports::*;
use offers_domain::transaction::Transaction;
use offers_domain::user_offer::*;
use offers_testkit::builders::*;
use offers_testkit::clock::FakeClock;
use std::sync::Arc;
use std::time::Instant;

#[tokio::test]
async fn measure() {
    let folder = tempfile::tempdir_in("/work/main/target").unwrap();
    let path = folder.path().join("o.db");
    offers_sqlite::migrate(&path).unwrap();
    let store = offers_sqlite::SqliteStore::open(&path, Arc::new(FakeClock::at(NOON))).unwrap();
    let mut unit = store.begin().await.unwrap();
    let names: Vec<_> = (0..2000).map(|n| new_user(&format!("u{n}"))).collect();
    let users = unit.insert_users(&names).await.unwrap();
    let wallets = unit.open_wallets(&users, Currency::EUR, NOON).await.unwrap();
    let offer = unit.insert_offers(&[terms(100)], NOON).await.unwrap()[0];
    let mut accounts = unit.lock_accounts(&wallets).await.unwrap();
    let tops: Vec<_> = accounts.iter_mut().map(|a| a.top_up(cents(1_000_000)).unwrap()).collect();
    unit.apply_transfers(&tops, NOON).await.unwrap();
    unit.commit().await.unwrap();
    for batch in [1usize, 16, 128] {
        let rounds = 2000 / batch.max(8);
        let start = Instant::now();
        let mut parts = [0u128; 8];
        for round in 0..rounds {
            let pick: Vec<UserId> = (0..batch).map(|n| users[(round * batch + n * 7) % 2000]).collect();
            let t = Instant::now();
            let mut unit = store.begin().await.unwrap();
            parts[0] += t.elapsed().as_micros();
            let t = Instant::now();
            let mut w: std::collections::HashMap<_, _> = unit
                .lock_wallets(&pick)
                .await
                .unwrap()
                .into_iter()
                .map(|a| {
                    (
                        match a.owner() {
                            offers_domain::account::AccountOwner::User(u) => u,
                            _ => panic!(),
                        },
                        a,
                    )
                })
                .collect();
            let scopes: Vec<_> = pick
                .iter()
                .enumerate()
                .map(|(n, u)| handle(*u, &format!("{round}-{n}-{batch}"), 1))
                .collect();
            unit.find_records(&scopes.iter().map(|h| h.scope.clone()).collect::<Vec<_>>()).await.unwrap();
            unit.offers(&[offer]).await.unwrap();
            unit.holdings(&pick.iter().map(|u| (*u, offer)).collect::<Vec<_>>(), NOON).await.unwrap();
            parts[1] += t.elapsed().as_micros();
            let t = Instant::now();
            let mut ts = vec![];
            let mut xs = vec![];
            let mut us = vec![];
            let mut rs = vec![];
            for (n, u) in pick.iter().enumerate() {
                let id = TransactionId(uuid::Uuid::from_u128(
                    (batch as u128) << 100 | (round * batch + n) as u128,
                ));
                let a = w.get_mut(u).unwrap();
                xs.push(a.charge(cents(100), id).unwrap());
                ts.push(Transaction::place(id, order(*u, offer, a.id(), 100), NOON));
                us.push(NewUserOffer { user: *u, offer, transaction: id, created_at: NOON });
                rs.push(IdempotencyRecord {
                    handle: scopes[n].clone(),
                    transaction: id,
                    response: StoredResponse { status: 202, body: "x".repeat(150) },
                    created_at: NOON,
                });
            }
            unit.apply_transfers(&xs, NOON).await.unwrap();
            parts[2] += t.elapsed().as_micros();
            let t = Instant::now();
            unit.insert_transactions(&ts).await.unwrap();
            parts[3] += t.elapsed().as_micros();
            let t = Instant::now();
            unit.insert_user_offers(&us).await.unwrap();
            parts[4] += t.elapsed().as_micros();
            let t = Instant::now();
            unit.insert_records(&rs).await.unwrap();
            parts[5] += t.elapsed().as_micros();
            let t = Instant::now();
            unit.commit().await.unwrap();
            parts[6] += t.elapsed().as_micros();
        }
        let total = start.elapsed();
        println!(
            "batch {batch}: {:?} a unit, {:.0} orders/s; begin {} load {} transfers {} tx {} uo {} idem {} commit {} us",
            total / rounds as u32,
            (rounds * batch) as f64 / total.as_secs_f64(),
            parts[0] / rounds as u128,
            parts[1] / rounds as u128,
            parts[2] / rounds as u128,
            parts[3] / rounds as u128,
            parts[4] / rounds as u128,
            parts[5] / rounds as u128,
            parts[6] / rounds as u128
        );
    }
    let t = Instant::now();
    let r = store.verify_ledger().await.unwrap();
    println!("verify {:?} {} {}", t.elapsed(), r.transactions, r.differences.len());
}
