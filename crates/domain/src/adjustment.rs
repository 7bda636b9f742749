//! Wallets put right by hand: money that staff add or take, with a reason in the audit trail.

use crate::account::{Account, AccountError};
use crate::audit::AuditAction;
use crate::ids::{MovementId, UserId};
use crate::ledger::Transfer;
use crate::money::Amount;
use crate::notice::{News, Occasion};

string_enum!(
    /// Which way the money goes.
    Direction {
        /// Into the wallet.
        Credit => "credit",
        /// Out of the wallet.
        Debit => "debit",
    }
);

impl Direction {
    /// What the audit trail calls it.
    pub fn action(self) -> AuditAction {
        match self {
            Self::Credit => AuditAction::WalletCredited,
            Self::Debit => AuditAction::WalletDebited,
        }
    }
}

/// Money that moves by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adjustment {
    /// Which way.
    pub direction: Direction,
    /// How much.
    pub amount: Amount,
}

impl Adjustment {
    /// Moves the money: between the wallet and the funding account, where it comes from and goes to.
    pub fn apply(self, wallet: &mut Account) -> Result<Transfer, AccountError> {
        match self.direction {
            Direction::Credit => wallet.top_up(self.amount),
            Direction::Debit => wallet.withdraw(self.amount),
        }
    }

    /// What the wallet's owner is told of the movement with this id: credits alone; a debit is for
    /// staff to explain.
    pub fn news(self, user: UserId, movement: MovementId) -> Option<News> {
        let Self { direction, amount } = self;
        let occasion = Occasion::WalletCredited { credit: movement.0, amount };
        (direction == Direction::Credit).then_some(News { user, occasion })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::account::{AccountOwner, AccountParts};
    use crate::ids::AccountId;
    use crate::ledger::{SystemAccount, TransferKind};
    use crate::money::{Currency, Money};

    fn wallet(balance: i64) -> Account {
        Account::from_parts(AccountParts {
            id: AccountId(100),
            owner: AccountOwner::User(UserId(1)),
            balance: Money::from_minor(balance, Currency::EUR),
            credit_limit: Money::zero(Currency::EUR),
        })
    }

    fn adjustment(direction: Direction, cents: i64) -> Adjustment {
        Adjustment { direction, amount: Amount::from_minor(cents, Currency::EUR).unwrap() }
    }

    #[test]
    fn a_debit_is_the_credit_backwards() {
        let mut account = wallet(0);
        let credit = adjustment(Direction::Credit, 500).apply(&mut account).unwrap();
        assert_eq!(account.balance().minor(), 500);
        let debit = adjustment(Direction::Debit, 500).apply(&mut account).unwrap();
        assert_eq!(account.balance().minor(), 0);
        assert_eq!((credit.debit, credit.credit), (debit.credit, debit.debit));
        assert_eq!((credit.debit, credit.kind), (SystemAccount::Funding.id(), TransferKind::TopUp));
        assert_eq!((debit.kind, debit.transaction), (TransferKind::Withdrawal, None));
    }

    #[test]
    fn nobody_can_be_debited_into_debt() {
        let mut account = wallet(499);
        let refused = adjustment(Direction::Debit, 500).apply(&mut account);
        assert_eq!(refused, Err(AccountError::InsufficientBalance));
        assert_eq!(account.balance().minor(), 499);
    }

    #[test]
    fn a_credit_is_told_and_a_debit_is_not() {
        let movement = MovementId(Uuid::from_u128(7));
        let told = adjustment(Direction::Credit, 1).news(UserId(1), movement).unwrap();
        assert!(matches!(told.occasion, Occasion::WalletCredited { credit, .. } if credit == movement.0));
        assert_eq!(adjustment(Direction::Debit, 1).news(UserId(1), movement), None);
    }
}
