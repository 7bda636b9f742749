//! The proof that the money adds up: each rule is one statement that finds the rows which break it.

use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use offers_domain::ports::{Difference, LedgerAudit, LedgerCheck, LedgerReport, StoreError};

use crate::error::store_error;
use crate::pool::Loan;
use crate::rows::CheckRow;
use crate::schema::ledger_checks;
use crate::statement::statement;
use crate::store::PgStore;

/// A snapshot of the whole database. Reading all of it takes longer than any other statement may. Everything is compared
/// with everything of its kind: for tables that have grown since their last ANALYZE a plan may choose nested loops, which
/// take minutes for what takes seconds.
pub(crate) const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
     SET LOCAL statement_timeout = 0; SET LOCAL enable_nestloop = off";

/// How long one rule, or one count of everything, may take.
pub(crate) const PATIENCE: Duration = Duration::from_hours(1);

/// How many differences are listed.
const LISTED: usize = 1000;

const BALANCE_IDENTITY: &str = "
    WITH movements AS (
        SELECT credit_account_id AS account_id, currency, amount FROM transfers
        UNION ALL
        SELECT debit_account_id, currency, -amount FROM transfers
    ), sums AS (
        SELECT account_id, currency, sum(amount) AS total FROM movements GROUP BY account_id, currency
    )
    SELECT a.id::text AS id,
           'holds ' || coalesce(a.balance::text, 'nothing') || ' with a credit limit of ' || a.credit_limit
               || ', its transfers add up to ' || coalesce(s.total, 0) AS detail
    FROM accounts a LEFT JOIN sums s ON s.account_id = a.id AND s.currency = a.currency
    WHERE a.kind IN ('wallet', 'settlement')
      AND (a.balance IS DISTINCT FROM coalesce(s.total, 0) OR a.balance + a.credit_limit < 0)
    ORDER BY a.id LIMIT $1";

const ONE_CHARGE: &str = "
    SELECT t.id::text AS id, 'has ' || count(c.id) || ' charges instead of 1' AS detail
    FROM transactions t LEFT JOIN transfers c ON c.transaction_id = t.id AND c.kind = 'charge'
    GROUP BY t.id HAVING count(c.id) <> 1
    UNION ALL
    SELECT c.transaction_id::text, 'has a charge but does not exist'
    FROM transfers c LEFT JOIN transactions t ON t.id = c.transaction_id
    WHERE c.kind = 'charge' AND t.id IS NULL
    LIMIT $1";

const REFUND_IFF_FAILED: &str = "
    SELECT t.id::text AS id, 'is ' || t.status || ' and has ' || count(r.id) || ' refunds' AS detail
    FROM transactions t LEFT JOIN transfers r ON r.transaction_id = t.id AND r.kind = 'refund'
    GROUP BY t.id HAVING count(r.id) <> CASE t.status WHEN 'FAILED' THEN 1 ELSE 0 END
    UNION ALL
    SELECT r.transaction_id::text, 'has a refund but does not exist'
    FROM transfers r LEFT JOIN transactions t ON t.id = r.transaction_id
    WHERE r.kind = 'refund' AND t.id IS NULL
    LIMIT $1";

const AMOUNT_MATCHES: &str = "
    WITH moved AS (
        SELECT transaction_id, kind, amount, currency, debit_account_id AS account_id,
               credit_account_id AS house_id
        FROM transfers WHERE kind = 'charge'
        UNION ALL
        SELECT transaction_id, kind, amount, currency, credit_account_id, debit_account_id
        FROM transfers WHERE kind = 'refund'
    )
    SELECT t.id::text AS id,
           'is about ' || t.amount || ' ' || t.currency || ' between accounts ' || t.account_id
               || ' and ' || s.id || ', its ' || m.kind || ' is about ' || m.amount || ' ' || m.currency
               || ' between ' || m.account_id || ' and ' || m.house_id AS detail
    FROM transactions t JOIN moved m ON m.transaction_id = t.id JOIN accounts s ON s.kind = 'sales'
    WHERE m.amount <> t.amount OR m.currency <> t.currency
       OR m.account_id <> t.account_id OR m.house_id <> s.id
    LIMIT $1";

/// A purchase opens a subscription, which follows it.
const SERVICE_FOLLOWS_PURCHASE: &str = "
    SELECT t.id::text AS id,
           'is ' || t.status || ' and its subscription is ' || coalesce(u.status, 'missing') AS detail
    FROM transactions t LEFT JOIN user_offers u ON u.transaction_id = t.id
    WHERE t.renews IS NULL AND CASE t.status
        WHEN 'SUCCESS' THEN u.status IN ('active', 'expired')
        WHEN 'FAILED' THEN u.status = 'cancelled'
        ELSE u.status = 'pending'
    END IS NOT TRUE
    LIMIT $1";

/// A renewal extends one: it runs for all the days that were paid.
const SERVICE_LASTS_AS_PAID: &str = "
    WITH paid AS (
        SELECT coalesce(t.renews, o.id) AS user_offer_id, sum(t.duration_days) AS days
        FROM transactions t LEFT JOIN user_offers o ON o.transaction_id = t.id
        WHERE t.status = 'SUCCESS' GROUP BY coalesce(t.renews, o.id)
    )
    SELECT u.transaction_id::text AS id,
           'opened subscription ' || u.id || ', which is shorter than the ' || p.days || ' days paid' AS detail
    FROM paid p JOIN user_offers u ON u.id = p.user_offer_id
    WHERE coalesce(u.expires_at - u.activated_at, interval '0') < p.days * interval '24 hours'
    LIMIT $1";

/// A partner's order has a name, and nobody pays for another's: the account is the customer's or that partner's.
const PAYER_MATCHES: &str = "
    SELECT t.id::text AS id,
           'was placed by the ' || t.channel || ' (partner ' || coalesce(p.partner_id::text, 'none')
               || ') and is paid by account ' || a.id AS detail
    FROM transactions t JOIN accounts a ON a.id = t.account_id
    LEFT JOIN partner_orders p ON p.transaction_id = t.id
    WHERE (t.channel = 'partner') <> (p.transaction_id IS NOT NULL)
       OR NOT coalesce(a.user_id = t.user_id, a.partner_id = p.partner_id, FALSE)
    LIMIT $1";

const HISTORY_COMPLETE: &str = "
    SELECT t.id::text AS id,
           'is ' || t.status || ' (' || t.sub_status || ') at version ' || t.version
               || ' and has ' || count(e.version) || ' transitions that lead elsewhere' AS detail
    FROM transactions t LEFT JOIN transaction_events e ON e.transaction_id = t.id
    GROUP BY t.id
    HAVING count(e.version) <> t.version OR min(e.version) <> 1 OR NOT EXISTS (
        SELECT 1 FROM transaction_events l
        WHERE l.transaction_id = t.id AND l.version = t.version
          AND l.status = t.status AND l.sub_status = t.sub_status
    )
    LIMIT $1";

/// Rows of the money path name rows that exist; no constraint says so (ADR 0017).
const ORDERS_REFER: &str = "
    SELECT t.id::text AS id, 'names a person, an offer, an account or a subscription that does not exist' AS detail
    FROM transactions t
    WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = t.user_id)
       OR NOT EXISTS (SELECT 1 FROM offers o WHERE o.id = t.offer_id)
       OR NOT EXISTS (SELECT 1 FROM accounts a WHERE a.id = t.account_id)
       OR t.renews IS NOT NULL AND NOT EXISTS (SELECT 1 FROM user_offers u WHERE u.id = t.renews)
    LIMIT $1";

const TRANSFERS_REFER: &str = "
    SELECT m.id::text AS id, 'names an account that does not exist' AS detail
    FROM transfers m
    WHERE NOT EXISTS (SELECT 1 FROM accounts a WHERE a.id = m.debit_account_id)
       OR NOT EXISTS (SELECT 1 FROM accounts a WHERE a.id = m.credit_account_id)
    LIMIT $1";

const SUBSCRIPTIONS_REFER: &str = "
    SELECT u.id::text AS id, 'names a person, an offer or an order that does not exist' AS detail
    FROM user_offers u
    WHERE NOT EXISTS (SELECT 1 FROM users p WHERE p.id = u.user_id)
       OR NOT EXISTS (SELECT 1 FROM offers o WHERE o.id = u.offer_id)
       OR NOT EXISTS (SELECT 1 FROM transactions t WHERE t.id = u.transaction_id)
    LIMIT $1";

const HISTORY_REFERS: &str = "
    SELECT h.transaction_id::text AS id, 'has a history but does not exist' AS detail
    FROM (SELECT transaction_id FROM transaction_events UNION SELECT transaction_id FROM attempts) h
    WHERE NOT EXISTS (SELECT 1 FROM transactions t WHERE t.id = h.transaction_id)
    LIMIT $1";

/// Whose rows a rule is about, its name, and the statement that finds those who break it.
const RULES: [(&str, &str, &str); 12] = [
    ("account", "balance_identity", BALANCE_IDENTITY),
    ("transaction", "one_charge", ONE_CHARGE),
    ("transaction", "refund_iff_failed", REFUND_IFF_FAILED),
    ("transaction", "amount_matches", AMOUNT_MATCHES),
    ("transaction", "payer_matches", PAYER_MATCHES),
    ("transaction", "service_iff_success", SERVICE_FOLLOWS_PURCHASE),
    ("transaction", "service_iff_success", SERVICE_LASTS_AS_PAID),
    ("transaction", "history_complete", HISTORY_COMPLETE),
    ("transaction", "references_hold", ORDERS_REFER),
    ("transfer", "references_hold", TRANSFERS_REFER),
    ("subscription", "references_hold", SUBSCRIPTIONS_REFER),
    ("transaction", "references_hold", HISTORY_REFERS),
];

const COUNT: &str = "
    SELECT (SELECT count(*) FROM accounts WHERE balance IS NOT NULL) AS accounts,
           (SELECT count(*) FROM transfers) AS transfers,
           (SELECT count(*) FROM transactions) AS transactions";

#[derive(QueryableByName)]
struct Counts {
    #[diesel(sql_type = BigInt)]
    accounts: i64,
    #[diesel(sql_type = BigInt)]
    transfers: i64,
    #[diesel(sql_type = BigInt)]
    transactions: i64,
}

/// A row that breaks a rule.
#[derive(QueryableByName)]
struct Broken {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    detail: String,
}

#[async_trait]
impl LedgerAudit for PgStore {
    async fn verify_ledger(&self) -> Result<LedgerReport, StoreError> {
        let mut snapshot = self.readers.begin(BEGIN).await?;
        snapshot.wait_for(PATIENCE);
        let report = verify(&mut snapshot).await.map_err(|error| store_error(&error))?;
        if snapshot.command("ROLLBACK").await.is_ok() {
            snapshot.give_back();
        }
        Ok(report)
    }

    async fn last_check(&self) -> Result<Option<LedgerCheck>, StoreError> {
        let last =
            ledger_checks::table.order(ledger_checks::id.desc()).limit(1).select(CheckRow::as_select());
        self.readers.row::<_, CheckRow>(last).await?.map(LedgerCheck::try_from).transpose()
    }
}

async fn verify(snapshot: &mut Loan) -> QueryResult<LedgerReport> {
    let counts: Option<Counts> = snapshot.rows(statement(COUNT)).await?.pop();
    let counts = counts.ok_or(diesel::result::Error::NotFound)?;
    let mut differences = Vec::new();
    for (subject, rule, text) in RULES {
        let room = i64::try_from(LISTED.saturating_sub(differences.len())).unwrap_or(i64::MAX);
        let broken: Vec<Broken> = snapshot.rows(statement(text).bind::<BigInt, _>(room)).await?;
        let difference =
            |row: Broken| Difference { rule, detail: format!("{subject} {} {}", row.id, row.detail) };
        differences.extend(broken.into_iter().map(difference));
    }
    let counted = |count: i64| u64::try_from(count).unwrap_or_default();
    Ok(LedgerReport {
        accounts: counted(counts.accounts),
        transfers: counted(counts.transfers),
        transactions: counted(counts.transactions),
        differences,
    })
}
