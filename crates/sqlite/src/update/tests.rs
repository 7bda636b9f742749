use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use diesel::connection::{Instrumentation, InstrumentationEvent};
use offers_domain::idempotency::IdempotencyRecord;
use offers_domain::idempotency::StoredResponse;
use offers_domain::ids::TransactionId;
use offers_domain::money::Currency;
use offers_domain::partner::{Answer, Step};
use offers_domain::ports::{
    Catalogue, IdempotencyRecords, Ledger, StoreError, Transactions, UserOffers, Users,
};
use offers_domain::settlement::Attempt;
use offers_domain::transaction::Transaction;
use offers_domain::user_offer::{NewUserOffer, UserOfferRef};
use offers_testkit::builders::{NOON, cents, handle, new_user, order, places, terms};
use offers_testkit::clock::FakeClock;
use time::Duration;
use uuid::Uuid;

use crate::SqliteStore;
use crate::unit_of_work::SqliteUnitOfWork;

/// Which statements a connection was given, and which of them it keeps prepared.
#[derive(Clone, Default)]
struct Watch {
    started: Arc<Mutex<BTreeSet<String>>>,
    kept: Arc<Mutex<BTreeSet<String>>>,
}

impl Instrumentation for Watch {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { query, .. } => {
                let text = query.to_string();
                let (statement, _) = text.split_once(" -- binds").unwrap();
                self.started.lock().unwrap().insert(statement.to_owned());
            }
            InstrumentationEvent::CacheQuery { sql, .. } => {
                self.kept.lock().unwrap().insert(sql.to_owned());
            }
            _ => {}
        }
    }
}

/// Takes, claims and ends one order.
async fn one_order(unit: &mut SqliteUnitOfWork, number: u128) -> Result<(), StoreError> {
    let user = unit.insert_users(&[new_user(&format!("user{number}"))]).await?[0];
    let account = unit.open_wallets(&[user], Currency::EUR, NOON).await?[0];
    let offer = unit.insert_offers(&[terms(100)], NOON).await?[0];
    let top_up = unit.lock_wallets(&[user]).await?[0].top_up(cents(100)).unwrap();
    unit.apply_transfers(&[top_up], NOON).await?;

    let id = TransactionId(Uuid::from_u128(number));
    let handle = handle(user, &number.to_string(), 1);
    unit.find_records(std::slice::from_ref(&handle.scope)).await?;
    unit.offers(&[offer]).await?;
    unit.holdings(&[(user, offer)], NOON).await?;
    let charge = unit.lock_wallets(&[user]).await?[0].charge(cents(100), id).unwrap();
    unit.apply_transfers(&[charge], NOON).await?;
    unit.insert_transactions(&[Transaction::place(id, order(user, offer, account, 100), NOON)]).await?;
    unit.insert_user_offers(&[NewUserOffer { user, offer, transaction: id, created_at: NOON }]).await?;
    let response = StoredResponse { status: 202, body: String::new() };
    unit.insert_records(&[IdempotencyRecord { handle, transaction: id, response, created_at: NOON }]).await?;

    let mut claimed = unit.lock_due_transactions(&places(1), NOON).await?.readable.remove(0);
    claimed.claim(NOON, Duration::SECOND, 5).unwrap();
    unit.update_transactions(&[(*claimed).clone()]).await?;

    unit.lock_accounts(&[account]).await?;
    let mut ended = unit.lock_transactions(&[id]).await?.remove(0);
    ended.succeed(1, "partner".into(), NOON).unwrap();
    let (_, mut user_offer) = unit.lock_user_offers(&[UserOfferRef::OpenedBy(id)]).await?.remove(0);
    user_offer.grant(30, NOON).unwrap();
    unit.update_transactions(&[(*ended).clone()]).await?;
    unit.update_user_offers(&[*user_offer], NOON).await?;
    let answer = Answer::Confirmed { reference: "partner".into() };
    let attempt = Attempt {
        transaction: id,
        number: 1,
        step: Step::Activate,
        answer,
        started_at: NOON,
        ended_at: NOON,
    };
    unit.record_attempts(&[attempt]).await
}

#[tokio::test]
async fn every_statement_of_an_orders_life_is_prepared_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("offers.db");
    crate::migrate(&path).unwrap();
    let store = SqliteStore::open(&path, Arc::new(FakeClock::at(NOON))).unwrap();
    let session = store.writer.begin().await.unwrap();
    let mut unit = SqliteUnitOfWork::new(session, Arc::clone(&store.clock));
    let watch = Watch::default();
    let instrumentation = watch.clone();
    unit.run(move |connection| {
        diesel::Connection::set_instrumentation(connection, instrumentation);
        Ok(())
    })
    .await
    .unwrap();
    one_order(&mut unit, 1).await.unwrap();

    let started = watch.started.lock().unwrap().clone();
    let kept = watch.kept.lock().unwrap().clone();
    assert!(started.len() > 15, "{started:#?}");
    assert_eq!(started.difference(&kept).collect::<Vec<_>>(), [""; 0], "prepared each time");
    let limited = started.iter().any(|statement| statement.contains("LIMIT"));
    assert!(!limited, "SQLite prepares a statement with a bound limit each time");
}
