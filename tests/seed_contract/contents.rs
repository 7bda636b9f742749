//! What the documents name, and where it is shown.

use std::path::Path;

/// The endpoints: each has at least one test whose name begins with its number.
const ENDPOINTS: [&str; 22] = [
    "E01 POST /auth/login/",
    "E02 GET /auth/profile/",
    "E03 POST /auth/refresh/",
    "E04 POST /auth/logout/",
    "E05 GET /offers/",
    "E06 GET /offers/{id}/",
    "E07 GET /offers/expiring/",
    "E08 POST /offers/renew/",
    "E09 GET /account/balance/",
    "E10 GET /account/subscriptions/",
    "E11 GET /account/transactions/",
    "E12 GET /account/transactions/{transaction_id}/",
    "E13 GET /account/",
    "E14 POST /activation/",
    "E15 GET /activation/status/{transaction_id}/",
    "E16 POST /partner/activate/",
    "E17 GET /partner/validate/{reference}/",
    "E18 GET /swagger/, /openapi.json",
    "E19 GET /metrics, /livez, /readyz",
    "E20 GET /activation/status/{transaction_id}/events",
    "E21 GET /partner/transactions/, /partner/transactions/{reference}/, /partner/account/",
    "E22 POST /partner/callbacks/activation/",
];

/// The flows, jobs and promises that other suites show: what, in which file, by which test.
const SHOWN_ELSEWHERE: [(&str, &str, &str); 17] = [
    ("flow: user authentication", "e2e/journey.rs", "tokens_rotate_and_a_logout_works_at_once"),
    (
        "flow: account management, and standard activation with success",
        "e2e/journey.rs",
        "a_customer_activates_an_offer_and_sees_it_everywhere",
    ),
    (
        "flow: standard activation with failure, refund and notice",
        "e2e/journey.rs",
        "a_refused_activation_fails_with_the_money_back",
    ),
    (
        "flow: standard activation with too little money",
        "e2e/journey.rs",
        "an_order_beyond_the_balance_is_refused_and_writes_nothing",
    ),
    (
        "flow: partner activation",
        "e2e/partners.rs",
        "a_partner_activates_an_offer_for_a_customer_step_by_step",
    ),
    (
        "flow: task failure recovery: retry with back-off, then success",
        "e2e/partner_scripts.rs",
        "turned_away_orders_are_sent_again",
    ),
    (
        "flow: database connection failure: error, or cached data",
        "e2e/degraded.rs",
        "while_postgresql_is_down_what_was_read_before_is_shown_as_stale_and_all_else_is_503",
    ),
    ("Redis is a cache and may be lost", "e2e/degraded.rs", "while_redis_is_down_everything_works"),
    ("flow and job: expiring offers", "e2e/renewal.rs", "what_ends_soon_is_listed"),
    (
        "notifications by e-mail of how an activation ended",
        "e2e/notices.rs",
        "an_order_ends_in_a_mail_in_the_outbox_folder_with_nothing_to_set_up",
    ),
    (
        "job process_activation: a worker of its own",
        "e2e/operations.rs",
        "api_and_worker_run_as_two_processes_on_one_database",
    ),
    (
        "renewal: the service runs longer",
        "e2e/renewal.rs",
        "a_customer_renews_a_subscription_and_it_runs_longer",
    ),
    ("createsuperuser", "e2e/command_line.rs", "a_superuser_made_on_the_command_line_can_log_in"),
    ("migrate and seed", "e2e/command_line.rs", "migrate_seed_and_verify_work_without_a_server"),
    (
        "flow: partner activation, failure: the money goes back to the account that paid",
        "e2e/partners.rs",
        "the_money_of_a_refused_order_goes_back_to_the_account_that_paid",
    ),
    (
        "flow: an unknown user or offer is no partner's order",
        "seed_contract/partner.rs",
        "flow_partner_activation_refuses_an_unknown_user_or_offer_and_another_amount",
    ),
    ("the data of the original application", "e2e/import.rs", "what_is_taken_adds_up_and_is_taken_once"),
];

/// The fields of every model and every answer of the documents, and the test that looks at them. A reference to a user or an
/// offer is its id.
const FIELDS: [(&str, &[&str], &str, &str); 15] = [
    (
        "model User",
        &["username", "email"],
        "authentication.rs",
        "e02_profile_shows_id_username_and_email_to_their_owner_alone",
    ),
    ("model Account", &["balance"], "account.rs", "e09_balance_is_shown_with_two_decimals"),
    (
        "model Offer",
        &["name", "description", "price", "duration_days", "is_active"],
        "offers.rs",
        "e06_an_offer_is_shown_by_its_id_or_404",
    ),
    (
        "model UserOffer",
        &["offer", "activation_date", "expiration_date", "is_active", "transaction_id"],
        "account.rs",
        "e10_subscriptions_lists_the_callers_own",
    ),
    (
        "model Transaction",
        &[
            "transaction_id",
            "user_id",
            "offer_id",
            "amount",
            "status",
            "created_at",
            "updated_at",
            "completed_at",
        ],
        "account.rs",
        "e12_a_transaction_is_shown_by_its_id_to_its_owner_or_404",
    ),
    (
        "model PartnerTransaction",
        &[
            "transaction_id",
            "reference",
            "user_id",
            "offer_id",
            "amount",
            "status",
            "created_at",
            "updated_at",
        ],
        "partner.rs",
        "e17_validate_says_what_a_reference_stands_for_or_that_it_is_not_valid",
    ),
    (
        "hash transaction:{id}",
        &["transaction_id", "user_id", "offer_id", "amount", "status", "created_at", "updated_at"],
        "journey.rs",
        "the_user_journey_on_postgresql_and_redis_which_keeps_the_hash_of_the_technical_document",
    ),
    (
        "answer of a login",
        &["access_token", "refresh_token"],
        "authentication.rs",
        "e01_login_answers_200_with_access_and_refresh_tokens_or_401",
    ),
    (
        "answer of a refresh",
        &["access_token", "refresh_token"],
        "authentication.rs",
        "e03_refresh_answers_200_with_a_new_pair_or_401",
    ),
    (
        "answer of an activation",
        &["offer_id", "transaction_id", "status"],
        "activation.rs",
        "e14_activation_answers_202_with_a_transaction_id_and_pending",
    ),
    (
        "answer about a status",
        &["transaction_id", "status", "created_at", "updated_at"],
        "activation.rs",
        "e15_status_shows_where_an_order_stands",
    ),
    (
        "answer about an account",
        &["balance", "subscriptions"],
        "account.rs",
        "e13_account_shows_balance_and_active_subscriptions_together",
    ),
    (
        "answer of a renewal",
        &["transaction_id", "status"],
        "offers.rs",
        "e08_renew_answers_200_with_a_transaction_or_404_for_what_is_not_held",
    ),
    (
        "answer of a partner's activation",
        &["reference", "transaction_id", "status"],
        "partner.rs",
        "e16_partner_activate_answers_202_with_reference_transaction_id_and_pending",
    ),
    (
        "answer about a reference",
        &["reference", "transaction_id", "user_id", "offer_id", "is_valid", "error"],
        "partner.rs",
        "e17_validate_says_what_a_reference_stands_for_or_that_it_is_not_valid",
    ),
];

const SOURCES: [&str; 7] = [
    include_str!("authentication.rs"),
    include_str!("offers.rs"),
    include_str!("account.rs"),
    include_str!("activation.rs"),
    include_str!("callbacks.rs"),
    include_str!("partner.rs"),
    include_str!("monitoring.rs"),
];

#[test]
fn every_endpoint_has_a_test_of_its_number() {
    for endpoint in ENDPOINTS {
        let number = endpoint.split(' ').next().unwrap().to_lowercase();
        let name = format!("async fn {number}_");
        assert!(SOURCES.iter().any(|source| source.contains(&name)), "{endpoint} has no test");
    }
}

fn source(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests").join(file);
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn every_field_is_looked_at_by_a_test() {
    for (what, fields, file, test) in FIELDS {
        let source = source(&format!("seed_contract/{file}"));
        // The shapes that several tests of a file share stand before its first function.
        let (shapes, _) = source.split_once("fn ").unwrap();
        let (_, body) =
            source.split_once(&format!("fn {test}(")).unwrap_or_else(|| panic!("{what}: no {test}"));
        let (body, _) = body.split_once("\n}\n").unwrap();
        for field in fields {
            let name = format!("\"{field}\"");
            assert!(
                body.contains(&name) || shapes.contains(&name),
                "{what}: {test} does not look at {field}"
            );
        }
    }
}

#[test]
fn what_is_shown_elsewhere_is_there() {
    for (what, file, test) in SHOWN_ELSEWHERE {
        let source = source(file);
        assert!(source.contains(&format!("fn {test}(")), "{what}: {file} has no test {test}");
    }
}
