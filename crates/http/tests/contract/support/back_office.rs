//! What staff read and change, scripted by the [`World`].

use std::sync::Arc;

use async_trait::async_trait;
use offers_application::announcer::Announcer;
use offers_application::create_users::CreateUsers;
use offers_application::staff::{AdjustWallet, CloseIncidents, DecideOrders, KeepOffers, Staff};
use offers_domain::ids::{OfferId, TransactionId, UserId, UserOfferId};
use offers_domain::money::Currency;
use offers_domain::notice::NoticeChannels;
use offers_domain::offer::Offer;
use offers_domain::page::{Page, PageRequest};
use offers_domain::ports::mocks::MockUnitOfWork;
use offers_domain::ports::{
    BackOfficeQueries, Clock, Credentials, IdSource, Locked, OrderFilter, ShelfFilter, UserFilter,
};
use offers_domain::retry::RetryPolicy;
use offers_domain::transaction::{Phase, Schedule, State, Transaction, TransactionParts};
use offers_domain::user::{Role, User, Username};
use offers_domain::user_offer::{UserOffer, UserOfferRef, UserOfferState};
use offers_domain::views::{OrderFile, StatusView, TimelineEntry, TransactionDetail, TransactionView};
use offers_testkit::builders;

use super::activation::{activation_partners, expect_pauses_and_incidents};
use super::identity::{passwords, user};
use super::partners::{manage_partners, script_partners};
use super::store::{Read, Scripted};
use super::webhooks::script_webhooks;
use super::world::{CALLER, World, fibre, transaction_id};

/// Who the token `staff-token` belongs to.
pub(crate) const STAFF: UserId = UserId(20);
/// Who the token `root-token` belongs to.
pub(crate) const ROOT: UserId = UserId(21);

/// A person of the back office.
pub(crate) fn colleague(id: UserId, role: Role) -> User {
    User { id, username: format!("{role}{id}"), role, ..user() }
}

/// An order of the caller's for 19.99 that waits for a person.
pub(crate) fn parked_order(number: u128) -> Transaction {
    let order = builders::order(CALLER, OfferId(1), offers_domain::ids::AccountId(107), 1999);
    let placed = Transaction::place(transaction_id(number), order, builders::NOON);
    let state = State::Processing { phase: Phase::NeedsAttention, schedule: Schedule::Parked };
    Transaction::from_parts(TransactionParts { state, attempt: 3, version: 7, ..placed.parts().clone() })
}

/// What staff do, on the scripted store.
pub(super) fn staff(
    store: &Scripted,
    announcer: Announcer,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
) -> Staff {
    let units = Arc::new(store.clone());
    let channels = NoticeChannels { email: true, sms: false };
    Staff {
        create_users: CreateUsers {
            store: units.clone(),
            passwords: Arc::new(passwords(store.clone())),
            clock: clock.clone(),
            ids: ids.clone(),
            currency: Currency::EUR,
        },
        adjust_wallet: AdjustWallet { store: units.clone(), ids: ids.clone(), channels },
        decide_orders: DecideOrders {
            store: units.clone(),
            queries: units.clone(),
            announcer,
            clock,
            ids: ids.clone(),
            policy: RetryPolicy::default(),
            channels,
        },
        keep_offers: KeepOffers {
            store: units.clone(),
            cache: Arc::new(super::identity::offer_cache()),
            ids: ids.clone(),
        },
        manage_partners: manage_partners(store),
        activation_partners: activation_partners(store, ids.clone()),
        close_incidents: CloseIncidents { store: units, ids },
    }
}

impl World {
    /// A person, of whom [`CALLER`] is always one.
    pub(super) fn person(&self, id: UserId) -> Option<User> {
        if id == CALLER { Some(user()) } else { self.people.iter().find(|person| person.id == id).cloned() }
    }
}

fn shown(order: &Transaction) -> TransactionView {
    TransactionView::new(order, fibre())
}

#[async_trait]
impl BackOfficeQueries for Scripted {
    async fn users(&self, filter: &UserFilter, page: &PageRequest<Username>) -> Read<Page<User>> {
        self.answer(|world| {
            let mut people = world.people.clone();
            people.sort_by(|one, other| one.username.cmp(&other.username));
            let prefix = filter.prefix.as_deref().unwrap_or_default();
            people.retain(|person| person.username.starts_with(prefix));
            people.retain(|person| filter.role.is_none_or(|role| person.role == role));
            World::page(&people, page, |person, after| person.username.as_str() > after.as_str())
        })
        .await
    }

    async fn shelf(&self, filter: &ShelfFilter, page: &PageRequest<OfferId>) -> Read<Page<Offer>> {
        self.answer(|world| {
            let mut offers = world.offers.clone();
            offers.retain(|offer| filter.is_active.is_none_or(|active| offer.is_active == active));
            World::page(&offers, page, |offer, after| offer.id > *after)
        })
        .await
    }

    async fn orders(
        &self,
        filter: &OrderFilter,
        page: &PageRequest<TransactionId>,
    ) -> Read<Page<TransactionView>> {
        self.answer(|world| {
            world.staff_search = Some(filter.clone());
            let views: Vec<_> = world.transactions.iter().map(shown).collect();
            World::page(&views, page, |view, after| view.status.transaction < *after)
        })
        .await
    }

    async fn order_file(&self, id: TransactionId) -> Read<Option<OrderFile>> {
        self.answer(|world| {
            let order = world.transactions.iter().find(|order| order.id() == id)?;
            let StatusView { version, status, sub_status, updated_at: at, .. } = StatusView::from(order);
            let timeline = vec![TimelineEntry { version, status, sub_status, at }];
            Some(OrderFile {
                order: TransactionDetail { transaction: shown(order), timeline },
                account: order.order().account,
                renews: None,
                attempts: Vec::new(),
                transfers: Vec::new(),
            })
        })
        .await
    }
}

/// What staff do to people, offers and orders.
pub(super) fn script_staff(unit: &mut MockUnitOfWork, store: &Scripted) {
    expect_pauses_and_incidents(unit, store);
    let world = store.clone();
    unit.expect_find_users()
        .returning(move |ids| Ok(ids.iter().filter_map(|id| world.world().person(*id)).collect()));
    let world = store.clone();
    unit.expect_lock_credentials().returning(move |ids| {
        let people = ids.iter().filter_map(|id| world.world().person(*id));
        let known = |user| Locked::by_store(Credentials { user, password_hash: "hash".into() });
        Ok(people.map(known).collect())
    });
    unit.expect_set_access().returning(|_, _, _, _| Ok(()));
    unit.expect_set_contact().returning(|_, _| Ok(()));
    let world = store.clone();
    unit.expect_lock_offers().returning(move |ids| {
        let offers = world.world().offers.clone();
        Ok(offers.into_iter().filter(|offer| ids.contains(&offer.id)).map(Locked::by_store).collect())
    });
    let world = store.clone();
    unit.expect_update_offers().returning(move |changed, _| {
        for offer in &mut world.world().offers {
            if let Some(new) = changed.iter().find(|new| new.id == offer.id) {
                *offer = new.clone();
            }
        }
        Ok(())
    });
    let world = store.clone();
    unit.expect_insert_offers().returning(move |terms, _| {
        let offers = &mut world.world().offers;
        let id = OfferId(i64::try_from(offers.len()).unwrap() + 1);
        offers.push(Offer { id, terms: terms[0].clone(), is_active: true, version: 1 });
        Ok(vec![id])
    });
    script_orders(unit, store);
    script_partners(unit, store);
    script_webhooks(unit);
}

fn script_orders(unit: &mut MockUnitOfWork, store: &Scripted) {
    let world = store.clone();
    unit.expect_lock_transactions().returning(move |ids| {
        let orders = world.world().transactions.clone();
        Ok(orders.into_iter().filter(|order| ids.contains(&order.id())).map(Locked::by_store).collect())
    });
    let world = store.clone();
    unit.expect_update_transactions().returning(move |changed| {
        for order in &mut world.world().transactions {
            if let Some(new) = changed.iter().find(|new| new.id() == order.id()) {
                *order = new.clone();
            }
        }
        Ok(())
    });
    unit.expect_record_attempts().returning(|attempts| {
        assert!(attempts.is_empty(), "staff call nobody");
        Ok(())
    });
    let world = store.clone();
    unit.expect_insert_notices().returning(move |notices, _| {
        world.world().notices.extend_from_slice(notices);
        Ok(())
    });
}

/// The subscription that a parked order opened.
pub(super) fn opened(world: &World, pointer: UserOfferRef) -> Option<(UserOfferRef, Locked<UserOffer>)> {
    let UserOfferRef::OpenedBy(id) = pointer else { return None };
    let order = world.transactions.iter().find(|order| order.id() == id)?.order();
    let held = UserOffer {
        id: UserOfferId(1),
        user: order.user,
        offer: order.offer,
        transaction: id,
        state: UserOfferState::Pending,
        auto_renew: offers_domain::auto_renew::AutoRenew::Off,
    };
    Some((pointer, Locked::by_store(held)))
}
