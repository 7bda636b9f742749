//! Rows and the domain's values: the only place where one becomes the other.

mod accounts;
mod activation;
mod audit;
mod idempotency;
mod ledger_checks;
mod notices;
mod offers;
mod partners;
mod reading;
mod sessions;
mod transactions;
mod user_offers;
mod users;
mod webhooks;

pub(crate) use accounts::{AccountRow, LedgerLineRow, NewSettlementAccountRow, NewWalletRow, TransferRow};
pub(crate) use activation::{CallbackRow, IncidentRow, IncidentStateRow, NewIncidentRow, PauseRow};
pub(crate) use audit::{AuditRow, NewAuditRow};
pub(crate) use idempotency::{NewRecordRow, RecordRow};
pub(crate) use ledger_checks::{CheckRow, NewCheckRow};
pub(crate) use notices::{NewNoticeRow, NoticeRow, NoticeStateRow};
pub(crate) use offers::{NewOfferRow, OfferNameRow, OfferRow, OfferTermsRow};
pub(crate) use partners::{
    ApiKeyRow, NewApiKeyRow, NewPartnerRow, PartnerOrderRow, PartnerRow, PartnerTermsRow, key_holder,
};
pub(crate) use reading::{Reading, instant_from_micros, micros};
pub(crate) use sessions::{RefreshTokenRow, SessionRow, session_view};
pub(crate) use transactions::{
    AttemptRow, AttemptViewRow, EventRow, NewEventRow, TransactionRow, TransactionStateRow, attempt_view,
    timeline_entry,
};
pub(crate) use user_offers::{
    NewUserOfferRow, PastUserOfferRow, UserOfferRow, UserOfferStateRow, UserOfferViewRow, user_offer_view,
};
pub(crate) use users::{NewUserRow, UserRow};
pub(crate) use webhooks::{
    DeliveryRow, DeliveryStateRow, NewDeliveryRow, NewWebhookEventRow, NewWebhookRow, WebhookAttemptRow,
    WebhookRow, WebhookStateRow,
};
