//! Money that a partner pays into its settlement account.

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

impl PartnerCredit {
    /// What is kept with the client's name for the request.
    fn record(&self, (handle, respond): (&IdempotencyHandle, RespondToCredit)) -> IdempotencyRecord {
        IdempotencyRecord {
            handle: handle.clone(),
            transaction: TransactionId(self.id.0),
            response: respond(self),
            created_at: self.at,
        }
    }
}

/// A request that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credited {
    /// Now.
    Fresh(PartnerCredit),
    /// Before, by a request with the same key: the same answer.
    Replayed(StoredResponse),
}

impl ManagePartners {
    /// Pays into a partner's settlement account. Where the client has a name for its request, the request sent again has
    /// one effect and one answer, which is kept in the commit of the payment.
    pub async fn credit(
        &self,
        partner: PartnerId,
        amount: Amount,
        handle: Option<(&IdempotencyHandle, RespondToCredit)>,
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
                let scopes: Vec<_> = handle.iter().map(|(handle, _)| handle.scope.clone()).collect();
                if let Some(known) = unit.find_records(&scopes).await?.pop() {
                    let same = handle.is_some_and(|(own, _)| own.fingerprint == known.handle.fingerprint);
                    let replayed = Credited::Replayed(known.response);
                    return Ok(Done::Nothing(same.then_some(replayed).ok_or(ManagePartnersError::KeyReused)));
                }
                let credit = match payment.make(unit, account).await? {
                    Ok(credit) => credit,
                    Err(refusal) => return Ok(Done::Nothing(Err(refusal))),
                };
                let records: Vec<_> = handle.map(|known| credit.record(known)).into_iter().collect();
                unit.insert_records(&records).await?;
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
