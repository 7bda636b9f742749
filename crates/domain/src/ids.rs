//! Typed identifiers.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::partner_channel::Funding;
use crate::text::UnknownSpelling;

id!(
    /// A customer or a member of staff.
    UserId(i64)
);
id!(
    /// A ledger account.
    AccountId(i64)
);
id!(
    /// An offer for sale.
    OfferId(i64)
);
id!(
    /// A user's subscription to an offer.
    UserOfferId(i64)
);
id!(
    /// A company that sells through the partner API.
    PartnerId(i64)
);
id!(
    /// A partner's API key.
    ApiKeyId(i64)
);
id!(
    /// One movement in the ledger.
    TransferId(i64)
);
id!(
    /// An order: UUIDv7 (RFC 9562), so that ids sort by the time they were made.
    TransactionId(Uuid)
);
id!(
    /// Money that staff moved by hand.
    MovementId(Uuid)
);
id!(
    /// A message to a customer.
    NoticeId(i64)
);
id!(
    /// An endpoint that hears of events.
    WebhookId(i64)
);
id!(
    /// One event on its way to one endpoint.
    DeliveryId(i64)
);
id!(
    /// Something that an activation partner said too late.
    IncidentId(i64)
);
id!(
    /// A login session: the `sid` claim of its access tokens.
    SessionId(Uuid)
);

/// An event that is told to endpoints: a random UUID, shown as `evt_` and 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EventId(pub Uuid);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "evt_{}", self.0.simple())
    }
}

impl FromStr for EventId {
    type Err = UnknownSpelling;

    fn from_str(text: &str) -> Result<Self, UnknownSpelling> {
        let digits = text.strip_prefix("evt_").filter(|digits| digits.len() == 32).ok_or(UnknownSpelling)?;
        Uuid::try_parse(digits).map(Self).map_err(|_| UnknownSpelling)
    }
}

impl AccountId {
    /// The settlement account of a partner. Its id is below zero, where no other account's is: so settlement accounts come
    /// first wherever accounts are locked by ascending id, and their transfers are told from all others by the id alone.
    pub const fn settlement_of(partner: PartnerId) -> Self {
        Self(partner.0.saturating_neg())
    }

    /// Whose account it is, as one that orders are charged to.
    pub const fn funding(self) -> Funding {
        if self.0 < 0 { Funding::Partner } else { Funding::Subscriber }
    }
}
