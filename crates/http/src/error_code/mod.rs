//! Every error that a client can meet: one table of code, status and entry. A code without an entry does not compile.

mod access;
mod bad_request;
mod conflict;
mod entry;
mod not_found;
mod protocol;
mod server;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use actix_web::http::StatusCode;
use offers_domain::text::UnknownSpelling;
use offers_domain::user::Locale;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

pub use entry::{Entry, Titles, plain};

macro_rules! error_codes {
    ($($variant:ident => $status:ident, $group:ident::$entry:ident;)+) => {
        /// What went wrong, as a stable code.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum ErrorCode { $(#[doc = stringify!($entry)] $variant),+ }

        impl ErrorCode {
            /// Every code, by its status.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The HTTP status that goes with it.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),+ }
            }

            /// What is said about it.
            pub const fn entry(self) -> &'static Entry {
                match self { $(Self::$variant => &$group::$entry),+ }
            }
        }
    };
}

error_codes! {
    MalformedRequest => BAD_REQUEST, bad_request::MALFORMED_REQUEST;
    MalformedJson => BAD_REQUEST, bad_request::MALFORMED_JSON;
    ValidationFailed => BAD_REQUEST, bad_request::VALIDATION_FAILED;
    MalformedId => BAD_REQUEST, bad_request::MALFORMED_ID;
    InvalidCursor => BAD_REQUEST, bad_request::INVALID_CURSOR;
    InvalidIdempotencyKey => BAD_REQUEST, bad_request::INVALID_IDEMPOTENCY_KEY;
    IdempotencyKeyRequired => BAD_REQUEST, bad_request::IDEMPOTENCY_KEY_REQUIRED;
    UnknownUser => BAD_REQUEST, bad_request::UNKNOWN_USER;
    OfferUnavailable => BAD_REQUEST, bad_request::OFFER_UNAVAILABLE;
    AmountMismatch => BAD_REQUEST, bad_request::AMOUNT_MISMATCH;
    InsufficientPartnerFunds => BAD_REQUEST, bad_request::INSUFFICIENT_PARTNER_FUNDS;
    InsufficientBalance => BAD_REQUEST, bad_request::INSUFFICIENT_BALANCE;
    NoWallet => BAD_REQUEST, bad_request::NO_WALLET;
    NotAuthenticated => UNAUTHORIZED, access::NOT_AUTHENTICATED;
    InvalidCredentials => UNAUTHORIZED, access::INVALID_CREDENTIALS;
    InvalidSignature => UNAUTHORIZED, access::INVALID_SIGNATURE;
    InvalidRefreshToken => UNAUTHORIZED, access::INVALID_REFRESH_TOKEN;
    Forbidden => FORBIDDEN, access::FORBIDDEN;
    InsufficientScope => FORBIDDEN, access::INSUFFICIENT_SCOPE;
    NotFound => NOT_FOUND, not_found::NOT_FOUND;
    OfferNotFound => NOT_FOUND, not_found::OFFER_NOT_FOUND;
    UserOfferNotFound => NOT_FOUND, not_found::USER_OFFER_NOT_FOUND;
    TransactionNotFound => NOT_FOUND, not_found::TRANSACTION_NOT_FOUND;
    SessionNotFound => NOT_FOUND, not_found::SESSION_NOT_FOUND;
    UserNotFound => NOT_FOUND, not_found::USER_NOT_FOUND;
    PartnerNotFound => NOT_FOUND, not_found::PARTNER_NOT_FOUND;
    ApiKeyNotFound => NOT_FOUND, not_found::API_KEY_NOT_FOUND;
    ActivationPartnerNotFound => NOT_FOUND, not_found::ACTIVATION_PARTNER_NOT_FOUND;
    IncidentNotFound => NOT_FOUND, not_found::INCIDENT_NOT_FOUND;
    WebhookNotFound => NOT_FOUND, not_found::WEBHOOK_NOT_FOUND;
    EventNotFound => NOT_FOUND, not_found::EVENT_NOT_FOUND;
    MethodNotAllowed => METHOD_NOT_ALLOWED, protocol::METHOD_NOT_ALLOWED;
    RequestTimeout => REQUEST_TIMEOUT, protocol::REQUEST_TIMEOUT;
    UsernameTaken => CONFLICT, conflict::USERNAME_TAKEN;
    PartnerNameTaken => CONFLICT, conflict::PARTNER_NAME_TAKEN;
    TooManyApiKeys => CONFLICT, conflict::TOO_MANY_API_KEYS;
    TooManyWebhooks => CONFLICT, conflict::TOO_MANY_WEBHOOKS;
    WebhookNotEnabled => CONFLICT, conflict::WEBHOOK_NOT_ENABLED;
    CreditLimitExceeded => CONFLICT, conflict::CREDIT_LIMIT_EXCEEDED;
    OfferAlreadyActive => CONFLICT, conflict::OFFER_ALREADY_ACTIVE;
    OfferRetired => CONFLICT, conflict::OFFER_RETIRED;
    OfferSoldOut => CONFLICT, conflict::OFFER_SOLD_OUT;
    PurchaseLimitReached => CONFLICT, conflict::PURCHASE_LIMIT_REACHED;
    OfferRequiresAnother => CONFLICT, conflict::OFFER_REQUIRES_ANOTHER;
    OfferExcluded => CONFLICT, conflict::OFFER_EXCLUDED;
    OrderInProgress => CONFLICT, conflict::ORDER_IN_PROGRESS;
    IdempotencyKeyInUse => CONFLICT, conflict::IDEMPOTENCY_KEY_IN_USE;
    OrderNotParked => CONFLICT, conflict::ORDER_NOT_PARKED;
    IncidentClosed => CONFLICT, conflict::INCIDENT_CLOSED;
    PreconditionFailed => PRECONDITION_FAILED, protocol::PRECONDITION_FAILED;
    PayloadTooLarge => PAYLOAD_TOO_LARGE, protocol::PAYLOAD_TOO_LARGE;
    UriTooLong => URI_TOO_LONG, protocol::URI_TOO_LONG;
    UnsupportedMediaType => UNSUPPORTED_MEDIA_TYPE, protocol::UNSUPPORTED_MEDIA_TYPE;
    IdempotencyKeyReused => UNPROCESSABLE_ENTITY, protocol::IDEMPOTENCY_KEY_REUSED;
    PartnerReferenceReused => UNPROCESSABLE_ENTITY, protocol::PARTNER_REFERENCE_REUSED;
    PreconditionRequired => PRECONDITION_REQUIRED, protocol::PRECONDITION_REQUIRED;
    RateLimited => TOO_MANY_REQUESTS, protocol::RATE_LIMITED;
    TooManyStreams => TOO_MANY_REQUESTS, protocol::TOO_MANY_STREAMS;
    InternalError => INTERNAL_SERVER_ERROR, server::INTERNAL_ERROR;
    ServiceUnavailable => SERVICE_UNAVAILABLE, server::SERVICE_UNAVAILABLE;
    OutcomeUnknown => SERVICE_UNAVAILABLE, server::OUTCOME_UNKNOWN;
    Overloaded => SERVICE_UNAVAILABLE, server::OVERLOADED;
}

impl ErrorCode {
    /// The spelling in documents and addresses.
    pub const fn as_str(self) -> &'static str {
        self.entry().code
    }

    /// Whether it answers a request for what is somebody else's, or may be.
    pub(crate) fn is_about_owners(self) -> bool {
        matches!(
            self,
            Self::Forbidden | Self::TransactionNotFound | Self::UserOfferNotFound | Self::SessionNotFound
        )
    }

    /// A short summary, the same at every occurrence.
    pub const fn title(self, locale: Locale) -> &'static str {
        self.entry().title.in_language(locale)
    }
}

impl ErrorCode {
    /// Its shape in the contract: every code, and nothing else.
    pub(crate) fn shape() -> Schema {
        let codes: Vec<_> = Self::ALL.iter().map(|code| code.as_str()).collect();
        json_schema!({ "type": "string", "enum": codes })
    }
}

impl JsonSchema for ErrorCode {
    fn schema_name() -> Cow<'static, str> {
        "ErrorCode".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        Self::shape()
    }
}

impl FromStr for ErrorCode {
    type Err = UnknownSpelling;

    fn from_str(text: &str) -> Result<Self, UnknownSpelling> {
        Self::ALL.iter().find(|code| code.as_str() == text).copied().ok_or(UnknownSpelling)
    }
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
    fn every_code_is_an_error_and_the_codes_stand_in_the_order_of_their_statuses() {
        assert!(ErrorCode::ALL.is_sorted_by_key(|code| code.status().as_u16()));
        for code in ErrorCode::ALL {
            assert!(code.status().is_client_error() || code.status().is_server_error(), "{code}");
        }
    }

    #[test]
    fn every_code_has_a_title_of_its_own_in_each_language() {
        for locale in Locale::ALL {
            let titles: HashSet<_> = ErrorCode::ALL.iter().map(|code| code.title(*locale)).collect();
            assert_eq!(titles.len(), ErrorCode::ALL.len(), "{locale}");
            for title in titles {
                assert!(title.starts_with(char::is_uppercase) && !title.ends_with('.'), "{title}");
            }
        }
        for code in ErrorCode::ALL {
            assert_ne!(code.title(Locale::En), code.title(Locale::Fr), "{code}");
        }
    }

    #[test]
    fn every_code_is_explained_and_has_a_remedy_in_sentences() {
        for code in ErrorCode::ALL {
            let entry = code.entry();
            assert!(!entry.explanation.is_empty() && !entry.remedy.is_empty(), "{code}");
            for text in entry.story().chain([entry.remedy]) {
                assert!(
                    text.ends_with('.') && !text.contains('\n') && !text.contains("  "),
                    "{code}: {text}"
                );
                assert_eq!(text.matches('`').count() % 2, 0, "{code}: {text}");
            }
        }
    }
}
