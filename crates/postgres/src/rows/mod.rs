//! Rows and the domain's values: the only place where one becomes the other.

mod accounts;
mod activation;
mod audit;
mod idempotency;
mod ledger_checks;
mod money;
mod notices;
mod offers;
mod partners;
mod reading;
mod sessions;
mod transactions;
mod user_offers;
mod users;
mod webhooks;

pub(crate) use accounts::{AccountRow, LedgerLineRow, NewWalletRow, TransferRow};
pub(crate) use activation::{CallbackRow, IncidentRow, NewIncidentRow, PauseRow, SavedIncidentRow};
pub(crate) use audit::{AuditRow, NewAuditRow};
pub(crate) use idempotency::RecordRow;
pub(crate) use ledger_checks::{CheckRow, NewCheckRow};
pub(crate) use money::decimal;
pub(crate) use notices::{NewNoticeRow, NoticeRow, SavedNoticeRow};
pub(crate) use offers::{ChangedOfferRow, NewOfferRow, OfferNameRow, OfferRow};
pub(crate) use partners::{ApiKeyRow, KnownPartnerOrderRow, PartnerOrderRow, PartnerRow, key_holder};
pub(crate) use reading::Reading;
pub(crate) use sessions::{RefreshTokenRow, SessionRow};
pub(crate) use transactions::{
    AttemptRow, AttemptViewRow, EventRow, TransactionRow, WorkRow, attempt_view, timeline_entry,
};
pub(crate) use user_offers::{
    NewUserOfferRow, PastUserOfferRow, UserOfferRow, UserOfferViewRow, user_offer_view,
};
pub(crate) use users::{NewUserRow, UserRow};
pub(crate) use webhooks::{DeliveryRow, NewEventRow, SavedDeliveryRow, WebhookAttemptRow, WebhookRow};
