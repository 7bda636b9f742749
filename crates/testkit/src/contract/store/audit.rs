//! The audit trail.

use offers_domain::audit::{Actor, AuditAction, AuditEntry, AuditEvent, Reason, RequestId, Subject};
use offers_domain::ids::{OfferId, PartnerId, UserId};
use offers_domain::ports::AuditFilter;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::StoreHarness;
use super::world::{World, all_pages, page};
use crate::builders::NOON;

const ANNA: Subject = Subject::User(UserId(1));

/// A login of Anna's, so many minutes after noon.
fn login(minutes: i64) -> AuditEntry {
    let at = NOON + Duration::minutes(minutes);
    AuditEntry::new(Actor::User(UserId(1)), AuditAction::LoginSucceeded, ANNA, at)
}

async fn record<H: StoreHarness>(world: &World<H>, entries: &[AuditEntry]) {
    world.commit(async |unit| unit.record_audit(entries).await).await;
}

/// What the trail shows, collected in pages of `limit`.
async fn trail<H: StoreHarness>(world: &World<H>, filter: AuditFilter, limit: u64) -> Vec<AuditEntry> {
    let read = async |page| world.queries.audit(&filter, &page).await.unwrap();
    let events = all_pages(limit, AuditEvent::key, read).await;
    events.into_iter().map(|event| event.entry).collect()
}

async fn whole<H: StoreHarness>(world: &World<H>) -> Vec<AuditEntry> {
    trail(world, AuditFilter::default(), 100).await
}

pub async fn deeds_are_kept_word_for_word<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let full = AuditEntry::new(
        Actor::Staff(UserId(2)),
        AuditAction::RoleChanged,
        ANNA,
        NOON + Duration::microseconds(1),
    )
    .because(Reason::try_new("promoted: \"lead\", été").unwrap())
    .with("from", "customer")
    .with("to", "staff\\\"")
    .in_request(Some(&RequestId::from(Uuid::from_u128(7))));
    let bare = [Actor::System, Actor::Anonymous, Actor::Partner(PartnerId(3))]
        .map(|actor| AuditEntry::new(actor, AuditAction::LoginFailed, Subject::Offer(OfferId(4)), NOON));
    let entries = [&[full][..], &bare].concat();
    record(&world, &entries).await;
    let mut kept = whole(&world).await;
    // Newest first: the one that is a microsecond younger, then the others, the last first.
    kept[1..].reverse();
    assert_eq!(kept, entries);
}

pub async fn every_action_is_known_again<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let of = |action: &AuditAction| AuditEntry { action: *action, ..login(0) };
    let mut entries: Vec<_> = AuditAction::ALL.iter().map(of).collect();
    record(&world, &entries).await;
    entries.reverse();
    assert_eq!(whole(&world).await, entries);
}

pub async fn the_trail_is_read_newest_first_across_pages<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    // Two at once, and one that was committed after a later one.
    for minutes in [0, 2, 2, 1, 3] {
        record(&world, &[login(minutes)]).await;
    }
    let expected = [3, 2, 2, 1, 0].map(login);
    for limit in [1, 2, 5, 100] {
        assert_eq!(trail(&world, AuditFilter::default(), limit).await, expected, "in pages of {limit}");
    }
}

pub async fn an_entry_added_between_two_pages_moves_nothing<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    record(&world, &[login(0), login(1), login(2)]).await;
    let everything = AuditFilter::default();
    let first = world.queries.audit(&everything, &page(2, None)).await.unwrap();
    record(&world, &[login(3)]).await;
    let after = first.items.last().map(AuditEvent::key);
    let second = world.queries.audit(&everything, &page(2, after)).await.unwrap();
    assert_eq!(second.items.iter().map(|event| &event.entry).collect::<Vec<_>>(), [&login(0)]);
    assert!(first.has_more && !second.has_more);
}

pub async fn the_trail_is_narrowed_by_who_what_whom_and_when<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let hers = login(0);
    let locked = AuditEntry { actor: Actor::Staff(UserId(1)), action: AuditAction::UserLocked, ..login(1) };
    let other = AuditEntry { actor: Actor::System, subject: Subject::Offer(OfferId(1)), ..login(2) };
    record(&world, &[hers.clone(), locked.clone(), other.clone()]).await;
    let at = |minutes| -> Option<OffsetDateTime> { Some(NOON + Duration::minutes(minutes)) };
    let all = AuditFilter::default();
    for (filter, expected) in [
        (AuditFilter { actor: Some(Actor::User(UserId(1))), ..all }, vec![&hers]),
        (AuditFilter { actor: Some(Actor::Staff(UserId(1))), ..all }, vec![&locked]),
        (AuditFilter { actor: Some(Actor::System), ..all }, vec![&other]),
        (AuditFilter { actor: Some(Actor::Anonymous), ..all }, vec![]),
        (AuditFilter { action: Some(AuditAction::LoginSucceeded), ..all }, vec![&other, &hers]),
        (AuditFilter { subject: Some(ANNA), ..all }, vec![&locked, &hers]),
        (AuditFilter { subject: Some(Subject::Offer(OfferId(1))), ..all }, vec![&other]),
        (AuditFilter { from: at(1), ..all }, vec![&other, &locked]),
        (AuditFilter { to: at(1), ..all }, vec![&hers]),
        (AuditFilter { from: at(1), to: at(2), subject: Some(ANNA), ..all }, vec![&locked]),
    ] {
        let found = trail(&world, filter, 1).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
    }
}

pub async fn a_deed_that_was_rolled_back_leaves_no_trace<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let mut unit = world.begin().await;
    unit.record_audit(&[login(0)]).await.unwrap();
    unit.rollback().await.unwrap();
    assert_eq!(whole(&world).await, []);
}
