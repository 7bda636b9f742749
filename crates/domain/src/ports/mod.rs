//! What the program needs from outside, as object-safe traits.
//!
//! To add a port: one file here with one trait, its error and its promises; an entry in `mocks.rs`; an adapter in a crate
//! of its own technology; a contract suite in `testkit` if there is more than one adapter; a field in the wiring.
//!
//! The store has two sides. [`Store::begin`] opens a [`UnitOfWork`]: it locks, it writes, and every method takes a
//! slice, because one order is just a batch of one. [`Queries`] reads without locks and returns views.

mod activation_callbacks;
mod activation_gateway;
mod activation_pauses;
mod api_keys;
mod audit_trail;
mod back_office;
mod callback_inbox;
mod catalogue;
mod clock;
mod dependency;
mod due_user_offers;
mod error;
mod idempotency;
mod ids;
mod import_source;
mod imports;
mod incidents;
mod key_cache;
mod last_known;
mod ledger;
mod ledger_audit;
mod levels;
mod locked;
mod login_tries;
mod messenger;
mod metrics;
mod notices;
mod offer_cache;
mod partner_queries;
mod partners;
mod passwords;
mod pseudonyms;
mod queries;
mod rate_limits;
mod schedules;
mod session_cache;
mod sessions;
mod signal_relay;
mod status_cache;
mod tokens;
mod transactions;
mod unit_of_work;
mod user_offers;
mod users;
mod wake_up;
mod webhook_queries;
mod webhook_sender;
mod webhooks;

#[cfg(feature = "mocks")]
#[expect(clippy::type_complexity, clippy::struct_field_names, reason = "mockall writes this code")]
pub mod mocks;

pub use activation_callbacks::{ActivationCallbacks, CallbackRefusal, SealedCallback};
pub use activation_gateway::ActivationGateway;
pub use activation_pauses::{ActivationPauses, Resumption};
pub use api_keys::ApiKeys;
pub use audit_trail::AuditTrail;
pub use back_office::{BackOfficeQueries, OrderFilter, ShelfFilter, UserFilter};
pub use callback_inbox::CallbackInbox;
pub use catalogue::Catalogue;
pub use clock::Clock;
pub use dependency::Dependency;
pub use due_user_offers::DueUserOffers;
pub use error::{Constraint, StoreError};
pub use idempotency::IdempotencyRecords;
pub use ids::IdSource;
pub use import_source::{ImportSource, ImportSourceError, SourceTotal};
pub use imports::{Imports, Inventory, TakesInventory};
pub use incidents::Incidents;
pub use key_cache::{KeyCache, KnownKey};
pub use last_known::{Kept, LastKnown};
pub use ledger::Ledger;
pub use ledger_audit::{Difference, LedgerAudit, LedgerCheck, LedgerReport};
pub use levels::{Level, Levels};
pub use locked::Locked;
pub use login_tries::LoginTries;
pub use messenger::Messenger;
pub use metrics::{Measure, Metrics};
pub use notices::Notices;
pub use offer_cache::{Edition, OfferCache, OfferListQuery, OfferLookup};
pub use partner_queries::PartnerQueries;
pub use partners::Partners;
pub use passwords::{PasswordError, Passwords, Verification};
pub use pseudonyms::Pseudonyms;
pub use queries::{
    AccountQueries, ActivationQueries, AuditFilter, AuditQueries, Backlog, CatalogueQueries, Credentials,
    IdentityQueries, NoticeBacklog, NoticeFilter, NoticeQueries, OfferFilter, OfferKey, OpenOrders, Queries,
    StatusQueries, TransactionFilter,
};
pub use rate_limits::RateLimits;
pub use schedules::Schedules;
pub use session_cache::SessionCache;
pub use sessions::{PresentedToken, Sessions};
pub use signal_relay::{Signal, SignalRelay, SignalSink};
pub use status_cache::StatusCache;
pub use tokens::{AccessClaims, AccessTokens, RefreshTokens, TokenError};
pub use transactions::{DueTransactions, Transactions, UnreadableTransaction};
pub use unit_of_work::{Store, UnitOfWork};
pub use user_offers::UserOffers;
pub use users::Users;
pub use wake_up::{Follow, Followers, WakeUp};
pub use webhook_queries::{DeliveryBacklog, WebhookQueries};
pub use webhook_sender::{WebhookDesk, WebhookSender};
pub use webhooks::{WebhookEvents, Webhooks};
