//! Adding people, each with a wallet.

use std::sync::Arc;

use offers_domain::account::AccountError;
use offers_domain::audit::{Actor, AuditAction, AuditEntry, Subject};
use offers_domain::ids::UserId;
use offers_domain::money::{Amount, Currency};
use offers_domain::password::{NewPassword, PasswordRefusal};
use offers_domain::ports::{
    Clock, Constraint, IdSource, PasswordError, Passwords, Store, StoreError, UnitOfWork,
};
use offers_domain::user::{Email, Locale, NewUser, Role, UserError, Username};
use thiserror::Error;
use time::OffsetDateTime;

use crate::identity::{Deed, Origin};
use crate::transact::{Done, transact};

/// Why nobody was added.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CreateUserError {
    /// The login that asks is over.
    #[error("the session has ended")]
    SessionEnded,
    /// A field is wrong.
    #[error(transparent)]
    Invalid(#[from] UserError),
    /// It takes a higher role to add somebody with this one.
    #[error("not allowed")]
    Forbidden,
    /// Somebody has that name.
    #[error("the username is already taken")]
    UsernameTaken,
    /// The password could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The first balance is too large or in another currency.
    #[error(transparent)]
    Balance(#[from] AccountError),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<PasswordRefusal> for CreateUserError {
    fn from(refusal: PasswordRefusal) -> Self {
        Self::Invalid(refusal.into())
    }
}

impl From<StoreError> for CreateUserError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(Constraint::Username) => Self::UsernameTaken,
            other => Self::Store(other),
        }
    }
}

/// A person to add, as typed in.
#[derive(Clone)]
pub struct UserForm {
    /// The login.
    pub username: String,
    /// The address.
    pub email: String,
    /// The password, 8 to 128 characters.
    pub password: String,
    /// What they may do.
    pub role: Role,
}

/// A checked person with the money that their wallet starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundedUser {
    /// The person.
    pub user: NewUser,
    /// A top-up from the funding account; none leaves the wallet empty.
    pub balance: Option<Amount>,
}

/// The use case.
pub struct CreateUsers {
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// Password hashes.
    pub passwords: Arc<dyn Passwords>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for retries.
    pub ids: Arc<dyn IdSource>,
    /// Of the wallets.
    pub currency: Currency,
}

impl CreateUsers {
    /// Adds one person with an empty wallet. Nobody in particular, [`Actor::Anonymous`], signs up themselves.
    pub async fn run(&self, form: UserForm, by: Actor, origin: &Origin) -> Result<UserId, CreateUserError> {
        self.one(form, Author::Other(by, origin)).await
    }

    async fn one(&self, form: UserForm, author: Author<'_>) -> Result<UserId, CreateUserError> {
        let (username, email) = (Username::try_new(&form.username)?, Email::try_new(&form.email)?);
        let password = NewPassword::try_new(&form.password, username.as_str(), email.as_str())?;
        let user = NewUser {
            username,
            email,
            phone: None,
            password_hash: self.passwords.hash(password.into_text()).await?,
            role: form.role,
            locale: Locale::En,
            joined_at: self.clock.now(),
        };
        let added = self.all(&[FundedUser { user, balance: None }], author).await?;
        added.first().copied().ok_or_else(|| StoreError::Misuse("no id for a new user".into()).into())
    }

    /// Adds one person for a reason. Nobody gives away more than they have.
    pub async fn by_staff(&self, form: UserForm, deed: Deed<'_>) -> Result<UserId, CreateUserError> {
        if deed.by.is_some_and(|by| !by.role.may_manage(form.role)) {
            return Err(CreateUserError::Forbidden);
        }
        self.one(form, Author::Staff(deed)).await
    }

    /// Adds people with their first money, all in one commit, in this order.
    pub async fn add(
        &self,
        people: &[FundedUser],
        by: Actor,
        origin: &Origin,
    ) -> Result<Vec<UserId>, CreateUserError> {
        self.all(people, Author::Other(by, origin)).await
    }

    async fn all(&self, people: &[FundedUser], author: Author<'_>) -> Result<Vec<UserId>, CreateUserError> {
        let currency = self.currency;
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                if !author.is_live(unit, now).await? {
                    return Ok(Done::Nothing(Err(CreateUserError::SessionEnded)));
                }
                let users: Vec<_> = people.iter().map(|person| person.user.clone()).collect();
                let ids = unit.insert_users(&users).await?;
                let accounts = unit.open_wallets(&ids, currency, now).await?;
                let mut wallets = unit.lock_accounts(&accounts).await?;
                wallets.sort_by_key(|wallet| accounts.iter().position(|id| *id == wallet.id()));
                let transfers: Result<Vec<_>, AccountError> = wallets
                    .iter_mut()
                    .zip(people)
                    .filter_map(|(wallet, person)| person.balance.map(|amount| wallet.top_up(amount)))
                    .collect();
                match transfers {
                    Ok(transfers) => {
                        unit.apply_transfers(&transfers, now).await?;
                        let entries: Vec<_> = ids.iter().map(|id| author.entry(*id, now)).collect();
                        unit.record_audit(&entries).await?;
                        Ok(Done::Write(Ok(ids)))
                    }
                    Err(error) => Ok(Done::Nothing(Err(error.into()))),
                }
            })
        })
        .await?
    }
}

/// Who adds people.
#[derive(Clone, Copy)]
enum Author<'a> {
    /// Staff, for a reason.
    Staff(Deed<'a>),
    /// The program, or people themselves.
    Other(Actor, &'a Origin),
}

impl Author<'_> {
    async fn is_live(self, unit: &mut dyn UnitOfWork, now: OffsetDateTime) -> Result<bool, StoreError> {
        match self {
            Self::Staff(deed) => deed.is_live(unit, now).await,
            Self::Other(..) => Ok(true),
        }
    }

    fn entry(self, user: UserId, now: OffsetDateTime) -> AuditEntry {
        let (created, subject) = (AuditAction::UserCreated, Subject::User(user));
        let (actor, action, origin) = match self {
            Self::Staff(deed) => return deed.entry(created, subject, now),
            Self::Other(Actor::Anonymous, origin) => (Actor::User(user), AuditAction::UserRegistered, origin),
            Self::Other(by, origin) => (by, created, origin),
        };
        AuditEntry::new(actor, action, subject, now).in_request(origin.request.as_ref())
    }
}
