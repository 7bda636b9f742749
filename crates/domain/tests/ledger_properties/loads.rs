//! What the store in memory loads for a batch.

use std::collections::HashMap;

use offers_domain::account::{Account, AccountOwner, AccountParts};
use offers_domain::activation::{Holding, PlaceOrder, Renewable};
use offers_domain::activation_partner::{ActivationPartner, ActivationRoutes};
use offers_domain::ids::{AccountId, OfferId, PartnerId, TransactionId, UserId};
use offers_domain::money::{Currency, Money};
use offers_domain::offer::{Category, Stock};
use offers_domain::ports::Locked;
use offers_domain::settlement::SettleBook;
use offers_domain::transaction::Transaction;
use offers_domain::user_offer::{RenewalOf, UserOffer, UserOfferRef, UserOfferState};

use crate::partners::{CREDIT, KIOSK};
use crate::world::World;

pub(crate) fn account_of(user: UserId) -> AccountId {
    AccountId(100 + user.0)
}

impl World {
    pub(crate) fn wallet(&self, user: UserId) -> Option<Locked<Account>> {
        self.account(account_of(user))
    }

    pub(crate) fn account(&self, id: AccountId) -> Option<Locked<Account>> {
        let balance = *self.balances.get(&id)?;
        let (owner, limit) = if id == KIOSK {
            (AccountOwner::Partner(PartnerId(1)), CREDIT)
        } else {
            (AccountOwner::User(UserId(id.0 - 100)), 0)
        };
        let credit_limit = Money::from_minor(limit, Currency::EUR);
        Some(Locked::by_store(Account::from_parts(AccountParts { id, owner, balance, credit_limit })))
    }

    pub(crate) fn accounts_of(&self, batch: &[PlaceOrder]) -> HashMap<AccountOwner, Locked<Account>> {
        let wallets = batch.iter().filter_map(|command| self.wallet(command.user));
        let accounts = wallets.chain(self.account(KIOSK));
        accounts.map(|account| (account.owner(), account)).collect()
    }

    pub(crate) fn holding(&self, user: UserId, offer: OfferId) -> Holding {
        let runs = |held: &&UserOffer| {
            (held.user, held.offer) == (user, offer)
                && matches!(held.state, UserOfferState::Active(period) if self.now < period.expires_at)
        };
        let is_open = |placed: &&Transaction| {
            (placed.order().user, placed.order().offer) == (user, offer) && !placed.status().is_final()
        };
        Holding {
            active: self.user_offers.values().find(runs).map(|held| held.id),
            open: self.transactions.values().find(is_open).map(Transaction::id),
        }
    }

    pub(crate) fn count(&self, user: UserId, offer: OfferId) -> u32 {
        let theirs = self.user_offers.values().filter(|held| (held.user, held.offer) == (user, offer));
        let had = theirs.filter(|held| held.state != UserOfferState::Cancelled).count();
        u32::try_from(had).unwrap()
    }

    pub(crate) fn stock(&self, offer: OfferId) -> Locked<Stock> {
        let taken = self.stocks.get(&offer).copied().unwrap_or_default();
        Locked::by_store(Stock { offer, taken })
    }

    pub(crate) fn renewable(&self, user: UserId, of: RenewalOf) -> Option<Renewable> {
        let pointed_to = |held: &&UserOffer| match of {
            RenewalOf::Subscription(id) => held.id == id,
            RenewalOf::Offer(id) => held.offer == id,
        };
        let theirs = self.user_offers.values().filter(|held| held.user == user).filter(pointed_to);
        let kept = theirs.filter(|held| held.state != UserOfferState::Cancelled);
        let subscription =
            *kept.max_by_key(|held| (held.period().map(|period| period.expires_at), held.id))?;
        let extends = |placed: &&Transaction| {
            placed.order().renews == Some(subscription.id) && !placed.status().is_final()
        };
        let open = self.transactions.values().find(extends).map(Transaction::id);
        Some(Renewable { subscription, open })
    }

    pub(crate) fn user_offer(&self, pointer: UserOfferRef) -> &UserOffer {
        let points_to = |held: &&UserOffer| match pointer {
            UserOfferRef::OpenedBy(transaction) => held.transaction == transaction,
            UserOfferRef::Existing(id) => held.id == id,
        };
        self.user_offers.values().find(points_to).expect("an order has a subscription")
    }

    /// What a store would lock for settlements of these orders.
    pub(crate) fn settle_book(&self, ids: &[TransactionId]) -> SettleBook {
        let mut book = SettleBook::default();
        for id in ids {
            let transaction = &self.transactions[id];
            let (account, offer) = (transaction.order().account, transaction.order().offer);
            book.accounts.insert(account, self.account(account).unwrap());
            book.stocks.insert(offer, self.stock(offer));
            book.transactions.insert(*id, Locked::by_store(transaction.clone()));
            let pointer = transaction.user_offer();
            book.user_offers.insert(pointer, Locked::by_store(*self.user_offer(pointer)));
        }
        book
    }

    /// Offer 2 has a partner of its own; from hour to hour the others move from one to another.
    pub(crate) fn routes(&self) -> ActivationRoutes {
        let [own, tv] = ["own", "tv"].map(|name| name.parse().unwrap());
        let by_hour = if self.now.hour().is_multiple_of(2) { tv } else { ActivationPartner::DEFAULT };
        ActivationRoutes {
            offers: HashMap::from([(OfferId(2), own)]),
            categories: HashMap::from([(Category::Internet, by_hour)]),
        }
    }
}
