//! Accounts and transfers inside a unit of work.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{Locked, StoreError};
use crate::account::Account;
use crate::ids::{AccountId, UserId};
use crate::ledger::Transfer;
use crate::money::Currency;

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
}
