//! Endpoints.

use async_trait::async_trait;
use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use offers_domain::ids::WebhookId;
use offers_domain::ports::{Locked, StoreError, Webhooks};
use offers_domain::webhook::endpoint::{NewWebhook, Owner, Webhook};

use crate::error::SqliteError;
use crate::rows::{NewWebhookRow, WebhookRow, WebhookStateRow};
use crate::schema::webhooks;
use crate::unit_of_work::{SqliteUnitOfWork, locked_work};
use crate::update::update;

#[async_trait]
impl Webhooks for SqliteUnitOfWork {
    async fn insert_webhook(&mut self, webhook: &NewWebhook) -> Result<WebhookId, StoreError> {
        let row = NewWebhookRow::from(webhook);
        self.run(move |connection| {
            let id = diesel::insert_into(webhooks::table)
                .values(row)
                .returning(webhooks::id)
                .get_result(connection)?;
            Ok(WebhookId(id))
        })
        .await
    }

    async fn count_webhooks(&mut self, owner: Owner) -> Result<usize, StoreError> {
        let partner = owner.partner().map(|partner| partner.0);
        self.run(move |connection| {
            let there = webhooks::table.filter(webhooks::status.ne("deleted"));
            let count: i64 = match partner {
                Some(partner) => {
                    there.filter(webhooks::partner_id.eq(partner)).count().get_result(connection)?
                }
                None => there.filter(webhooks::partner_id.is_null()).count().get_result(connection)?,
            };
            Ok(usize::try_from(count).unwrap_or(usize::MAX))
        })
        .await
    }

    async fn lock_webhooks(&mut self, ids: &[WebhookId]) -> Result<Vec<Locked<Webhook>>, StoreError> {
        self.over(ids, |connection, mut ids| {
            ids.sort_unstable();
            ids.dedup();
            ids.iter().filter_map(|id| find(connection, *id).transpose()).collect()
        })
        .await
    }

    async fn update_webhooks(&mut self, webhooks: &[Webhook]) -> Result<(), StoreError> {
        self.over(webhooks, |connection, webhooks| {
            webhooks.iter().try_for_each(|webhook| save(connection, webhook))
        })
        .await
    }
}

fn find(connection: &mut SqliteConnection, id: WebhookId) -> Result<Option<Locked<Webhook>>, SqliteError> {
    let row = webhooks::table
        .filter(webhooks::id.eq(id.0))
        .filter(webhooks::status.ne("deleted"))
        .select(WebhookRow::as_select());
    Ok(locked_work(row.load_iter::<WebhookRow, DefaultLoadingMode>(connection)?, 1)?.pop())
}

fn save(connection: &mut SqliteConnection, webhook: &Webhook) -> Result<(), SqliteError> {
    let saved = update(&webhooks::table, WebhookStateRow::from(webhook), webhooks::id.eq(webhook.id.0));
    if saved.execute(connection)? == 1 {
        Ok(())
    } else {
        Err(StoreError::Misuse(format!("there is no webhook {}", webhook.id)).into())
    }
}
