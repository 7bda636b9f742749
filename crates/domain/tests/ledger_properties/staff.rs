//! What staff do to wallets and orders.

use offers_domain::adjustment::{Adjustment, Direction};
use offers_domain::ids::UserId;
use offers_domain::money::{Amount, Currency};
use offers_domain::partner::{Answer, Step};
use offers_domain::retry::Jitter;
use offers_domain::transaction::Transaction;
use proptest::sample::Index;

use crate::story::Reply;
use crate::world::{World, take};

impl World {
    pub(crate) fn top_up(&mut self, user: UserId, cents: i64) {
        let amount = Amount::from_minor(cents, Currency::EUR).unwrap();
        let transfer = self.wallet(user).unwrap().top_up(amount).unwrap();
        self.apply_transfers(&[transfer]);
    }

    /// Staff take money; what is not there cannot be taken.
    pub(crate) fn debit(&mut self, user: UserId, cents: i64) {
        let amount = Amount::from_minor(cents, Currency::EUR).unwrap();
        let adjustment = Adjustment { direction: Direction::Debit, amount };
        let mut wallet = self.wallet(user).unwrap();
        let covered = wallet.balance().minor() >= cents;
        let taken = adjustment.apply(&mut wallet);
        assert_eq!(taken.is_ok(), covered, "a wallet gives what it holds and not a cent more");
        self.apply_transfers(&taken.into_iter().collect::<Vec<_>>());
    }

    /// A person decides about one of the orders that wait for one, by the same rules as a worker.
    pub(crate) fn decide(&mut self, which: Index, said: Option<Answer>) {
        let is_parked = |placed: &&Transaction| placed.sub_status().is_parked();
        let mut parked: Vec<_> = self.transactions.values().filter(is_parked).cloned().collect();
        let Some(mut order) = take(&mut parked, which) else { return };
        match said {
            None if order.send_back(self.now).is_ok() => self.save(&order),
            Some(answer) if order.take_in_hand(self.now, self.policy.lease).is_ok() => {
                self.save(&order);
                let ending = self.settlement(&order, Step::Query, Reply { answer, jitter: Jitter(0) });
                self.settle(&[ending]);
            }
            _ => {}
        }
    }
}
