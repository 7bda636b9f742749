//! Taking over from an earlier system.

use offers_domain::ids::{OfferId, TransactionId};
use offers_domain::import::{ImportTable, ImportedRow, SourceOrder, SourceService, past_order};
use offers_domain::money::Currency;
use offers_domain::ports::{TransactionFilter, UnitOfWork};
use offers_domain::transaction::Status;
use offers_domain::user_offer::{Period, UserOfferStatus};
use offers_domain::views::TransactionView;
use time::Duration;
use uuid::Uuid;

use super::StoreHarness;
use super::world::{Customer, World, all_pages, page};
use crate::builders::NOON;

fn remembered(table: ImportTable, source: i64) -> ImportedRow {
    ImportedRow { table, source, target: format!("here-{source}"), seen: "19.99".into() }
}

pub async fn rows_that_were_taken_are_known_by_their_table_and_key<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let rows = [remembered(ImportTable::Users, 1), remembered(ImportTable::Accounts, 2)];
    world.commit(async |unit| unit.record_imported(&rows, NOON).await).await;
    let known = world.commit(async |unit| unit.imported(ImportTable::Users, &[1, 2, 3]).await).await;
    assert_eq!(known, rows[..1]);
    assert_eq!(world.commit(async |unit| unit.imported(ImportTable::Users, &[]).await).await, []);
}

pub async fn a_row_is_taken_once<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let row = [remembered(ImportTable::Offers, 7)];
    world.commit(async |unit| unit.record_imported(&row, NOON).await).await;
    assert!(world.try_commit(async |unit| unit.record_imported(&row, NOON).await).await.is_err());
}

pub async fn who_may_not_log_in_and_what_is_not_sold_is_switched_off<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, bert) = (world.customer("anna", 0).await, world.customer("bert", 0).await);
    let (sold, withdrawn) = (world.offer_for(100).await, world.offer_for(200).await);
    world.commit(async |unit| unit.switch_off(&[anna.user], &[withdrawn]).await).await;
    world.commit(async |unit| unit.switch_off(&[], &[]).await).await;
    let is_active = async |who: Customer| world.queries.user(who.user).await.unwrap().unwrap().is_active;
    assert_eq!((is_active(anna).await, is_active(bert).await), (false, true));
    let on_sale = async |offer: OfferId| world.queries.offer(offer).await.unwrap().unwrap().is_active;
    assert_eq!((on_sale(sold).await, on_sale(withdrawn).await), (true, false));
}

/// An order of three days ago, whose subscription runs for ten.
fn source(number: u128, status: Status) -> SourceOrder {
    let then = NOON - Duration::days(3);
    SourceOrder {
        table: ImportTable::Transactions,
        id: 1,
        transaction_id: Uuid::from_u128(number).to_string(),
        user: 1,
        offer: 1,
        amount: "3.00".into(),
        status: status.to_string(),
        reference: Some("REF-1".into()),
        created_at: then,
        updated_at: then,
        completed_at: Some(then),
        duration_days: 10,
        service: Some(SourceService {
            activated_at: then,
            expires_at: then + Duration::days(10),
            is_active: status == Status::Success,
        }),
    }
}

/// Writes an order of anna's.
async fn take<H: StoreHarness>(
    world: &World<H>,
    anna: Customer,
    offer: OfferId,
    source: &SourceOrder,
) -> TransactionId {
    let order = past_order(source, Currency::EUR, NOON).unwrap().value;
    let write = async |unit: &mut dyn UnitOfWork| {
        let wallets = unit.lock_wallets(&[anna.user]).await?;
        let booked = order.book(anna.user, offer, &wallets[0]).unwrap();
        unit.apply_transfers(&booked.transfers, NOON).await?;
        unit.insert_transactions(std::slice::from_ref(&booked.transaction)).await?;
        unit.insert_past_user_offers(&[booked.user_offer]).await
    };
    world.commit(write).await;
    order.id
}

pub async fn orders_from_before_add_up_and_leave_the_balance_alone<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 500).await, world.offer_for(300).await);
    for (number, status) in (1..).zip(Status::ALL) {
        let id = take(&world, anna, offer, &source(number, *status)).await;
        let detail = world.queries.transaction(anna.user, id).await.unwrap().unwrap();
        let waits_for_a_person = *status == Status::Pending;
        let shown = if waits_for_a_person { Status::Processing } else { *status };
        assert_eq!(detail.transaction.status.status, shown);
        assert_eq!(detail.timeline.len(), 1);
    }
    assert_eq!(world.balance(anna).await, 500);
    world.assert_sound().await;
    assert_eq!(world.claim_all(NOON + Duration::days(9)).await.len(), 0, "nothing is left for a worker");
}

pub async fn orders_from_before_are_listed_by_their_time_and_not_by_their_ids<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 900).await, world.offer_for(300).await);
    let old = [u128::MAX, u128::MAX - 1];
    let mut expected = Vec::new();
    for (days, number) in (1..).zip(old) {
        let moved = source(number, Status::Failed);
        let created_at = moved.created_at - Duration::days(days);
        expected.push(take(&world, anna, offer, &SourceOrder { created_at, ..moved }).await);
    }
    expected.insert(0, world.buy(anna, offer).await.id());
    for limit in [1, 2, 10] {
        let filter = TransactionFilter::default();
        let read = async |page| world.queries.transactions(anna.user, &filter, &page).await.unwrap();
        let listed = all_pages(limit, |view: &TransactionView| view.status.place(), read).await;
        let ids: Vec<_> = listed.iter().map(|view| view.status.transaction).collect();
        assert_eq!(ids, expected, "in pages of {limit}");
    }
}

pub async fn a_subscription_from_before_keeps_its_dates<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 500).await, world.offer_for(300).await);
    let order = source(1, Status::Success);
    let id = take(&world, anna, offer, &order).await;
    let held = world.queries.user_offers(anna.user, None, &page(10, None), NOON).await.unwrap().items;
    let service = order.service.unwrap();
    let period = Period { activated_at: service.activated_at, expires_at: service.expires_at };
    assert_eq!(held.len(), 1);
    assert_eq!((held[0].transaction, held[0].status), (id, UserOfferStatus::Active));
    assert_eq!(held[0].period, Some(period));
}
