//! The tables, as `migrations/postgres` makes them.

use diesel::sql_types::{Numeric, Text};
use diesel::{allow_tables_to_appear_in_same_query, define_sql_function, joinable, table};

mod webhook_tables;

pub(crate) use webhook_tables::{webhook_attempts, webhook_deliveries, webhook_events, webhooks};

table! {
    users (id) {
        id -> BigInt,
        username -> Text,
        email -> Text,
        phone -> Nullable<Text>,
        password_hash -> Text,
        role -> Text,
        locale -> Text,
        is_active -> Bool,
        joined_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

table! {
    accounts (id) {
        id -> BigInt,
        kind -> Text,
        user_id -> Nullable<BigInt>,
        partner_id -> Nullable<BigInt>,
        currency -> Nullable<Text>,
        balance -> Nullable<Numeric>,
        credit_limit -> Numeric,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

table! {
    offers (id) {
        id -> BigInt,
        name -> Text,
        description -> Text,
        category -> Text,
        price -> Numeric,
        currency -> Text,
        duration_days -> BigInt,
        sale_from -> Nullable<Timestamptz>,
        sale_until -> Nullable<Timestamptz>,
        purchase_policy -> Text,
        is_active -> Bool,
        version -> BigInt,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        stock -> Nullable<BigInt>,
        per_customer -> Nullable<BigInt>,
        requires -> Nullable<BigInt>,
        excludes -> Nullable<BigInt>,
        name_fr -> Nullable<Text>,
        description_fr -> Nullable<Text>,
    }
}

table! {
    transactions (id) {
        id -> Uuid,
        user_id -> BigInt,
        offer_id -> BigInt,
        account_id -> BigInt,
        amount -> Numeric,
        currency -> Text,
        duration_days -> BigInt,
        channel -> Text,
        renews -> Nullable<BigInt>,
        created_at -> Timestamptz,
        status -> Text,
        sub_status -> Text,
        due_at -> Nullable<Timestamptz>,
        leased -> Bool,
        attempt -> BigInt,
        lost_leases -> BigInt,
        version -> BigInt,
        reference -> Nullable<Text>,
        error_code -> Nullable<Text>,
        error_message -> Nullable<Text>,
        updated_at -> Timestamptz,
        completed_at -> Nullable<Timestamptz>,
        from_stock -> Bool,
        activation_partner -> Text,
        called_at -> Nullable<Timestamptz>,
        clock_from -> Nullable<Timestamptz>,
        traceparent -> Nullable<Text>,
    }
}

table! {
    transaction_events (transaction_id, version) {
        transaction_id -> Uuid,
        version -> BigInt,
        status -> Text,
        sub_status -> Text,
        attempt -> BigInt,
        at -> Timestamptz,
    }
}

table! {
    attempts (transaction_id, number) {
        transaction_id -> Uuid,
        number -> BigInt,
        step -> Text,
        answer -> Text,
        detail -> Nullable<Text>,
        started_at -> Timestamptz,
        ended_at -> Timestamptz,
    }
}

table! {
    transfers (id) {
        id -> BigInt,
        debit_account_id -> BigInt,
        credit_account_id -> BigInt,
        amount -> Numeric,
        currency -> Text,
        kind -> Text,
        transaction_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
    }
}

table! {
    ledger_checks (id) {
        id -> BigInt,
        at -> Timestamptz,
        accounts -> BigInt,
        transfers -> BigInt,
        transactions -> BigInt,
        differences -> BigInt,
        sentences -> Text,
    }
}

table! {
    user_offers (id) {
        id -> BigInt,
        user_id -> BigInt,
        offer_id -> BigInt,
        transaction_id -> Uuid,
        status -> Text,
        activated_at -> Nullable<Timestamptz>,
        expires_at -> Nullable<Timestamptz>,
        auto_renew -> Bool,
        renew_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

table! {
    idempotency_records (principal, route, key) {
        principal -> Text,
        route -> Text,
        key -> Text,
        fingerprint -> Binary,
        transaction_id -> Uuid,
        response_status -> BigInt,
        response_body -> Text,
        created_at -> Timestamptz,
    }
}

table! {
    sessions (id) {
        id -> Uuid,
        user_id -> BigInt,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
        last_used_at -> Timestamptz,
    }
}

table! {
    refresh_tokens (hash) {
        hash -> Binary,
        session_id -> Uuid,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
        parent -> Nullable<Binary>,
    }
}

table! {
    audit_events (id) {
        id -> BigInt,
        at -> Timestamptz,
        actor_kind -> Text,
        actor_id -> Nullable<BigInt>,
        action -> Text,
        subject_kind -> Text,
        subject_id -> Text,
        reason -> Nullable<Text>,
        details -> Text,
        request_id -> Nullable<Text>,
    }
}

table! {
    notices (id) {
        id -> BigInt,
        user_id -> BigInt,
        channel -> Text,
        kind -> Text,
        dedupe_key -> Text,
        reference -> Nullable<Uuid>,
        user_offer_id -> Nullable<BigInt>,
        offer_id -> Nullable<BigInt>,
        amount -> Nullable<Numeric>,
        currency -> Nullable<Text>,
        ends_at -> Nullable<Timestamptz>,
        days -> Nullable<BigInt>,
        status -> Text,
        due_at -> Nullable<Timestamptz>,
        attempt -> BigInt,
        reason -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        obstacle -> Nullable<Text>,
    }
}

table! {
    partners (id) {
        id -> BigInt,
        name -> Text,
        funding -> Text,
        discount -> BigInt,
        requests_per_minute -> Nullable<BigInt>,
        is_active -> Bool,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

table! {
    api_keys (id) {
        id -> BigInt,
        partner_id -> BigInt,
        hash -> Binary,
        hint -> Text,
        mode -> Text,
        scopes -> Text,
        created_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
        last_used_at -> Nullable<Timestamptz>,
    }
}

table! {
    partner_orders (transaction_id) {
        transaction_id -> Uuid,
        partner_id -> BigInt,
        reference -> Text,
        partner_reference -> Nullable<Text>,
    }
}

table! {
    activation_callbacks (activation_partner, callback_id) {
        activation_partner -> Text,
        callback_id -> Text,
        transaction_id -> Uuid,
        answer -> Text,
        detail -> Nullable<Text>,
        outcome -> Text,
        received_at -> Timestamptz,
    }
}

table! {
    incidents (id) {
        id -> BigInt,
        transaction_id -> Uuid,
        activation_partner -> Text,
        kind -> Text,
        evidence -> Text,
        status -> Text,
        due_at -> Nullable<Timestamptz>,
        attempt -> BigInt,
        last_answer -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

table! {
    activation_pauses (activation_partner) {
        activation_partner -> Text,
        reason -> Text,
        since -> Timestamptz,
        moved_through -> BigInt,
        counted_to -> Nullable<Timestamptz>,
        resuming_at -> Nullable<Timestamptz>,
    }
}

joinable!(transactions -> offers (offer_id));
joinable!(user_offers -> offers (offer_id));
joinable!(transaction_events -> transactions (transaction_id));
joinable!(user_offers -> transactions (transaction_id));
joinable!(refresh_tokens -> sessions (session_id));
joinable!(accounts -> partners (partner_id));
joinable!(api_keys -> partners (partner_id));
joinable!(partner_orders -> transactions (transaction_id));

allow_tables_to_appear_in_same_query!(offers, transactions, transaction_events, user_offers, partner_orders);
allow_tables_to_appear_in_same_query!(accounts, api_keys, partners);
allow_tables_to_appear_in_same_query!(refresh_tokens, sessions);

define_sql_function! {
    /// An amount in its currency's smallest unit.
    fn minor_units(amount: Numeric, currency: Text) -> BigInt;
}
