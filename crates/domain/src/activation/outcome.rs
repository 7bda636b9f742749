//! What becomes of a batch: each command's answer, and what must be saved.

use thiserror::Error;

use crate::idempotency::{IdempotencyRecord, StoredResponse};
use crate::ids::{OfferId, TransactionId};
use crate::ledger::Transfer;
use crate::offer::Stock;
use crate::partner_channel::api_key::KeyRefusal;
use crate::partner_channel::reference::PartnerOrder;
use crate::transaction::Transaction;
use crate::user_offer::NewUserOffer;

/// What must be saved, in one commit.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct OrderWrites {
    /// Charges.
    pub transfers: Vec<Transfer>,
    /// Orders, PENDING.
    pub transactions: Vec<Transaction>,
    /// Subscriptions, pending.
    pub user_offers: Vec<NewUserOffer>,
    /// Answers to give again.
    pub records: Vec<IdempotencyRecord>,
    /// Stocks that orders took from, as they then are.
    pub stocks: Vec<Stock>,
    /// Names of partners' orders.
    pub partner_orders: Vec<PartnerOrder>,
}

/// An order that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "most are fresh, and a box for each would cost every order")]
pub enum Placed {
    /// Now.
    Fresh(Transaction),
    /// Before, by a request with the same key: the same answer.
    Replayed {
        /// The order of then.
        transaction: TransactionId,
        /// The answer of then.
        response: StoredResponse,
    },
}

/// Why an order was refused. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OrderRefusal {
    /// The login that asks is over.
    #[error("the session has ended")]
    SessionEnded,
    /// No such offer, or not on sale now.
    #[error("there is no such offer on sale")]
    OfferNotFound,
    /// The user has no such subscription.
    #[error("the user has no such subscription")]
    UserOfferNotFound,
    /// The subscription's offer is not sold any more, so it runs out.
    #[error("the offer is retired and cannot be renewed")]
    OfferRetired,
    /// As many subscriptions as there were are sold.
    #[error("the offer is sold out")]
    SoldOut,
    /// The user has had as many subscriptions to the offer as one customer may.
    #[error("the user has reached the offer's limit")]
    LimitReached,
    /// The user has to have another offer active first.
    #[error("the offer requires offer {0}")]
    Requires(OfferId),
    /// The user has another offer that this one does not go with.
    #[error("the offer excludes offer {0}")]
    Excluded(OfferId),
    /// The account does not cover the price.
    #[error("the balance does not cover the price")]
    InsufficientBalance,
    /// The offer's purchase policy refuses a second subscription, or the period to come is there already.
    #[error("the offer is already active")]
    OfferAlreadyActive,
    /// An order for the same offer has not ended, and nothing says that this is another one.
    #[error("an order for this offer is still being processed")]
    OrderInProgress(TransactionId),
    /// The key was used for a different request.
    #[error("the idempotency key was used for a different request")]
    KeyReused,
    /// The user has no wallet.
    #[error("the user has no wallet")]
    NoWallet,
    /// Nobody's wallet is charged without a login that asks while they are locked out.
    #[error("the customer is locked out")]
    CustomerLocked,
    /// The partner's key does not open this any more.
    #[error(transparent)]
    Key(#[from] KeyRefusal),
    /// The partner expects another price than the one it has to pay.
    #[error("the amount is not the offer's price for the partner")]
    AmountMismatch,
    /// The partner's settlement account and credit limit do not cover the price.
    #[error("the settlement account does not cover the price")]
    InsufficientPartnerFunds,
    /// The partner gave this name to a different order.
    #[error("the partner's reference was used for a different order")]
    PartnerReferenceReused,
}
