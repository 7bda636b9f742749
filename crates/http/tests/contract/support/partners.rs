//! Partners, with keys that are easy to recognise, and what they own.

use std::sync::Arc;

use async_trait::async_trait;
use offers_application::partner_channel::AuthenticatePartner;
use offers_domain::account::{Account, AccountOwner, AccountParts};
use offers_domain::ids::{AccountId, ApiKeyId, PartnerId, TransactionId, TransferId};
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
use offers_domain::ports::mocks::{MockApiKeys, MockKeyCache};
use offers_domain::ports::{Locked, PartnerQueries};
use offers_domain::transaction::Channel;
use offers_testkit::builders::{NOON, key_holder};
use offers_testkit::clock::FakeClock;
use offers_testkit::ids::CountingIds;

use super::store::{Read, Scripted};
use super::world::{World, order};

/// Whose keys are `ok_live_k` for everything, `ok_live_r` to read, `ok_test_t` for trials and `ok_live_e`, which has
/// ended.
pub(super) const KIOSK: PartnerId = PartnerId(1);

/// Reads every key from the store.
pub(super) fn authenticate_partner(store: &Scripted) -> AuthenticatePartner {
    AuthenticatePartner {
        keys: Arc::new(api_keys()),
        cache: Arc::new(key_cache()),
        queries: Arc::new(store.clone()),
        store: Arc::new(store.clone()),
        clock: Arc::new(FakeClock::at(NOON)),
        ids: Arc::new(CountingIds::default()),
        accepts_test_keys: false,
    }
}

/// A key is told by the letter that it ends with.
fn api_keys() -> MockApiKeys {
    let mut keys = MockApiKeys::new();
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

    async fn partners(&self, _: &PageRequest<PartnerId>) -> Read<Page<PartnerView>> {
        Ok(Page { items: Vec::new(), has_more: false })
    }

    async fn partner_named(&self, _: &PartnerName) -> Read<Option<Partner>> {
        Ok(None)
    }

    async fn api_keys(&self, _: PartnerId) -> Read<Vec<ApiKey>> {
        Ok(Vec::new())
    }

    async fn settlement(&self, _: PartnerId) -> Read<Option<SettlementView>> {
        let euros = |minor| Money::from_minor(minor, Currency::EUR);
        let view = SettlementView { balance: euros(-1999), credit_limit: euros(5000), updated_at: NOON };
        self.answer(|_| Some(view)).await
    }

    async fn statement(&self, _: PartnerId, page: &PageRequest<TransferId>) -> Read<Page<StatementEntry>> {
        self.answer(|world| World::page(&world.statement, page, |entry, after| entry.id < *after)).await
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
