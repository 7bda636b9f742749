//! Endpoints.

use async_trait::async_trait;
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};
use offers_domain::ids::WebhookId;
use offers_domain::ports::{Locked, StoreError, Webhooks};
use offers_domain::webhook::endpoint::{NewWebhook, Owner, Webhook};

use crate::rows::WebhookRow;
use crate::schema::webhooks;
use crate::statement::{bind_columns, statement};
use crate::unit_of_work::PgUnitOfWork;

const INSERT: &str = "
    INSERT INTO webhooks (partner_id, url, description, kinds, status, secret, created_at, updated_at)
    VALUES ($1, $2, $3, $4, 'enabled', $5, $6, $6)
    RETURNING id";

const UPDATE: &str = "
    UPDATE webhooks t SET
        url = n.url, description = n.description, kinds = n.kinds, status = n.status,
        disabled_reason = n.disabled_reason, secret = n.secret, previous_secret = n.previous_secret,
        previous_until = n.previous_until, failing_since = n.failing_since, failures = n.failures,
        resume_at = n.resume_at, updated_at = n.updated_at
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) AS n (
        id, url, description, kinds, status, disabled_reason, secret, previous_secret, previous_until, failing_since,
        failures, resume_at, updated_at
    )
    WHERE t.id = n.id";

#[async_trait]
impl Webhooks for PgUnitOfWork {
    async fn insert_webhook(&mut self, webhook: &NewWebhook) -> Result<WebhookId, StoreError> {
        let insert = statement(INSERT)
            .bind::<Nullable<BigInt>, _>(webhook.owner.partner().map(|partner| partner.0))
            .bind::<Text, _>(webhook.terms.url.clone())
            .bind::<Text, _>(webhook.terms.description.as_str().to_owned())
            .bind::<Text, _>(webhook.terms.kinds.to_string())
            .bind::<Text, _>(webhook.secret.0.clone())
            .bind::<Timestamptz, _>(webhook.created_at);
        let id = self.insert(insert, WebhookId).await?.pop();
        id.ok_or_else(|| StoreError::Misuse("no id for a new webhook".into()))
    }

    async fn count_webhooks(&mut self, owner: Owner) -> Result<usize, StoreError> {
        let partner = owner.partner().map(|partner| partner.0);
        let count = webhooks::table
            .filter(webhooks::status.ne("deleted"))
            .filter(webhooks::partner_id.is_not_distinct_from(partner))
            .select(count_star());
        let count: Option<i64> = self.rows(count).await?.pop();
        Ok(usize::try_from(count.unwrap_or_default()).unwrap_or(usize::MAX))
    }

    async fn lock_webhooks(&mut self, ids: &[WebhookId]) -> Result<Vec<Locked<Webhook>>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
        let there = |unreadable: Vec<i64>| {
            webhooks::table
                .filter(webhooks::id.eq_any(ids.clone()))
                .filter(webhooks::id.ne_all(unreadable))
                .filter(webhooks::status.ne("deleted"))
                .order(webhooks::id)
                .select(WebhookRow::as_select())
                .for_no_key_update()
        };
        self.locked_work(there, |row: &WebhookRow| row.id).await
    }

    async fn update_webhooks(&mut self, webhooks: &[Webhook]) -> Result<(), StoreError> {
        if webhooks.is_empty() {
            return Ok(());
        }
        let rows: Vec<WebhookRow> = webhooks.iter().map(WebhookRow::from).collect();
        let update = bind_columns!(statement(UPDATE), rows;
            id: BigInt, url: Text, description: Text, kinds: Text, status: Text, disabled_reason: Nullable<Text>,
            secret: Text, previous_secret: Nullable<Text>, previous_until: Nullable<Timestamptz>,
            failing_since: Nullable<Timestamptz>, failures: BigInt, resume_at: Nullable<Timestamptz>,
            updated_at: Timestamptz);
        self.write_rows(update, rows.len(), StoreError::Misuse("there is no such webhook".into()))
    }
}
