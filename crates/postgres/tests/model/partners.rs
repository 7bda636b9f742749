//! Partners in the shop: what they sell, what they pay in, and what they see.

use std::fmt::Write;

use offers_domain::activation::{Payer, PlaceOrder};
use offers_domain::idempotency::Principal;
use offers_domain::ids::{AccountId, ApiKeyId, PartnerId};
use offers_domain::money::{Currency, Money};
use offers_domain::page::{PageLimit, PageRequest};
use offers_domain::partner_channel::discount::Discount;
use offers_domain::partner_channel::reference::{PartnerReference, Reference};
use offers_domain::partner_channel::sale::PartnerSale;
use offers_domain::partner_channel::views::PartnerOrderFilter;
use offers_domain::partner_channel::{CreditLimit, Funding, NewPartner, PartnerTerms};
use offers_domain::ports::UnitOfWork;
use offers_domain::transaction::Channel;
use offers_testkit::builders::{NOON, cents, new_key, new_partner, partner_terms};

use crate::shop::Shop;
use crate::story::{PARTNERS, Sale};

/// A partner with a key.
#[derive(Clone, Copy)]
pub(crate) struct Seller {
    partner: PartnerId,
    key: ApiKeyId,
    discount: Discount,
}

/// The first has a discount and some credit, the second neither.
pub(crate) async fn sellers(unit: &mut dyn UnitOfWork) -> Vec<Seller> {
    let mut sellers = Vec::new();
    for number in 0..PARTNERS {
        let discount = Discount::try_new(if number == 0 { 1_050 } else { 0 }).unwrap();
        let terms = PartnerTerms { discount, ..partner_terms() };
        let new = NewPartner { terms, ..new_partner(&format!("partner{number}")) };
        let partner = unit.insert_partner(&new).await.unwrap();
        let credit = Money::from_minor(if number == 0 { 700 } else { 0 }, Currency::EUR);
        let credit = CreditLimit::try_new(credit).unwrap();
        unit.open_settlement_account(partner, credit, NOON).await.unwrap();
        let key = new_key(partner, u8::try_from(number).unwrap());
        sellers.push(Seller { partner, key: unit.insert_api_key(&key).await.unwrap(), discount });
    }
    sellers
}

impl Shop {
    /// The wish of a customer whose offer costs so many cents, as a partner sends it.
    pub(crate) fn sold(&self, wish: PlaceOrder, price: i64, sale: &Sale) -> PlaceOrder {
        let Seller { partner, key, discount } = self.sellers[sale.partner];
        let expected = price + i64::from(sale.other_amount) * 100;
        let name = sale.name.map(|name| PartnerReference::try_new(&format!("sale-{name}")).unwrap());
        let handle = wish.handle.map(|mut handle| {
            handle.scope.principal = Principal::Partner(partner);
            handle
        });
        let sale = PartnerSale {
            partner,
            key,
            amount: discount.applied_to(cents(expected)).unwrap(),
            reference: Reference::from_bits(u64::try_from(wish.id.0.as_u128()).unwrap()),
            partner_reference: name,
        };
        PlaceOrder { handle, payer: Payer::AsSold(Box::new(sale)), channel: Channel::Partner, ..wish }
    }

    /// A partner pays in.
    pub(crate) async fn credit(&self, partner: usize, amount: i64) -> String {
        let account = AccountId::settlement_of(self.sellers[partner].partner);
        let mut unit = self.begin().await;
        let credit = unit.lock_accounts(&[account]).await.unwrap()[0].top_up(cents(amount)).unwrap();
        unit.apply_transfers(&[credit], self.now).await.unwrap();
        let told = format!("{:?}", unit.lock_accounts(&[account]).await);
        unit.commit().await.unwrap();
        told
    }

    /// From now on a partner's orders are charged to another account.
    pub(crate) async fn agree(&self, partner: usize, funding: Funding) -> String {
        let Seller { partner, key, .. } = self.sellers[partner];
        let mut unit = self.begin().await;
        let mut locked = unit.lock_partner(partner).await.unwrap().unwrap();
        unit.lock_accounts(&[locked.settlement_account()]).await.unwrap();
        locked.terms.funding = funding;
        unit.update_partner(&locked, self.now).await.unwrap();
        let told = format!("{:?}", unit.key_holders(&[key]).await);
        unit.commit().await.unwrap();
        told
    }

    /// A partner looks at its account and its orders. Numbers of movements are the store's own.
    pub(crate) async fn review(&self, partner: usize, limit: u64) -> String {
        let (queries, partner) = (&self.queries, self.sellers[partner].partner);
        let limit = PageLimit::try_new(limit).unwrap();
        let (mut told, mut after) = (String::new(), None);
        loop {
            let statement = queries.statement(partner, &PageRequest { limit, after }).await.unwrap();
            let (account, page) = statement.unwrap();
            write!(told, "{account:?}").unwrap();
            for entry in &page.items {
                write!(told, "{:?} {:?} {:?} {:?}", entry.kind, entry.amount, entry.order, entry.at).unwrap();
            }
            after = page.items.last().map(|entry| entry.id);
            if !page.has_more {
                break;
            }
        }
        let (all, mut after) = (PartnerOrderFilter::default(), None);
        loop {
            let page = queries.partner_orders(partner, &all, &PageRequest { limit, after }).await.unwrap();
            write!(told, "{page:?}").unwrap();
            if let Some(last) = page.items.last() {
                let detail = queries.partner_order(partner, last.order.reference).await;
                write!(told, "{detail:?}").unwrap();
            }
            after = page.items.last().map(|view| view.order.transaction);
            if !page.has_more {
                return told;
            }
        }
    }
}
