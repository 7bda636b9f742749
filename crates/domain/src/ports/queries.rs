//! The reading side: no locks, views out, ownership in the question.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{BackOfficeQueries, LedgerAudit, PartnerQueries, StoreError, WebhookQueries};
use crate::activation_partner::{ActivationPartner, ActivationPause};
use crate::audit::{Actor, AuditAction, AuditEvent, AuditKey, Subject};
use crate::ids::{IncidentId, NoticeId, OfferId, SessionId, TransactionId, UserId, UserOfferId};
use crate::incident::{Incident, IncidentStatus};
use crate::notice::{NoticeChannel, NoticeKind, NoticeStatus};
use crate::offer::{Category, Offer, OfferSort};
use crate::page::{Page, PageRequest};
use crate::sending::Notice;
use crate::session::Session;
use crate::transaction::{Status, SubStatus, TransactionKind};
use crate::user::{User, Username};
use crate::user_offer::{Ending, UserOfferStatus};
use crate::views::{
    BalanceView, OrderPlace, SessionView, StatusView, TransactionDetail, TransactionView, UserOfferView,
};

/// Which offers a list shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct OfferFilter {
    /// Of this category.
    pub category: Option<Category>,
    /// With this text in name or description, case aside.
    pub text: Option<String>,
    /// At this price or dearer, in minor units.
    pub min_price: Option<i64>,
    /// At this price or cheaper, in minor units.
    pub max_price: Option<i64>,
}

/// The place of an offer in a sorted list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum OfferKey {
    /// Sorted by id.
    Id(OfferId),
    /// Sorted by price in minor units, up or down, then by id.
    Price(i64, OfferId),
    /// Sorted by name, then by id.
    Name(String, OfferId),
}

impl OfferKey {
    /// Where `offer` stands in a list sorted by `sort`.
    pub fn of(offer: &Offer, sort: OfferSort) -> Self {
        match sort {
            OfferSort::Id => Self::Id(offer.id),
            OfferSort::Price | OfferSort::PriceDescending => Self::Price(offer.terms.price.minor(), offer.id),
            OfferSort::Name => Self::Name(offer.terms.name.clone(), offer.id),
        }
    }

    /// Whether it is a place in a list sorted by `sort`.
    pub fn fits(&self, sort: OfferSort) -> bool {
        matches!(
            (self, sort),
            (Self::Id(_), OfferSort::Id)
                | (Self::Price(..), OfferSort::Price | OfferSort::PriceDescending)
                | (Self::Name(..), OfferSort::Name)
        )
    }
}

/// Which transactions a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TransactionFilter {
    /// In this status.
    pub status: Option<Status>,
    /// Of this kind.
    pub kind: Option<TransactionKind>,
    /// Ordered at this instant or later.
    pub from: Option<OffsetDateTime>,
    /// Ordered before this instant.
    pub to: Option<OffsetDateTime>,
}

/// Which notices a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoticeFilter {
    /// To this customer.
    pub user: Option<UserId>,
    /// In this status.
    pub status: Option<NoticeStatus>,
    /// About this.
    pub kind: Option<NoticeKind>,
    /// Through this channel.
    pub channel: Option<NoticeChannel>,
}

/// Notices that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticeBacklog {
    /// How many have not ended.
    pub open: u64,
    /// When the oldest of them was queued, UTC.
    pub oldest: Option<OffsetDateTime>,
}

/// Which part of the audit trail a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AuditFilter {
    /// Done by this one.
    pub actor: Option<Actor>,
    /// This was done.
    pub action: Option<AuditAction>,
    /// Done to this.
    pub subject: Option<Subject>,
    /// At this instant or later.
    pub from: Option<OffsetDateTime>,
    /// Before this instant.
    pub to: Option<OffsetDateTime>,
}

/// What a login needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Who it is.
    pub user: User,
    /// The PHC string of their password.
    pub password_hash: String,
}

/// Orders that have not ended and stand alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenOrders {
    /// How they stand.
    pub sub_status: SubStatus,
    /// How many there are, at least one.
    pub orders: u64,
    /// When the oldest of them was placed, UTC.
    pub oldest: OffsetDateTime,
}

/// Work that waits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Backlog {
    /// The orders that have not ended, by how they stand, in no particular order. What no order stands at is missing.
    pub orders: Vec<OpenOrders>,
    /// Incidents that wait for a person.
    pub incidents: u64,
}

impl Backlog {
    /// Orders that have not ended.
    pub fn open(&self) -> u64 {
        self.orders.iter().fold(0, |sum, open| sum.saturating_add(open.orders))
    }

    /// Those that stand so.
    pub fn at(&self, sub_status: SubStatus) -> Option<&OpenOrders> {
        self.orders.iter().find(|open| open.sub_status == sub_status)
    }

    /// Orders that wait for a person.
    pub fn parked(&self) -> u64 {
        self.at(SubStatus::NeedsAttention).map_or(0, |open| open.orders)
    }

    /// When the oldest open order was placed, UTC.
    pub fn oldest(&self) -> Option<OffsetDateTime> {
        self.orders.iter().map(|open| open.oldest).min()
    }
}

/// Reads the catalogue.
#[async_trait]
pub trait CatalogueQueries {
    /// A page of the offers on sale at `now`, in the order of `sort`.
    async fn offers_on_sale(
        &self,
        filter: &OfferFilter,
        sort: OfferSort,
        page: &PageRequest<OfferKey>,
        now: OffsetDateTime,
    ) -> Result<Page<Offer>, StoreError>;

    /// One offer, on sale or not.
    async fn offer(&self, id: OfferId) -> Result<Option<Offer>, StoreError>;
}

/// Reads what belongs to one customer.
#[async_trait]
pub trait AccountQueries {
    /// The balance; none for a user without a wallet.
    async fn balance(&self, user: UserId) -> Result<Option<BalanceView>, StoreError>;

    /// A page of the user's subscriptions, newest first, as they stand at `now`.
    async fn user_offers(
        &self,
        user: UserId,
        status: Option<UserOfferStatus>,
        page: &PageRequest<UserOfferId>,
        now: OffsetDateTime,
    ) -> Result<Page<UserOfferView>, StoreError>;

    /// A page of the user's subscriptions that run at `now` and end at `until` or before, the first to end first.
    async fn expiring(
        &self,
        user: UserId,
        until: OffsetDateTime,
        page: &PageRequest<Ending>,
        now: OffsetDateTime,
    ) -> Result<Page<UserOfferView>, StoreError>;

    /// Whether the user has a subscription to the offer, cancelled ones aside.
    async fn holds(&self, user: UserId, offer: OfferId) -> Result<bool, StoreError>;

    /// One subscription as it stands at `now`; none where it is not theirs.
    async fn user_offer(
        &self,
        user: UserId,
        id: UserOfferId,
        now: OffsetDateTime,
    ) -> Result<Option<UserOfferView>, StoreError>;

    /// A page of the user's transactions, newest first: by the time of the order, whatever made its id.
    async fn transactions(
        &self,
        user: UserId,
        filter: &TransactionFilter,
        page: &PageRequest<OrderPlace>,
    ) -> Result<Page<TransactionView>, StoreError>;

    /// One of the user's transactions with its history; none where it is not theirs.
    async fn transaction(
        &self,
        user: UserId,
        id: TransactionId,
    ) -> Result<Option<TransactionDetail>, StoreError>;
}

/// Reads where orders stand.
#[async_trait]
pub trait StatusQueries {
    /// The status of one order, whoever's it is: the caller checks the owner.
    async fn status(&self, id: TransactionId) -> Result<Option<StatusView>, StoreError>;

    /// The versions of these orders, in no particular order; those that do not exist are missing.
    async fn versions(&self, ids: &[TransactionId]) -> Result<Vec<(TransactionId, u32)>, StoreError>;

    /// How much work waits. Reads open orders alone, by the index that holds nothing else.
    async fn backlog(&self) -> Result<Backlog, StoreError>;

    /// Whether the store answers.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// Reads which activation partners have work, which are paused, and what they said too late.
#[async_trait]
pub trait ActivationQueries {
    /// Every pause, by partner.
    async fn activation_pauses(&self) -> Result<Vec<ActivationPause>, StoreError>;

    /// How many orders of each partner have not ended, by partner; those without any are missing.
    async fn open_orders(&self) -> Result<Vec<(ActivationPartner, u64)>, StoreError>;

    /// A page of incidents, newest first; all of them, or those that stand so.
    async fn incidents(
        &self,
        status: Option<IncidentStatus>,
        page: &PageRequest<IncidentId>,
    ) -> Result<Page<Incident>, StoreError>;

    /// One incident.
    async fn incident(&self, id: IncidentId) -> Result<Option<Incident>, StoreError>;
}

/// Reads who people are.
#[async_trait]
pub trait IdentityQueries {
    /// What a login with this name needs.
    async fn credentials(&self, username: &str) -> Result<Option<Credentials>, StoreError>;

    /// Which of these names somebody has, in no particular order.
    async fn taken_usernames(&self, usernames: &[Username]) -> Result<Vec<String>, StoreError>;

    /// A person.
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError>;

    /// A session.
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError>;

    /// A person's sessions that have not ended at `now`, newest first, at most 100.
    async fn live_sessions(&self, user: UserId, now: OffsetDateTime) -> Result<Vec<SessionView>, StoreError>;
}

/// Reads the audit trail.
#[async_trait]
pub trait AuditQueries {
    /// A page of the trail, newest first.
    async fn audit(
        &self,
        filter: &AuditFilter,
        page: &PageRequest<AuditKey>,
    ) -> Result<Page<AuditEvent>, StoreError>;
}

/// Reads what customers were told.
#[async_trait]
pub trait NoticeQueries {
    /// A page of notices, newest first.
    async fn notices(
        &self,
        filter: &NoticeFilter,
        page: &PageRequest<NoticeId>,
    ) -> Result<Page<Notice>, StoreError>;

    /// How many notices wait.
    async fn notice_backlog(&self) -> Result<NoticeBacklog, StoreError>;
}

/// The whole reading side of a store.
pub trait Queries:
    CatalogueQueries
    + AccountQueries
    + StatusQueries
    + ActivationQueries
    + IdentityQueries
    + AuditQueries
    + NoticeQueries
    + PartnerQueries
    + WebhookQueries
    + BackOfficeQueries
    + LedgerAudit
    + Send
    + Sync
{
}

impl<T> Queries for T where
    T: CatalogueQueries
        + AccountQueries
        + StatusQueries
        + ActivationQueries
        + IdentityQueries
        + NoticeQueries
        + PartnerQueries
        + WebhookQueries
        + AuditQueries
        + BackOfficeQueries
        + LedgerAudit
        + Send
        + Sync
{
}
