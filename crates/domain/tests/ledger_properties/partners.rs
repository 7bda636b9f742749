//! Partners and what they bring along with their orders.

use std::collections::HashMap;

use offers_domain::activation::{Payer, Wish};
use offers_domain::ids::{AccountId, ApiKeyId, OfferId, PartnerId};
use offers_domain::money::{Amount, Currency};
use offers_domain::offer::Offer;
use offers_domain::partner_channel::api_key::{ApiKey, KeyHolder, KeyMode, Scopes};
use offers_domain::partner_channel::discount::Discount;
use offers_domain::partner_channel::reference::{KnownPartnerOrder, PartnerReference, Reference};
use offers_domain::partner_channel::sale::{PartnerSale, SalesBook};
use offers_domain::partner_channel::{Funding, Partner, PartnerTerms};
use time::macros::datetime;

use crate::story::Sale;

/// Partner 1's settlement account, and how far it may be overdrawn.
pub(crate) const KIOSK: AccountId = AccountId::settlement_of(PartnerId(1));
pub(crate) const CREDIT: i64 = 3_000;

fn holder(id: i64) -> KeyHolder {
    let key = ApiKey {
        id: ApiKeyId(id),
        partner: PartnerId(id),
        hint: "wxyz".into(),
        mode: KeyMode::Live,
        scopes: Scopes::all(),
        created_at: datetime!(2026-01-01 12:00 UTC),
        expires_at: (id == 3).then_some(datetime!(2026-02-01 12:00 UTC)),
        revoked_at: None,
        last_used_at: None,
    };
    let terms = PartnerTerms {
        funding: if id == 1 { Funding::Partner } else { Funding::Subscriber },
        discount: Discount::try_new(if id == 1 { 1_000 } else { 0 }).unwrap(),
        requests_per_minute: None,
        is_active: true,
    };
    let partner = Partner { id: PartnerId(id), name: "Kiosk".into(), terms, created_at: key.created_at };
    KeyHolder { key, partner }
}

/// What a customer pays for what is wished for, in cents.
pub(crate) fn price(offers: &HashMap<OfferId, Offer>, wish: Wish) -> i64 {
    match wish {
        Wish::Buy(offer) => offers.get(&offer).map_or(1, |offer| offer.terms.price.minor()),
        Wish::Renew(_) | Wish::Continue(..) => 500,
    }
}

/// A partner pays for order `number`, for which a customer would pay `price` cents.
pub(crate) fn sale(sale: &Sale, number: u128, price: i64) -> Payer {
    let amount = Amount::from_minor(price + i64::from(sale.other_amount) * 10, Currency::EUR).unwrap();
    let terms = holder(sale.partner).partner.terms;
    let name = sale.name.map(|name| PartnerReference::try_new(&format!("sale-{name}")).unwrap());
    Payer::AsSold(Box::new(PartnerSale {
        partner: PartnerId(sale.partner),
        key: ApiKeyId(sale.partner),
        amount: terms.discount.applied_to(amount).unwrap(),
        reference: Reference::from_bits(u64::try_from(number).unwrap()),
        partner_reference: name,
    }))
}

/// Every key, and the orders that were placed before.
pub(crate) fn book<'a>(placed: impl Iterator<Item = &'a KnownPartnerOrder>) -> SalesBook {
    SalesBook::new((1..=3).map(holder).collect(), placed.cloned().collect())
}
