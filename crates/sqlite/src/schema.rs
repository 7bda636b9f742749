//! The tables, as `migrations/sqlite` makes them.

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

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
        joined_at -> BigInt,
        updated_at -> BigInt,
    }
}

table! {
    accounts (id) {
        id -> BigInt,
        kind -> Text,
        user_id -> Nullable<BigInt>,
        partner_id -> Nullable<BigInt>,
        currency -> Nullable<Text>,
        balance -> Nullable<BigInt>,
        credit_limit -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

table! {
    offers (id) {
        id -> BigInt,
        name -> Text,
        description -> Text,
        category -> Text,
        price -> BigInt,
        currency -> Text,
        duration_days -> BigInt,
        sale_from -> Nullable<BigInt>,
        sale_until -> Nullable<BigInt>,
        purchase_policy -> Text,
        is_active -> Bool,
        version -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        stock -> Nullable<BigInt>,
        per_customer -> Nullable<BigInt>,
        requires -> Nullable<BigInt>,
        excludes -> Nullable<BigInt>,
        name_fr -> Nullable<Text>,
        description_fr -> Nullable<Text>,
    }
}

table! {
    offer_stocks (offer_id) {
        offer_id -> BigInt,
        taken -> BigInt,
    }
}

table! {
    transactions (id) {
        id -> Binary,
        user_id -> BigInt,
        offer_id -> BigInt,
        account_id -> BigInt,
        amount -> BigInt,
        currency -> Text,
        duration_days -> BigInt,
        channel -> Text,
        renews -> Nullable<BigInt>,
        created_at -> BigInt,
        status -> Text,
        sub_status -> Text,
        due_at -> Nullable<BigInt>,
        leased -> Bool,
        attempt -> BigInt,
        lost_leases -> BigInt,
        version -> BigInt,
        reference -> Nullable<Text>,
        error_code -> Nullable<Text>,
        error_message -> Nullable<Text>,
        updated_at -> BigInt,
        completed_at -> Nullable<BigInt>,
        from_stock -> Bool,
        activation_partner -> Text,
        called_at -> Nullable<BigInt>,
        clock_from -> Nullable<BigInt>,
        traceparent -> Nullable<Text>,
    }
}

table! {
    transaction_events (transaction_id, version) {
        transaction_id -> Binary,
        version -> BigInt,
        status -> Text,
        sub_status -> Text,
        attempt -> BigInt,
        at -> BigInt,
    }
}

table! {
    attempts (transaction_id, number) {
        transaction_id -> Binary,
        number -> BigInt,
        step -> Text,
        answer -> Text,
        detail -> Nullable<Text>,
        started_at -> BigInt,
        ended_at -> BigInt,
    }
}

table! {
    transfers (id) {
        id -> BigInt,
        debit_account_id -> BigInt,
        credit_account_id -> BigInt,
        amount -> BigInt,
        currency -> Text,
        kind -> Text,
        transaction_id -> Nullable<Binary>,
        created_at -> BigInt,
    }
}

table! {
    ledger_checks (id) {
        id -> BigInt,
        at -> BigInt,
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
        transaction_id -> Binary,
        status -> Text,
        activated_at -> Nullable<BigInt>,
        expires_at -> Nullable<BigInt>,
        auto_renew -> Bool,
        renew_at -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

table! {
    idempotency_records (principal, route, key) {
        principal -> Text,
        route -> Text,
        key -> Text,
        fingerprint -> Binary,
        transaction_id -> Binary,
        response_status -> BigInt,
        response_body -> Text,
        created_at -> BigInt,
    }
}

table! {
    schedules (job) {
        job -> Text,
        last_run_at -> BigInt,
    }
}

table! {
    sessions (id) {
        id -> Binary,
        user_id -> BigInt,
        created_at -> BigInt,
        expires_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        last_used_at -> BigInt,
    }
}

table! {
    refresh_tokens (hash) {
        hash -> Binary,
        session_id -> Binary,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
        parent -> Nullable<Binary>,
    }
}

table! {
    audit_events (id) {
        id -> BigInt,
        at -> BigInt,
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
        reference -> Nullable<Binary>,
        user_offer_id -> Nullable<BigInt>,
        offer_id -> Nullable<BigInt>,
        amount -> Nullable<BigInt>,
        currency -> Nullable<Text>,
        ends_at -> Nullable<BigInt>,
        days -> Nullable<BigInt>,
        status -> Text,
        due_at -> Nullable<BigInt>,
        attempt -> BigInt,
        reason -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
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
        created_at -> BigInt,
        updated_at -> BigInt,
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
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
    }
}

table! {
    partner_orders (transaction_id) {
        transaction_id -> Binary,
        partner_id -> BigInt,
        reference -> Text,
        partner_reference -> Nullable<Text>,
    }
}

table! {
    imported_rows (source_table, source_id) {
        source_table -> Text,
        source_id -> BigInt,
        target -> Text,
        seen -> Text,
        imported_at -> BigInt,
    }
}

table! {
    activation_callbacks (activation_partner, callback_id) {
        activation_partner -> Text,
        callback_id -> Text,
        transaction_id -> Binary,
        answer -> Text,
        detail -> Nullable<Text>,
        outcome -> Text,
        received_at -> BigInt,
    }
}

table! {
    incidents (id) {
        id -> BigInt,
        transaction_id -> Binary,
        activation_partner -> Text,
        kind -> Text,
        evidence -> Text,
        status -> Text,
        due_at -> Nullable<BigInt>,
        attempt -> BigInt,
        last_answer -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

table! {
    activation_pauses (activation_partner) {
        activation_partner -> Text,
        reason -> Text,
        since -> BigInt,
        moved_through -> BigInt,
        counted_to -> Nullable<BigInt>,
        resuming_at -> Nullable<BigInt>,
    }
}

joinable!(transactions -> offers (offer_id));
joinable!(user_offers -> offers (offer_id));
joinable!(user_offers -> transactions (transaction_id));
joinable!(refresh_tokens -> sessions (session_id));
joinable!(accounts -> partners (partner_id));
joinable!(api_keys -> partners (partner_id));
joinable!(partner_orders -> transactions (transaction_id));

allow_tables_to_appear_in_same_query!(offers, transactions, user_offers, partner_orders);
allow_tables_to_appear_in_same_query!(accounts, api_keys, partners);
allow_tables_to_appear_in_same_query!(refresh_tokens, sessions);
