//! Read models for lists and status: flat, without behaviour. Stores fill them, clients read them.

use time::OffsetDateTime;

use crate::ids::{AccountId, OfferId, TransactionId, UserId, UserOfferId};
use crate::ledger::TransferKind;
use crate::money::{Amount, Money};
use crate::offer::OfferTerms;
use crate::partner::{AnswerKind, Step};
use crate::partner_channel::Funding;
use crate::session::Session;
use crate::transaction::{Channel, State, Status, SubStatus, Transaction, TransactionKind};
use crate::user::Locale;
use crate::user_offer::{Period, UserOfferStatus};

/// A wallet's balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BalanceView {
    /// What it holds.
    pub balance: Money,
    /// When it last moved, UTC.
    pub updated_at: OffsetDateTime,
}

/// A login, for its owner's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionView {
    /// The login.
    pub session: Session,
    /// When it was last heard of, UTC.
    pub last_used_at: OffsetDateTime,
}

/// What an offer is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferName {
    /// In the language of its terms, which is English.
    pub plain: String,
    /// In French, where it is translated.
    pub fr: Option<String>,
}

impl OfferName {
    /// In this language, or in that of the terms where there is no translation.
    pub fn text_in(&self, locale: Locale) -> &str {
        let translated = match locale {
            Locale::En => None,
            Locale::Fr => self.fr.as_deref(),
        };
        translated.unwrap_or(&self.plain)
    }

    /// Whether it depends on the language.
    pub fn is_translated(&self) -> bool {
        self.fr.is_some()
    }
}

impl From<&OfferTerms> for OfferName {
    fn from(terms: &OfferTerms) -> Self {
        let fr = terms.translations.fr.as_ref().map(|text| text.name.clone());
        Self { plain: terms.name.clone(), fr }
    }
}

/// An offer, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferSummary {
    /// Its id.
    pub id: OfferId,
    /// Its name.
    pub name: OfferName,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserOfferView {
    /// Its id.
    pub id: UserOfferId,
    /// What was bought.
    pub offer: OfferSummary,
    /// The order that opened it.
    pub transaction: TransactionId,
    /// Where it stands at the time of reading: an ended period is never shown as active.
    pub status: UserOfferStatus,
    /// Its dates, once it has run.
    pub period: Option<Period>,
    /// Who ordered it.
    pub channel: Channel,
    /// Whether it is renewed by itself.
    pub auto_renew: bool,
}

/// An order's status: what is cached, and what a client follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusView {
    /// The order.
    pub transaction: TransactionId,
    /// Whose it is; checked on every read.
    pub user: UserId,
    /// What was ordered.
    pub offer: OfferId,
    /// What was charged.
    pub amount: Amount,
    /// Whose account it was charged to. What a partner's was charged is not its customer's business (ADR 0023).
    pub paid_by: Funding,
    /// Where it stands.
    pub status: Status,
    /// The finer story.
    pub sub_status: SubStatus,
    /// The activation partner's reference, once known.
    pub reference: Option<String>,
    /// Why it failed: a stable code.
    pub error_code: Option<String>,
    /// Why it failed: a sentence.
    pub error_message: Option<String>,
    /// When it was ordered, UTC.
    pub created_at: OffsetDateTime,
    /// When it last changed, UTC.
    pub updated_at: OffsetDateTime,
    /// When it ended, UTC.
    pub completed_at: Option<OffsetDateTime>,
    /// Grows by one with each transition.
    pub version: u32,
}

impl StatusView {
    /// Whether the money is back: a failed order always has exactly one refund.
    pub fn refunded(&self) -> bool {
        self.status == Status::Failed
    }

    /// The order as it stood after this transition. A reference that came later is shown as well.
    fn after(&self, entry: &TimelineEntry) -> Self {
        if entry.version == self.version {
            return self.clone();
        }
        Self {
            status: entry.status,
            sub_status: entry.sub_status,
            error_code: None,
            error_message: None,
            updated_at: entry.at,
            completed_at: None,
            version: entry.version,
            ..self.clone()
        }
    }
}

impl From<&Transaction> for StatusView {
    fn from(transaction: &Transaction) -> Self {
        let parts = transaction.parts();
        let (completed_at, failure) = match &parts.state {
            State::Success { at } => (Some(*at), None),
            State::Failed { at, failure } => (Some(*at), Some(failure)),
            State::Pending { .. } | State::Processing { .. } => (None, None),
        };
        Self {
            transaction: parts.id,
            user: parts.order.user,
            offer: parts.order.offer,
            amount: parts.order.amount,
            paid_by: parts.order.account.funding(),
            status: transaction.status(),
            sub_status: transaction.sub_status(),
            reference: parts.reference.clone(),
            error_code: failure.map(|failure| failure.kind.to_string()),
            error_message: failure.map(|failure| failure.message.clone()),
            created_at: parts.created_at,
            updated_at: parts.updated_at,
            completed_at,
            version: parts.version,
        }
    }
}

/// The place of an order in a list by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrderPlace {
    /// When it was ordered, UTC.
    pub at: OffsetDateTime,
    /// The order: ties by id.
    pub id: TransactionId,
}

impl StatusView {
    /// Its place.
    pub fn place(&self) -> OrderPlace {
        OrderPlace { at: self.created_at, id: self.transaction }
    }
}

/// An order in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionView {
    /// Where it stands.
    pub status: StatusView,
    /// What it is for.
    pub kind: TransactionKind,
    /// Who ordered.
    pub channel: Channel,
    /// What was ordered.
    pub offer: OfferSummary,
}

impl TransactionView {
    /// The order as it stands, of the offer with this name.
    pub fn new(transaction: &Transaction, offer_name: OfferName) -> Self {
        let order = transaction.order();
        Self {
            status: StatusView::from(transaction),
            kind: transaction.kind(),
            channel: order.channel,
            offer: OfferSummary { id: order.offer, name: offer_name },
        }
    }
}

/// One transition in an order's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineEntry {
    /// The version that the transition led to.
    pub version: u32,
    /// Where the order then stood.
    pub status: Status,
    /// The finer story.
    pub sub_status: SubStatus,
    /// When, UTC.
    pub at: OffsetDateTime,
}

/// An order with its history, oldest transition first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionDetail {
    /// The order.
    pub transaction: TransactionView,
    /// Its transitions.
    pub timeline: Vec<TimelineEntry>,
}

impl TransactionDetail {
    /// The order after each transition that is later than the version `seen`, the earliest one first.
    pub fn since(&self, seen: u32) -> Vec<StatusView> {
        let present = &self.transaction.status;
        self.timeline.iter().filter(|entry| entry.version > seen).map(|entry| present.after(entry)).collect()
    }
}

/// One call to the activation partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptView {
    /// The claim's number.
    pub number: u32,
    /// The last call of the claim.
    pub step: Step,
    /// What kind of answer came.
    pub answer: AnswerKind,
    /// What the answer said, where it said something.
    pub detail: Option<String>,
    /// When the claim's first call began, UTC.
    pub started_at: OffsetDateTime,
    /// When its last call ended, UTC.
    pub ended_at: OffsetDateTime,
}

/// One movement of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerLine {
    /// The account that paid.
    pub debit: AccountId,
    /// The account that received.
    pub credit: AccountId,
    /// How much.
    pub amount: Amount,
    /// What for.
    pub kind: TransferKind,
    /// When, UTC.
    pub at: OffsetDateTime,
}

/// All that is known of an order, for staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderFile {
    /// The order and its history.
    pub order: TransactionDetail,
    /// The account that was charged.
    pub account: AccountId,
    /// The subscription that it extends; none for a purchase.
    pub renews: Option<UserOfferId>,
    /// The calls that were made for it, the first one first.
    pub attempts: Vec<AttemptView>,
    /// What it moved, the first movement first.
    pub transfers: Vec<LedgerLine>,
}
