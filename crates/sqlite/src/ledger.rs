//! Accounts and transfers.

use std::collections::BTreeMap;

use async_trait::async_trait;
use diesel::prelude::*;
use offers_domain::account::Account;
use offers_domain::ids::{AccountId, PartnerId, UserId};
use offers_domain::ledger::Transfer;
use offers_domain::money::Currency;
use offers_domain::partner_channel::CreditLimit;
use offers_domain::ports::{Constraint, Ledger, LedgerReport, Locked, StoreError};
use time::OffsetDateTime;

use crate::error::SqliteError;
use crate::rows::{AccountRow, NewCheckRow, NewSettlementAccountRow, NewWalletRow, TransferRow, micros};
use crate::schema::{accounts, ledger_checks, transfers};
use crate::unit_of_work::SqliteUnitOfWork;
use crate::update::update;

#[async_trait]
impl Ledger for SqliteUnitOfWork {
    async fn open_wallets(
        &mut self,
        users: &[UserId],
        currency: Currency,
        now: OffsetDateTime,
    ) -> Result<Vec<AccountId>, StoreError> {
        self.over(users, move |connection, users| {
            users.iter().map(|user| open_wallet(connection, *user, currency, now)).collect()
        })
        .await
    }

    async fn open_settlement_account(
        &mut self,
        partner: PartnerId,
        credit_limit: CreditLimit,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let account = NewSettlementAccountRow::new(partner, credit_limit, now);
        self.run(move |connection| {
            diesel::insert_into(accounts::table).values(account).execute(connection)?;
            Ok(())
        })
        .await
    }

    async fn set_credit_limit(
        &mut self,
        account: AccountId,
        credit_limit: CreditLimit,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.run(move |connection| {
            let limit = accounts::credit_limit.eq(credit_limit.money().minor());
            let changes = (limit, accounts::updated_at.eq(micros(now)));
            update(&accounts::table, changes, accounts::id.eq(account.0)).execute(connection)?;
            Ok(())
        })
        .await
    }

    async fn lock_wallets(&mut self, users: &[UserId]) -> Result<Vec<Locked<Account>>, StoreError> {
        self.over(users, |connection, mut users| {
            users.sort_unstable();
            users.dedup();
            let wallet = |user: &UserId| wallet_of(connection, *user).transpose();
            let mut wallets = users.iter().filter_map(wallet).collect::<Result<Vec<_>, _>>()?;
            wallets.sort_unstable_by_key(|row| row.id);
            locked(wallets)
        })
        .await
    }

    async fn lock_accounts(&mut self, accounts: &[AccountId]) -> Result<Vec<Locked<Account>>, StoreError> {
        self.over(accounts, |connection, mut ids| {
            ids.sort_unstable();
            ids.dedup();
            let account = |id: &AccountId| carrier(connection, *id).transpose();
            locked(ids.iter().filter_map(account).collect::<Result<Vec<_>, _>>()?)
        })
        .await
    }

    async fn apply_transfers(
        &mut self,
        transfers: &[Transfer],
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.over(transfers, move |connection, transfers| {
            for transfer in &transfers {
                diesel::insert_into(transfers::table)
                    .values(TransferRow::new(transfer, now))
                    .execute(connection)?;
            }
            move_balances(connection, &net_deltas(&transfers)?, now)
        })
        .await
    }

    async fn record_check(&mut self, report: &LedgerReport, now: OffsetDateTime) -> Result<(), StoreError> {
        let row = NewCheckRow::try_new(report, now)?;
        self.run(move |connection| {
            diesel::insert_into(ledger_checks::table).values(row).execute(connection)?;
            Ok(())
        })
        .await
    }
}

fn open_wallet(
    connection: &mut SqliteConnection,
    user: UserId,
    currency: Currency,
    now: OffsetDateTime,
) -> Result<AccountId, SqliteError> {
    let id = diesel::insert_into(accounts::table)
        .values(NewWalletRow::new(user, &currency, now))
        .returning(accounts::id)
        .get_result(connection)?;
    Ok(AccountId(id))
}

pub(crate) fn wallet_of(
    connection: &mut SqliteConnection,
    user: UserId,
) -> Result<Option<AccountRow>, SqliteError> {
    let wallet = accounts::table.filter(accounts::user_id.eq(user.0)).select(AccountRow::as_select());
    Ok(wallet.get_result(connection).optional()?)
}

/// The account, if it is one that carries a balance.
fn carrier(connection: &mut SqliteConnection, id: AccountId) -> Result<Option<AccountRow>, SqliteError> {
    let account =
        accounts::table.find(id.0).filter(accounts::balance.is_not_null()).select(AccountRow::as_select());
    Ok(account.get_result(connection).optional()?)
}

/// While a unit has its turn nobody else writes, so every row that it reads is locked.
fn locked(rows: Vec<AccountRow>) -> Result<Vec<Locked<Account>>, SqliteError> {
    let locked = |row| Ok(Locked::by_store(Account::try_from(row)?));
    rows.into_iter().map(locked).collect()
}

/// What all transfers together do to each account.
fn net_deltas(transfers: &[Transfer]) -> Result<BTreeMap<AccountId, i64>, StoreError> {
    let mut deltas = BTreeMap::new();
    for transfer in transfers {
        let amount = transfer.amount.minor();
        for (account, change) in [(transfer.debit, -amount), (transfer.credit, amount)] {
            let delta: &mut i64 = deltas.entry(account).or_default();
            *delta = delta.checked_add(change).ok_or(StoreError::Conflict(Constraint::Balance))?;
        }
    }
    Ok(deltas)
}

/// Accounts without a balance are passed over.
fn move_balances(
    connection: &mut SqliteConnection,
    deltas: &BTreeMap<AccountId, i64>,
    now: OffsetDateTime,
) -> Result<(), SqliteError> {
    for (account, delta) in deltas {
        let moved = accounts::balance.eq(accounts::balance + Some(*delta));
        let carrier = accounts::id.eq(account.0).and(accounts::balance.is_not_null());
        update(&accounts::table, (moved, accounts::updated_at.eq(micros(now))), carrier)
            .execute(connection)?;
    }
    Ok(())
}
