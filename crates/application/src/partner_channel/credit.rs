//! Money that a partner pays into its settlement account.

use std::slice::from_ref;

use offers_domain::account::Account;
use offers_domain::audit::{AuditAction, Subject};
use offers_domain::idempotency::{IdempotencyHandle, IdempotencyRecord, StoredResponse};
use offers_domain::ids::{MovementId, PartnerId, TransactionId};
use offers_domain::money::{Amount, Money};
use offers_domain::ports::{Locked, StoreError, UnitOfWork};
use time::OffsetDateTime;

use super::manage::{ManagePartners, ManagePartnersError, Outcome, is_admitted, lock};
use crate::identity::Deed;
use crate::transact::{Done, transact};

/// Money that was paid in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartnerCredit {
    /// Its name, in the audit trail.
    pub id: MovementId,
    /// By which partner.
    pub partner: PartnerId,
    /// How much.
    pub amount: Amount,
    /// What the account holds since.
    pub balance: Money,
    /// When, UTC.
    pub at: OffsetDateTime,
}

/// Writes the answer that is kept with a key: a pure function of what was paid in.
pub type RespondToCredit = fn(&PartnerCredit) -> StoredResponse;

/// A request that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credited {
    /// Now.
    Fresh(PartnerCredit),
    /// Before, by a request with the same key: the same answer.
    Replayed(StoredResponse),
}

impl ManagePartners {
    /// Pays into a partner's settlement account.
    pub async fn credit(&self, partner: PartnerId, amount: Amount, deed: Deed<'_>) -> Outcome<PartnerCredit> {
        let payment = self.payment(partner, amount, deed);
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let account = match payment.open(unit).await? {
                    Ok(account) => account,
                    Err(refusal) => return Ok(Done::Nothing(Err(refusal))),
                };
                match payment.make(unit, account).await? {
                    Ok(credit) => Ok(Done::Write(Ok(credit))),
                    Err(refusal) => Ok(Done::Nothing(Err(refusal))),
                }
            })
        })
        .await?
    }

    /// The same for a client that has a name for its request: sent again, it has one effect and one answer, which is kept
    /// in the commit of the payment.
    pub async fn credit_once(
        &self,
        partner: PartnerId,
        amount: Amount,
        (handle, respond): (&IdempotencyHandle, RespondToCredit),
        deed: Deed<'_>,
    ) -> Outcome<Credited> {
        let payment = self.payment(partner, amount, deed);
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let account = match payment.open(unit).await? {
                    Ok(account) => account,
                    Err(refusal) => return Ok(Done::Nothing(Err(refusal))),
                };
                // Whoever holds the account decides alone.
                if let Some(known) = unit.find_records(from_ref(&handle.scope)).await?.pop() {
                    let same = known.handle.fingerprint == handle.fingerprint;
                    let replayed = Credited::Replayed(known.response);
                    return Ok(Done::Nothing(same.then_some(replayed).ok_or(ManagePartnersError::KeyReused)));
                }
                let credit = match payment.make(unit, account).await? {
                    Ok(credit) => credit,
                    Err(refusal) => return Ok(Done::Nothing(Err(refusal))),
                };
                let record = IdempotencyRecord {
                    handle: handle.clone(),
                    transaction: TransactionId(credit.id.0),
                    response: respond(&credit),
                    created_at: credit.at,
                };
                unit.insert_records(&[record]).await?;
                Ok(Done::Write(Ok(Credited::Fresh(credit))))
            })
        })
        .await?
    }

    /// Its name is the same however often the unit is tried.
    fn payment<'a>(&self, partner: PartnerId, amount: Amount, deed: Deed<'a>) -> Payment<'a> {
        Payment { id: MovementId(self.ids.random_uuid()), partner, amount, deed }
    }
}

/// Money to be paid in.
#[derive(Clone, Copy)]
struct Payment<'a> {
    id: MovementId,
    partner: PartnerId,
    amount: Amount,
    deed: Deed<'a>,
}

impl Payment<'_> {
    /// The account that it goes to.
    async fn open(&self, unit: &mut dyn UnitOfWork) -> Result<Outcome<Locked<Account>>, StoreError> {
        if !is_admitted(unit, &self.deed).await? {
            return Ok(Err(ManagePartnersError::SessionEnded));
        }
        match unit.lock_partner(self.partner).await? {
            Some(locked) => lock(unit, locked.settlement_account()).await.map(Ok),
            None => Ok(Err(ManagePartnersError::NoPartner)),
        }
    }

    async fn make(
        &self,
        unit: &mut dyn UnitOfWork,
        mut account: Locked<Account>,
    ) -> Result<Outcome<PartnerCredit>, StoreError> {
        let Self { id, partner, amount, deed } = *self;
        let at = unit.now().await?;
        let before = account.balance();
        let transfer = match account.top_up(amount) {
            Ok(transfer) => transfer,
            Err(error) => return Ok(Err(error.into())),
        };
        unit.apply_transfers(&[transfer], at).await?;
        let balance = account.balance();
        let entry = deed
            .entry(AuditAction::PartnerCredited, Subject::Partner(partner), at)
            .with("movement", id)
            .with("amount", amount.money())
            .with("currency", amount.currency())
            .with("balance_before", before)
            .with("balance_after", balance);
        unit.record_audit(&[entry]).await?;
        Ok(Ok(PartnerCredit { id, partner, amount, balance, at }))
    }
}
