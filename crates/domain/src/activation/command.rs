//! What is asked for: who gets what, who pays, and how the answer is written.

use time::OffsetDateTime;

use crate::idempotency::{IdempotencyHandle, StoredResponse};
use crate::ids::{OfferId, SessionId, TransactionId, UserId, UserOfferId};
use crate::partner_channel::reference::Reference;
use crate::partner_channel::sale::PartnerSale;
use crate::trace::TraceContext;
use crate::transaction::{Channel, Status};
use crate::user_offer::RenewalOf;

/// What is wanted of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Wish {
    /// A subscription to this offer; what it does where one is active is the offer's purchase policy.
    Buy(OfferId),
    /// One more period of a subscription that is there.
    Renew(RenewalOf),
    /// The period after the one that ends then; refused where the subscription has been extended since.
    Continue(UserOfferId, OffsetDateTime),
}

impl Wish {
    /// The subscription that would be extended, if it is named.
    pub fn renewed(self) -> Option<RenewalOf> {
        match self {
            Self::Buy(_) => None,
            Self::Renew(of) => Some(of),
            Self::Continue(id, _) => Some(RenewalOf::Subscription(id)),
        }
    }
}

/// Whose account an order is charged to, and a refund returns to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payer {
    /// The wallet of the customer who gets the service.
    Wallet,
    /// Whoever the terms of the partner that sells say: its settlement account, or the customer's wallet.
    AsSold(Box<PartnerSale>),
}

/// What an answer may tell of an order that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    transaction: TransactionId,
    reference: Option<Reference>,
}

impl Receipt {
    /// For an order that has just been taken.
    pub fn new(transaction: TransactionId, reference: Option<Reference>) -> Self {
        Self { transaction, reference }
    }

    /// The order.
    pub fn id(&self) -> TransactionId {
        self.transaction
    }

    /// Where it stood when it was taken.
    pub fn status(&self) -> Status {
        Status::Pending
    }

    /// The name that a partner knows it by.
    pub fn reference(&self) -> Option<Reference> {
        self.reference
    }
}

/// The wish of somebody that a customer gets a service.
#[derive(Debug, Clone)]
pub struct PlaceOrder {
    /// The order's id, made before the batch, so that running it again cannot place it twice.
    pub id: TransactionId,
    /// Who gets the service.
    pub user: UserId,
    /// The login that asks, which must still live when the money moves; none where it is not a login that asks.
    pub session: Option<SessionId>,
    /// What they get.
    pub wish: Wish,
    /// Who pays.
    pub payer: Payer,
    /// Who orders.
    pub channel: Channel,
    /// The place of the request in its trace; none where no request asks.
    pub trace: Option<TraceContext>,
    /// The client's name for this request, if it gave one.
    pub handle: Option<IdempotencyHandle>,
    /// Writes the answer that is kept with the handle: a pure function of the order.
    pub respond: fn(&Receipt) -> StoredResponse,
}

impl PlaceOrder {
    /// What it has beyond a customer's order, where a partner sells.
    pub fn sale(&self) -> Option<&PartnerSale> {
        match &self.payer {
            Payer::Wallet => None,
            Payer::AsSold(sale) => Some(sale),
        }
    }

    /// What the answer to it tells.
    pub fn receipt(&self) -> Receipt {
        Receipt::new(self.id, self.sale().map(|sale| sale.reference))
    }

    /// Whether the client gave it a name, so that another order cannot be the same one sent twice.
    pub(super) fn is_named(&self) -> bool {
        self.handle.is_some() || self.sale().is_some_and(|sale| sale.partner_reference.is_some())
    }
}
