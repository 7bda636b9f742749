//! Adding partners, changing what they have agreed to, and giving them keys and credit.

use std::sync::Arc;

use offers_domain::account::{Account, AccountError};
use offers_domain::audit::{AuditAction, Subject};
use offers_domain::ids::{AccountId, ApiKeyId, PartnerId};
use offers_domain::partner_channel::NewPartner;
use offers_domain::partner_channel::api_key::{KeyMode, NewApiKey, Scopes, TooManyKeys, check_room};
use offers_domain::ports::{
    ApiKeys, Constraint, IdSource, Locked, Store, StoreError, TokenError, UnitOfWork,
};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::terms::{Agreed, PartnerForm, TermsChange};
use crate::identity::Deed;
use crate::seen::{Overtaken, Seen};
use crate::transact::{Done, transact};

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ManagePartnersError {
    /// The login that asks is over.
    #[error("the session has ended")]
    SessionEnded,
    /// It takes a higher role.
    #[error("not allowed")]
    Forbidden,
    /// The idempotency key was used for a different request.
    #[error("the idempotency key was used for a different request")]
    KeyReused,
    /// Another partner has that name.
    #[error("another partner has this name")]
    NameTaken,
    /// There is no such partner.
    #[error("there is no such partner")]
    NoPartner,
    /// The partner was never given such a key.
    #[error("the partner has no key with this id")]
    NoKey,
    /// It has as many keys as it may have.
    #[error(transparent)]
    TooManyKeys(#[from] TooManyKeys),
    /// Somebody else was faster.
    #[error(transparent)]
    Overtaken(#[from] Overtaken),
    /// The balance would be below the new limit.
    #[error("the account is overdrawn further than the new credit limit allows")]
    Overdrawn,
    /// The account cannot take the amount.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// No key could be made.
    #[error(transparent)]
    Key(#[from] TokenError),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for ManagePartnersError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(Constraint::PartnerName) => Self::NameTaken,
            StoreError::Conflict(Constraint::Balance) => Self::Overdrawn,
            other => Self::Store(other),
        }
    }
}

/// A key to issue.
#[derive(Debug, Clone)]
pub struct KeyForm {
    /// Where it may be used.
    pub mode: KeyMode,
    /// What it opens.
    pub scopes: Scopes,
    /// After how long it stops working by itself; none for never.
    pub lifetime: Option<Duration>,
}

/// A key that was issued. It can be shown this once: only its hash is kept.
#[derive(Clone)]
pub struct IssuedKey {
    /// Its id.
    pub id: ApiKeyId,
    /// The key.
    pub key: String,
    /// When it stops working by itself, UTC.
    pub expires_at: Option<OffsetDateTime>,
}

/// The use cases. Each deed is in the trail, in the commit of what it did; what is so already stays so without a trace.
pub struct ManagePartners {
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// Makes keys.
    pub keys: Arc<dyn ApiKeys>,
    /// Randomness for retries.
    pub ids: Arc<dyn IdSource>,
}

/// What a unit did: a refusal of the rules rolls it back.
pub(super) type Outcome<T> = Result<T, ManagePartnersError>;

impl ManagePartners {
    /// Adds a partner with an empty settlement account.
    pub async fn create(&self, form: &PartnerForm, deed: Deed<'_>) -> Outcome<PartnerId> {
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                if !is_admitted(unit, &deed).await? {
                    return Ok(session_ended());
                }
                if form.credit_limit.money().minor() != 0 && !may_lend(&deed) {
                    return Ok(Done::Nothing(Err(ManagePartnersError::Forbidden)));
                }
                let now = unit.now().await?;
                let (name, terms) = (form.name.clone(), form.terms);
                let id = unit.insert_partner(&NewPartner { name, terms, created_at: now }).await?;
                unit.open_settlement_account(id, form.credit_limit, now).await?;
                let entry = deed.entry(AuditAction::PartnerCreated, Subject::Partner(id), now);
                unit.record_audit(&[form.agreed().tell(entry)]).await?;
                Ok(Done::Write(Ok(id)))
            })
        })
        .await?
    }

    /// Changes what a partner has agreed to, from the next order on, if it is still what was seen.
    pub async fn change(
        &self,
        partner: PartnerId,
        change: &TermsChange,
        seen: &Seen<Agreed>,
        deed: Deed<'_>,
    ) -> Outcome<()> {
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                if !is_admitted(unit, &deed).await? {
                    return Ok(session_ended());
                }
                let Some(mut locked) = unit.lock_partner(partner).await? else { return Ok(no_partner()) };
                let account = lock(unit, locked.settlement_account()).await?;
                let before = Agreed { terms: locked.terms, credit_limit: account.credit_limit() };
                if let Err(overtaken) = seen.check(&before) {
                    return Ok(Done::Nothing(Err(overtaken.into())));
                }
                let after = change.of(before);
                if after == before {
                    return Ok(Done::Nothing(Ok(())));
                }
                if after.credit_limit != before.credit_limit && !may_lend(&deed) {
                    return Ok(Done::Nothing(Err(ManagePartnersError::Forbidden)));
                }
                let now = unit.now().await?;
                if let Some(limit) = change.credit_limit {
                    unit.set_credit_limit(account.id(), limit, now).await?;
                }
                locked.terms = after.terms;
                unit.update_partner(&locked, now).await?;
                let entry = deed.entry(AuditAction::PartnerChanged, Subject::Partner(partner), now);
                unit.record_audit(&[after.tell_since(&before, entry)]).await?;
                Ok(Done::Write(Ok(())))
            })
        })
        .await?
    }

    /// Issues a key: the one time that it is seen.
    pub async fn issue_key(&self, partner: PartnerId, form: &KeyForm, deed: Deed<'_>) -> Outcome<IssuedKey> {
        let (key, hash) = self.keys.generate(form.mode)?;
        let hint: String = key.chars().skip(key.len().saturating_sub(4)).collect();
        let (id, expires_at) = transact(&*self.store, &*self.ids, |unit| {
            let hint = hint.clone();
            Box::pin(async move {
                if !is_admitted(unit, &deed).await? {
                    return Ok(session_ended());
                }
                if unit.lock_partner(partner).await?.is_none() {
                    return Ok(no_partner());
                }
                let now = unit.now().await?;
                if let Err(error) = check_room(&unit.api_keys(partner).await?, form.mode, now) {
                    return Ok(Done::Nothing(Err(error.into())));
                }
                let (mode, scopes) = (form.mode, form.scopes.clone());
                let expires_at = form.lifetime.map(|lifetime| now.saturating_add(lifetime));
                let entry = deed
                    .entry(AuditAction::ApiKeyIssued, Subject::Partner(partner), now)
                    .with("mode", mode)
                    .with("scopes", &scopes);
                let new = NewApiKey { partner, hash, hint, mode, scopes, created_at: now, expires_at };
                let id = unit.insert_api_key(&new).await?;
                unit.record_audit(&[entry.with("key", id)]).await?;
                Ok(Done::Write(Ok((id, expires_at))))
            })
        })
        .await??;
        Ok(IssuedKey { id, key, expires_at })
    }

    /// Takes a key back. An order that is committed later is not placed with it.
    pub async fn revoke_key(&self, partner: PartnerId, key: ApiKeyId, deed: Deed<'_>) -> Outcome<()> {
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                if !is_admitted(unit, &deed).await? {
                    return Ok(session_ended());
                }
                let Some(locked) = unit.lock_partner(partner).await? else { return Ok(no_partner()) };
                lock(unit, locked.settlement_account()).await?;
                let keys = unit.api_keys(partner).await?;
                let Some(known) = keys.iter().find(|known| known.id == key) else {
                    return Ok(Done::Nothing(Err(ManagePartnersError::NoKey)));
                };
                if known.revoked_at.is_some() {
                    return Ok(Done::Nothing(Ok(())));
                }
                let now = unit.now().await?;
                unit.revoke_api_key(key, now).await?;
                let entry = deed.entry(AuditAction::ApiKeyRevoked, Subject::Partner(partner), now);
                unit.record_audit(&[entry.with("key", key)]).await?;
                Ok(Done::Write(Ok(())))
            })
        })
        .await?
    }
}

fn no_partner<T>() -> Done<Outcome<T>> {
    Done::Nothing(Err(ManagePartnersError::NoPartner))
}

fn session_ended<T>() -> Done<Outcome<T>> {
    Done::Nothing(Err(ManagePartnersError::SessionEnded))
}

/// A credit limit is money that nobody has paid: it is for those who may also take money.
fn may_lend(deed: &Deed<'_>) -> bool {
    deed.by.is_none_or(|by| by.role.may_debit())
}

/// Whether the login that asks still lives.
pub(super) async fn is_admitted(unit: &mut dyn UnitOfWork, deed: &Deed<'_>) -> Result<bool, StoreError> {
    let now = unit.now().await?;
    deed.is_live(unit, now).await
}

pub(super) async fn lock(
    unit: &mut dyn UnitOfWork,
    account: AccountId,
) -> Result<Locked<Account>, StoreError> {
    let missing = || StoreError::Misuse("a partner has no settlement account".into());
    unit.lock_accounts(&[account]).await?.pop().ok_or_else(missing)
}
