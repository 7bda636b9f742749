//! Partners, their keys and their settlement accounts.

use std::slice::from_ref;

use offers_domain::account::AccountOwner;
use offers_domain::ids::{AccountId, ApiKeyId, PartnerId};
use offers_domain::money::{Currency, Money};
use offers_domain::partner_channel::api_key::{ApiKey, KeyHash, KeyMode, NewApiKey};
use offers_domain::partner_channel::discount::Discount;
use offers_domain::partner_channel::{CreditLimit, Funding, NewPartner, Partner, PartnerName, PartnerTerms};
use offers_domain::ports::{Constraint, StoreError};
use time::Duration;

use super::StoreHarness;
use super::world::{World, all_pages};
use crate::builders::{NOON, cents, new_key, new_partner, partner_terms};

fn limit(minor: i64) -> CreditLimit {
    CreditLimit::try_new(euros(minor)).unwrap()
}

fn euros(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

async fn key<H: StoreHarness>(world: &World<H>, partner: PartnerId, number: u8) -> ApiKeyId {
    world.commit(async |unit| unit.insert_api_key(&new_key(partner, number)).await).await
}

async fn keys<H: StoreHarness>(world: &World<H>, partner: PartnerId) -> Vec<ApiKey> {
    world.queries.api_keys(partner).await.unwrap()
}

pub async fn a_partner_is_kept_word_for_word<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let terms = PartnerTerms {
        funding: Funding::Subscriber,
        discount: Discount::try_new(725).unwrap(),
        requests_per_minute: Some(90),
        is_active: false,
    };
    let new = NewPartner { terms, ..new_partner("Kiosk & Söhne") };
    let id = world.commit(async |unit| unit.insert_partner(&new).await).await;
    let kept = Partner { id, name: "Kiosk & Söhne".into(), terms, created_at: NOON };
    assert_eq!(world.queries.partner_named(&new.name).await, Ok(Some(kept.clone())));
    let locked = world.commit(async |unit| unit.lock_partner(id).await).await;
    assert_eq!(locked.as_deref(), Some(&kept));

    let changed = Partner { terms: partner_terms(), ..kept };
    world.commit(async |unit| unit.update_partner(&changed, NOON).await).await;
    assert_eq!(world.queries.partner_named(&new.name).await, Ok(Some(changed)));
}

pub async fn a_partners_name_is_taken_once<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    world.partner("Kiosk", 0).await;
    let again = world.try_commit(async |unit| unit.insert_partner(&new_partner("Kiosk")).await).await;
    assert_eq!(again, Err(StoreError::Conflict(Constraint::PartnerName)));
    let unknown = PartnerName::try_new("kiosk").unwrap();
    assert_eq!(world.queries.partner_named(&unknown).await, Ok(None));
}

pub async fn partners_are_listed_with_their_accounts_oldest_first<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    for name in ["C", "A", "B"] {
        world.partner(name, 500).await;
    }
    let read = async |page| world.queries.partners(&page).await.unwrap();
    let views = all_pages(2, |view| view.partner.id, read).await;
    let shown: Vec<_> = views
        .iter()
        .map(|view| (view.partner.name.as_str(), view.settlement.balance, view.settlement.credit_limit))
        .collect();
    assert_eq!(shown, ["C", "A", "B"].map(|name| (name, euros(0), euros(500))));
}

pub async fn a_settlement_account_is_locked_before_every_wallet<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let customer = world.customer("anna", 100).await;
    let partner = world.partner("Kiosk", 500).await;
    let account = AccountId::settlement_of(partner);
    let ids = [customer.wallet, account];
    let locked = world.commit(async |unit| unit.lock_accounts(&ids).await).await;
    let owners: Vec<_> = locked.iter().map(|account| account.owner()).collect();
    assert_eq!(owners, [AccountOwner::Partner(partner), AccountOwner::User(customer.user)]);
}

pub async fn a_settlement_account_is_opened_once_and_for_a_partner<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let partner = world.partner("Kiosk", 0).await;
    for taken in [partner, PartnerId(partner.0 + 1)] {
        let open = async |unit: &mut dyn offers_domain::ports::UnitOfWork| {
            unit.open_settlement_account(taken, limit(0), NOON).await
        };
        assert!(world.try_commit(open).await.is_err(), "{taken}");
    }
}

pub async fn a_settlement_account_goes_as_low_as_its_credit_limit<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let partner = world.partner("Kiosk", 500).await;
    let customer = world.customer("anna", 0).await;
    let offer = world.offer_for(500).await;
    world.partner_buys(partner, customer, offer, 1, None).await;
    let view = world.settlement(partner).await;
    assert_eq!((view.balance, view.available()), (euros(-500), euros(0)));

    let account = AccountId::settlement_of(partner);
    let lower = world
        .try_commit(async |unit| {
            unit.lock_accounts(&[account]).await?;
            unit.set_credit_limit(account, limit(499), NOON).await
        })
        .await;
    assert_eq!(lower, Err(StoreError::Conflict(Constraint::Balance)));
    world
        .commit(async |unit| {
            unit.lock_accounts(&[account]).await?;
            unit.set_credit_limit(account, limit(600), NOON).await
        })
        .await;
    let view = world.settlement(partner).await;
    assert_eq!((view.credit_limit, view.available()), (euros(600), euros(100)));
    world.assert_sound().await;
}

pub async fn a_key_is_kept_without_itself<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let partner = world.partner("Kiosk", 0).await;
    let new = NewApiKey {
        hint: "wxyz".into(),
        mode: KeyMode::Test,
        scopes: "read".parse().unwrap(),
        expires_at: Some(NOON + Duration::days(1)),
        ..new_key(partner, 7)
    };
    let id = world.commit(async |unit| unit.insert_api_key(&new).await).await;
    let kept = ApiKey {
        id,
        partner,
        hint: new.hint.clone(),
        mode: new.mode,
        scopes: new.scopes.clone(),
        created_at: NOON,
        expires_at: new.expires_at,
        revoked_at: None,
        last_used_at: None,
    };
    assert_eq!(keys(&world, partner).await, std::slice::from_ref(&kept));
    let holder = world.queries.key_holder(new.hash).await.unwrap().unwrap();
    assert_eq!((holder.key, holder.partner.id), (kept, partner));
    assert_eq!(world.queries.key_holder(KeyHash([8; 32])).await, Ok(None));
}

pub async fn keys_are_listed_oldest_first_for_their_partner_alone<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (kiosk, other) = (world.partner("Kiosk", 0).await, world.partner("Other", 0).await);
    let first = key(&world, kiosk, 1).await;
    key(&world, other, 2).await;
    let second = key(&world, kiosk, 3).await;
    let listed: Vec<_> = keys(&world, kiosk).await.iter().map(|key| key.id).collect();
    assert_eq!(listed, [first, second]);
    let in_unit = world.commit(async |unit| unit.api_keys(kiosk).await).await;
    assert_eq!(in_unit, keys(&world, kiosk).await);
}

pub async fn a_key_keeps_its_first_end_and_its_last_use<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let partner = world.partner("Kiosk", 0).await;
    let (revoked, other) = (key(&world, partner, 1).await, key(&world, partner, 2).await);
    for minutes in [1, 2] {
        let now = NOON + Duration::minutes(minutes);
        world.commit(async |unit| unit.revoke_api_key(revoked, now).await).await;
        world.commit(async |unit| unit.touch_api_keys(&[(other, now), (revoked, now)]).await).await;
    }
    let earlier = [(other, NOON), (ApiKeyId(987), NOON)];
    world.commit(async |unit| unit.touch_api_keys(&earlier).await).await;
    world.commit(async |unit| unit.touch_api_keys(&[]).await).await;
    let [first, second] = keys(&world, partner).await.try_into().unwrap();
    assert_eq!(first.revoked_at, Some(NOON + Duration::minutes(1)));
    assert_eq!((second.revoked_at, second.last_used_at), (None, Some(NOON + Duration::minutes(2))));
}

pub async fn a_unit_sees_a_key_as_it_is_now<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let partner = world.partner("Kiosk", 0).await;
    let id = key(&world, partner, 1).await;
    let holders = async || world.commit(async |unit| unit.key_holders(&[id, ApiKeyId(id.0 + 9), id]).await).await;
    let [before] = holders().await.try_into().unwrap();
    assert_eq!((before.key.id, before.partner.id, before.key.revoked_at), (id, partner, None));
    world.commit(async |unit| unit.revoke_api_key(id, NOON).await).await;
    let [after] = holders().await.try_into().unwrap();
    assert_eq!(after.key.revoked_at, Some(NOON));
}

pub async fn credit_reaches_the_balance_and_the_statement<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let partner = world.partner("Kiosk", 0).await;
    let account = AccountId::settlement_of(partner);
    world
        .commit(async |unit| {
            let credit = unit.lock_accounts(&[account]).await?[0].top_up(cents(700)).unwrap();
            unit.apply_transfers(from_ref(&credit), NOON).await
        })
        .await;
    assert_eq!(world.settlement(partner).await.balance, euros(700));
    let statement = world.statement(partner).await;
    assert_eq!(statement.len(), 1);
    assert_eq!((statement[0].amount, statement[0].order, statement[0].at), (euros(700), None, NOON));
    world.assert_sound().await;
}
