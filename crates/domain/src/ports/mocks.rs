//! Mocks of the ports, for tests that show which call happens when.

use std::collections::HashSet;

use async_trait::async_trait;
use mockall::mock;
use time::{Duration, OffsetDateTime};

pub use super::activation_callbacks::MockActivationCallbacks;
pub use super::activation_gateway::MockActivationGateway;
pub use super::api_keys::MockApiKeys;
pub use super::clock::MockClock;
pub use super::dependency::MockDependency;
pub use super::ids::MockIdSource;
pub use super::key_cache::MockKeyCache;
pub use super::login_tries::MockLoginTries;
pub use super::messenger::MockMessenger;
pub use super::offer_cache::MockOfferCache;
pub use super::passwords::MockPasswords;
pub use super::pseudonyms::MockPseudonyms;
pub use super::rate_limits::MockRateLimits;
pub use super::session_cache::MockSessionCache;
pub use super::signal_relay::MockSignalRelay;
pub use super::status_cache::MockStatusCache;
pub use super::tokens::{MockAccessTokens, MockRefreshTokens};
pub use super::webhook_sender::{MockWebhookDesk, MockWebhookSender};
use super::{
    ActivationPauses, AuditTrail, CallbackInbox, Catalogue, Credentials, DueTransactions, DueUserOffers,
    Follow, IdempotencyRecords, Imports, Incidents, Ledger, LedgerReport, Locked, Measure, Metrics, Notices,
    Partners, PresentedToken, Resumption, Schedules, Sessions, Store, StoreError, Transactions, UnitOfWork,
    UserOffers, Users, WakeUp, WebhookEvents, Webhooks,
};
use crate::account::Account;
use crate::activation::{Holding, Renewable};
use crate::activation_partner::{ActivationPartner, ActivationPause, Places};
use crate::audit::AuditEntry;
use crate::callback::{CallbackId, Received};
use crate::idempotency::{IdempotencyRecord, Scope};
use crate::ids::{
    AccountId, ApiKeyId, DeliveryId, EventId, IncidentId, NoticeId, OfferId, PartnerId, SessionId,
    TransactionId, UserId, WebhookId,
};
use crate::import::{ImportTable, ImportedRow, PastUserOffer};
use crate::incident::{Incident, NewIncident};
use crate::ledger::Transfer;
use crate::money::Currency;
use crate::notice::{NewNotice, NoticeChannel};
use crate::offer::{Offer, OfferTerms, Stock};
use crate::partner_channel::api_key::{ApiKey, KeyHolder, NewApiKey};
use crate::partner_channel::reference::{KnownPartnerOrder, PartnerOrder, PartnerReference};
use crate::partner_channel::{CreditLimit, NewPartner, Partner};
use crate::sending::Notice;
use crate::session::{RefreshHash, RefreshToken, Session};
use crate::settlement::Attempt;
use crate::transaction::{Order, Transaction};
use crate::user::{NewUser, Role, User};
use crate::user_offer::{Ending, NewUserOffer, RenewalOf, UserOffer, UserOfferRef};
use crate::webhook::delivery::{Attempt as WebhookAttempt, Delivery};
use crate::webhook::endpoint::{NewWebhook, Owner, Webhook};
use crate::webhook::event::Happening;
use crate::webhook::views::{ReplayOf, Replayed};

mock! {
    /// A store whose units are scripted.
    pub Store {}
    #[async_trait]
    impl Store for Store {
        async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError>;
    }
}

mock! {
    /// A scripted unit of work.
    pub UnitOfWork {}

    #[async_trait]
    impl Users for UnitOfWork {
        async fn insert_users(&mut self, users: &[NewUser]) -> Result<Vec<UserId>, StoreError>;
        async fn find_users(&mut self, ids: &[UserId]) -> Result<Vec<User>, StoreError>;
        async fn lock_credentials(&mut self, ids: &[UserId]) -> Result<Vec<Locked<Credentials>>, StoreError>;
        async fn set_access(
            &mut self, user: UserId, role: Role, is_active: bool, now: OffsetDateTime,
        ) -> Result<(), StoreError>;
        async fn set_contact(&mut self, user: &User, now: OffsetDateTime) -> Result<(), StoreError>;
        async fn set_password_hash(
            &mut self, user: UserId, hash: &str, now: OffsetDateTime,
        ) -> Result<(), StoreError>;
    }

    #[async_trait]
    impl Sessions for UnitOfWork {
        async fn insert_session(&mut self, session: &Session, token: &RefreshToken) -> Result<(), StoreError>;
        async fn lock_refresh_token(&mut self, hash: RefreshHash) -> Result<Option<PresentedToken>, StoreError>;
        async fn rotate_refresh_token(
            &mut self, used: RefreshHash, successor: &RefreshToken, now: OffsetDateTime,
        ) -> Result<(), StoreError>;
        async fn live_sessions(
            &mut self, ids: &[SessionId], now: OffsetDateTime,
        ) -> Result<HashSet<SessionId>, StoreError>;
        async fn lock_live_sessions(
            &mut self, user: UserId, now: OffsetDateTime,
        ) -> Result<Vec<Locked<Session>>, StoreError>;
        async fn revoke_sessions(
            &mut self, sessions: &[SessionId], now: OffsetDateTime,
        ) -> Result<(), StoreError>;
        async fn purge_sessions(&mut self, limit: OffsetDateTime, at_most: usize) -> Result<usize, StoreError>;
    }

    #[async_trait]
    impl Catalogue for UnitOfWork {
        async fn offers(&mut self, ids: &[OfferId]) -> Result<Vec<Offer>, StoreError>;
        async fn insert_offers(
            &mut self, terms: &[OfferTerms], now: OffsetDateTime,
        ) -> Result<Vec<OfferId>, StoreError>;
        async fn lock_offers(&mut self, ids: &[OfferId]) -> Result<Vec<Locked<Offer>>, StoreError>;
        async fn update_offers(&mut self, offers: &[Offer], now: OffsetDateTime) -> Result<(), StoreError>;
        async fn lock_stocks(&mut self, offers: &[OfferId]) -> Result<Vec<Locked<Stock>>, StoreError>;
        async fn update_stocks(&mut self, stocks: &[Stock]) -> Result<(), StoreError>;
    }

    #[async_trait]
    impl Ledger for UnitOfWork {
        async fn open_wallets(
            &mut self, users: &[UserId], currency: Currency, now: OffsetDateTime,
        ) -> Result<Vec<AccountId>, StoreError>;
        async fn open_settlement_account(
            &mut self, partner: PartnerId, credit_limit: CreditLimit, now: OffsetDateTime,
        ) -> Result<(), StoreError>;
        async fn set_credit_limit(
            &mut self, account: AccountId, credit_limit: CreditLimit, now: OffsetDateTime,
        ) -> Result<(), StoreError>;
        async fn lock_wallets(&mut self, users: &[UserId]) -> Result<Vec<Locked<Account>>, StoreError>;
        async fn lock_accounts(&mut self, accounts: &[AccountId]) -> Result<Vec<Locked<Account>>, StoreError>;
        async fn apply_transfers(
            &mut self, transfers: &[Transfer], now: OffsetDateTime,
        ) -> Result<(), StoreError>;
        async fn record_check(&mut self, report: &LedgerReport, now: OffsetDateTime) -> Result<(), StoreError>;
    }

    #[async_trait]
    impl Transactions for UnitOfWork {
        async fn insert_transactions(&mut self, transactions: &[Transaction]) -> Result<(), StoreError>;
        async fn find_orders(
            &mut self, ids: &[TransactionId],
        ) -> Result<Vec<(TransactionId, Order)>, StoreError>;
        async fn lock_transactions(
            &mut self, ids: &[TransactionId],
        ) -> Result<Vec<Locked<Transaction>>, StoreError>;
        async fn lock_due_transactions(
            &mut self, places: &[Places], now: OffsetDateTime,
        ) -> Result<DueTransactions, StoreError>;
        async fn update_transactions(&mut self, transactions: &[Transaction]) -> Result<(), StoreError>;
        async fn record_attempts(&mut self, attempts: &[Attempt]) -> Result<(), StoreError>;
    }

    #[async_trait]
    impl CallbackInbox for UnitOfWork {
        async fn known_callbacks(
            &mut self, ids: &[(ActivationPartner, CallbackId)],
        ) -> Result<HashSet<(ActivationPartner, CallbackId)>, StoreError>;
        async fn insert_callbacks(&mut self, received: &[Received]) -> Result<(), StoreError>;
        async fn purge_callbacks(&mut self, limit: OffsetDateTime, at_most: usize) -> Result<usize, StoreError>;
    }

    #[async_trait]
    impl Incidents for UnitOfWork {
        async fn insert_incidents(&mut self, incidents: &[NewIncident]) -> Result<(), StoreError>;
        async fn lock_due_incidents(
            &mut self, partners: &[ActivationPartner], limit: usize, now: OffsetDateTime,
        ) -> Result<Vec<Locked<Incident>>, StoreError>;
        async fn lock_incidents(&mut self, ids: &[IncidentId]) -> Result<Vec<Locked<Incident>>, StoreError>;
        async fn update_incidents(&mut self, incidents: &[Incident]) -> Result<(), StoreError>;
    }

    #[async_trait]
    impl ActivationPauses for UnitOfWork {
        async fn pause_activation(&mut self, pause: &ActivationPause) -> Result<bool, StoreError>;
        async fn resume_activation(
            &mut self, partner: ActivationPartner, limit: usize, now: OffsetDateTime,
        ) -> Result<Resumption, StoreError>;
    }

    #[async_trait]
    impl UserOffers for UnitOfWork {
        async fn holdings(
            &mut self, pairs: &[(UserId, OfferId)], now: OffsetDateTime,
        ) -> Result<Vec<((UserId, OfferId), Holding)>, StoreError>;
        async fn count_user_offers(
            &mut self, pairs: &[(UserId, OfferId)],
        ) -> Result<Vec<((UserId, OfferId), u32)>, StoreError>;
        async fn renewables(
            &mut self, pairs: &[(UserId, RenewalOf)],
        ) -> Result<Vec<((UserId, RenewalOf), Renewable)>, StoreError>;
        async fn insert_user_offers(&mut self, user_offers: &[NewUserOffer]) -> Result<(), StoreError>;
        async fn lock_user_offers(
            &mut self, refs: &[UserOfferRef],
        ) -> Result<Vec<(UserOfferRef, Locked<UserOffer>)>, StoreError>;
        async fn update_user_offers(
            &mut self, user_offers: &[UserOffer], now: OffsetDateTime,
        ) -> Result<(), StoreError>;
    }

    #[async_trait]
    impl DueUserOffers for UnitOfWork {
        async fn lock_ended(
            &mut self, limit: usize, now: OffsetDateTime,
        ) -> Result<Vec<Locked<UserOffer>>, StoreError>;
        async fn lock_due_renewals(
            &mut self, limit: usize, now: OffsetDateTime,
        ) -> Result<Vec<Locked<UserOffer>>, StoreError>;
        async fn ending(
            &mut self, after: Ending, until: OffsetDateTime, limit: usize,
        ) -> Result<Vec<UserOffer>, StoreError>;
    }

    #[async_trait]
    impl IdempotencyRecords for UnitOfWork {
        async fn find_records(&mut self, scopes: &[Scope]) -> Result<Vec<IdempotencyRecord>, StoreError>;
        async fn insert_records(&mut self, records: &[IdempotencyRecord]) -> Result<(), StoreError>;
        async fn purge_records(&mut self, limit: OffsetDateTime, at_most: usize) -> Result<usize, StoreError>;
    }

    #[async_trait]
    impl Partners for UnitOfWork {
        async fn insert_partner(&mut self, partner: &NewPartner) -> Result<PartnerId, StoreError>;
        async fn lock_partner(&mut self, id: PartnerId) -> Result<Option<Locked<Partner>>, StoreError>;
        async fn update_partner(&mut self, partner: &Partner, now: OffsetDateTime) -> Result<(), StoreError>;
        async fn insert_api_key(&mut self, key: &NewApiKey) -> Result<ApiKeyId, StoreError>;
        async fn api_keys(&mut self, partner: PartnerId) -> Result<Vec<ApiKey>, StoreError>;
        async fn revoke_api_key(&mut self, key: ApiKeyId, now: OffsetDateTime) -> Result<(), StoreError>;
        async fn touch_api_keys(&mut self, seen: &[(ApiKeyId, OffsetDateTime)]) -> Result<(), StoreError>;
        async fn key_holders(&mut self, keys: &[ApiKeyId]) -> Result<Vec<KeyHolder>, StoreError>;
        async fn find_partner_orders(
            &mut self, names: &[(PartnerId, PartnerReference)],
        ) -> Result<Vec<KnownPartnerOrder>, StoreError>;
        async fn insert_partner_orders(&mut self, orders: &[PartnerOrder]) -> Result<(), StoreError>;
    }

    #[async_trait]
    impl Notices for UnitOfWork {
        async fn insert_notices(
            &mut self, notices: &[NewNotice], now: OffsetDateTime,
        ) -> Result<(), StoreError>;
        async fn lock_due_notices(
            &mut self, channel: NoticeChannel, limit: usize, now: OffsetDateTime,
        ) -> Result<Vec<Locked<Notice>>, StoreError>;
        async fn lock_notices(&mut self, ids: &[NoticeId]) -> Result<Vec<Locked<Notice>>, StoreError>;
        async fn update_notices(&mut self, notices: &[Notice]) -> Result<(), StoreError>;
        async fn purge_notices(&mut self, limit: OffsetDateTime, at_most: usize) -> Result<usize, StoreError>;
    }

    #[async_trait]
    impl Schedules for UnitOfWork {
        async fn take_run(
            &mut self, job: &'static str, period: Duration, now: OffsetDateTime,
        ) -> Result<bool, StoreError>;
    }

    #[async_trait]
    impl AuditTrail for UnitOfWork {
        async fn record_audit(&mut self, entries: &[AuditEntry]) -> Result<(), StoreError>;
    }

    #[async_trait]
    impl Imports for UnitOfWork {
        async fn imported(
            &mut self, table: ImportTable, sources: &[i64],
        ) -> Result<Vec<ImportedRow>, StoreError>;
        async fn record_imported(
            &mut self, rows: &[ImportedRow], now: OffsetDateTime,
        ) -> Result<(), StoreError>;
        async fn insert_past_user_offers(
            &mut self, user_offers: &[PastUserOffer],
        ) -> Result<(), StoreError>;
        async fn switch_off(&mut self, users: &[UserId], offers: &[OfferId]) -> Result<(), StoreError>;
    }

    #[async_trait]
    impl Webhooks for UnitOfWork {
        async fn insert_webhook(&mut self, webhook: &NewWebhook) -> Result<WebhookId, StoreError>;
        async fn count_webhooks(&mut self, owner: Owner) -> Result<usize, StoreError>;
        async fn lock_webhooks(&mut self, ids: &[WebhookId]) -> Result<Vec<Locked<Webhook>>, StoreError>;
        async fn update_webhooks(&mut self, webhooks: &[Webhook]) -> Result<(), StoreError>;
    }

    #[async_trait]
    impl WebhookEvents for UnitOfWork {
        async fn record_events(
            &mut self, happenings: &[Happening], now: OffsetDateTime,
        ) -> Result<(), StoreError>;
        async fn insert_test(
            &mut self, webhook: WebhookId, event: EventId, now: OffsetDateTime,
        ) -> Result<(), StoreError>;
        async fn replay(
            &mut self, webhook: WebhookId, of: ReplayOf, at_most: usize, now: OffsetDateTime,
        ) -> Result<Replayed, StoreError>;
        async fn lock_due_deliveries(
            &mut self, limit: usize, per_webhook: usize, now: OffsetDateTime,
        ) -> Result<Vec<Locked<Delivery>>, StoreError>;
        async fn lock_deliveries(&mut self, ids: &[DeliveryId]) -> Result<Vec<Locked<Delivery>>, StoreError>;
        async fn update_deliveries(&mut self, deliveries: &[Delivery]) -> Result<(), StoreError>;
        async fn record_webhook_attempts(&mut self, attempts: &[WebhookAttempt]) -> Result<(), StoreError>;
        async fn purge_events(&mut self, limit: OffsetDateTime, at_most: usize) -> Result<usize, StoreError>;
    }

    #[async_trait]
    impl UnitOfWork for UnitOfWork {
        async fn now(&mut self) -> Result<OffsetDateTime, StoreError>;
        async fn commit(self: Box<Self>) -> Result<(), StoreError>;
        async fn rollback(self: Box<Self>) -> Result<(), StoreError>;
    }
}

mock! {
    /// A bell that tells who rang it.
    pub WakeUp {}
    #[async_trait]
    impl WakeUp for WakeUp {
        async fn ring(&self);
        async fn wait_for_work(&self);
        async fn announce(&self, ids: &[TransactionId]);
        fn follow(&self, id: TransactionId) -> Box<dyn Follow>;
    }
}

mock! {
    /// Counts calls to the counter.
    pub Metrics {}
    impl Metrics for Metrics {
        fn record(&self, measure: Measure);
    }
}
