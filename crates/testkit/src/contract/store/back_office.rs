//! What staff read and change.

use std::slice::from_ref;

use offers_domain::adjustment::{Adjustment, Direction};
use offers_domain::ids::{OfferId, PartnerId, TransactionId, UserId};
use offers_domain::ledger::TransferKind;
use offers_domain::offer::{
    Category, OfferRules, OfferTerms, OfferText, PurchasePolicy, SaleWindow, Translations,
};
use offers_domain::partner::{Answer, AnswerKind};
use offers_domain::ports::{Difference, LedgerReport, OrderFilter, ShelfFilter, UserFilter};
use offers_domain::transaction::{Status, SubStatus, Transaction};
use offers_domain::user::{NewUser, Role, User, Username};
use offers_domain::views::TransactionView;
use time::{Duration, OffsetDateTime};

use super::StoreHarness;
use super::steps::{self, Claimed};
use super::world::{Customer, World, all_pages, confirmed, page, refused};
use crate::builders::{NOON, cents, new_user, terms};

async fn names<H: StoreHarness>(world: &World<H>, filter: UserFilter, limit: u64) -> Vec<String> {
    let read = async |page| world.queries.users(&filter, &page).await.unwrap();
    let key = |user: &User| Username::try_new(&user.username).unwrap();
    all_pages(limit, key, read).await.into_iter().map(|user| user.username).collect()
}

pub async fn people_are_listed_by_name_and_found_by_its_beginning<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    for name in ["bert", "anna", "ann_x", "Ann", "annz", "zoé", "ann-b"] {
        world.customer(name, 0).await;
    }
    // Byte by byte, on both stores.
    let all = ["Ann", "ann-b", "ann_x", "anna", "annz", "bert", "zoé"];
    for limit in [1, 3, 100] {
        assert_eq!(names(&world, UserFilter::default(), limit).await, all);
    }
    for (prefix, expected) in [
        ("ann", vec!["ann-b", "ann_x", "anna", "annz"]),
        ("ann_", vec!["ann_x"]),
        ("Ann", vec!["Ann"]),
        ("zo", vec!["zoé"]),
        ("annab", vec![]),
        ("%", vec![]),
    ] {
        let filter = UserFilter { prefix: Some(prefix.into()), ..UserFilter::default() };
        assert_eq!(names(&world, filter, 2).await, expected, "{prefix}");
    }
}

pub async fn people_are_found_by_role_and_by_address<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let people: Vec<NewUser> = [("anna", Role::Staff), ("bert", Role::Customer), ("cleo", Role::Staff)]
        .map(|(name, role)| NewUser { role, ..new_user(name) })
        .into();
    world.commit(async |unit| unit.insert_users(&people).await).await;
    let staff = UserFilter { role: Some(Role::Staff), ..UserFilter::default() };
    assert_eq!(names(&world, staff.clone(), 1).await, ["anna", "cleo"]);
    let email = Some("bert@example.com".to_owned());
    assert_eq!(names(&world, UserFilter { email: email.clone(), ..UserFilter::default() }, 1).await, ["bert"]);
    assert_eq!(names(&world, UserFilter { email, ..staff }, 1).await, [""; 0]);
}

/// Terms with everything set that may be.
fn full(required: OfferId, excluded: OfferId) -> OfferTerms {
    OfferTerms {
        name: "Music, été".into(),
        description: "All of it\nand more".into(),
        category: Category::Music,
        price: cents(123_456),
        duration_days: 7,
        sale: SaleWindow { from: Some(NOON), until: Some(NOON + Duration::DAY) },
        purchase_policy: PurchasePolicy::Reject,
        rules: OfferRules {
            stock: Some(0),
            per_customer: Some(2),
            requires: Some(required),
            excludes: Some(excluded),
        },
        translations: Translations {
            fr: Some(OfferText { name: "Musique".into(), description: String::new() }),
        },
    }
}

pub async fn an_offer_is_saved_with_every_term_and_without<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (one, two, edited) =
        (world.offer_for(1).await, world.offer_for(2).await, world.offer_for(3).await);
    for (version, terms) in [(2, full(one, two)), (3, terms(5))] {
        let saved = world
            .commit(async |unit| {
                let mut offers = unit.lock_offers(&[edited, OfferId(987_654), edited]).await?;
                assert_eq!(offers.len(), 1, "each once, and unknown ones not at all");
                let offer = &mut offers[0];
                (offer.terms, offer.version, offer.is_active) = (terms.clone(), version, version == 2);
                unit.update_offers(from_ref(&**offer), NOON).await?;
                Ok((**offer).clone())
            })
            .await;
        assert_eq!(world.queries.offer(edited).await, Ok(Some(saved)));
    }
    let others = [world.queries.offer(one).await, world.queries.offer(two).await];
    assert!(others.into_iter().all(|offer| offer.unwrap().unwrap().version == 1), "no other is touched");
}

pub async fn the_shelf_shows_what_is_not_for_sale_too<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let music = OfferTerms { category: Category::Music, ..terms(1) };
    let (sold, retired, tune) =
        (world.offer_for(1).await, world.offer_for(2).await, world.offer(music).await);
    world
        .commit(async |unit| {
            let mut offer = unit.lock_offers(&[retired]).await?.remove(0);
            offer.set_active(false, None).unwrap();
            unit.update_offers(from_ref(&*offer), NOON).await
        })
        .await;
    let everything = ShelfFilter::default();
    for (filter, expected) in [
        (everything, vec![sold, retired, tune]),
        (ShelfFilter { is_active: Some(false), ..everything }, vec![retired]),
        (ShelfFilter { is_active: Some(true), ..everything }, vec![sold, tune]),
        (ShelfFilter { category: Some(Category::Music), ..everything }, vec![tune]),
    ] {
        let read = async |page| world.queries.shelf(&filter, &page).await.unwrap();
        let shown = all_pages(2, |offer: &offers_domain::offer::Offer| offer.id, read).await;
        assert_eq!(shown.iter().map(|offer| offer.id).collect::<Vec<_>>(), expected, "{filter:?}");
    }
}

async fn orders<H: StoreHarness>(world: &World<H>, filter: OrderFilter) -> Vec<TransactionId> {
    let read = async |page| world.queries.orders(&filter, &page).await.unwrap();
    let key = |view: &TransactionView| view.status.transaction;
    all_pages(2, key, read).await.iter().map(key).collect()
}

/// An order that nobody knows the end of after a whole day: it waits for a person.
async fn parked<H: StoreHarness>(world: &World<H>, customer: Customer, offer: OfferId) -> Transaction {
    let placed = world.buy_at(NOON - Duration::DAY, customer, offer).await;
    let unclear = Answer::Unknown { reason: "time-out".into() };
    world.settle_all(unclear.clone(), NOON - Duration::DAY).await;
    let parked = world.settle_all(unclear, NOON).await.remove(0);
    assert_eq!((parked.id(), parked.sub_status()), (placed.id(), SubStatus::NeedsAttention));
    parked
}

pub async fn everybodys_orders_are_listed_and_narrowed<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, bert) = (world.customer("anna", 10_000).await, world.customer("bert", 10_000).await);
    let (fibre, tv) = (world.offer_for(100).await, world.offer_for(200).await);
    let stuck = parked(&world, anna, fibre).await.id();
    let ended = world.buy_at(NOON, bert, fibre).await.id();
    world.confirm_all(NOON).await;
    let open = world.buy_at(NOON + Duration::HOUR, bert, tv).await.id();
    let all = OrderFilter::default();
    let at = |instant: OffsetDateTime| Some(instant);
    for (filter, expected) in [
        (all.clone(), vec![open, ended, stuck]),
        (OrderFilter { user: Some(anna.user), ..all.clone() }, vec![stuck]),
        (OrderFilter { user: Some(UserId(987)), ..all.clone() }, vec![]),
        (OrderFilter { offer: Some(fibre), ..all.clone() }, vec![ended, stuck]),
        (OrderFilter { status: Some(Status::Pending), ..all.clone() }, vec![open]),
        (OrderFilter { status: Some(Status::Success), ..all.clone() }, vec![ended]),
        (OrderFilter { sub_status: Some(SubStatus::NeedsAttention), ..all.clone() }, vec![stuck]),
        (OrderFilter { sub_status: Some(SubStatus::Queued), ..all.clone() }, vec![open]),
        (OrderFilter { reference: Some("partner-1".into()), ..all.clone() }, vec![ended]),
        (OrderFilter { from: at(NOON), ..all.clone() }, vec![open, ended]),
        (OrderFilter { to: at(NOON), ..all.clone() }, vec![stuck]),
        (OrderFilter { from: at(NOON), to: at(NOON + Duration::HOUR), ..all }, vec![ended]),
    ] {
        assert_eq!(orders(&world, filter.clone()).await, expected, "{filter:?}");
    }
}

pub async fn an_order_is_found_by_its_id_its_partner_and_either_of_its_references<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, fibre) = (world.customer("anna", 10_000).await, world.offer_for(100).await);
    let (kiosk, other) = (world.partner("Kiosk", 9000).await, world.partner("Other", 9000).await);
    let own = world.buy(anna, fibre).await.id();
    world.confirm_all(NOON).await;
    let mut sold = Vec::new();
    for (number, partner) in [(1, kiosk), (2, other), (3, kiosk), (4, kiosk)] {
        sold.push(world.partner_buys(partner, anna, fibre, number, None).await);
    }
    let [first, others, second, third] = [0, 1, 2, 3].map(|place: usize| sold[place].transaction);
    let none = OrderFilter::default;
    let public = |place: usize| Some(sold[place].reference.to_string());
    for (filter, expected) in [
        (OrderFilter { id: Some(others), ..none() }, vec![others]),
        (OrderFilter { id: Some(world.next_order()), ..none() }, vec![]),
        (OrderFilter { partner: Some(kiosk), ..none() }, vec![third, second, first]),
        (OrderFilter { partner: Some(kiosk), id: Some(others), ..none() }, vec![]),
        (OrderFilter { partner: Some(kiosk), status: Some(Status::Success), ..none() }, vec![]),
        (OrderFilter { partner: Some(PartnerId(987)), ..none() }, vec![]),
        (OrderFilter { reference: public(1), ..none() }, vec![others]),
        (OrderFilter { reference: public(1), partner: Some(kiosk), ..none() }, vec![]),
        (OrderFilter { reference: Some("partner-1".into()), ..none() }, vec![own]),
        (OrderFilter { reference: Some("REF-ZZZZZZZZZZZZ".into()), ..none() }, vec![]),
    ] {
        assert_eq!(orders(&world, filter.clone()).await, expected, "{filter:?}");
    }
    world.refuse_all(NOON).await;
    let failed = OrderFilter { status: Some(Status::Failed), ..none() };
    assert_eq!(orders(&world, failed).await, [third, second, others, first]);
}

pub async fn an_order_file_holds_its_history_its_calls_and_what_it_moved<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 1000).await, world.offer_for(400).await);
    let placed = world.buy(anna, offer).await;
    world.refuse_all(NOON).await;
    let file = world.queries.order_file(placed.id()).await.unwrap().unwrap();
    let order = world.queries.transaction(anna.user, placed.id()).await.unwrap().unwrap();
    assert_eq!((&file.order, file.account, file.renews), (&order, anna.wallet, None));
    let calls: Vec<_> = file.attempts.iter().map(|call| (call.number, call.answer, call.detail.clone())).collect();
    assert_eq!(calls, [(1, AnswerKind::Refused, Some("no_line: no line at this address".into()))]);
    let moved: Vec<_> = file.transfers.iter().map(|line| (line.kind, line.amount, line.at)).collect();
    let expected = [TransferKind::Charge, TransferKind::Refund].map(|kind| (kind, cents(400), NOON));
    assert_eq!(moved, expected);
    assert_eq!((file.transfers[0].debit, file.transfers[1].credit), (anna.wallet, anna.wallet));
    assert_eq!(world.queries.order_file(world.next_order()).await, Ok(None));
}

pub async fn money_that_staff_move_is_in_the_ledger<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 0).await;
    for (direction, amount, left) in [(Direction::Credit, 500, 500), (Direction::Debit, 200, 300)] {
        let adjustment = Adjustment { direction, amount: cents(amount) };
        world
            .commit(async |unit| {
                let mut wallet = unit.lock_wallets(&[anna.user]).await?.remove(0);
                unit.apply_transfers(&[adjustment.apply(&mut wallet).unwrap()], NOON).await
            })
            .await;
        assert_eq!(world.balance(anna).await, left);
    }
    world.assert_sound().await;
}

pub async fn an_order_that_waits_for_a_person_ends_by_the_rules_of_a_worker<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 1000).await, world.offer_for(400).await);
    for (answer, status, left) in [(confirmed(), Status::Success, 600), (refused(), Status::Failed, 600)] {
        let waiting = parked(&world, anna, offer).await;
        let ended = world
            .commit(async |unit| {
                let mut order = unit.lock_transactions(&[waiting.id()]).await?.remove(0);
                order.take_in_hand(NOON, Duration::MINUTE).unwrap();
                unit.update_transactions(from_ref(&*order)).await?;
                let taken = Claimed { transaction: (*order).clone(), step: offers_domain::partner::Step::Query };
                let ended = steps::answered(&taken, answer.clone(), NOON);
                steps::settle(unit, from_ref(&ended), NOON).await
            })
            .await
            .remove(0)
            .unwrap();
        assert_eq!((ended.status(), ended.parts().version), (status, waiting.parts().version + 2));
        assert_eq!(world.balance(anna).await, left);
        world.assert_sound().await;
    }
}

pub async fn an_order_that_is_sent_back_is_work_at_once<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 1000).await, world.offer_for(400).await);
    let waiting = parked(&world, anna, offer).await;
    assert!(world.claim_all(NOON).await.is_empty());
    world
        .commit(async |unit| {
            let mut order = unit.lock_transactions(&[waiting.id()]).await?.remove(0);
            order.send_back(NOON).unwrap();
            unit.update_transactions(from_ref(&*order)).await
        })
        .await;
    assert_eq!(orders(&world, OrderFilter { sub_status: Some(SubStatus::NeedsAttention), ..OrderFilter::default() }).await, []);
    let ended = world.confirm_all(NOON).await;
    assert_eq!(ended.iter().map(Transaction::status).collect::<Vec<_>>(), [Status::Success]);
}

pub async fn a_check_of_the_ledger_is_kept<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    assert_eq!(world.queries.last_check().await, Ok(None));
    let broken = Difference { rule: "one_charge", detail: "transaction 7 \"has\" none".into() };
    let clean = LedgerReport { accounts: 2, transfers: 3, transactions: 4, differences: Vec::new() };
    let dirty = LedgerReport { differences: vec![broken; 150], ..clean.clone() };
    for (minutes, report, kept) in [(0, &clean, 0), (1, &dirty, LedgerReport::KEPT)] {
        let at = NOON + Duration::minutes(minutes);
        world.commit(async |unit| unit.record_check(report, at).await).await;
        let check = world.queries.last_check().await.unwrap().unwrap();
        assert_eq!((check.at, check.accounts, check.transfers, check.transactions), (at, 2, 3, 4));
        assert_eq!(check.differences, report.differences.len() as u64);
        assert_eq!(check.sentences, vec!["one_charge: transaction 7 \"has\" none"; kept]);
    }
}

pub async fn of_two_edits_at_once_one_sees_the_other<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let offer = world.offer_for(1).await;
    let rename = async |name: &str| {
        steps::transact(&*world.harness.second_connection(), async |unit| {
            let mut edited = unit.lock_offers(&[offer]).await?.remove(0);
            edited.terms.name = format!("{} {name}", edited.terms.name);
            edited.version += 1;
            unit.update_offers(from_ref(&*edited), NOON).await
        })
        .await
        .unwrap();
    };
    tokio::join!(rename("a"), rename("b"), rename("c"), rename("d"));
    let edited = world.queries.offer(offer).await.unwrap().unwrap();
    assert_eq!((edited.version, edited.terms.name.len()), (5, terms(1).name.len() + 8));
    assert_eq!(world.queries.shelf(&ShelfFilter::default(), &page(1, None)).await.unwrap().items, [edited]);
}
