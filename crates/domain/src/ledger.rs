//! The ledger: immutable movements between two accounts, balanced by construction.

use crate::ids::{AccountId, TransactionId};
use crate::money::Amount;

string_enum!(
    /// Accounts of the house. They have no balance row, so that they are never a hot row; their balance is the sum of
    /// their transfers.
    SystemAccount {
        /// Earns what orders cost.
        Sales => "sales",
        /// Where money enters: top-ups.
        Funding => "funding",
        /// Where a loss is booked by staff.
        Losses => "losses",
    }
);

impl SystemAccount {
    /// The fixed id that the first migration gives the account.
    pub const fn id(self) -> AccountId {
        match self {
            Self::Sales => AccountId(1),
            Self::Funding => AccountId(2),
            Self::Losses => AccountId(3),
        }
    }
}

string_enum!(
    /// What a transfer is for. An order has one `charge` and at most one `refund`.
    TransferKind {
        /// Money added to a wallet.
        TopUp => "top_up",
        /// Money taken from a wallet by staff.
        Withdrawal => "withdrawal",
        /// An order paid.
        Charge => "charge",
        /// A failed order's money returned.
        Refund => "refund",
    }
);

/// One movement: `amount` leaves `debit` and reaches `credit`. Never changed, never deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// The account that pays.
    pub debit: AccountId,
    /// The account that receives.
    pub credit: AccountId,
    /// How much, more than zero.
    pub amount: Amount,
    /// What for.
    pub kind: TransferKind,
    /// The order it belongs to; none for withdrawals, and for top-ups except those that cover an order from before this
    /// ledger.
    pub transaction: Option<TransactionId>,
}
