//! Orders, each with its subscription.
//!
//! An order that has ended is history. One that has not is paid for, and nobody here knows whether it was delivered: it waits
//! for a person, and is neither charged nor refunded by itself.

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{ImportTable, Note, Refusal, SourceOrder, SourceService, Taken, money, quoted};
use crate::account::{Account, AccountError};
use crate::activation_partner::ActivationPartner;
use crate::ids::{OfferId, TransactionId, UserId};
use crate::ledger::Transfer;
use crate::money::{Amount, Currency};
use crate::offer::OfferError;
use crate::text;
use crate::transaction::{
    Channel, Failure, FailureKind, Order, Phase, Schedule, State, Status, Transaction, TransactionParts,
};
use crate::user_offer::{Period, UserOfferState};

/// Longest reference of another side that is kept.
const LONGEST_REFERENCE: usize = 100;

/// An order from before, in the words of this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastOrder {
    /// What clients know it by.
    pub id: TransactionId,
    amount: Amount,
    duration_days: u32,
    state: State,
    reference: Option<String>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    service: UserOfferState,
}

/// A subscription from before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastUserOffer {
    /// Who holds it.
    pub user: UserId,
    /// What they bought.
    pub offer: OfferId,
    /// The order that paid for it.
    pub transaction: TransactionId,
    /// Where it stands.
    pub state: UserOfferState,
    /// When it was ordered, UTC.
    pub created_at: OffsetDateTime,
}

/// All that is written for an order from before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookedOrder {
    /// The order.
    pub transaction: Transaction,
    /// Its subscription.
    pub user_offer: PastUserOffer,
    /// Its movements, which leave the balance as it is.
    pub transfers: [Transfer; 2],
}

/// The order of a row, as it stands at `now`.
pub fn past_order(
    row: &SourceOrder,
    currency: Currency,
    now: OffsetDateTime,
) -> Result<Taken<PastOrder>, Refusal> {
    let id = transaction_id(&row.transaction_id)?;
    let amount = Amount::try_new(money(&row.amount, currency)?)
        .map_err(|error| Refusal::Amount { text: quoted(&row.amount), error })?;
    let status = row.status.parse().map_err(|_| Refusal::Status(quoted(&row.status)))?;
    let mut notes = Vec::new();
    if row.table == ImportTable::PartnerTransactions {
        if !Status::is_final(status) {
            return Err(Refusal::OpenPartnerOrder);
        }
        notes.push(Note::PartnerUnknown);
    }
    let ended_at = row.completed_at.unwrap_or(row.updated_at);
    let offered = u32::try_from(row.duration_days).map_err(|_| OfferError::Duration)?;
    let (state, service, duration_days) = match status {
        Status::Pending | Status::Processing => {
            notes.push(Note::NeedsAttention);
            let state = State::Processing { phase: Phase::NeedsAttention, schedule: Schedule::Parked };
            (state, UserOfferState::Pending, offered)
        }
        Status::Success => {
            let (service, days) = delivered(row.service, offered, ended_at, now, &mut notes)?;
            (State::Success { at: ended_at }, service, days)
        }
        Status::Failed => {
            if row.service.is_some_and(|service| service.is_active) {
                notes.push(Note::ServiceCancelled);
            }
            let message = "It failed in the system that this one replaces.".to_owned();
            let failure = Failure { kind: FailureKind::Refused, message };
            (State::Failed { at: ended_at, failure }, UserOfferState::Cancelled, offered)
        }
    };
    let reference = row.reference.as_deref().and_then(|text| text::line(text, LONGEST_REFERENCE).ok());
    let (created_at, updated_at) = (row.created_at, ended_at.max(row.updated_at));
    let value = PastOrder { id, amount, duration_days, state, reference, created_at, updated_at, service };
    Ok(Taken { value, notes })
}

impl PastOrder {
    /// What it cost.
    pub fn amount(&self) -> Amount {
        self.amount
    }

    /// Gives it its owner, its offer and the wallet that it was paid from.
    pub fn book(&self, user: UserId, offer: OfferId, wallet: &Account) -> Result<BookedOrder, AccountError> {
        let is_refunded = matches!(self.state, State::Failed { .. });
        let transfers = wallet.carry_over(self.amount, self.id, is_refunded)?;
        let order = Order {
            user,
            offer,
            account: wallet.id(),
            amount: self.amount,
            duration_days: self.duration_days,
            channel: Channel::Customer,
            renews: None,
            from_stock: false,
            activated_by: ActivationPartner::DEFAULT,
            trace: None,
        };
        let transaction = Transaction::from_parts(TransactionParts {
            id: self.id,
            order,
            state: self.state.clone(),
            reference: self.reference.clone(),
            attempt: 0,
            lost_leases: 0,
            version: 1,
            clock: None,
            created_at: self.created_at,
            updated_at: self.updated_at,
        });
        let user_offer = PastUserOffer {
            user,
            offer,
            transaction: self.id,
            state: self.service,
            created_at: self.created_at,
        };
        Ok(BookedOrder { transaction, user_offer, transfers })
    }
}

/// The forms that the earlier system writes: with hyphens, and without.
fn transaction_id(text: &str) -> Result<TransactionId, Refusal> {
    let id = if matches!(text.len(), 32 | 36) { Uuid::parse_str(text).ok() } else { None };
    id.map(TransactionId).ok_or_else(|| Refusal::TransactionId(quoted(text)))
}

/// The subscription of an order that succeeded, and the days that were paid. One that is missing was paid for all the same:
/// it ran from the order's end for the offer's period.
fn delivered(
    service: Option<SourceService>,
    offered: u32,
    ended_at: OffsetDateTime,
    now: OffsetDateTime,
    notes: &mut Vec<Note>,
) -> Result<(UserOfferState, u32), Refusal> {
    let Some(service) = service else {
        notes.push(Note::ServiceAdded);
        let expires_at = ended_at.saturating_add(Duration::days(i64::from(offered)));
        return Ok((running(Period { activated_at: ended_at, expires_at }, now), offered));
    };
    let period = Period { activated_at: service.activated_at, expires_at: service.expires_at };
    let days = u32::try_from(period.length().whole_days()).unwrap_or_default();
    match (days, running(period, now)) {
        (0, _) => Err(Refusal::TooShort),
        (days, UserOfferState::Active(period)) if !service.is_active => {
            notes.push(Note::ServiceEnded);
            Ok((UserOfferState::Expired(period), days))
        }
        (days, state) => Ok((state, days)),
    }
}

fn running(period: Period, now: OffsetDateTime) -> UserOfferState {
    if period.expires_at > now { UserOfferState::Active(period) } else { UserOfferState::Expired(period) }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::account::{AccountOwner, AccountParts};
    use crate::ids::AccountId;
    use crate::money::{Money, MoneyError};
    use crate::transaction::SubStatus;
    use crate::user_offer::UserOfferStatus;

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
    const ENDED: OffsetDateTime = datetime!(2026-02-20 12:00 UTC);

    fn row(status: &str) -> SourceOrder {
        SourceOrder {
            table: ImportTable::Transactions,
            id: 1,
            transaction_id: "3f1c7f6e-8f0a-4c6e-9d51-0d6f3a1b2c3d".into(),
            user: 1,
            offer: 1,
            amount: "19.99".into(),
            status: status.into(),
            reference: None,
            created_at: ENDED - Duration::minutes(1),
            updated_at: ENDED,
            completed_at: None,
            duration_days: 30,
            service: Some(SourceService {
                activated_at: ENDED,
                expires_at: ENDED + Duration::days(30),
                is_active: true,
            }),
        }
    }

    fn taken(row: &SourceOrder) -> Result<(BookedOrder, Vec<Note>), Refusal> {
        let taken = past_order(row, Currency::EUR, NOW)?;
        let zero = Money::zero(Currency::EUR);
        let owner = AccountOwner::User(UserId(7));
        let wallet = Account::from_parts(AccountParts {
            id: AccountId(100),
            owner,
            balance: zero,
            credit_limit: zero,
        });
        Ok((taken.value.book(UserId(7), OfferId(8), &wallet).unwrap(), taken.notes))
    }

    fn refused(row: &SourceOrder) -> Refusal {
        taken(row).expect_err("it is refused")
    }

    #[test]
    fn an_order_that_succeeded_is_history_with_its_subscription() {
        let (booked, notes) = taken(&row("SUCCESS")).unwrap();
        assert_eq!(booked.transaction.id().to_string(), row("").transaction_id);
        assert_eq!(booked.transaction.sub_status(), SubStatus::Confirmed);
        assert_eq!(booked.transaction.parts().state, State::Success { at: ENDED });
        assert_eq!((booked.transaction.parts().version, notes), (1, vec![]));
        assert_eq!(booked.user_offer.state.status(), UserOfferStatus::Active);
    }

    #[test]
    fn a_subscription_whose_time_is_over_has_expired() {
        let mut over = row("SUCCESS");
        over.service = over.service.map(|service| SourceService {
            activated_at: ENDED - Duration::days(40),
            expires_at: ENDED - Duration::days(10),
            ..service
        });
        let (booked, notes) = taken(&over).unwrap();
        assert_eq!((booked.user_offer.state.status(), notes), (UserOfferStatus::Expired, vec![]));
    }

    #[test]
    fn the_days_that_were_sold_are_those_of_the_subscription_whatever_the_offer_says_today() {
        let (booked, _) = taken(&SourceOrder { duration_days: 365, ..row("SUCCESS") }).unwrap();
        assert_eq!(booked.transaction.order().duration_days, 30);
    }

    #[test]
    fn what_was_paid_and_is_missing_is_added_and_what_was_switched_off_stays_off() {
        let (booked, notes) = taken(&SourceOrder { service: None, ..row("SUCCESS") }).unwrap();
        let period = booked.user_offer.state.period().unwrap();
        assert_eq!((period.activated_at, period.length()), (ENDED, Duration::days(30)));
        assert_eq!(notes, [Note::ServiceAdded]);

        let mut off = row("SUCCESS");
        off.service = off.service.map(|service| SourceService { is_active: false, ..service });
        let (booked, notes) = taken(&off).unwrap();
        assert_eq!(booked.user_offer.state.status(), UserOfferStatus::Expired);
        assert_eq!(notes, [Note::ServiceEnded]);
    }

    #[test]
    fn an_order_that_failed_has_its_money_back_and_no_subscription() {
        let (booked, notes) = taken(&row("FAILED")).unwrap();
        assert_eq!(booked.transaction.status(), Status::Failed);
        assert_eq!(booked.user_offer.state, UserOfferState::Cancelled);
        assert_eq!(notes, [Note::ServiceCancelled]);
    }

    #[test]
    fn an_open_order_waits_for_a_person_and_no_worker_takes_it() {
        for status in ["PENDING", "PROCESSING"] {
            let (booked, notes) = taken(&row(status)).unwrap();
            let state = State::Processing { phase: Phase::NeedsAttention, schedule: Schedule::Parked };
            assert_eq!(booked.transaction.parts().state, state);
            assert_eq!(booked.user_offer.state, UserOfferState::Pending);
            assert_eq!(notes, [Note::NeedsAttention]);
        }
        let open = SourceOrder { table: ImportTable::PartnerTransactions, ..row("PENDING") };
        assert_eq!(refused(&open), Refusal::OpenPartnerOrder);
    }

    #[test]
    fn what_a_partner_ordered_is_the_customers_and_keeps_its_reference() {
        let reference = Some("REF-AB12".to_owned());
        let table = ImportTable::PartnerTransactions;
        let (booked, notes) =
            taken(&SourceOrder { table, reference: reference.clone(), ..row("SUCCESS") }).unwrap();
        assert_eq!(
            (booked.transaction.order().channel, notes),
            (Channel::Customer, vec![Note::PartnerUnknown])
        );
        assert_eq!(booked.transaction.parts().reference, reference);
    }

    #[test]
    fn odd_orders_are_refused_with_the_reason() {
        assert_eq!(refused(&row("REVERSED")), Refusal::Status("REVERSED".into()));
        let id = SourceOrder { transaction_id: "TX-0009".into(), ..row("SUCCESS") };
        assert_eq!(refused(&id), Refusal::TransactionId("TX-0009".into()));
        let free = SourceOrder { amount: "0.00".into(), ..row("SUCCESS") };
        assert_eq!(refused(&free), Refusal::Amount { text: "0.00".into(), error: MoneyError::NotPositive });
        let mut brief = row("SUCCESS");
        brief.service =
            brief.service.map(|service| SourceService { expires_at: ENDED + Duration::hours(23), ..service });
        assert_eq!(refused(&brief), Refusal::TooShort);
        brief.service =
            brief.service.map(|service| SourceService { expires_at: ENDED - Duration::days(3), ..service });
        assert_eq!(refused(&brief), Refusal::TooShort);
    }
}
