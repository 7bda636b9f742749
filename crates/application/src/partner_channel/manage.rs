//! Adding partners, changing what they have agreed to, and giving them keys and credit.

use std::sync::Arc;

use offers_domain::account::{Account, AccountError};
use offers_domain::ids::{AccountId, ApiKeyId, PartnerId};
use offers_domain::money::{Amount, Money};
use offers_domain::partner_channel::api_key::{KeyMode, NewApiKey, Scopes, TooManyKeys, check_room};
use offers_domain::partner_channel::discount::Discount;
use offers_domain::partner_channel::{CreditLimit, Funding, NewPartner, PartnerName, PartnerTerms};
use offers_domain::ports::{
    ApiKeys, Constraint, IdSource, Locked, Store, StoreError, TokenError, UnitOfWork,
};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use crate::transact::{Done, transact};

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ManagePartnersError {
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

/// A partner to add.
#[derive(Debug, Clone)]
pub struct PartnerForm {
    /// What it is called.
    pub name: PartnerName,
    /// What it has agreed to.
    pub terms: PartnerTerms,
    /// How far below zero its account may go.
    pub credit_limit: CreditLimit,
}

/// What changes of a partner's terms; the rest stays.
#[derive(Debug, Clone, Default)]
pub struct TermsChange {
    /// Who pays for its orders from now on. Refunds go to the account that was charged.
    pub funding: Option<Funding>,
    /// What it pays less than a customer.
    pub discount: Option<Discount>,
    /// How many requests it may send in a minute.
    pub requests_per_minute: Option<u32>,
    /// Whether its keys work at all.
    pub is_active: Option<bool>,
    /// How far below zero its account may go.
    pub credit_limit: Option<CreditLimit>,
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

/// The use cases.
pub struct ManagePartners {
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// Makes keys.
    pub keys: Arc<dyn ApiKeys>,
    /// Randomness for retries.
    pub ids: Arc<dyn IdSource>,
}

/// What a unit did: a refusal of the rules rolls it back.
type Outcome<T> = Result<T, ManagePartnersError>;

impl ManagePartners {
    /// Adds a partner with an empty settlement account.
    pub async fn create(&self, form: &PartnerForm) -> Outcome<PartnerId> {
        let id = transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                let (name, terms) = (form.name.clone(), form.terms);
                let id = unit.insert_partner(&NewPartner { name, terms, created_at: now }).await?;
                unit.open_settlement_account(id, form.credit_limit, now).await?;
                Ok(Done::Write(id))
            })
        })
        .await?;
        Ok(id)
    }

    /// Changes what a partner has agreed to, from the next order on.
    pub async fn change(&self, partner: PartnerId, change: &TermsChange) -> Outcome<()> {
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let Some(mut locked) = unit.lock_partner(partner).await? else { return Ok(no_partner()) };
                let account = lock(unit, locked.settlement_account()).await?.id();
                let now = unit.now().await?;
                if let Some(limit) = change.credit_limit {
                    unit.set_credit_limit(account, limit, now).await?;
                }
                let terms = &mut locked.terms;
                terms.funding = change.funding.unwrap_or(terms.funding);
                terms.discount = change.discount.unwrap_or(terms.discount);
                terms.requests_per_minute = change.requests_per_minute.or(terms.requests_per_minute);
                terms.is_active = change.is_active.unwrap_or(terms.is_active);
                unit.update_partner(&locked, now).await?;
                Ok(Done::Write(Ok(())))
            })
        })
        .await?
    }

    /// Pays into a partner's settlement account; says what it holds then.
    pub async fn credit(&self, partner: PartnerId, amount: Amount) -> Outcome<Money> {
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let Some(locked) = unit.lock_partner(partner).await? else { return Ok(no_partner()) };
                let now = unit.now().await?;
                let mut account = lock(unit, locked.settlement_account()).await?;
                match account.top_up(amount) {
                    Ok(transfer) => {
                        unit.apply_transfers(&[transfer], now).await?;
                        Ok(Done::Write(Ok(account.balance())))
                    }
                    Err(error) => Ok(Done::Nothing(Err(error.into()))),
                }
            })
        })
        .await?
    }

    /// Issues a key: the one time that it is seen.
    pub async fn issue_key(&self, partner: PartnerId, form: &KeyForm) -> Outcome<IssuedKey> {
        let (key, hash) = self.keys.generate(form.mode)?;
        let hint: String = key.chars().skip(key.len().saturating_sub(4)).collect();
        let (id, expires_at) = transact(&*self.store, &*self.ids, |unit| {
            let hint = hint.clone();
            Box::pin(async move {
                if unit.lock_partner(partner).await?.is_none() {
                    return Ok(no_partner());
                }
                let now = unit.now().await?;
                if let Err(error) = check_room(&unit.api_keys(partner).await?, form.mode, now) {
                    return Ok(Done::Nothing(Err(error.into())));
                }
                let (mode, scopes) = (form.mode, form.scopes.clone());
                let expires_at = form.lifetime.map(|lifetime| now.saturating_add(lifetime));
                let new = NewApiKey { partner, hash, hint, mode, scopes, created_at: now, expires_at };
                Ok(Done::Write(Ok((unit.insert_api_key(&new).await?, expires_at))))
            })
        })
        .await??;
        Ok(IssuedKey { id, key, expires_at })
    }

    /// Takes a key back. An order that is committed later is not placed with it.
    pub async fn revoke_key(&self, partner: PartnerId, key: ApiKeyId) -> Outcome<()> {
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let Some(locked) = unit.lock_partner(partner).await? else { return Ok(no_partner()) };
                lock(unit, locked.settlement_account()).await?;
                if !unit.api_keys(partner).await?.iter().any(|known| known.id == key) {
                    return Ok(Done::Nothing(Err(ManagePartnersError::NoKey)));
                }
                let now = unit.now().await?;
                unit.revoke_api_key(key, now).await?;
                Ok(Done::Write(Ok(())))
            })
        })
        .await?
    }
}

fn no_partner<T>() -> Done<Outcome<T>> {
    Done::Nothing(Err(ManagePartnersError::NoPartner))
}

async fn lock(unit: &mut dyn UnitOfWork, account: AccountId) -> Result<Locked<Account>, StoreError> {
    let missing = || StoreError::Misuse("a partner has no settlement account".into());
    unit.lock_accounts(&[account]).await?.pop().ok_or_else(missing)
}
