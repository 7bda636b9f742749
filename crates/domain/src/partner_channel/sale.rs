//! An order that a partner places: what it brings along, and what is checked because of it.

use std::collections::HashMap;

use time::OffsetDateTime;

use super::api_key::{KeyHolder, KeyRefusal, KeyScope};
use super::reference::{KnownPartnerOrder, PartnerOrder, PartnerReference, Reference};
use super::{Funding, PartnerTerms};
use crate::account::AccountOwner;
use crate::ids::{ApiKeyId, OfferId, PartnerId, TransactionId, UserId};
use crate::money::{Amount, MoneyError};

/// What a partner's order has beyond a customer's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerSale {
    /// Who sells.
    pub partner: PartnerId,
    /// The key that it showed.
    pub key: ApiKeyId,
    /// The price that it expects.
    pub amount: Amount,
    /// Our name for the order.
    pub reference: Reference,
    /// The partner's name for it, if it gave one.
    pub partner_reference: Option<PartnerReference>,
}

/// What was loaded because partners sell; their settlement accounts, which guard their terms and keys, are locked.
#[derive(Debug, Default)]
pub struct SalesBook {
    /// The keys that the partners showed, as they are now.
    pub holders: HashMap<ApiKeyId, KeyHolder>,
    /// Orders with the names that the partners gave.
    pub orders: HashMap<(PartnerId, PartnerReference), KnownPartnerOrder>,
}

impl SalesBook {
    /// The book of these keys and orders.
    pub fn new(holders: Vec<KeyHolder>, orders: Vec<KnownPartnerOrder>) -> Self {
        let named = |known: KnownPartnerOrder| {
            let name = known.order.partner_reference.clone()?;
            Some(((known.order.partner, name), known))
        };
        Self {
            holders: holders.into_iter().map(|holder| (holder.key.id, holder)).collect(),
            orders: orders.into_iter().filter_map(named).collect(),
        }
    }

    /// Notes an order that was placed, for the commands that follow in its batch.
    pub(crate) fn note(&mut self, known: KnownPartnerOrder) {
        if let Some(name) = known.order.partner_reference.clone() {
            self.orders.insert((known.order.partner, name), known);
        }
    }

    /// The terms of the sale. A key that was taken back since it was shown opens nothing, not even an old answer.
    pub fn admit(&self, sale: &PartnerSale, now: OffsetDateTime) -> Result<PartnerTerms, KeyRefusal> {
        let holder = self.holders.get(&sale.key).ok_or(KeyRefusal::Invalid)?;
        holder.admit(KeyScope::Activate, now)?;
        if holder.partner.id == sale.partner { Ok(holder.partner.terms) } else { Err(KeyRefusal::Invalid) }
    }

    /// Whether an order of the sale is charged to its customer's wallet.
    pub(crate) fn charges_customers(&self, sale: &PartnerSale) -> bool {
        self.holders.get(&sale.key).is_some_and(|holder| holder.partner.terms.funding == Funding::Subscriber)
    }

    /// The order that already has the name that the partner gave, if there is one.
    pub fn earlier(&self, sale: &PartnerSale) -> Option<&KnownPartnerOrder> {
        self.orders.get(&(sale.partner, sale.partner_reference.clone()?))
    }
}

impl PartnerSale {
    /// Whose account is charged for an order of `user`.
    pub fn charged(&self, terms: &PartnerTerms, user: UserId) -> AccountOwner {
        match terms.funding {
            Funding::Partner => AccountOwner::Partner(self.partner),
            Funding::Subscriber => AccountOwner::User(user),
        }
    }

    /// What a partner with these terms pays where a customer pays `price`; none where it is not the amount it expects.
    pub fn price(&self, terms: &PartnerTerms, price: Amount) -> Result<Option<Amount>, MoneyError> {
        Ok(Some(terms.discount.applied_to(price)?).filter(|price| *price == self.amount))
    }

    /// Whether `earlier` was asked for with the same words.
    pub fn repeats(&self, earlier: &KnownPartnerOrder, user: UserId, offer: OfferId) -> bool {
        (earlier.user, earlier.offer, earlier.amount) == (user, offer, self.amount)
    }

    /// The names of the order.
    pub fn names(&self, transaction: TransactionId) -> PartnerOrder {
        PartnerOrder {
            transaction,
            partner: self.partner,
            reference: self.reference,
            partner_reference: self.partner_reference.clone(),
        }
    }
}
