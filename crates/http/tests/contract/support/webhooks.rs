//! Webhooks: there are none, and one can be registered.

use std::sync::Arc;

use async_trait::async_trait;
use offers_application::webhooks::ManageWebhooks;
use offers_domain::ids::{DeliveryId, EventId, WebhookId};
use offers_domain::page::{Page, PageRequest};
use offers_domain::ports::mocks::{MockUnitOfWork, MockWebhookDesk};
use offers_domain::ports::{DeliveryBacklog, StoreError, WebhookQueries};
use offers_domain::webhook::endpoint::{
    Description, Health, Owner, Secrets, UrlRefusal, WebhookState, WebhookTerms,
};
use offers_domain::webhook::event::EventKinds;
use offers_domain::webhook::views::{DeliveryFile, DeliveryFilter, WebhookFilter};
use offers_domain::webhook::{Delivery, Secret, Webhook};
use offers_testkit::builders::NOON;
use offers_testkit::ids::CountingIds;

use super::store::Scripted;

/// The one that is registered.
const REGISTERED: WebhookId = WebhookId(1);

#[async_trait]
impl WebhookQueries for Scripted {
    async fn webhooks(
        &self,
        _: &WebhookFilter,
        _: &PageRequest<WebhookId>,
    ) -> Result<Page<Webhook>, StoreError> {
        Ok(Page { items: Vec::new(), has_more: false })
    }

    async fn webhook(&self, id: WebhookId, filter: &WebhookFilter) -> Result<Option<Webhook>, StoreError> {
        Ok((id == REGISTERED).then(|| webhook(filter.owner.unwrap_or(Owner::Operator))))
    }

    async fn deliveries(
        &self,
        _: WebhookId,
        _: &DeliveryFilter,
        _: &PageRequest<DeliveryId>,
    ) -> Result<Page<Delivery>, StoreError> {
        Ok(Page { items: Vec::new(), has_more: false })
    }

    async fn delivery(&self, _: WebhookId, _: EventId) -> Result<Option<DeliveryFile>, StoreError> {
        Ok(None)
    }

    async fn delivery_backlog(&self) -> Result<DeliveryBacklog, StoreError> {
        Ok(DeliveryBacklog { open: 0, oldest: None })
    }
}

fn webhook(owner: Owner) -> Webhook {
    Webhook {
        id: REGISTERED,
        owner,
        terms: WebhookTerms {
            url: "https://till.example/".into(),
            description: Description::default(),
            kinds: EventKinds::all(),
        },
        state: WebhookState::Enabled,
        secrets: Secrets { current: Secret("whsec_kept".into()), previous: None },
        health: Health::default(),
        created_at: NOON,
        updated_at: NOON,
    }
}

/// What looks after webhooks; `http://` is refused.
pub(super) fn manage_webhooks(store: &Scripted) -> ManageWebhooks {
    let mut desk = MockWebhookDesk::new();
    desk.expect_admit().returning(|url| {
        if url.starts_with("https://") { Ok(url.to_owned()) } else { Err(UrlRefusal::NotHttps) }
    });
    desk.expect_new_secret().returning(|| Ok(Secret("whsec_new".into())));
    ManageWebhooks {
        store: Arc::new(store.clone()),
        desk: Arc::new(desk),
        ids: Arc::new(CountingIds::default()),
    }
}

pub(super) fn script_webhooks(unit: &mut MockUnitOfWork) {
    unit.expect_lock_webhooks().returning(|_| Ok(Vec::new()));
    unit.expect_count_webhooks().returning(|_| Ok(0));
    unit.expect_insert_webhook().returning(|_| Ok(REGISTERED));
    unit.expect_record_events().returning(|_, _| Ok(()));
}
