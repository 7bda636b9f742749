//! Valid values, ready to be bent by a test.

use offers_domain::account::{Account, AccountOwner, AccountParts};
use offers_domain::activation_partner::ActivationPartner;
use offers_domain::ids::{AccountId, OfferId, TransactionId, UserId, UserOfferId};
use offers_domain::money::{Amount, Currency, Money};
use offers_domain::offer::{
    Category, Offer, OfferRules, OfferTerms, PurchasePolicy, SaleWindow, Translations,
};
use offers_domain::ports::Locked;
use offers_domain::transaction::{Channel, Order, Transaction};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

pub(crate) const NOW: OffsetDateTime = datetime!(2026-03-03 12:00 UTC);
pub(crate) const LEASE: Duration = Duration::seconds(30);
pub(crate) const MAX_LOST: u32 = 5;
pub(crate) const USER: UserId = UserId(1);
pub(crate) const WALLET: AccountId = AccountId(101);
pub(crate) const OFFER: OfferId = OfferId(1);
pub(crate) const RENEWED: UserOfferId = UserOfferId(7);

pub(crate) fn cents(minor: i64) -> Amount {
    Amount::from_minor(minor, Currency::EUR).unwrap()
}

pub(crate) fn id(number: u128) -> TransactionId {
    TransactionId(Uuid::from_u128(number))
}

/// The wallet of a user: account 101 for user 1.
pub(crate) fn wallet(user: UserId, balance: i64, currency: Currency) -> Locked<Account> {
    Locked::by_store(Account::from_parts(AccountParts {
        id: AccountId(100 + user.0),
        owner: AccountOwner::User(user),
        balance: Money::from_minor(balance, currency),
        credit_limit: Money::zero(currency),
    }))
}

/// An offer of 30 days for so many cents, on sale.
pub(crate) fn offer(id: OfferId, price: i64) -> Offer {
    let terms = OfferTerms {
        name: "Fibre".into(),
        description: "Fast".into(),
        category: Category::Internet,
        price: cents(price),
        duration_days: 30,
        sale: SaleWindow::default(),
        purchase_policy: PurchasePolicy::Allow,
        rules: OfferRules::default(),
        translations: Translations::default(),
    };
    Offer { id, terms, is_active: true, version: 1 }
}

/// A purchase of 30 days for 20 euros.
pub(crate) fn purchase() -> Order {
    Order {
        user: USER,
        offer: OFFER,
        account: WALLET,
        amount: cents(2000),
        duration_days: 30,
        channel: Channel::Customer,
        renews: None,
        from_stock: false,
        activated_by: ActivationPartner::DEFAULT,
        trace: None,
    }
}

pub(crate) fn renewal() -> Order {
    Order { renews: Some(RENEWED), ..purchase() }
}

/// An order whose first worker has it.
pub(crate) fn claimed(number: u128, order: Order) -> Transaction {
    let mut transaction = Transaction::place(id(number), order, NOW);
    transaction.claim(NOW, LEASE, MAX_LOST).unwrap();
    transaction
}
