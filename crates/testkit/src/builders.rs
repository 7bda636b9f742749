//! Valid domain values, ready to be bent by a test.

use offers_domain::activation::{Payer, PlaceOrder, Wish};
use offers_domain::activation_partner::{ActivationPartner, Places};
use offers_domain::idempotency::{IdempotencyHandle, IdempotencyKey, Principal, Scope, StoredResponse};
use offers_domain::ids::{AccountId, ApiKeyId, OfferId, PartnerId, TransactionId, UserId};
use offers_domain::money::{Amount, Currency};
use offers_domain::offer::{
    Category, Offer, OfferRules, OfferTerms, PurchasePolicy, SaleWindow, Translations,
};
use offers_domain::partner_channel::api_key::{ApiKey, KeyHash, KeyHolder, KeyMode, NewApiKey, Scopes};
use offers_domain::partner_channel::discount::Discount;
use offers_domain::partner_channel::{Funding, NewPartner, Partner, PartnerName, PartnerTerms};
use offers_domain::transaction::{Channel, Order, Status, SubStatus};
use offers_domain::user::{Email, Locale, NewUser, Role, Username};
use offers_domain::views::StatusView;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

/// A Tuesday at noon.
pub const NOON: OffsetDateTime = datetime!(2026-03-03 12:00 UTC);

/// So many cents.
pub fn cents(minor: i64) -> Amount {
    Amount::from_minor(minor, Currency::EUR).unwrap()
}

/// An offer of 30 days for `price` cents that may be bought again and again.
pub fn terms(price: i64) -> OfferTerms {
    OfferTerms {
        name: "Fibre 1 Gb/s".into(),
        description: "Unlimited fibre internet".into(),
        category: Category::Internet,
        price: cents(price),
        duration_days: 30,
        sale: SaleWindow::default(),
        purchase_policy: PurchasePolicy::Allow,
        rules: OfferRules::default(),
        translations: Translations::default(),
    }
}

/// An offer on sale.
pub fn offer(id: i64, price: i64) -> Offer {
    Offer { id: OfferId(id), terms: terms(price), is_active: true, version: 1 }
}

/// A customer to be added; the password hash is no hash of anything.
pub fn new_user(name: &str) -> NewUser {
    NewUser {
        username: Username::try_new(name).unwrap(),
        email: Email::try_new(&format!("{name}@example.com")).unwrap(),
        phone: None,
        password_hash: "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAA".into(),
        role: Role::Customer,
        locale: Locale::En,
        joined_at: NOON,
    }
}

/// The terms of an active partner that pays for its orders at the customers' price.
pub fn partner_terms() -> PartnerTerms {
    PartnerTerms {
        funding: Funding::Partner,
        discount: Discount::NONE,
        requests_per_minute: None,
        is_active: true,
    }
}

/// A partner to be added.
pub fn new_partner(name: &str) -> NewPartner {
    NewPartner { name: PartnerName::try_new(name).unwrap(), terms: partner_terms(), created_at: NOON }
}

/// A live key of this partner, to be issued, for everything and for good; its hash is `number` all over.
pub fn new_key(partner: PartnerId, number: u8) -> NewApiKey {
    NewApiKey {
        partner,
        hash: KeyHash([number; 32]),
        hint: format!("{number:0>4}"),
        mode: KeyMode::Live,
        scopes: Scopes::all(),
        created_at: NOON,
        expires_at: None,
    }
}

/// A live key with its partner, both with this id.
pub fn key_holder(id: i64) -> KeyHolder {
    let key = ApiKey {
        id: ApiKeyId(id),
        partner: PartnerId(id),
        hint: "wxyz".into(),
        mode: KeyMode::Live,
        scopes: Scopes::all(),
        created_at: NOON,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    };
    let partner =
        Partner { id: PartnerId(id), name: "Kiosk".into(), terms: partner_terms(), created_at: NOON };
    KeyHolder { key, partner }
}

/// A purchase by `user` from `account` for `price` cents.
pub fn order(user: UserId, offer: OfferId, account: AccountId, price: i64) -> Order {
    Order {
        user,
        offer,
        account,
        amount: cents(price),
        duration_days: 30,
        channel: Channel::Customer,
        renews: None,
        from_stock: false,
        activated_by: ActivationPartner::DEFAULT,
        trace: None,
    }
}

/// A handle of `user`: the same key with another `body` is another request.
pub fn handle(user: UserId, key: &str, body: u8) -> IdempotencyHandle {
    IdempotencyHandle {
        scope: Scope {
            principal: Principal::User(user),
            route: "POST /activation",
            key: IdempotencyKey::try_new(&format!("{key:0>16}")).unwrap(),
        },
        fingerprint: [body; 32],
    }
}

/// So many places for orders of the default activation partner.
pub fn places(free: usize) -> [Places; 1] {
    [Places { partner: ActivationPartner::DEFAULT, free, since: None }]
}

/// A command to buy, paid by the customer, without a key.
pub fn place_order(id: TransactionId, user: UserId, offer: OfferId) -> PlaceOrder {
    PlaceOrder {
        id,
        user,
        session: None,
        wish: Wish::Buy(offer),
        payer: Payer::Wallet,
        channel: Channel::Customer,
        handle: None,
        trace: None,
        respond: |transaction| StoredResponse { status: 202, body: transaction.id().to_string() },
    }
}

/// An order that a worker calls about.
pub fn processing(id: TransactionId, version: u32) -> StatusView {
    StatusView {
        transaction: id,
        user: UserId(7),
        offer: OfferId(3),
        amount: cents(1999),
        paid_by: Funding::Subscriber,
        status: Status::Processing,
        sub_status: SubStatus::Calling,
        reference: None,
        error_code: None,
        error_message: None,
        created_at: NOON,
        updated_at: NOON + Duration::milliseconds(1),
        completed_at: None,
        version,
    }
}
