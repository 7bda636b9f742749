//! What is loaded before a batch of orders is decided.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::account::{Account, AccountOwner};
use crate::activation::{PlaceOrder, Wish};
use crate::activation_partner::ActivationRoutes;
use crate::idempotency::{IdempotencyRecord, Scope};
use crate::ids::{OfferId, SessionId, TransactionId, UserId, UserOfferId};
use crate::offer::{Offer, OfferRules, Stock};
use crate::partner_channel::sale::SalesBook;
use crate::ports::Locked;
use crate::user_offer::{RenewalOf, UserOffer};

/// What a customer already has of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holding {
    /// A subscription that runs now.
    pub active: Option<UserOfferId>,
    /// An order that has not ended.
    pub open: Option<TransactionId>,
}

/// A subscription that a customer wants to renew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renewable {
    /// It, as it stands.
    pub subscription: UserOffer,
    /// An order that extends it and has not ended.
    pub open: Option<TransactionId>,
}

/// What was loaded for a batch; the accounts are locked.
#[derive(Debug, Default)]
pub struct OrderBook {
    /// Records of the commands' handles.
    pub records: HashMap<Scope, IdempotencyRecord>,
    /// Those of the commands' sessions that live.
    pub live_sessions: HashSet<SessionId>,
    /// Those of [`charged_unasked`] who are locked out.
    pub locked_out: HashSet<UserId>,
    /// The wallets of the commands' users, and whatever other accounts pay.
    pub accounts: HashMap<AccountOwner, Locked<Account>>,
    /// The offers that are bought, and those of the subscriptions that are renewed.
    pub offers: HashMap<OfferId, Offer>,
    /// What the users already have of the offers they buy; nothing where missing.
    pub holdings: HashMap<(UserId, OfferId), Holding>,
    /// The subscriptions that are renewed; missing where there is none, or it is another's.
    pub renewables: HashMap<(UserId, RenewalOf), Renewable>,
    /// How many subscriptions the users have had to those offers that have a limit; none where missing.
    pub counts: HashMap<(UserId, OfferId), u32>,
    /// The stocks of those offers that have one, locked.
    pub stocks: HashMap<OfferId, Locked<Stock>>,
    /// What partners have brought along.
    pub sales: SalesBook,
    /// Who activates what.
    pub routes: Arc<ActivationRoutes>,
}

/// Whose wallets this batch charges without a login that asks, each once: whether they are locked out must be known.
pub fn charged_unasked(batch: &[PlaceOrder], sales: &SalesBook) -> Vec<UserId> {
    let charged = batch.iter().filter(|command| {
        command.session.is_none() && command.sale().is_none_or(|sale| sales.charges_customers(sale))
    });
    let mut users: Vec<UserId> = charged.map(|command| command.user).collect();
    users.sort_unstable();
    users.dedup();
    users
}

/// What of the catalogue's rules must be loaded for a batch. Nothing, where no offer in it has any.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    /// What users hold of these offers: those that they buy, and those that one of these requires or excludes.
    pub holdings: Vec<(UserId, OfferId)>,
    /// How many subscriptions users have had to these offers.
    pub counts: Vec<(UserId, OfferId)>,
    /// The stocks of these offers.
    pub stocks: Vec<OfferId>,
}

impl Needs {
    /// What this batch needs, each once, with the offers that are bought or renewed.
    pub fn of(
        batch: &[PlaceOrder],
        offers: &HashMap<OfferId, Offer>,
        renewables: &HashMap<(UserId, RenewalOf), Renewable>,
    ) -> Self {
        let mut needs = Self::default();
        for PlaceOrder { user, wish, .. } in batch {
            let bought = if let Wish::Buy(offer) = wish { Some(*offer) } else { None };
            let renewed = wish.renewed().and_then(|of| renewables.get(&(*user, of)));
            let offer = bought.or(renewed.map(|renewable| renewable.subscription.offer));
            needs.holdings.extend(bought.map(|offer| (*user, offer)));
            let Some(Offer { id, terms, .. }) = offer.and_then(|id| offers.get(&id)) else { continue };
            let OfferRules { stock, per_customer, requires, excludes } = terms.rules;
            needs.holdings.extend([requires, excludes].into_iter().flatten().map(|other| (*user, other)));
            if bought.is_some() {
                needs.counts.extend(per_customer.map(|_| (*user, *id)));
                needs.stocks.extend(stock.map(|_| *id));
            }
        }
        for pairs in [&mut needs.holdings, &mut needs.counts] {
            pairs.sort_unstable();
            pairs.dedup();
        }
        needs.stocks.sort_unstable();
        needs.stocks.dedup();
        needs
    }
}
