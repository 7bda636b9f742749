//! What the ports know: set by a test, read by the server.

use std::collections::HashMap;

use offers_domain::activation_partner::ActivationPause;
use offers_domain::audit::AuditEntry;
use offers_domain::idempotency::IdempotencyRecord;
use offers_domain::ids::{OfferId, TransactionId, UserId, UserOfferId};
use offers_domain::incident::Incident;
use offers_domain::money::{Currency, Money};
use offers_domain::notice::NewNotice;
use offers_domain::offer::{Offer, OfferSort};
use offers_domain::page::{Page, PageRequest};
use offers_domain::partner_channel::Partner;
use offers_domain::partner_channel::api_key::ApiKey;
use offers_domain::partner_channel::views::{PartnerOrderDetail, PartnerOrderFilter, StatementEntry};
use offers_domain::ports::{LedgerCheck, OfferFilter, OfferKey, OrderFilter, StoreError, TransactionFilter};
use offers_domain::session::Session;
use offers_domain::transaction::{Channel, Status, SubStatus, Transaction, TransactionKind};
use offers_domain::user::User;
use offers_domain::user_offer::{Period, UserOfferStatus};
use offers_domain::views::{
    BalanceView, OfferName, OfferSummary, StatusView, TimelineEntry, TransactionDetail, TransactionView,
    UserOfferView,
};
use offers_testkit::builders::{self, NOON};
use time::Duration;
use uuid::Uuid;

/// Who the token `good-token` belongs to.
pub(crate) const CALLER: UserId = UserId(7);
/// Who the token `other-token` belongs to.
pub(crate) const OTHER: UserId = UserId(8);

/// Everything that a test can set, and what the server asked for.
#[derive(Default)]
pub(crate) struct World {
    /// The catalogue; offers also price orders.
    pub(crate) offers: Vec<Offer>,
    /// Wallets.
    pub(crate) balances: HashMap<UserId, i64>,
    /// Subscriptions of the caller, newest first.
    pub(crate) subscriptions: Vec<UserOfferView>,
    /// Orders, newest first.
    pub(crate) orders: Vec<TransactionDetail>,
    /// Orders of partners, newest first.
    pub(crate) partner_orders: Vec<PartnerOrderDetail>,
    /// The movements of every partner's account, newest first.
    pub(crate) statement: Vec<StatementEntry>,
    /// The last search of a partner's orders.
    pub(crate) partner_search: Option<PartnerOrderFilter>,
    /// Answers kept with idempotency keys.
    pub(crate) records: Vec<IdempotencyRecord>,
    /// What every store operation fails with.
    pub(crate) failure: Option<StoreError>,
    /// Whether reading a balance panics.
    pub(crate) balance_panics: bool,
    /// Whether the store never answers.
    pub(crate) hangs: bool,
    /// Whether too many logins wait.
    pub(crate) logins_full: bool,
    /// The last search of the catalogue.
    pub(crate) offer_search: Option<(OfferFilter, OfferSort, PageRequest<OfferKey>)>,
    /// The last search of orders.
    pub(crate) order_search: Option<TransactionFilter>,
    /// Whose sessions were ended, and on whose word.
    pub(crate) logouts: Vec<UserId>,
    /// Live sessions.
    pub(crate) sessions: Vec<Session>,
    /// What was done.
    pub(crate) audit: Vec<AuditEntry>,
    /// People beside [`CALLER`].
    pub(crate) people: Vec<User>,
    /// Companies that staff look after.
    pub(crate) partners: Vec<Partner>,
    /// Their keys.
    pub(crate) api_keys: Vec<ApiKey>,
    /// Orders that staff decide about.
    pub(crate) transactions: Vec<Transaction>,
    /// Activation partners that are not called.
    pub(crate) pauses: Vec<ActivationPause>,
    /// What activation partners said too late, newest first.
    pub(crate) incidents: Vec<Incident>,
    /// What customers are told.
    pub(crate) notices: Vec<NewNotice>,
    /// The last check of the ledger.
    pub(crate) check: Option<LedgerCheck>,
    /// The last search of everybody's orders.
    pub(crate) staff_search: Option<OrderFilter>,
}

impl World {
    /// The first items of a list that follow the place where `is_after` begins to hold.
    pub(crate) fn page<T: Clone, K>(
        items: &[T],
        page: &PageRequest<K>,
        is_after: impl Fn(&T, &K) -> bool,
    ) -> Page<T> {
        let after = page.after.as_ref();
        let rest = items.iter().filter(|item| after.is_none_or(|key| is_after(item, key)));
        let limit = usize::from(page.limit.get());
        Page::from_overfetch(rest.take(limit + 1).cloned().collect(), page.limit)
    }

    pub(crate) fn balance(&self, user: UserId) -> Option<BalanceView> {
        let minor = *self.balances.get(&user)?;
        Some(BalanceView { balance: Money::from_minor(minor, Currency::EUR), updated_at: NOON })
    }
}

/// A transaction id that is easy to recognise.
pub(crate) fn transaction_id(number: u128) -> TransactionId {
    TransactionId(Uuid::from_u128(0x0195_d7a0_0000_7000_8000_0000_0000_0000 + number))
}

/// An order of the caller that has just been claimed.
pub(crate) fn status(number: u128) -> StatusView {
    let updated_at = NOON + Duration::milliseconds(1234);
    StatusView {
        user: CALLER,
        offer: OfferId(1),
        updated_at,
        ..builders::processing(transaction_id(number), 2)
    }
}

/// What the offer of orders and subscriptions is called.
pub(crate) fn fibre() -> OfferName {
    OfferName { plain: "Fibre 1 Gb/s".into(), fr: Some("La fibre 1 Gb/s".into()) }
}

/// The same with its history.
pub(crate) fn detail(status: StatusView) -> TransactionDetail {
    let timeline = vec![
        TimelineEntry { version: 1, status: Status::Pending, sub_status: SubStatus::Queued, at: NOON },
        TimelineEntry {
            version: status.version,
            status: status.status,
            sub_status: status.sub_status,
            at: status.updated_at,
        },
    ];
    let offer = OfferSummary { id: OfferId(1), name: fibre() };
    let transaction =
        TransactionView { status, kind: TransactionKind::Purchase, channel: Channel::Customer, offer };
    TransactionDetail { transaction, timeline }
}

/// An order of the caller with its history.
pub(crate) fn order(number: u128) -> TransactionDetail {
    detail(status(number))
}

/// A subscription of the caller that has run for half a day of its thirty.
pub(crate) fn subscription(id: i64) -> UserOfferView {
    let activated_at = NOON - Duration::hours(12);
    UserOfferView {
        id: UserOfferId(id),
        offer: OfferSummary { id: OfferId(1), name: fibre() },
        transaction: transaction_id(1),
        status: UserOfferStatus::Active,
        period: Some(Period { activated_at, expires_at: activated_at + Duration::days(30) }),
        channel: Channel::Customer,
        auto_renew: false,
    }
}
