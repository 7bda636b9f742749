//! The walls that the schema itself puts up.

use std::path::{Path, PathBuf};

use offers_domain::audit::ActorKind;
use offers_domain::import::ImportTable;
use offers_domain::ledger::{SystemAccount, TransferKind};
use offers_domain::money::{Currency, Money};
use offers_domain::notice::{NoticeChannel, NoticeKind, NoticeStatus};
use offers_domain::offer::{Category, PurchasePolicy};
use offers_domain::partner::{AnswerKind, Step};
use offers_domain::partner_channel::Funding;
use offers_domain::partner_channel::api_key::{KeyMode, KeyScope};
use offers_domain::transaction::{Channel, FailureKind, Status, SubStatus};
use offers_domain::user::{Locale, Role};
use offers_domain::user_offer::UserOfferStatus;
use offers_domain::webhook::delivery::DeliveryStatus;
use offers_domain::webhook::endpoint::{DisabledReason, WebhookStatus};
use offers_domain::webhook::event::EventKind;

use crate::support;

const STORES: [&str; 2] = ["postgres", "sqlite"];

/// The folders of a store's migrations, in order.
pub(crate) fn migrations(store: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(store);
    let mut folders: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

/// All migrations of a store, one after the other.
fn script(store: &str) -> String {
    let files = migrations(store).into_iter().map(|folder| folder.join("up.sql"));
    files.map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

/// The CREATE TABLE statement of `table`; the last one, where it was made anew.
fn definition(store: &str, table: &str) -> String {
    let all = script(store);
    let (_, begun) = all.rsplit_once(&format!("CREATE TABLE {table} (")).unwrap();
    begun.split_once("\n)").unwrap().0.to_owned()
}

/// What was changed about `table` afterwards.
fn alterations(store: &str, table: &str) -> String {
    let begin = format!("ALTER TABLE {table}\n");
    script(store).split(&begin).skip(1).filter_map(|rest| rest.split(';').next().map(str::to_owned)).collect()
}

#[test]
fn both_stores_have_the_same_migrations() {
    let [postgres, sqlite] = STORES.map(|store| {
        let name = |folder: &PathBuf| folder.file_name().unwrap().to_owned();
        migrations(store).iter().map(name).collect::<Vec<_>>()
    });
    assert_eq!(postgres, sqlite);
}

#[test]
fn both_stores_have_the_same_columns() {
    for table in [
        "users",
        "accounts",
        "offers",
        "transactions",
        "transaction_events",
        "attempts",
        "transfers",
        "user_offers",
        "idempotency_records",
        "notices",
        "sessions",
        "refresh_tokens",
        "partners",
        "api_keys",
        "partner_orders",
        "audit_events",
        "imported_rows",
        "activation_pauses",
        "activation_callbacks",
        "incidents",
        "ledger_checks",
        "webhooks",
        "webhook_events",
        "webhook_deliveries",
        "webhook_attempts",
    ] {
        let [postgres, sqlite] = STORES.map(|store| {
            let definition = definition(store, table);
            let column = |line: &str| line.strip_prefix("    ")?.split(' ').next().map(str::to_owned);
            let is_column = |word: &String| word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            let words = definition.lines().filter_map(column);
            words.filter(|word| is_column(word) && !word.is_empty()).collect::<Vec<_>>()
        });
        assert_eq!(postgres, sqlite, "{table}");
    }
}

#[test]
fn the_checks_of_both_stores_know_every_spelling_of_the_domain() {
    for store in STORES {
        let knows = |table: &str, spellings: Vec<&str>| {
            let definition = definition(store, table) + &alterations(store, table);
            for spelling in spellings {
                assert!(definition.contains(&format!("'{spelling}'")), "{store}: {table} lacks {spelling}");
            }
        };
        knows("users", Role::ALL.iter().map(|role| role.as_str()).collect());
        knows("users", Locale::ALL.iter().map(|locale| locale.as_str()).collect());
        knows("accounts", SystemAccount::ALL.iter().map(|account| account.as_str()).collect());
        knows("partners", Funding::ALL.iter().map(|funding| funding.as_str()).collect());
        knows("api_keys", KeyMode::ALL.iter().map(|mode| mode.as_str()).collect());
        knows("api_keys", KeyScope::ALL.iter().map(|scope| scope.as_str()).collect());
        knows("offers", Category::ALL.iter().map(|category| category.as_str()).collect());
        knows("offers", PurchasePolicy::ALL.iter().map(|policy| policy.as_str()).collect());
        knows("transactions", Channel::ALL.iter().map(|channel| channel.as_str()).collect());
        knows("transactions", FailureKind::ALL.iter().map(|kind| kind.as_str()).collect());
        for table in ["transactions", "transaction_events"] {
            knows(table, Status::ALL.iter().map(|status| status.as_str()).collect());
            knows(table, SubStatus::ALL.iter().map(|status| status.as_str()).collect());
        }
        knows("attempts", Step::ALL.iter().map(|step| step.as_str()).collect());
        knows("attempts", AnswerKind::ALL.iter().map(|kind| kind.as_str()).collect());
        knows("transfers", TransferKind::ALL.iter().map(|kind| kind.as_str()).collect());
        knows("notices", NoticeKind::ALL.iter().map(|kind| kind.as_str()).collect());
        knows("notices", NoticeChannel::ALL.iter().map(|channel| channel.as_str()).collect());
        knows("notices", NoticeStatus::ALL.iter().map(|status| status.as_str()).collect());
        knows("webhooks", WebhookStatus::ALL.iter().map(|status| status.as_str()).collect());
        knows("webhooks", DisabledReason::ALL.iter().map(|reason| reason.as_str()).collect());
        knows("webhook_events", EventKind::ALL.iter().map(|kind| kind.as_str()).collect());
        knows("webhook_deliveries", DeliveryStatus::ALL.iter().map(|status| status.as_str()).collect());
        knows("audit_events", ActorKind::ALL.iter().map(|kind| kind.as_str()).collect());
        knows("imported_rows", ImportTable::ALL.iter().map(|table| table.as_str()).collect());
        knows("user_offers", UserOfferStatus::ALL.iter().map(|status| status.as_str()).collect());
    }
}

#[tokio::test]
async fn the_ledger_and_the_audit_are_never_changed() {
    let database = support::fresh().await;
    for (table, column) in [
        ("transfers", "id"),
        ("transaction_events", "at"),
        ("attempts", "step"),
        ("audit_events", "at"),
        ("imported_rows", "seen"),
        ("ledger_checks", "at"),
    ] {
        for attack in [
            format!("UPDATE {table} SET {column} = {column}"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table}"),
        ] {
            let refused = database.execute(&attack).await.expect_err(&attack);
            let refused = refused.as_db_error().unwrap().message();
            assert_eq!(refused, format!("{table} are never changed and never deleted"));
        }
    }
}

#[tokio::test]
async fn a_final_status_is_never_left() {
    let database = support::fresh().await;
    database
        .execute(
            "INSERT INTO users VALUES (1, 'anna', 'a@b', NULL, '', 'customer', 'en', TRUE, now(), now());
             INSERT INTO accounts VALUES (100, 'wallet', 1, NULL, 'EUR', 0, 0, now(), now());
             INSERT INTO offers VALUES
                 (1, 'Fibre', '', 'internet', 1, 'EUR', 30, NULL, NULL, 'allow', TRUE, 1, now(), now());
             INSERT INTO transactions VALUES
                 (gen_random_uuid(), 1, 1, 100, 1, 'EUR', 30, 'customer', NULL, now(), 'SUCCESS', 'confirmed', NULL,
                  FALSE, 1, 0, 3, 'ok', NULL, NULL, now(), now())",
        )
        .await
        .unwrap();
    let restart = "UPDATE transactions SET status = 'PENDING', sub_status = 'queued', completed_at = NULL, due_at = now()";
    let refused = database.execute(restart).await.unwrap_err();
    assert_eq!(refused.as_db_error().unwrap().message(), "a final status never changes");
    let kept = "UPDATE transactions SET status = 'SUCCESS', reference = 'other'";
    database.execute(kept).await.unwrap();
}

#[tokio::test]
async fn the_accounts_of_the_house_have_their_ids_and_wallets_begin_at_100() {
    let database = support::fresh().await;
    for account in SystemAccount::ALL {
        let kind = format!("SELECT kind FROM accounts WHERE id = {}", account.id());
        assert_eq!(database.texts(&kind).await, [account.as_str()]);
    }
    let next = "SELECT nextval(pg_get_serial_sequence('accounts', 'id'))::text";
    assert_eq!(database.texts(next).await, ["100"]);
}

#[tokio::test]
async fn the_schema_counts_prices_as_the_domain_does() {
    let database = support::fresh().await;
    for code in ["EUR", "USD", "XOF", "XAF", "JPY", "BIF", "ISK", "TND", "KWD", "BHD", "OMR", "CHF"] {
        let currency: Currency = code.parse().unwrap();
        let price = Money::from_minor(12_345, currency);
        let counted = format!("SELECT minor_units({price}, '{code}')::text");
        assert_eq!(database.texts(&counted).await, ["12345"], "{code}");
    }
}
