//! Accounts and transfers.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bigdecimal::BigDecimal;
use diesel::sql_types::{Array, BigInt, Nullable, Numeric, Text, Timestamptz, Uuid};
use offers_domain::account::Account;
use offers_domain::ids::{AccountId, PartnerId, UserId};
use offers_domain::ledger::Transfer;
use offers_domain::money::Currency;
use offers_domain::partner_channel::CreditLimit;
use offers_domain::ports::{Ledger, LedgerReport, Locked, StoreError};
use time::OffsetDateTime;

use crate::rows::{AccountRow, NewCheckRow, NewWalletRow, TransferRow, decimal};
use crate::schema::ledger_checks;
use crate::statement::{bind_columns, statement};
use crate::unit_of_work::PgUnitOfWork;

const OPEN_WALLETS: &str = "
    INSERT INTO accounts (kind, user_id, currency, balance, created_at, updated_at)
    SELECT 'wallet', user_id, $1, 0, $2, $2
    FROM unnest($3) WITH ORDINALITY AS n (user_id, place)
    ORDER BY place
    RETURNING id";

const OPEN_SETTLEMENT_ACCOUNT: &str = "
    INSERT INTO accounts (id, kind, partner_id, currency, balance, credit_limit, created_at, updated_at)
    VALUES ($1, 'settlement', $2, $3, 0, $4, $5, $5)";

const SET_CREDIT_LIMIT: &str = "UPDATE accounts SET credit_limit = $2, updated_at = $3 WHERE id = $1";

/// FOR NO KEY UPDATE, so that references of other units' rows may be checked meanwhile. Sorting comes before locking.
const LOCK_WALLETS: &str = "
    SELECT id, user_id, partner_id, currency, balance, credit_limit, updated_at
    FROM accounts WHERE user_id = ANY ($1) ORDER BY id FOR NO KEY UPDATE";

const LOCK_ACCOUNTS: &str = "
    SELECT id, user_id, partner_id, currency, balance, credit_limit, updated_at
    FROM accounts WHERE id = ANY ($1) AND balance IS NOT NULL ORDER BY id FOR NO KEY UPDATE";

/// Accounts without a balance are passed over.
const APPLY_TRANSFERS: &str = "
    WITH moved AS (
        UPDATE accounts a SET balance = a.balance + d.delta, updated_at = $1
        FROM unnest($2, $3) AS d (account_id, delta)
        WHERE a.id = d.account_id AND a.balance IS NOT NULL
    )
    INSERT INTO transfers (debit_account_id, credit_account_id, amount, currency, kind, transaction_id, created_at)
    SELECT debit_account_id, credit_account_id, amount, currency, kind, transaction_id, $1
    FROM unnest($4, $5, $6, $7, $8, $9) WITH ORDINALITY
        AS n (debit_account_id, credit_account_id, amount, currency, kind, transaction_id, place)
    ORDER BY place";

#[async_trait]
impl Ledger for PgUnitOfWork {
    async fn open_wallets(
        &mut self,
        users: &[UserId],
        currency: Currency,
        now: OffsetDateTime,
    ) -> Result<Vec<AccountId>, StoreError> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<NewWalletRow> = users.iter().map(NewWalletRow::from).collect();
        let insert =
            statement(OPEN_WALLETS).bind::<Text, _>(currency.code().to_owned()).bind::<Timestamptz, _>(now);
        self.insert(bind_columns!(insert, rows; user_id: BigInt), AccountId).await
    }

    async fn open_settlement_account(
        &mut self,
        partner: PartnerId,
        credit_limit: CreditLimit,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let limit = credit_limit.money();
        let open = statement(OPEN_SETTLEMENT_ACCOUNT)
            .bind::<BigInt, _>(AccountId::settlement_of(partner).0)
            .bind::<BigInt, _>(partner.0)
            .bind::<Text, _>(limit.currency().code().to_owned())
            .bind::<Numeric, _>(decimal(limit.minor(), limit.currency()))
            .bind::<Timestamptz, _>(now);
        self.write(open)
    }

    async fn set_credit_limit(
        &mut self,
        account: AccountId,
        credit_limit: CreditLimit,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let limit = credit_limit.money();
        let set = statement(SET_CREDIT_LIMIT)
            .bind::<BigInt, _>(account.0)
            .bind::<Numeric, _>(decimal(limit.minor(), limit.currency()))
            .bind::<Timestamptz, _>(now);
        self.write(set)
    }

    async fn lock_wallets(&mut self, users: &[UserId]) -> Result<Vec<Locked<Account>>, StoreError> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let users: Vec<i64> = users.iter().map(|user| user.0).collect();
        locked(self.rows(statement(LOCK_WALLETS).bind::<Array<BigInt>, _>(users)).await?)
    }

    async fn lock_accounts(&mut self, accounts: &[AccountId]) -> Result<Vec<Locked<Account>>, StoreError> {
        if accounts.is_empty() {
            return Ok(Vec::new());
        }
        let accounts: Vec<i64> = accounts.iter().map(|account| account.0).collect();
        locked(self.rows(statement(LOCK_ACCOUNTS).bind::<Array<BigInt>, _>(accounts)).await?)
    }

    async fn apply_transfers(
        &mut self,
        transfers: &[Transfer],
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        if transfers.is_empty() {
            return Ok(());
        }
        let rows: Vec<TransferRow> = transfers.iter().map(TransferRow::from).collect();
        let (accounts, deltas): (Vec<i64>, Vec<BigDecimal>) = net_deltas(&rows).into_iter().unzip();
        let apply = statement(APPLY_TRANSFERS)
            .bind::<Timestamptz, _>(now)
            .bind::<Array<BigInt>, _>(accounts)
            .bind::<Array<Numeric>, _>(deltas);
        let apply = bind_columns!(apply, rows;
            debit_account_id: BigInt, credit_account_id: BigInt, amount: Numeric, currency: Text, kind: Text,
            transaction_id: Nullable<Uuid>);
        self.write(apply)
    }

    async fn record_check(&mut self, report: &LedgerReport, now: OffsetDateTime) -> Result<(), StoreError> {
        let row = NewCheckRow::try_new(report, now)?;
        self.write(diesel::insert_into(ledger_checks::table).values(row))
    }
}

fn locked(rows: Vec<AccountRow>) -> Result<Vec<Locked<Account>>, StoreError> {
    rows.into_iter().map(|row| Ok(Locked::by_store(Account::try_from(row)?))).collect()
}

/// What all transfers together do to each account.
fn net_deltas(transfers: &[TransferRow]) -> BTreeMap<i64, BigDecimal> {
    let mut deltas: BTreeMap<i64, BigDecimal> = BTreeMap::new();
    for transfer in transfers {
        *deltas.entry(transfer.debit_account_id).or_default() -= &transfer.amount;
        *deltas.entry(transfer.credit_account_id).or_default() += &transfer.amount;
    }
    deltas
}
