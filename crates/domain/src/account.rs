//! Accounts that carry a balance: wallets and settlement accounts. They make every transfer that touches them, so that
//! a balance cannot move without its ledger row.

use thiserror::Error;

use crate::ids::{AccountId, PartnerId, TransactionId, UserId};
use crate::ledger::{SystemAccount, Transfer, TransferKind};
use crate::money::{Amount, Money, MoneyError};

/// Whose account it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum AccountOwner {
    /// A customer's prepaid wallet.
    User(UserId),
    /// A partner's settlement account.
    Partner(PartnerId),
}

/// Why an account refused a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AccountError {
    /// The balance and the credit limit together do not cover the amount.
    #[error("the balance does not cover the amount")]
    InsufficientBalance,
    /// The amount is in another currency, or the balance would not fit 64 bits.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// The state of an account, as stores keep it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountParts {
    /// Its id.
    pub id: AccountId,
    /// Its owner.
    pub owner: AccountOwner,
    /// What it holds; never below minus the credit limit.
    pub balance: Money,
    /// How far below zero it may go, zero or more; always zero for wallets.
    pub credit_limit: Money,
}

/// An account with a balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account(AccountParts);

impl Account {
    /// Takes the state that a store kept.
    pub fn from_parts(parts: AccountParts) -> Self {
        Self(parts)
    }

    /// Its id.
    pub fn id(&self) -> AccountId {
        self.0.id
    }

    /// Its owner.
    pub fn owner(&self) -> AccountOwner {
        self.0.owner
    }

    /// What it holds.
    pub fn balance(&self) -> Money {
        self.0.balance
    }

    /// How far below zero it may go.
    pub fn credit_limit(&self) -> Money {
        self.0.credit_limit
    }

    /// Pays for an order: this account to the sales account. Refuses what the balance does not cover.
    pub fn charge(&mut self, amount: Amount, order: TransactionId) -> Result<Transfer, AccountError> {
        self.debit(amount)?;
        Ok(Transfer {
            debit: self.0.id,
            credit: SystemAccount::Sales.id(),
            amount,
            kind: TransferKind::Charge,
            transaction: Some(order),
        })
    }

    /// Returns the money of a failed order: the sales account to this account.
    pub fn refund(&mut self, amount: Amount, order: TransactionId) -> Result<Transfer, AccountError> {
        self.credit(amount)?;
        Ok(Transfer {
            debit: SystemAccount::Sales.id(),
            credit: self.0.id,
            amount,
            kind: TransferKind::Refund,
            transaction: Some(order),
        })
    }

    /// Adds money from outside: the funding account to this account.
    pub fn top_up(&mut self, amount: Amount) -> Result<Transfer, AccountError> {
        self.credit(amount)?;
        Ok(Transfer {
            debit: SystemAccount::Funding.id(),
            credit: self.0.id,
            amount,
            kind: TransferKind::TopUp,
            transaction: None,
        })
    }

    /// The movements of an order from before this ledger. They cancel out, because the balance that was taken over knows
    /// of them already: what was paid came from outside first, and what was returned had been paid.
    pub fn carry_over(
        &self,
        amount: Amount,
        order: TransactionId,
        is_refunded: bool,
    ) -> Result<[Transfer; 2], AccountError> {
        let mut copy = self.clone();
        if is_refunded {
            let refund = copy.refund(amount, order)?;
            Ok([copy.charge(amount, order)?, refund])
        } else {
            let cover = Transfer { transaction: Some(order), ..copy.top_up(amount)? };
            Ok([cover, copy.charge(amount, order)?])
        }
    }

    /// Takes money out again: this account to the funding account. Refuses what the balance does not cover.
    pub fn withdraw(&mut self, amount: Amount) -> Result<Transfer, AccountError> {
        self.debit(amount)?;
        Ok(Transfer {
            debit: self.0.id,
            credit: SystemAccount::Funding.id(),
            amount,
            kind: TransferKind::Withdrawal,
            transaction: None,
        })
    }

    fn debit(&mut self, amount: Amount) -> Result<(), AccountError> {
        let left = self.0.balance.checked_sub(amount.money())?;
        if left.checked_add(self.0.credit_limit)?.minor() < 0 {
            return Err(AccountError::InsufficientBalance);
        }
        self.0.balance = left;
        Ok(())
    }

    fn credit(&mut self, amount: Amount) -> Result<(), AccountError> {
        self.0.balance = self.0.balance.checked_add(amount.money())?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::money::Currency;

    fn wallet(balance: i64, credit_limit: i64) -> Account {
        Account::from_parts(AccountParts {
            id: AccountId(100),
            owner: AccountOwner::User(UserId(1)),
            balance: Money::from_minor(balance, Currency::EUR),
            credit_limit: Money::from_minor(credit_limit, Currency::EUR),
        })
    }

    fn euros(minor: i64) -> Amount {
        Amount::from_minor(minor, Currency::EUR).unwrap()
    }

    const ORDER: TransactionId = TransactionId(Uuid::from_u128(7));

    #[test]
    fn a_wallet_spends_what_it_holds_and_not_a_cent_more() {
        let mut account = wallet(1999, 0);
        assert_eq!(account.charge(euros(2000), ORDER), Err(AccountError::InsufficientBalance));
        assert_eq!(account.balance().minor(), 1999, "a refusal changes nothing");
        let transfer = account.charge(euros(1999), ORDER).unwrap();
        assert_eq!(account.balance().minor(), 0);
        assert_eq!((transfer.debit, transfer.credit), (AccountId(100), SystemAccount::Sales.id()));
        assert_eq!(account.charge(euros(1), ORDER), Err(AccountError::InsufficientBalance));
    }

    #[test]
    fn a_credit_limit_lets_a_balance_go_below_zero() {
        let mut account = wallet(100, 50);
        assert!(account.charge(euros(150), ORDER).is_ok());
        assert_eq!(account.balance().minor(), -50);
        assert_eq!(account.charge(euros(1), ORDER), Err(AccountError::InsufficientBalance));
    }

    #[test]
    fn a_refund_is_the_charge_backwards() {
        let mut account = wallet(1000, 0);
        let charge = account.charge(euros(700), ORDER).unwrap();
        let refund = account.refund(euros(700), ORDER).unwrap();
        assert_eq!((charge.debit, charge.credit), (refund.credit, refund.debit));
        assert_eq!(account.balance().minor(), 1000);
    }

    #[test]
    fn an_order_from_before_leaves_an_empty_wallet_empty() {
        let account = wallet(0, 0);
        for (is_refunded, kinds) in [
            (false, [TransferKind::TopUp, TransferKind::Charge]),
            (true, [TransferKind::Charge, TransferKind::Refund]),
        ] {
            let transfers = account.carry_over(euros(700), ORDER, is_refunded).unwrap();
            assert_eq!(transfers.map(|transfer| transfer.kind), kinds);
            let into = |transfer: &&Transfer| transfer.credit == account.id();
            assert_eq!(transfers.iter().filter(into).count(), 1, "one in and one out");
            assert!(transfers.iter().all(|transfer| transfer.transaction == Some(ORDER)));
        }
        assert_eq!(account.balance().minor(), 0);
    }

    #[test]
    fn another_currency_is_refused() {
        let francs = Amount::from_minor(5, "XOF".parse().unwrap()).unwrap();
        let mut account = wallet(1000, 0);
        assert_eq!(account.charge(francs, ORDER), Err(AccountError::Money(MoneyError::CurrencyMismatch)));
        assert_eq!(account.top_up(francs), Err(AccountError::Money(MoneyError::CurrencyMismatch)));
    }

    #[test]
    fn a_balance_that_would_not_fit_is_refused() {
        let mut account = wallet(i64::MAX, 0);
        assert_eq!(account.top_up(euros(1)), Err(AccountError::Money(MoneyError::Overflow)));
    }
}
