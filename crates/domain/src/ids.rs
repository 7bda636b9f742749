//! Typed identifiers.

use uuid::Uuid;

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
    /// An order: UUIDv7 (RFC 9562), so that ids sort by the time they were made.
    TransactionId(Uuid)
);
id!(
    /// A message to a customer.
    NoticeId(i64)
);
id!(
    /// A login session: the `sid` claim of its access tokens.
    SessionId(Uuid)
);
