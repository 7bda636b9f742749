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
        previous_until -> Nullable<BigInt>,
        failing_since -> Nullable<BigInt>,
        failures -> BigInt,
        resume_at -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

table! {
    webhook_events (id) {
        id -> BigInt,
        name -> Binary,
        kind -> Text,
        dedupe_key -> Text,
        transaction_id -> Nullable<Binary>,
        user_id -> Nullable<BigInt>,
        offer_id -> Nullable<BigInt>,
        user_offer_id -> Nullable<BigInt>,
        ends_at -> Nullable<BigInt>,
        days -> Nullable<BigInt>,
        error_code -> Nullable<Text>,
        partner_id -> Nullable<BigInt>,
        reference -> Nullable<Text>,
        created_at -> BigInt,
    }
}

table! {
    webhook_deliveries (id) {
        id -> BigInt,
        event_id -> BigInt,
        webhook_id -> BigInt,
        topic -> Nullable<Binary>,
        status -> Text,
        due_at -> Nullable<BigInt>,
        attempt -> BigInt,
        tries -> BigInt,
        reason -> Nullable<Text>,
        queued_at -> BigInt,
        updated_at -> BigInt,
    }
}

table! {
    webhook_attempts (delivery_id, number) {
        delivery_id -> BigInt,
        number -> BigInt,
        status -> Nullable<BigInt>,
        error -> Nullable<Text>,
        started_at -> BigInt,
        took_ms -> BigInt,
    }
}

joinable!(webhook_deliveries -> webhook_events (event_id));
joinable!(webhook_deliveries -> webhooks (webhook_id));

allow_tables_to_appear_in_same_query!(webhooks, webhook_events, webhook_deliveries);
