//! The store, scripted by the [`World`].

use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use offers_domain::account::{Account, AccountOwner, AccountParts};
use offers_domain::activation::Renewable;
use offers_domain::audit::{AuditEvent, AuditKey};
use offers_domain::auto_renew::AutoRenew;
use offers_domain::ids::{AccountId, NoticeId, OfferId, SessionId, TransactionId, UserId, UserOfferId};
use offers_domain::money::{Currency, Money};
use offers_domain::offer::{Offer, OfferSort, Stock};
use offers_domain::page::{Page, PageRequest};
use offers_domain::ports::mocks::MockUnitOfWork;
use offers_domain::ports::{
    AccountQueries, AuditFilter, AuditQueries, CatalogueQueries, Constraint, Credentials, IdentityQueries,
    LedgerAudit, LedgerCheck, LedgerReport, Locked, NoticeBacklog, NoticeFilter, NoticeQueries, OfferFilter,
    OfferKey, Store, StoreError, TransactionFilter, UnitOfWork,
};
use offers_domain::sending::Notice;
use offers_domain::session::Session;
use offers_domain::user::{User, Username};
use offers_domain::user_offer::{
    Ending, RenewalOf, UserOffer, UserOfferRef, UserOfferState, UserOfferStatus,
};
use offers_domain::views::{
    BalanceView, OrderPlace, SessionView, TransactionDetail, TransactionView, UserOfferView,
};
use offers_testkit::builders::NOON;
use time::OffsetDateTime;

use super::activation::expect_callbacks;
use super::back_office::{opened, script_staff};
use super::identity::{owner, presented, user};
use super::partners::{holders, known_orders, settlement_accounts};
use super::world::{CALLER, World};

/// The store: both its sides.
#[derive(Clone, Default)]
pub(crate) struct Scripted(Arc<Mutex<World>>);

pub(super) type Read<T> = Result<T, StoreError>;

impl Scripted {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Fails or hangs, if the test says so.
    pub(super) async fn answer<T>(&self, read: impl FnOnce(&mut World) -> T) -> Read<T> {
        if self.world().hangs {
            std::future::pending::<()>().await;
        }
        let mut world = self.world();
        world.failure.clone().map_or_else(|| Ok(read(&mut world)), Err)
    }
}

#[async_trait]
impl CatalogueQueries for Scripted {
    async fn offers_on_sale(
        &self,
        filter: &OfferFilter,
        sort: OfferSort,
        page: &PageRequest<OfferKey>,
        _: OffsetDateTime,
    ) -> Read<Page<Offer>> {
        self.answer(|world| {
            world.offer_search = Some((filter.clone(), sort, page.clone()));
            let mut offers = world.offers.clone();
            offers.sort_by(|a, b| match sort {
                OfferSort::Id => a.id.cmp(&b.id),
                OfferSort::Price => a.terms.price.minor().cmp(&b.terms.price.minor()),
                OfferSort::PriceDescending => b.terms.price.minor().cmp(&a.terms.price.minor()),
                OfferSort::Name => a.terms.name.cmp(&b.terms.name),
            });
            let start = |key: &OfferKey| offers.iter().position(|offer| OfferKey::of(offer, sort) == *key);
            let start = page.after.as_ref().and_then(start).map_or(0, |place| place + 1);
            let limit = usize::from(page.limit.get());
            Page::from_overfetch(offers[start..].iter().take(limit + 1).cloned().collect(), page.limit)
        })
        .await
    }

    async fn offer(&self, id: OfferId) -> Read<Option<Offer>> {
        self.answer(|world| world.offers.iter().find(|offer| offer.id == id).cloned()).await
    }
}

#[async_trait]
impl AccountQueries for Scripted {
    async fn balance(&self, user: UserId) -> Read<Option<BalanceView>> {
        assert!(!self.world().balance_panics, "the secret of the balance");
        self.answer(|world| world.balance(user)).await
    }

    async fn user_offers(
        &self,
        user: UserId,
        status: Option<UserOfferStatus>,
        page: &PageRequest<UserOfferId>,
        _: OffsetDateTime,
    ) -> Read<Page<UserOfferView>> {
        self.answer(|world| {
            let theirs = world.subscriptions.iter().filter(|_| user == CALLER);
            let shown: Vec<_> =
                theirs.filter(|view| status.is_none_or(|status| view.status == status)).cloned().collect();
            World::page(&shown, page, |view, after| view.id < *after)
        })
        .await
    }

    async fn expiring(
        &self,
        user: UserId,
        until: OffsetDateTime,
        page: &PageRequest<Ending>,
        now: OffsetDateTime,
    ) -> Read<Page<UserOfferView>> {
        self.answer(|world| {
            let end = |view: &UserOfferView| {
                let at = view.period.filter(|_| view.status == UserOfferStatus::Active)?.expires_at;
                Some(Ending { at, id: view.id })
            };
            let soon = |view: &&UserOfferView| end(view).is_some_and(|end| end.at > now && end.at <= until);
            let mut shown: Vec<_> =
                world.subscriptions.iter().filter(|_| user == CALLER).filter(soon).cloned().collect();
            shown.sort_by_key(end);
            World::page(&shown, page, |view, after| end(view).is_some_and(|end| end > *after))
        })
        .await
    }

    async fn holds(&self, user: UserId, offer: OfferId) -> Read<bool> {
        self.answer(|world| user == CALLER && world.subscriptions.iter().any(|view| view.offer.id == offer))
            .await
    }

    async fn user_offer(
        &self,
        user: UserId,
        id: UserOfferId,
        _: OffsetDateTime,
    ) -> Read<Option<UserOfferView>> {
        self.answer(|world| {
            world.subscriptions.iter().filter(|_| user == CALLER).find(|view| view.id == id).cloned()
        })
        .await
    }

    async fn transactions(
        &self,
        user: UserId,
        filter: &TransactionFilter,
        page: &PageRequest<OrderPlace>,
    ) -> Read<Page<TransactionView>> {
        self.answer(|world| {
            world.order_search = Some(*filter);
            let views = world.orders.iter().map(|order| order.transaction.clone());
            let theirs: Vec<_> = views.filter(|view| view.status.user == user).collect();
            World::page(&theirs, page, |view, after| view.status.place() < *after)
        })
        .await
    }

    async fn transaction(&self, user: UserId, id: TransactionId) -> Read<Option<TransactionDetail>> {
        self.answer(|world| {
            let mut theirs = world.orders.iter().filter(|order| order.transaction.status.user == user);
            theirs.find(|order| order.transaction.status.transaction == id).cloned()
        })
        .await
    }
}

#[async_trait]
impl NoticeQueries for Scripted {
    async fn notices(&self, _: &NoticeFilter, _: &PageRequest<NoticeId>) -> Read<Page<Notice>> {
        self.answer(|_| Page { items: Vec::new(), has_more: false }).await
    }

    async fn notice_backlog(&self) -> Read<NoticeBacklog> {
        self.answer(|_| NoticeBacklog { open: 0, oldest: None }).await
    }
}

#[async_trait]
impl IdentityQueries for Scripted {
    async fn credentials(&self, username: &str) -> Read<Option<Credentials>> {
        self.answer(|world| {
            let other = || world.people.iter().find(|person| person.username == username).cloned();
            let known = if username == "alice" { Some(user()) } else { other() };
            known.map(|user| Credentials { user, password_hash: "hash".into() })
        })
        .await
    }

    async fn taken_usernames(&self, _: &[Username]) -> Read<Vec<String>> {
        self.answer(|_| Vec::new()).await
    }

    async fn user(&self, id: UserId) -> Read<Option<User>> {
        self.answer(|world| world.person(id)).await
    }

    async fn session(&self, id: SessionId) -> Read<Option<Session>> {
        self.answer(|world| world.sessions.iter().find(|session| session.id == id).copied()).await
    }

    async fn live_sessions(&self, user: UserId, _: OffsetDateTime) -> Read<Vec<SessionView>> {
        self.answer(|world| {
            let own = world.sessions.iter().filter(|session| session.user == user);
            own.map(|session| SessionView { session: *session, last_used_at: NOON }).collect()
        })
        .await
    }
}

#[async_trait]
impl AuditQueries for Scripted {
    async fn audit(&self, _: &AuditFilter, page: &PageRequest<AuditKey>) -> Read<Page<AuditEvent>> {
        self.answer(|world| {
            let events =
                world.audit.iter().zip(1..).map(|(entry, id)| AuditEvent { id, entry: entry.clone() });
            let newest_first: Vec<_> = events.collect::<Vec<_>>().into_iter().rev().collect();
            World::page(&newest_first, page, |event, after| event.id < after.id)
        })
        .await
    }
}

#[async_trait]
impl LedgerAudit for Scripted {
    async fn verify_ledger(&self) -> Read<LedgerReport> {
        Ok(LedgerReport::default())
    }

    async fn last_check(&self) -> Read<Option<LedgerCheck>> {
        self.answer(|world| world.check.clone()).await
    }
}

#[async_trait]
impl Store for Scripted {
    async fn begin(&self) -> Read<Box<dyn UnitOfWork>> {
        let store = self.clone();
        self.answer(|_| -> Box<dyn UnitOfWork> { Box::new(unit(&store)) }).await
    }
}

/// A unit that writes to the world at once; nothing here is about rolling back.
fn unit(store: &Scripted) -> MockUnitOfWork {
    let mut unit = MockUnitOfWork::new();
    let world = store.clone();
    unit.expect_lock_wallets().returning(move |users| Ok(wallets(&world.world(), users)));
    let world = store.clone();
    unit.expect_find_records().returning(move |scopes| {
        let records = world.world().records.clone();
        Ok(records.into_iter().filter(|record| scopes.contains(&record.handle.scope)).collect())
    });
    let world = store.clone();
    unit.expect_offers().returning(move |_| Ok(world.world().offers.clone()));
    let world = store.clone();
    unit.expect_insert_records().returning(move |records| {
        world.world().records.extend_from_slice(records);
        Ok(())
    });
    let world = store.clone();
    unit.expect_revoke_sessions().returning(move |sessions, _| {
        world.world().logouts.extend(sessions.iter().map(|session| owner(*session)));
        Ok(())
    });
    let world = store.clone();
    unit.expect_lock_live_sessions().returning(move |user, _| {
        let sessions = world.world().sessions.clone();
        Ok(sessions.into_iter().filter(|session| session.user == user).map(Locked::by_store).collect())
    });
    let world = store.clone();
    unit.expect_record_audit().returning(move |entries| {
        world.world().audit.extend_from_slice(entries);
        Ok(())
    });
    unit.expect_set_password_hash().returning(|_, _, _| Ok(()));
    unit.expect_insert_users().returning(|users| {
        let taken = users.iter().any(|user| user.username.as_str() == "alice");
        if taken { Err(StoreError::Conflict(Constraint::Username)) } else { Ok(vec![CALLER]) }
    });
    unit.expect_open_wallets().returning(|_, _, _| Ok(vec![AccountId(107)]));
    unit.expect_now().returning(|| Ok(NOON));
    unit.expect_live_sessions().returning(|asked, _| Ok(asked.iter().copied().collect()));
    unit.expect_insert_transactions().returning(|_| Ok(()));
    unit.expect_insert_user_offers().returning(|_| Ok(()));
    unit.expect_apply_transfers().returning(|_, _| Ok(()));
    let world = store.clone();
    unit.expect_lock_accounts().returning(move |accounts| {
        let owners: Vec<_> = accounts.iter().map(|account| UserId(account.0 - 100)).collect();
        Ok(settlement_accounts(accounts).into_iter().chain(wallets(&world.world(), &owners)).collect())
    });
    unit.expect_key_holders().returning(|keys| Ok(holders(keys)));
    let world = store.clone();
    unit.expect_find_partner_orders().returning(move |names| Ok(known_orders(&world.world(), names)));
    unit.expect_insert_partner_orders().returning(|_| Ok(()));
    unit.expect_touch_api_keys().returning(|_| Ok(()));
    unit.expect_insert_session().returning(|_, _| Ok(()));
    unit.expect_lock_refresh_token().returning(|hash| Ok(presented(hash)));
    unit.expect_rotate_refresh_token().returning(|_, _, _| Ok(()));
    expect_callbacks(&mut unit);
    unit.expect_commit().returning(|| Ok(()));
    unit.expect_rollback().returning(|| Ok(()));
    script_subscriptions(&mut unit, store);
    script_staff(&mut unit, store);
    unit
}

/// What is held, and what is left of it.
fn script_subscriptions(unit: &mut MockUnitOfWork, store: &Scripted) {
    unit.expect_holdings().returning(|_, _| Ok(Vec::new()));
    let world = store.clone();
    unit.expect_renewables().returning(move |pairs| Ok(renewables(&world.world(), pairs)));
    let world = store.clone();
    unit.expect_lock_user_offers().returning(move |refs| {
        let world = world.world();
        let found =
            |pointer: &UserOfferRef| pointed_to(&world, *pointer).or_else(|| opened(&world, *pointer));
        Ok(refs.iter().filter_map(found).collect())
    });
    let world = store.clone();
    unit.expect_update_user_offers().returning(move |changed, _| {
        for view in &mut world.world().subscriptions {
            let saved = changed.iter().find(|saved| saved.id == view.id);
            view.auto_renew = saved.map_or(view.auto_renew, |saved| saved.auto_renew.is_on());
        }
        Ok(())
    });
    unit.expect_count_user_offers().returning(|pairs| Ok(pairs.iter().map(|pair| (*pair, 1)).collect()));
    unit.expect_lock_stocks().returning(|offers| {
        Ok(offers.iter().map(|offer| Locked::by_store(Stock { offer: *offer, taken: 1 })).collect())
    });
    unit.expect_update_stocks().returning(|_| Ok(()));
}

/// The caller's subscriptions; what is open for them is not scripted.
fn renewables(world: &World, pairs: &[(UserId, RenewalOf)]) -> Vec<((UserId, RenewalOf), Renewable)> {
    let find = |&(user, of): &(UserId, RenewalOf)| {
        let pointed_to = |held: &UserOffer| match of {
            RenewalOf::Subscription(id) => held.id == id,
            RenewalOf::Offer(id) => held.offer == id,
        };
        let subscription = subscriptions(world).filter(|_| user == CALLER).find(pointed_to)?;
        Some(((user, of), Renewable { subscription, open: None }))
    };
    pairs.iter().filter_map(find).collect()
}

fn subscriptions(world: &World) -> impl Iterator<Item = UserOffer> {
    world.subscriptions.iter().map(|view| UserOffer {
        id: view.id,
        user: CALLER,
        offer: view.offer.id,
        transaction: view.transaction,
        state: view.period.map_or(UserOfferState::Pending, UserOfferState::Active),
        auto_renew: AutoRenew::from_parts(view.auto_renew, None),
    })
}

fn pointed_to(world: &World, pointer: UserOfferRef) -> Option<(UserOfferRef, Locked<UserOffer>)> {
    let held = subscriptions(world).find(|held| UserOfferRef::Existing(held.id) == pointer)?;
    Some((pointer, Locked::by_store(held)))
}

fn wallets(world: &World, users: &[UserId]) -> Vec<Locked<Account>> {
    let wallet = |user: &UserId| {
        let balance = Money::from_minor(*world.balances.get(user)?, Currency::EUR);
        let credit_limit = Money::zero(Currency::EUR);
        let parts = AccountParts {
            id: AccountId(user.0 + 100),
            owner: AccountOwner::User(*user),
            balance,
            credit_limit,
        };
        Some(Locked::by_store(Account::from_parts(parts)))
    };
    users.iter().filter_map(wallet).collect()
}
