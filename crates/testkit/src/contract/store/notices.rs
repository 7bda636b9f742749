//! What customers are told.

use std::slice::from_ref;

use offers_domain::auto_renew::RenewalObstacle;
use offers_domain::auto_renew::AutoRenew;
use offers_domain::expiry::WarningDays;
use offers_domain::ids::{NoticeId, OfferId, TransactionId, UserId, UserOfferId};
use offers_domain::notice::{
    NewNotice, News, NoticeChannel, NoticeChannels, NoticeKind, NoticeStatus, Occasion,
};
use offers_domain::ports::{NoticeFilter, Store, StoreError};
use offers_domain::retry::Jitter;
use offers_domain::sending::{Delivery, Notice, NoticeClaim, NoticeState, SendPolicy};
use offers_domain::user::{NewUser, Phone};
use offers_domain::user_offer::{Period, UserOffer, UserOfferState};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::StoreHarness;
use super::steps::transact;
use super::world::{World, all_pages};
use crate::builders::{NOON, cents, new_user};

const BOTH: NoticeChannels = NoticeChannels { email: true, sms: true };
const POLICY: SendPolicy = SendPolicy {
    lease: Duration::seconds(30),
    backoff_base: Duration::seconds(5),
    backoff_cap: Duration::minutes(1),
    give_up_after: Duration::hours(24),
};

fn occasions() -> Vec<Occasion> {
    let (transaction, offer) = (TransactionId(Uuid::from_u128(9)), OfferId(3));
    let (user_offer, end) = (UserOfferId(7), NOON + Duration::days(30));
    vec![
        Occasion::ActivationSucceeded { transaction, offer, expires_at: end },
        Occasion::ActivationFailed { transaction, offer, refund: Some(cents(1999)) },
        Occasion::ActivationFailed { transaction: TransactionId(Uuid::from_u128(10)), offer, refund: None },
        Occasion::Expiring { user_offer, offer, expires_at: end, days: 3 },
        Occasion::Expired { user_offer, offer, expired_at: end },
        Occasion::WalletCredited { credit: Uuid::from_u128(11), amount: cents(1) },
    ]
    .into_iter()
    .chain(RenewalObstacle::ALL.iter().zip(1..).map(|(obstacle, day)| Occasion::AutoRenewFailed {
        user_offer,
        offer,
        price: cents(999),
        expires_at: end + Duration::days(day),
        obstacle: *obstacle,
    }))
    .collect()
}

fn credit(number: u128) -> Occasion {
    Occasion::WalletCredited { credit: Uuid::from_u128(number), amount: cents(100) }
}

fn by_email(user: UserId, occasion: Occasion) -> NewNotice {
    NewNotice { user, channel: NoticeChannel::Email, occasion }
}

async fn anna<H: StoreHarness>(world: &World<H>) -> UserId {
    world.customer("anna", 0).await.user
}

async fn with_phone<H: StoreHarness>(world: &World<H>) -> UserId {
    let phone = Some(Phone::try_new("+33612345678").unwrap());
    let person = [NewUser { phone, ..new_user("dora") }];
    world.commit(async |unit| unit.insert_users(&person).await).await[0]
}

async fn queue<H: StoreHarness>(world: &World<H>, notices: &[NewNotice], now: OffsetDateTime) {
    world.commit(async |unit| unit.insert_notices(notices, now).await).await;
}

/// All of them, newest first.
async fn listed<H: StoreHarness>(world: &World<H>, filter: NoticeFilter) -> Vec<Notice> {
    all_pages(2, Notice::id, async |page| world.queries.notices(&filter, &page).await.unwrap()).await
}

async fn due<H: StoreHarness>(
    world: &World<H>,
    channel: NoticeChannel,
    limit: usize,
    now: OffsetDateTime,
) -> Vec<Occasion> {
    let due = world.commit(async |unit| unit.lock_due_notices(channel, limit, now).await).await;
    due.iter().map(|notice| notice.parts().occasion).collect()
}

/// What a sender does: takes what is due.
async fn claim(store: &dyn Store, limit: usize, now: OffsetDateTime) -> Result<Vec<Notice>, StoreError> {
    transact(store, async |unit| {
        let mut due = unit.lock_due_notices(NoticeChannel::Email, limit, now).await?;
        for notice in &mut due {
            assert_eq!(notice.claim(now, &POLICY), Ok(NoticeClaim::Send));
        }
        let claimed: Vec<Notice> = due.iter().map(|notice| (**notice).clone()).collect();
        unit.update_notices(&claimed).await?;
        Ok(claimed)
    })
    .await
}

async fn settle<H: StoreHarness>(world: &World<H>, notice: &Notice, delivery: Delivery) -> Notice {
    let settled = world.commit(async |unit| {
        let mut found = unit.lock_notices(&[notice.id()]).await?;
        found[0].settle(notice.parts().attempt, &delivery, &POLICY, NOON, Jitter(u32::MAX)).unwrap();
        let settled = (*found[0]).clone();
        unit.update_notices(from_ref(&settled)).await?;
        Ok(settled)
    });
    settled.await
}

pub async fn every_occasion_is_kept<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = anna(&world).await;
    for (second, occasion) in (0..).map(Duration::seconds).zip(occasions()) {
        queue(&world, &[by_email(anna, occasion)], NOON + second).await;
        let kept = listed(&world, NoticeFilter::default()).await.remove(0);
        let parts = kept.parts();
        assert_eq!((parts.user, parts.channel, parts.occasion), (anna, NoticeChannel::Email, occasion));
        assert_eq!(parts.state, NoticeState::Queued { due: NOON + second });
        assert_eq!((parts.attempt, parts.reason.clone()), (0, None));
        assert_eq!((parts.created_at, parts.updated_at), (NOON + second, NOON + second));
    }
}

pub async fn the_same_news_is_queued_once<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = anna(&world).await;
    queue(&world, &[by_email(anna, credit(1)), by_email(anna, credit(1))], NOON).await;
    let sent = claim(&*world.store, 10, NOON).await.unwrap().remove(0);
    let sent = settle(&world, &sent, Delivery::Delivered).await;
    queue(&world, &[by_email(anna, credit(1)), by_email(anna, credit(2))], NOON).await;
    let all = listed(&world, NoticeFilter::default()).await;
    assert_eq!(all.len(), 2);
    assert_eq!(all[1], sent, "it stays as it was");
}

pub async fn an_end_is_warned_of_once_for_each_threshold_and_channel<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let user = with_phone(&world).await;
    let until = |expires_at| UserOffer {
        id: UserOfferId(7),
        user,
        offer: OfferId(3),
        transaction: TransactionId(Uuid::from_u128(9)),
        state: UserOfferState::Active(Period { activated_at: NOON, expires_at }),
        auto_renew: AutoRenew::Off,
    };
    let (warning, first, second) =
        (WarningDays::new(vec![7, 3]), NOON + Duration::days(8), NOON + Duration::days(18));
    for end in [first, second] {
        for hours in (0..200).step_by(10) {
            let now = end - Duration::hours(200 - hours);
            queue(&world, &BOTH.notices(&warning.warnings(&[until(end)], now)), now).await;
        }
    }
    let all = listed(&world, NoticeFilter::default()).await;
    let told: Vec<_> = all.iter().map(|one| (one.parts().channel, one.parts().occasion)).collect();
    assert_eq!(told.len(), 8);
    for (expires_at, days) in [(first, 7), (first, 3), (second, 7), (second, 3)] {
        let (user_offer, offer) = (UserOfferId(7), OfferId(3));
        let occasion = Occasion::Expiring { user_offer, offer, expires_at, days };
        for channel in BOTH.in_use() {
            assert!(told.contains(&(channel, occasion)), "{occasion:?} by {channel}");
        }
    }
}

pub async fn the_same_news_told_twice_at_once_is_queued_once<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let other = world.harness.second_connection();
    let anna = anna(&world).await;
    for round in 0..5 {
        let mut here: Vec<NewNotice> =
            (0..8).map(|number| by_email(anna, credit(100 * (round + 1) + number))).collect();
        let there = here.clone();
        here.reverse();
        let (one, two) = tokio::join!(
            transact(&*world.store, async |unit| unit.insert_notices(&here, NOON).await),
            transact(&*other, async |unit| unit.insert_notices(&there, NOON).await),
        );
        assert_eq!((one, two), (Ok(()), Ok(())));
    }
    assert_eq!(listed(&world, NoticeFilter::default()).await.len(), 40);
}

pub async fn who_has_no_telephone_gets_no_text_message<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, dora) = (anna(&world).await, with_phone(&world).await);
    let news = [anna, dora].map(|user| News { user, occasion: credit(user.0.unsigned_abs().into()) });
    queue(&world, &BOTH.notices(&news), NOON).await;
    let mut told: Vec<_> = listed(&world, NoticeFilter::default()).await;
    told.sort_by_key(|notice| (notice.parts().user, notice.parts().channel));
    let told: Vec<_> = told.iter().map(|notice| (notice.parts().user, notice.parts().channel)).collect();
    let (email, sms) = (NoticeChannel::Email, NoticeChannel::Sms);
    assert_eq!(told, [(anna, email), (dora, email), (dora, sms)]);
}

pub async fn each_channel_has_a_work_list_and_the_longest_waiting_comes_first<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let dora = with_phone(&world).await;
    for second in [3, 1, 2] {
        let news = [News { user: dora, occasion: credit(second) }];
        let at = NOON + Duration::seconds(i64::try_from(second).unwrap());
        queue(&world, &BOTH.notices(&news), at).await;
    }
    let later = NOON + Duration::minutes(1);
    for channel in [NoticeChannel::Email, NoticeChannel::Sms] {
        assert_eq!(due(&world, channel, 10, later).await, [1, 2, 3].map(credit));
        assert_eq!(due(&world, channel, 2, later).await, [1, 2].map(credit));
        assert_eq!(due(&world, channel, 10, NOON + Duration::seconds(1)).await, [credit(1)]);
        assert_eq!(due(&world, channel, 10, NOON).await, []);
    }
}

pub async fn a_sender_holds_a_notice_until_its_lease_ends<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = anna(&world).await;
    queue(&world, &[by_email(anna, credit(1))], NOON).await;
    assert_eq!(claim(&*world.store, 10, NOON).await.unwrap().len(), 1);
    let end = NOON + POLICY.lease;
    assert_eq!(due(&world, NoticeChannel::Email, 10, end - Duration::microseconds(1)).await, []);
    assert_eq!(due(&world, NoticeChannel::Email, 10, end).await, [credit(1)]);
}

pub async fn due_notices_are_claimed_once<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let other = world.harness.second_connection();
    let anna = anna(&world).await;
    let notices: Vec<_> = (0..30).map(|number| by_email(anna, credit(number))).collect();
    queue(&world, &notices, NOON).await;
    let mut all: Vec<NoticeId> = Vec::new();
    for _ in 0..3 {
        let (here, there) = tokio::join!(claim(&*world.store, 5, NOON), claim(&*other, 5, NOON));
        all.extend(here.unwrap().iter().chain(&there.unwrap()).map(Notice::id));
    }
    all.extend(claim(&*world.store, 30, NOON).await.unwrap().iter().map(Notice::id));
    let claimed = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!((claimed, all.len()), (30, 30));
}

pub async fn every_state_is_kept<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = anna(&world).await;
    let reason = || "550 5.1.1 \"no\" é".to_owned();
    let deliveries = [
        (Delivery::Delivered, NoticeStatus::Sent),
        (Delivery::Refused { reason: reason() }, NoticeStatus::Failed),
        (Delivery::NotSent { reason: reason() }, NoticeStatus::Queued),
        (Delivery::Unknown { reason: reason() }, NoticeStatus::Abandoned),
    ];
    for (number, (delivery, status)) in (1..).zip(deliveries) {
        queue(&world, &[by_email(anna, credit(number))], NOON).await;
        let claimed = claim(&*world.store, 10, NOON).await.unwrap().remove(0);
        assert_eq!(listed(&world, NoticeFilter::default()).await[0], claimed);
        let settled = settle(&world, &claimed, delivery).await;
        assert_eq!(settled.status(), status);
        assert_eq!(listed(&world, NoticeFilter::default()).await[0], settled);
    }
}

pub async fn notices_are_locked_once_each_by_ascending_id<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = anna(&world).await;
    queue(&world, &[by_email(anna, credit(1))], NOON).await;
    queue(&world, &[by_email(anna, credit(2))], NOON).await;
    let ids: Vec<NoticeId> = listed(&world, NoticeFilter::default()).await.iter().map(Notice::id).collect();
    let asked = [ids[0], NoticeId(987_654), ids[1], ids[0]];
    let found = world.commit(async |unit| unit.lock_notices(&asked).await).await;
    let found: Vec<NoticeId> = found.iter().map(|notice| notice.id()).collect();
    assert_eq!(found, [ids[1], ids[0]]);
}

pub async fn a_list_is_narrowed_and_newest_first<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, dora) = (anna(&world).await, with_phone(&world).await);
    queue(&world, &[by_email(anna, credit(1))], NOON).await;
    let claimed = claim(&*world.store, 10, NOON).await.unwrap().remove(0);
    settle(&world, &claimed, Delivery::Refused { reason: "no".into() }).await;
    for (number, occasion) in occasions().into_iter().enumerate() {
        let user = if number % 2 == 0 { anna } else { dora };
        queue(&world, &BOTH.notices(&[News { user, occasion }]), NOON).await;
    }
    let everything = listed(&world, NoticeFilter::default()).await;
    assert!(everything.is_sorted_by(|newer, older| newer.id() > older.id()));
    type Keep = fn(&Notice) -> bool;
    let narrowed: [(NoticeFilter, Keep); 4] = [
        (NoticeFilter { user: Some(dora), ..NoticeFilter::default() }, |n| n.parts().user != UserId(0)),
        (NoticeFilter { status: Some(NoticeStatus::Failed), ..NoticeFilter::default() }, |n| {
            n.status() == NoticeStatus::Failed
        }),
        (NoticeFilter { kind: Some(NoticeKind::Expiring), ..NoticeFilter::default() }, |n| {
            n.parts().occasion.kind() == NoticeKind::Expiring
        }),
        (NoticeFilter { channel: Some(NoticeChannel::Sms), ..NoticeFilter::default() }, |n| {
            n.parts().channel == NoticeChannel::Sms
        }),
    ];
    for (filter, keep) in narrowed {
        let of_user = |notice: &Notice| filter.user.is_none_or(|user| notice.parts().user == user);
        let expected: Vec<Notice> =
            everything.iter().filter(|notice| keep(notice) && of_user(notice)).cloned().collect();
        assert!(!expected.is_empty() && expected.len() < everything.len());
        assert_eq!(listed(&world, filter).await, expected, "{filter:?}");
    }
}

pub async fn what_waits_is_counted<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let empty = world.queries.notice_backlog().await.unwrap();
    assert_eq!((empty.open, empty.oldest), (0, None));
    let anna = anna(&world).await;
    for number in 1..4 {
        let at = NOON + Duration::seconds(i64::try_from(number).unwrap());
        queue(&world, &[by_email(anna, credit(number))], at).await;
    }
    let claimed = claim(&*world.store, 2, NOON + Duration::seconds(2)).await.unwrap();
    settle(&world, &claimed[0], Delivery::Delivered).await;
    let backlog = world.queries.notice_backlog().await.unwrap();
    assert_eq!((backlog.open, backlog.oldest), (2, Some(NOON + Duration::seconds(2))));
}

pub async fn old_notices_are_forgotten_even_those_that_nobody_has_sent<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = anna(&world).await;
    for number in 1..6 {
        let at = NOON + Duration::seconds(i64::try_from(number).unwrap());
        queue(&world, &[by_email(anna, credit(number))], at).await;
    }
    // The first one is left in a sender's hands, the last two are never taken.
    for notice in &claim(&*world.store, 3, NOON + Duration::seconds(5)).await.unwrap()[1..] {
        settle(&world, notice, Delivery::Delivered).await;
    }
    let purge = async |limit, at_most| {
        world.commit(async |unit| unit.purge_notices(limit, at_most).await).await
    };
    let third = NOON + Duration::seconds(3);
    assert_eq!(purge(third, 1).await, 1, "the oldest first, no more than asked");
    assert_eq!(purge(third, 10).await, 1, "the third is not older than that");
    assert_eq!(purge(NOON + Duration::seconds(5), 10).await, 2, "ended or not");
    let left = listed(&world, NoticeFilter::default()).await;
    assert_eq!(left.iter().map(|notice| notice.parts().occasion).collect::<Vec<_>>(), [credit(5)]);
}

pub async fn the_end_of_an_order_is_told_in_the_same_commit<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 800).await, world.offer_for(400).await);
    let confirmed = world.buy(anna, offer).await.id();
    world.confirm_all(NOON).await;
    let refused = world.buy(anna, offer).await.id();
    world.refuse_all(NOON).await;
    let told: Vec<_> = listed(&world, NoticeFilter { user: Some(anna.user), ..NoticeFilter::default() }).await;
    let told: Vec<_> = told.iter().map(|notice| notice.parts().occasion).collect();
    let expires_at = NOON + Duration::days(30);
    assert_eq!(
        told,
        [
            Occasion::ActivationFailed { transaction: refused, offer, refund: Some(cents(400)) },
            Occasion::ActivationSucceeded { transaction: confirmed, offer, expires_at },
        ]
    );
}
