//! A scripted reading side.

use async_trait::async_trait;
use mockall::mock;
use offers_domain::activation_partner::{ActivationPartner, ActivationPause};
use offers_domain::audit::{AuditEvent, AuditKey};
use offers_domain::ids::{
    DeliveryId, EventId, IncidentId, NoticeId, OfferId, PartnerId, SessionId, TransactionId, TransferId,
    UserId, UserOfferId, WebhookId,
};
use offers_domain::incident::{Incident, IncidentStatus};
use offers_domain::offer::{Offer, OfferSort};
use offers_domain::page::{Page, PageRequest};
use offers_domain::partner_channel::api_key::{ApiKey, KeyHash, KeyHolder};
use offers_domain::partner_channel::reference::Reference;
use offers_domain::partner_channel::views::{
    PartnerOrderDetail, PartnerOrderFilter, PartnerOrderView, PartnerView, SettlementView, StatementEntry,
};
use offers_domain::partner_channel::{Partner, PartnerName};
use offers_domain::ports::{
    AccountQueries, ActivationQueries, AuditFilter, AuditQueries, BackOfficeQueries, Backlog,
    CatalogueQueries, Credentials, DeliveryBacklog, IdentityQueries, LedgerAudit, LedgerCheck, LedgerReport,
    NoticeBacklog, NoticeFilter, NoticeQueries, OfferFilter, OfferKey, OrderFilter, PartnerQueries,
    ShelfFilter, StatusQueries, StoreError, TransactionFilter, UserFilter, WebhookQueries,
};
use offers_domain::sending::Notice;
use offers_domain::session::Session;
use offers_domain::user::{User, Username};
use offers_domain::user_offer::{Ending, UserOfferStatus};
use offers_domain::views::{
    BalanceView, OrderFile, OrderPlace, SessionView, StatusView, TransactionDetail, TransactionView,
    UserOfferView,
};
use offers_domain::webhook::views::{DeliveryFile, DeliveryFilter, WebhookFilter};
use offers_domain::webhook::{Delivery, Webhook};
use time::OffsetDateTime;

mock! {
    pub(crate) Queries {}

    #[async_trait]
    impl CatalogueQueries for Queries {
        async fn offers_on_sale(
            &self, filter: &OfferFilter, sort: OfferSort, page: &PageRequest<OfferKey>, now: OffsetDateTime,
        ) -> Result<Page<Offer>, StoreError>;
        async fn offer(&self, id: OfferId) -> Result<Option<Offer>, StoreError>;
    }

    #[async_trait]
    impl AccountQueries for Queries {
        async fn balance(&self, user: UserId) -> Result<Option<BalanceView>, StoreError>;
        async fn user_offers(
            &self, user: UserId, status: Option<UserOfferStatus>, page: &PageRequest<UserOfferId>,
            now: OffsetDateTime,
        ) -> Result<Page<UserOfferView>, StoreError>;
        async fn expiring(
            &self, user: UserId, until: OffsetDateTime, page: &PageRequest<Ending>, now: OffsetDateTime,
        ) -> Result<Page<UserOfferView>, StoreError>;
        async fn holds(&self, user: UserId, offer: OfferId) -> Result<bool, StoreError>;
        async fn user_offer(
            &self, user: UserId, id: UserOfferId, now: OffsetDateTime,
        ) -> Result<Option<UserOfferView>, StoreError>;
        async fn transactions(
            &self, user: UserId, filter: &TransactionFilter, page: &PageRequest<OrderPlace>,
        ) -> Result<Page<TransactionView>, StoreError>;
        async fn transaction(
            &self, user: UserId, id: TransactionId,
        ) -> Result<Option<TransactionDetail>, StoreError>;
    }

    #[async_trait]
    impl StatusQueries for Queries {
        async fn status(&self, id: TransactionId) -> Result<Option<StatusView>, StoreError>;
        async fn versions(&self, ids: &[TransactionId]) -> Result<Vec<(TransactionId, u32)>, StoreError>;
        async fn backlog(&self) -> Result<Backlog, StoreError>;
        async fn ping(&self) -> Result<(), StoreError>;
    }

    #[async_trait]
    impl ActivationQueries for Queries {
        async fn activation_pauses(&self) -> Result<Vec<ActivationPause>, StoreError>;
        async fn open_orders(&self) -> Result<Vec<(ActivationPartner, u64)>, StoreError>;
        async fn incidents(
            &self, status: Option<IncidentStatus>, page: &PageRequest<IncidentId>,
        ) -> Result<Page<Incident>, StoreError>;
        async fn incident(&self, id: IncidentId) -> Result<Option<Incident>, StoreError>;
    }

    #[async_trait]
    impl IdentityQueries for Queries {
        async fn credentials(&self, username: &str) -> Result<Option<Credentials>, StoreError>;
        async fn taken_usernames(&self, usernames: &[Username]) -> Result<Vec<String>, StoreError>;
        async fn user(&self, id: UserId) -> Result<Option<User>, StoreError>;
        async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError>;
        async fn live_sessions(
            &self, user: UserId, now: OffsetDateTime,
        ) -> Result<Vec<SessionView>, StoreError>;
    }

    #[async_trait]
    impl AuditQueries for Queries {
        async fn audit(
            &self, filter: &AuditFilter, page: &PageRequest<AuditKey>,
        ) -> Result<Page<AuditEvent>, StoreError>;
    }

    #[async_trait]
    impl NoticeQueries for Queries {
        async fn notices(
            &self, filter: &NoticeFilter, page: &PageRequest<NoticeId>,
        ) -> Result<Page<Notice>, StoreError>;
        async fn notice_backlog(&self) -> Result<NoticeBacklog, StoreError>;
    }

    #[async_trait]
    impl PartnerQueries for Queries {
        async fn key_holder(&self, hash: KeyHash) -> Result<Option<KeyHolder>, StoreError>;
        async fn partners(&self, page: &PageRequest<PartnerId>) -> Result<Page<PartnerView>, StoreError>;
        async fn partner_named(&self, name: &PartnerName) -> Result<Option<Partner>, StoreError>;
        async fn api_keys(&self, partner: PartnerId) -> Result<Vec<ApiKey>, StoreError>;
        async fn statement(
            &self, partner: PartnerId, page: &PageRequest<TransferId>,
        ) -> Result<Option<(SettlementView, Page<StatementEntry>)>, StoreError>;
        async fn partner_orders(
            &self, partner: PartnerId, filter: &PartnerOrderFilter, page: &PageRequest<TransactionId>,
        ) -> Result<Page<PartnerOrderView>, StoreError>;
        async fn partner_order(
            &self, partner: PartnerId, reference: Reference,
        ) -> Result<Option<PartnerOrderDetail>, StoreError>;
    }

    #[async_trait]
    impl WebhookQueries for Queries {
        async fn webhooks(
            &self, filter: &WebhookFilter, page: &PageRequest<WebhookId>,
        ) -> Result<Page<Webhook>, StoreError>;
        async fn webhook(&self, id: WebhookId, filter: &WebhookFilter) -> Result<Option<Webhook>, StoreError>;
        async fn deliveries(
            &self, webhook: WebhookId, filter: &DeliveryFilter, page: &PageRequest<DeliveryId>,
        ) -> Result<Page<Delivery>, StoreError>;
        async fn delivery(
            &self, webhook: WebhookId, event: EventId,
        ) -> Result<Option<DeliveryFile>, StoreError>;
        async fn delivery_backlog(&self) -> Result<DeliveryBacklog, StoreError>;
    }

    #[async_trait]
    impl LedgerAudit for Queries {
        async fn verify_ledger(&self) -> Result<LedgerReport, StoreError>;
        async fn last_check(&self) -> Result<Option<LedgerCheck>, StoreError>;
    }

    #[async_trait]
    impl BackOfficeQueries for Queries {
        async fn users(
            &self, filter: &UserFilter, page: &PageRequest<Username>,
        ) -> Result<Page<User>, StoreError>;
        async fn shelf(
            &self, filter: &ShelfFilter, page: &PageRequest<OfferId>,
        ) -> Result<Page<Offer>, StoreError>;
        async fn orders(
            &self, filter: &OrderFilter, page: &PageRequest<TransactionId>,
        ) -> Result<Page<TransactionView>, StoreError>;
        async fn order_file(&self, id: TransactionId) -> Result<Option<OrderFile>, StoreError>;
    }
}
