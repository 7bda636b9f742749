//! The proof that the money adds up: each rule is one statement that finds the rows which break it.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use offers_domain::ports::{Difference, LedgerAudit, LedgerCheck, LedgerReport, StoreError};

use crate::error::SqliteError;
use crate::rows::{CheckRow, Reading};
use crate::schema::{accounts, ledger_checks, transactions, transfers};
use crate::store::SqliteStore;

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
    SELECT a.id AS id,
           'holds ' || coalesce(a.balance, 'nothing') || ' with a credit limit of ' || a.credit_limit
               || ', its transfers add up to ' || coalesce(s.total, 0) AS detail
    FROM accounts a LEFT JOIN sums s ON s.account_id = a.id AND s.currency = a.currency
    WHERE a.kind IN ('wallet', 'settlement')
      AND (a.balance IS DISTINCT FROM coalesce(s.total, 0) OR a.balance + a.credit_limit < 0)
    ORDER BY a.id LIMIT ?";

const ONE_CHARGE: &str = "
    SELECT t.id AS id, 'has ' || count(c.id) || ' charges instead of 1' AS detail
    FROM transactions t LEFT JOIN transfers c ON c.transaction_id = t.id AND c.kind = 'charge'
    GROUP BY t.id HAVING count(c.id) <> 1
    UNION ALL
    SELECT c.transaction_id, 'has a charge but does not exist'
    FROM transfers c LEFT JOIN transactions t ON t.id = c.transaction_id
    WHERE c.kind = 'charge' AND t.id IS NULL
    LIMIT ?";

const REFUND_IFF_FAILED: &str = "
    SELECT t.id AS id, 'is ' || t.status || ' and has ' || count(r.id) || ' refunds' AS detail
    FROM transactions t LEFT JOIN transfers r ON r.transaction_id = t.id AND r.kind = 'refund'
    GROUP BY t.id HAVING count(r.id) <> CASE t.status WHEN 'FAILED' THEN 1 ELSE 0 END
    UNION ALL
    SELECT r.transaction_id, 'has a refund but does not exist'
    FROM transfers r LEFT JOIN transactions t ON t.id = r.transaction_id
    WHERE r.kind = 'refund' AND t.id IS NULL
    LIMIT ?";

const AMOUNT_MATCHES: &str = "
    WITH moved AS (
        SELECT transaction_id, kind, amount, currency, debit_account_id AS account_id,
               credit_account_id AS house_id
        FROM transfers WHERE kind = 'charge'
        UNION ALL
        SELECT transaction_id, kind, amount, currency, credit_account_id, debit_account_id
        FROM transfers WHERE kind = 'refund'
    )
    SELECT t.id AS id,
           'is about ' || t.amount || ' ' || t.currency || ' between accounts ' || t.account_id
               || ' and ' || s.id || ', its ' || m.kind || ' is about ' || m.amount || ' ' || m.currency
               || ' between ' || m.account_id || ' and ' || m.house_id AS detail
    FROM transactions t JOIN moved m ON m.transaction_id = t.id JOIN accounts s ON s.kind = 'sales'
    WHERE m.amount <> t.amount OR m.currency <> t.currency
       OR m.account_id <> t.account_id OR m.house_id <> s.id
    LIMIT ?";

/// A purchase opens a subscription, which follows it.
const SERVICE_FOLLOWS_PURCHASE: &str = "
    SELECT t.id AS id,
           'is ' || t.status || ' and its subscription is ' || coalesce(u.status, 'missing') AS detail
    FROM transactions t LEFT JOIN user_offers u ON u.transaction_id = t.id
    WHERE t.renews IS NULL AND CASE t.status
        WHEN 'SUCCESS' THEN u.status IN ('active', 'expired')
        WHEN 'FAILED' THEN u.status = 'cancelled'
        ELSE u.status = 'pending'
    END IS NOT TRUE
    LIMIT ?";

/// A renewal extends one: it runs for all the days that were paid. 86400000000 microseconds are a day.
const SERVICE_LASTS_AS_PAID: &str = "
    WITH paid AS (
        SELECT coalesce(t.renews, o.id) AS user_offer_id, sum(t.duration_days) AS days
        FROM transactions t LEFT JOIN user_offers o ON o.transaction_id = t.id
        WHERE t.status = 'SUCCESS' GROUP BY coalesce(t.renews, o.id)
    )
    SELECT u.transaction_id AS id,
           'opened subscription ' || u.id || ', which is shorter than the ' || p.days || ' days paid' AS detail
    FROM paid p JOIN user_offers u ON u.id = p.user_offer_id
    WHERE coalesce(u.expires_at - u.activated_at, 0) < p.days * 86400000000
    LIMIT ?";

/// A partner's order has a name, and nobody pays for another's: the account is the customer's or that partner's.
const PAYER_MATCHES: &str = "
    SELECT t.id AS id,
           'was placed by the ' || t.channel || ' (partner ' || coalesce(p.partner_id, 'none')
               || ') and is paid by account ' || a.id AS detail
    FROM transactions t JOIN accounts a ON a.id = t.account_id
    LEFT JOIN partner_orders p ON p.transaction_id = t.id
    WHERE (t.channel = 'partner') <> (p.transaction_id IS NOT NULL)
       OR NOT coalesce(a.user_id = t.user_id, a.partner_id = p.partner_id, FALSE)
    LIMIT ?";

const HISTORY_COMPLETE: &str = "
    SELECT t.id AS id,
           'is ' || t.status || ' (' || t.sub_status || ') at version ' || t.version
               || ' and has ' || count(e.version) || ' transitions that lead elsewhere' AS detail
    FROM transactions t LEFT JOIN transaction_events e ON e.transaction_id = t.id
    GROUP BY t.id
    HAVING count(e.version) <> t.version OR min(e.version) <> 1 OR NOT EXISTS (
        SELECT 1 FROM transaction_events l
        WHERE l.transaction_id = t.id AND l.version = t.version
          AND l.status = t.status AND l.sub_status = t.sub_status
    )
    LIMIT ?";

const RULES_OF_TRANSACTIONS: [(&str, &str); 7] = [
    ("one_charge", ONE_CHARGE),
    ("refund_iff_failed", REFUND_IFF_FAILED),
    ("amount_matches", AMOUNT_MATCHES),
    ("payer_matches", PAYER_MATCHES),
    ("service_iff_success", SERVICE_FOLLOWS_PURCHASE),
    ("service_iff_success", SERVICE_LASTS_AS_PAID),
    ("history_complete", HISTORY_COMPLETE),
];

#[derive(QueryableByName)]
struct BrokenAccount {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct BrokenTransaction {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = Text)]
    detail: String,
}

#[async_trait]
impl LedgerAudit for SqliteStore {
    async fn verify_ledger(&self) -> Result<LedgerReport, StoreError> {
        self.readers.snapshot(verify).await
    }

    async fn last_check(&self) -> Result<Option<LedgerCheck>, StoreError> {
        self.readers
            .read(|connection| {
                let last: Option<CheckRow> = ledger_checks::table
                    .order(ledger_checks::id.desc())
                    .limit(1)
                    .select(CheckRow::as_select())
                    .get_result(connection)
                    .optional()?;
                Ok(last.map(LedgerCheck::try_from).transpose()?)
            })
            .await
    }
}

fn verify(connection: &mut SqliteConnection) -> Result<LedgerReport, SqliteError> {
    let accounts = accounts::table.filter(accounts::balance.is_not_null()).count().get_result(connection)?;
    let transfers = transfers::table.count().get_result(connection)?;
    let transactions = transactions::table.count().get_result(connection)?;
    let mut differences = broken_accounts(connection)?;
    for (rule, statement) in RULES_OF_TRANSACTIONS {
        let room = LISTED.saturating_sub(differences.len());
        differences.extend(broken_transactions(connection, rule, statement, room)?);
    }
    let counted = |count: i64| u64::try_from(count).unwrap_or_default();
    Ok(LedgerReport {
        accounts: counted(accounts),
        transfers: counted(transfers),
        transactions: counted(transactions),
        differences,
    })
}

fn broken_accounts(connection: &mut SqliteConnection) -> Result<Vec<Difference>, SqliteError> {
    let rows: Vec<BrokenAccount> =
        diesel::sql_query(BALANCE_IDENTITY).bind::<BigInt, _>(limit(LISTED)).load(connection)?;
    let difference = |row: BrokenAccount| Difference {
        rule: "balance_identity",
        detail: format!("account {} {}", row.id, row.detail),
    };
    Ok(rows.into_iter().map(difference).collect())
}

fn broken_transactions(
    connection: &mut SqliteConnection,
    rule: &'static str,
    statement: &'static str,
    room: usize,
) -> Result<Vec<Difference>, SqliteError> {
    let rows: Vec<BrokenTransaction> =
        diesel::sql_query(statement).bind::<BigInt, _>(limit(room)).load(connection)?;
    let reading = Reading { table: "transactions", row: &"?" };
    let difference = |row: BrokenTransaction| {
        let id = reading.uuid("id", &row.id)?;
        Ok(Difference { rule, detail: format!("transaction {id} {}", row.detail) })
    };
    rows.into_iter().map(difference).collect()
}

fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
