//! Accounts and transfers inside a unit of work.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{LedgerReport, Locked, StoreError};
use crate::account::Account;
use crate::ids::{AccountId, PartnerId, UserId};
use crate::ledger::Transfer;
use crate::money::Currency;
use crate::partner_channel::CreditLimit;

/// Locks accounts and moves money.
#[async_trait]
pub trait Ledger {
    /// Opens an empty wallet for each user, in the users' order.
    async fn open_wallets(
        &mut self,
        users: &[UserId],
        currency: Currency,
        now: OffsetDateTime,
    ) -> Result<Vec<AccountId>, StoreError>;

    /// Opens the settlement account of a partner, empty: the one whose id is
    /// [`settlement_of`](AccountId::settlement_of) the partner.
    async fn open_settlement_account(
        &mut self,
        partner: PartnerId,
        credit_limit: CreditLimit,
        now: OffsetDateTime,
    ) -> Result<(), StoreError>;

    /// Sets how far below zero a settlement account may go. The account must be locked by this unit.
    ///
    /// # Errors
    /// `Conflict(Balance)` where the balance is below the new limit.
    async fn set_credit_limit(
        &mut self,
        account: AccountId,
        credit_limit: CreditLimit,
        now: OffsetDateTime,
    ) -> Result<(), StoreError>;

    /// Locks the wallets of these users by ascending account id. Users without a wallet are missing from the answer;
    /// duplicates are locked once.
    async fn lock_wallets(&mut self, users: &[UserId]) -> Result<Vec<Locked<Account>>, StoreError>;

    /// Locks these accounts by ascending id. Unknown ids are missing from the answer; duplicates are locked once.
    async fn lock_accounts(&mut self, accounts: &[AccountId]) -> Result<Vec<Locked<Account>>, StoreError>;

    /// Writes the movements and moves the balances of the accounts that carry one: the only way in which a balance
    /// ever changes. The accounts with a balance must be locked by this unit.
    ///
    /// # Errors
    /// `Conflict(TransferOfTransaction)` for a second charge or refund of a transaction, `Conflict(Balance)` for a
    /// balance below what its account allows: second walls behind the domain's own checks.
    async fn apply_transfers(
        &mut self,
        transfers: &[Transfer],
        now: OffsetDateTime,
    ) -> Result<(), StoreError>;

    /// Keeps what a check of the whole ledger found, for staff to see.
    async fn record_check(&mut self, report: &LedgerReport, now: OffsetDateTime) -> Result<(), StoreError>;
}
