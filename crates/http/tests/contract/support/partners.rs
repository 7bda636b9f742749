//! Partners, with keys that are easy to recognise, and what they own.

use std::sync::Arc;

use async_trait::async_trait;
use offers_application::notebook::Notebook;
use offers_application::partner_channel::{AuthenticatePartner, KeyLookups, ManagePartners};
use offers_domain::account::{Account, AccountOwner, AccountParts};
use offers_domain::ids::{AccountId, ApiKeyId, PartnerId, TransactionId, TransferId};
use offers_domain::limits::Quota;
use offers_domain::money::{Currency, Money};
use offers_domain::page::{Page, PageRequest};
use offers_domain::partner_channel::api_key::{ApiKey, KeyHash, KeyHolder, KeyMode};
use offers_domain::partner_channel::reference::{
    KnownPartnerOrder, PartnerOrder, PartnerReference, Reference,
};
use offers_domain::partner_channel::views::{
    PartnerOrderDetail, PartnerOrderFilter, PartnerOrderView, PartnerView, SettlementView, StatementEntry,
};
use offers_domain::partner_channel::{Partner, PartnerName};
use offers_domain::ports::mocks::{MockApiKeys, MockKeyCache, MockUnitOfWork};
use offers_domain::ports::{Constraint, Locked, Metrics, PartnerQueries, StoreError};
use offers_domain::transaction::Channel;
use offers_local::LocalRateLimits;
use offers_testkit::builders::{NOON, key_holder};
use offers_testkit::clock::FakeClock;
use offers_testkit::ids::CountingIds;

use super::store::{Read, Scripted};
use super::world::{World, order};

/// Whose keys are `ok_live_k` for everything, `ok_live_r` to read, `ok_test_t` for trials and `ok_live_e`, which has
/// ended.
pub(super) const KIOSK: PartnerId = PartnerId(1);

/// Reads every key from the store, a hundred times a minute.
pub(super) fn authenticate_partner(
    store: &Scripted,
    notebook: Arc<Notebook>,
    metrics: Arc<dyn Metrics>,
) -> AuthenticatePartner {
    let clock = Arc::new(FakeClock::at(NOON));
    AuthenticatePartner {
        keys: Arc::new(api_keys()),
        cache: Arc::new(key_cache()),
        lookups: KeyLookups {
            counter: Arc::new(LocalRateLimits::new(10, clock.clone())),
            quota: Quota::per_minute(100),
        },
        queries: Arc::new(store.clone()),
        notebook,
        clock,
        metrics,
        accepts_test_keys: false,
    }
}

/// A key is told by the letter that it ends with; new ones end with `n`.
fn api_keys() -> MockApiKeys {
    let mut keys = MockApiKeys::new();
    keys.expect_generate().returning(|mode| Ok((format!("ok_{mode}_secretn"), KeyHash([b'n'; 32]))));
    keys.expect_hash()
        .returning(|key| key.starts_with("ok_").then(|| KeyHash([*key.as_bytes().last().unwrap(); 32])));
    keys
}

/// Knows nobody, so that every key is read from the store.
fn key_cache() -> MockKeyCache {
    let mut cache = MockKeyCache::new();
    cache.expect_get().returning(|_| None);
    cache.expect_put().returning(|_, _| ());
    cache
}

/// `ok_live_o` is another partner's, with which three requests in a minute are agreed.
fn holder(letter: u8) -> Option<KeyHolder> {
    let KeyHolder { key, mut partner } = key_holder(if letter == b'o' { 2 } else { KIOSK.0 });
    partner.terms.requests_per_minute = (letter == b'o').then_some(3);
    let key = ApiKey { id: ApiKeyId(letter.into()), ..key };
    let key = match letter {
        b'k' | b'o' => key,
        b'r' => ApiKey { scopes: "read".parse().unwrap(), ..key },
        b't' => ApiKey { mode: KeyMode::Test, ..key },
        b'e' => ApiKey { revoked_at: Some(NOON), ..key },
        _ => return None,
    };
    Some(KeyHolder { key, partner })
}

/// What staff do to partners.
pub(super) fn manage_partners(store: &Scripted) -> ManagePartners {
    ManagePartners {
        store: Arc::new(store.clone()),
        keys: Arc::new(api_keys()),
        ids: Arc::new(CountingIds::default()),
    }
}

fn settlement() -> SettlementView {
    let euros = |minor| Money::from_minor(minor, Currency::EUR);
    SettlementView { balance: euros(-1999), credit_limit: euros(5000), updated_at: NOON }
}

fn shown(partner: Partner) -> PartnerView {
    PartnerView { partner, settlement: settlement() }
}

fn keys_of(world: &World, partner: PartnerId) -> Vec<ApiKey> {
    world.api_keys.iter().filter(|key| key.partner == partner).cloned().collect()
}

/// Partners and keys are kept in the world.
pub(super) fn script_partners(unit: &mut MockUnitOfWork, store: &Scripted) {
    let world = store.clone();
    unit.expect_insert_partner().returning(move |new| {
        let partners = &mut world.world().partners;
        if partners.iter().any(|partner| partner.name == new.name.as_str()) {
            return Err(StoreError::Conflict(Constraint::PartnerName));
        }
        let id = PartnerId(i64::try_from(partners.len()).unwrap() + 1);
        let (name, terms) = (new.name.as_str().to_owned(), new.terms);
        partners.push(Partner { id, name, terms, created_at: new.created_at });
        Ok(id)
    });
    unit.expect_open_settlement_account().returning(|_, _, _| Ok(()));
    unit.expect_set_credit_limit().returning(|_, _, _| Ok(()));
    let world = store.clone();
    unit.expect_lock_partner().returning(move |id| {
        let known = world.world().partners.iter().find(|partner| partner.id == id).cloned();
        Ok(known.map(Locked::by_store))
    });
    let world = store.clone();
    unit.expect_update_partner().returning(move |changed, _| {
        for partner in world.world().partners.iter_mut().filter(|partner| partner.id == changed.id) {
            *partner = changed.clone();
        }
        Ok(())
    });
    let world = store.clone();
    unit.expect_api_keys().returning(move |partner| Ok(keys_of(&world.world(), partner)));
    let world = store.clone();
    unit.expect_insert_api_key().returning(move |new| {
        let keys = &mut world.world().api_keys;
        let id = ApiKeyId(i64::try_from(keys.len()).unwrap() + 1);
        let key = key_holder(new.partner.0).key;
        let (mode, scopes, hint) = (new.mode, new.scopes.clone(), new.hint.clone());
        keys.push(ApiKey { id, mode, scopes, hint, expires_at: new.expires_at, ..key });
        Ok(id)
    });
    let world = store.clone();
    unit.expect_revoke_api_key().returning(move |id, now| {
        for key in world.world().api_keys.iter_mut().filter(|key| key.id == id) {
            key.revoked_at = Some(now);
        }
        Ok(())
    });
}

pub(super) fn holders(keys: &[ApiKeyId]) -> Vec<KeyHolder> {
    keys.iter().filter_map(|key| holder(u8::try_from(key.0).unwrap())).collect()
}

/// Empty, with a credit of 50 euros.
pub(super) fn settlement_accounts(accounts: &[AccountId]) -> Vec<Locked<Account>> {
    let account = |id: &AccountId| {
        Locked::by_store(Account::from_parts(AccountParts {
            id: *id,
            owner: AccountOwner::Partner(PartnerId(-id.0)),
            balance: Money::zero(Currency::EUR),
            credit_limit: Money::from_minor(5000, Currency::EUR),
        }))
    };
    accounts.iter().filter(|id| id.0 < 0).map(account).collect()
}

pub(super) fn known_orders(world: &World, names: &[(PartnerId, PartnerReference)]) -> Vec<KnownPartnerOrder> {
    let found = world.partner_orders.iter().filter(|PartnerOrderDetail { order, .. }| {
        names.iter().any(|(partner, name)| {
            (order.partner, order.partner_reference.as_ref()) == (*partner, Some(name))
        })
    });
    found
        .map(|PartnerOrderDetail { order, detail }| {
            let status = &detail.transaction.status;
            let (user, offer, amount) = (status.user, status.offer, status.amount);
            KnownPartnerOrder { order: order.clone(), user, offer, amount }
        })
        .collect()
}

/// An order of [`KIOSK`], which calls it `sale-` and its number.
pub(crate) fn partner_order(number: u64) -> PartnerOrderDetail {
    let mut detail = order(number.into());
    detail.transaction.channel = Channel::Partner;
    let order = PartnerOrder {
        transaction: detail.transaction.status.transaction,
        partner: KIOSK,
        reference: Reference::from_bits(number),
        partner_reference: Some(PartnerReference::try_new(&format!("sale-{number}")).unwrap()),
    };
    PartnerOrderDetail { order, detail }
}

#[async_trait]
impl PartnerQueries for Scripted {
    async fn key_holder(&self, hash: KeyHash) -> Read<Option<KeyHolder>> {
        self.answer(|_| holder(hash.0[0])).await
    }

    async fn partners(&self, page: &PageRequest<PartnerId>) -> Read<Page<PartnerView>> {
        self.answer(|world| {
            let views: Vec<_> = world.partners.iter().cloned().map(shown).collect();
            World::page(&views, page, |view, after| view.partner.id > *after)
        })
        .await
    }

    async fn partner_named(&self, _: &PartnerName) -> Read<Option<Partner>> {
        Ok(None)
    }

    async fn api_keys(&self, partner: PartnerId) -> Read<Vec<ApiKey>> {
        self.answer(|world| keys_of(world, partner)).await
    }

    async fn statement(
        &self,
        _: PartnerId,
        page: &PageRequest<TransferId>,
    ) -> Read<Option<(SettlementView, Page<StatementEntry>)>> {
        self.answer(|world| {
            Some((settlement(), World::page(&world.statement, page, |entry, after| entry.id < *after)))
        })
        .await
    }

    async fn partner_orders(
        &self,
        partner: PartnerId,
        filter: &PartnerOrderFilter,
        page: &PageRequest<TransactionId>,
    ) -> Read<Page<PartnerOrderView>> {
        self.answer(|world| {
            world.partner_search = Some(filter.clone());
            let theirs = world.partner_orders.iter().filter(|order| order.order.partner == partner);
            let views: Vec<_> = theirs
                .map(|PartnerOrderDetail { order, detail }| PartnerOrderView {
                    order: order.clone(),
                    transaction: detail.transaction.clone(),
                })
                .collect();
            World::page(&views, page, |view, after| view.order.transaction < *after)
        })
        .await
    }

    async fn partner_order(
        &self,
        partner: PartnerId,
        reference: Reference,
    ) -> Read<Option<PartnerOrderDetail>> {
        self.answer(|world| {
            let mut theirs = world.partner_orders.iter().filter(|order| order.order.partner == partner);
            theirs.find(|order| order.order.reference == reference).cloned()
        })
        .await
    }
}
