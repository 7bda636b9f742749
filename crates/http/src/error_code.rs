//! Every error that a client can meet: one table of code, status, title and plain explanation.

use std::fmt;

use actix_web::http::StatusCode;
use offers_domain::text::UnknownSpelling;

macro_rules! error_codes {
    ($($variant:ident => $status:ident, $code:literal, $title:literal, $explanation:literal;)+) => {
        /// What went wrong, as a stable code.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum ErrorCode { $(#[doc = $title] $variant),+ }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The spelling in documents and addresses.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The HTTP status that goes with it.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),+ }
            }

            /// A short summary, the same at every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }

            /// What it means, and what a client can do about it.
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$variant => $explanation),+ }
            }
        }

        impl std::str::FromStr for ErrorCode {
            type Err = UnknownSpelling;
            fn from_str(text: &str) -> Result<Self, UnknownSpelling> {
                match text { $($code => Ok(Self::$variant),)+ _ => Err(UnknownSpelling) }
            }
        }
    };
}

error_codes! {
    MalformedRequest => BAD_REQUEST, "malformed_request", "Malformed request",
        "The request could not be read. Check its path, its headers and the framing of its body.";
    MalformedJson => BAD_REQUEST, "malformed_json", "Malformed JSON",
        "The body is not a JSON document in UTF-8, or it is nested more than 32 levels deep.";
    ValidationFailed => BAD_REQUEST, "validation_failed", "Invalid request",
        "The request has fields that are missing, unknown or invalid. The list of errors names each of them.";
    MalformedId => BAD_REQUEST, "malformed_id", "Malformed id",
        "The id in the path does not have the form of an id of this kind.";
    InvalidCursor => BAD_REQUEST, "invalid_cursor", "Invalid cursor",
        "The cursor does not belong to this list. Use the next_cursor of the page before, with the same \
         sort order.";
    InvalidIdempotencyKey => BAD_REQUEST, "invalid_idempotency_key", "Invalid idempotency key",
        "The Idempotency-Key header must be sent at most once, with 16 to 255 printable ASCII characters.";
    IdempotencyKeyRequired => BAD_REQUEST, "idempotency_key_required", "Idempotency key required",
        "This needs a name, so that sending it again moves no money twice: an Idempotency-Key header. A partner's \
         order may have a partner_reference in the body instead.";
    UnknownUser => BAD_REQUEST, "unknown_user", "Unknown user",
        "There is no customer with this user_id. Nothing was charged.";
    OfferUnavailable => BAD_REQUEST, "offer_unavailable", "Offer unavailable",
        "There is no such offer, or it is not on sale. Nothing was charged.";
    AmountMismatch => BAD_REQUEST, "amount_mismatch", "Amount mismatch",
        "The amount is not the price that the partner pays for this offer. Nothing was charged.";
    InsufficientPartnerFunds => BAD_REQUEST, "insufficient_partner_funds", "Insufficient partner funds",
        "The balance of the partner's settlement account and its credit limit do not cover the price. \
         Nothing was charged.";
    InsufficientBalance => BAD_REQUEST, "insufficient_balance", "Insufficient balance",
        "The balance of the wallet does not cover the price. Nothing was charged.";
    NoWallet => BAD_REQUEST, "no_wallet", "No wallet",
        "This user has no wallet, so there is nothing to pay from or to show.";
    NotAuthenticated => UNAUTHORIZED, "not_authenticated", "Not authenticated",
        "The request needs a valid access token in the Authorization header, or a partner's API key on \
         the routes for partners.";
    InvalidCredentials => UNAUTHORIZED, "invalid_credentials", "Invalid credentials",
        "The username or the password is wrong.";
    InvalidSignature => UNAUTHORIZED, "invalid_signature", "Invalid signature",
        "The report is not signed as its activation partner signs, or not within five minutes of now. Nothing \
         was done.";
    InvalidRefreshToken => UNAUTHORIZED, "invalid_refresh_token", "Invalid refresh token",
        "The refresh token is unknown, has been used or has expired. Log in again.";
    Forbidden => FORBIDDEN, "forbidden", "Forbidden",
        "The caller is known, but this is for people with another role.";
    InsufficientScope => FORBIDDEN, "insufficient_scope", "Insufficient scope",
        "The API key is good, but it was not issued for this.";
    NotFound => NOT_FOUND, "not_found", "Not found",
        "There is nothing at this address.";
    OfferNotFound => NOT_FOUND, "offer_not_found", "Offer not found",
        "There is no such offer, or it is not on sale.";
    UserOfferNotFound => NOT_FOUND, "user_offer_not_found", "Subscription not found",
        "You have no such subscription.";
    TransactionNotFound => NOT_FOUND, "transaction_not_found", "Transaction not found",
        "There is no such transaction.";
    SessionNotFound => NOT_FOUND, "session_not_found", "Session not found",
        "There is no such session, or it has ended.";
    UserNotFound => NOT_FOUND, "user_not_found", "User not found",
        "There is no such user.";
    PartnerNotFound => NOT_FOUND, "partner_not_found", "Partner not found",
        "There is no such partner.";
    ApiKeyNotFound => NOT_FOUND, "api_key_not_found", "API key not found",
        "The partner was never given such a key.";
    MethodNotAllowed => METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed",
        "This address does not know the method. The Allow header lists those that it knows.";
    RequestTimeout => REQUEST_TIMEOUT, "request_timeout", "Request time-out",
        "The body did not arrive in time.";
    UsernameTaken => CONFLICT, "username_taken", "Username taken",
        "Somebody else has this username. Choose another one.";
    PartnerNameTaken => CONFLICT, "partner_name_taken", "Partner name taken",
        "Another partner has this name. Choose another one.";
    TooManyApiKeys => CONFLICT, "too_many_api_keys", "Too many API keys",
        "The partner has two keys of this mode that work. Revoke one first.";
    CreditLimitExceeded => CONFLICT, "credit_limit_exceeded", "Credit limit exceeded",
        "The account is overdrawn further than the new credit limit allows. Nothing was changed.";
    OfferAlreadyActive => CONFLICT, "offer_already_active", "Offer already active",
        "This offer is already active and cannot be bought a second time. Nothing was charged.";
    OfferRetired => CONFLICT, "offer_retired", "Offer retired",
        "This offer is no longer sold, so the subscription cannot be renewed; it runs until its end. Nothing was \
         charged.";
    OfferSoldOut => CONFLICT, "offer_sold_out", "Offer sold out",
        "Everything that there was of this offer is sold. Nothing was charged.";
    PurchaseLimitReached => CONFLICT, "purchase_limit_reached", "Purchase limit reached",
        "You have had this offer as often as one customer may. Nothing was charged.";
    OfferRequiresAnother => CONFLICT, "offer_requires_another", "Offer requires another",
        "This offer is sold to those who have another one active; offer_id names it. Nothing was charged.";
    OfferExcluded => CONFLICT, "offer_excluded", "Offer excluded",
        "This offer does not go with another one that you have; offer_id names it. Nothing was charged.";
    OrderInProgress => CONFLICT, "order_in_progress", "Order in progress",
        "An order for this offer has not ended yet; transaction_id names it. Nothing was charged. Where \
         the offer may be bought more than once, an Idempotency-Key says that this is another order.";
    IdempotencyKeyInUse => CONFLICT, "idempotency_key_in_use", "Idempotency key in use",
        "A request with the same Idempotency-Key is still being worked on. Send it again to get its answer.";
    OrderNotParked => CONFLICT, "order_not_parked", "Order not parked",
        "Nobody was asked to decide about this order: it is being worked on, or it has ended. Nothing was done.";
    PreconditionFailed => PRECONDITION_FAILED, "precondition_failed", "Precondition failed",
        "Somebody has changed this since you read it. Read it again, and decide again. Nothing was done.";
    PayloadTooLarge => PAYLOAD_TOO_LARGE, "payload_too_large", "Payload too large",
        "The body is larger than this address accepts.";
    UriTooLong => URI_TOO_LONG, "uri_too_long", "URI too long",
        "The address is longer than the server accepts.";
    UnsupportedMediaType => UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Unsupported media type",
        "The body must be JSON in UTF-8, not compressed, with the content type application/json.";
    IdempotencyKeyReused => UNPROCESSABLE_ENTITY, "idempotency_key_reused", "Idempotency key reused",
        "The Idempotency-Key was used before for a different request. Nothing was done.";
    PartnerReferenceReused => UNPROCESSABLE_ENTITY, "partner_reference_reused", "Partner reference reused",
        "The partner_reference was used before for a different order. Nothing was done.";
    PreconditionRequired => PRECONDITION_REQUIRED, "precondition_required", "Precondition required",
        "A change needs an If-Match header with the ETag that was read, so that nobody else's change is undone by it.";
    RateLimited => TOO_MANY_REQUESTS, "rate_limited", "Too many requests",
        "This was asked too often. Nothing was done; Retry-After says when another try makes sense.";
    InternalError => INTERNAL_SERVER_ERROR, "internal_error", "Internal error",
        "The server failed. The request id helps its operators to find out why.";
    ServiceUnavailable => SERVICE_UNAVAILABLE, "service_unavailable", "Service unavailable",
        "The server cannot answer at the moment. Nothing was done; try again later.";
    OutcomeUnknown => SERVICE_UNAVAILABLE, "outcome_unknown", "Outcome unknown",
        "The server cannot tell whether the request had its effect. Look before you repeat it, or repeat \
         it with the same Idempotency-Key.";
    Overloaded => SERVICE_UNAVAILABLE, "overloaded", "Overloaded",
        "Too many requests are waiting. Nothing was done; try again later.";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_is_spelled_once_and_reads_back() {
        let spellings: HashSet<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(spellings.len(), ErrorCode::ALL.len());
        for code in ErrorCode::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
            assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{code}");
        }
        assert!("no_such_code".parse::<ErrorCode>().is_err());
    }

    #[test]
    fn every_code_is_an_error_with_a_title_and_an_explanation_in_sentences() {
        for code in ErrorCode::ALL {
            assert!(code.status().is_client_error() || code.status().is_server_error(), "{code}");
            assert!(!code.title().is_empty() && !code.title().ends_with('.'), "{code}");
            assert!(code.explanation().ends_with('.'), "{code}");
        }
    }

    #[test]
    fn every_code_has_its_entry_in_the_documentation_and_the_reverse() {
        let page = include_str!("../../../docs/errors.md");
        let entries: Vec<_> = page
            .split("\n## ")
            .skip(1)
            .map(|entry| entry.lines().take(2).collect::<Vec<_>>().join(" "))
            .collect();
        let codes: Vec<_> =
            ErrorCode::ALL.iter().map(|code| format!("{code} Status: {}", code.status().as_u16())).collect();
        assert_eq!(entries, codes);
    }
}
