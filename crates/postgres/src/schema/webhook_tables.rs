//! The tables of webhooks.

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

table! {
    webhooks (id) {
        id -> BigInt,
        partner_id -> Nullable<BigInt>,
        url -> Text,
        description -> Text,
        kinds -> Text,
        status -> Text,
        disabled_reason -> Nullable<Text>,
        secret -> Text,
        previous_secret -> Nullable<Text>,
        previous_until -> Nullable<Timestamptz>,
        failing_since -> Nullable<Timestamptz>,
        failures -> BigInt,
        resume_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

table! {
    webhook_events (id) {
        id -> BigInt,
        name -> Uuid,
        kind -> Text,
        dedupe_key -> Text,
        transaction_id -> Nullable<Uuid>,
        user_id -> Nullable<BigInt>,
        offer_id -> Nullable<BigInt>,
        user_offer_id -> Nullable<BigInt>,
        ends_at -> Nullable<Timestamptz>,
        days -> Nullable<BigInt>,
        error_code -> Nullable<Text>,
        partner_id -> Nullable<BigInt>,
        reference -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}

table! {
    webhook_deliveries (id) {
        id -> BigInt,
        event_id -> BigInt,
        webhook_id -> BigInt,
        topic -> Nullable<Uuid>,
        status -> Text,
        due_at -> Nullable<Timestamptz>,
        attempt -> BigInt,
        tries -> BigInt,
        reason -> Nullable<Text>,
        queued_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

table! {
    webhook_attempts (delivery_id, number) {
        delivery_id -> BigInt,
        number -> BigInt,
        status -> Nullable<BigInt>,
        error -> Nullable<Text>,
        started_at -> Timestamptz,
        took_ms -> BigInt,
    }
}

joinable!(webhook_deliveries -> webhook_events (event_id));
joinable!(webhook_deliveries -> webhooks (webhook_id));

allow_tables_to_appear_in_same_query!(webhooks, webhook_events, webhook_deliveries);
