//! Money added to a wallet by hand, or taken from it.

use std::sync::Arc;

use offers_domain::account::{Account, AccountError};
use offers_domain::adjustment::{Adjustment, Direction};
use offers_domain::audit::Subject;
use offers_domain::idempotency::{IdempotencyHandle, IdempotencyRecord, StoredResponse};
use offers_domain::ids::{MovementId, TransactionId, UserId};
use offers_domain::ledger::Transfer;
use offers_domain::money::Money;
use offers_domain::notice::NoticeChannels;
use offers_domain::ports::{IdSource, Locked, Store, StoreError, UnitOfWork};
use offers_domain::user::User;
use thiserror::Error;
use time::OffsetDateTime;

use crate::identity::Deed;
use crate::transact::{Done, transact};

/// Why no money moved.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AdjustWalletError {
    /// The login that asks is over.
    #[error("the session has ended")]
    SessionEnded,
    /// There is no such person.
    #[error("there is no such user")]
    UnknownUser,
    /// It takes a higher role, or it would be their own wallet.
    #[error("not allowed")]
    Forbidden,
    /// The person has no wallet.
    #[error("the user has no wallet")]
    NoWallet,
    /// The key was used for a different request.
    #[error("the idempotency key was used for a different request")]
    KeyReused,
    /// The wallet does not hold so much, or cannot take it.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Money that moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalletMovement {
    /// Its name, in the audit trail and in what the customer is told.
    pub id: MovementId,
    /// Whose wallet.
    pub user: UserId,
    /// Which way, and how much.
    pub adjustment: Adjustment,
    /// What the wallet holds since.
    pub balance: Money,
    /// When, UTC.
    pub at: OffsetDateTime,
}

/// Writes the answer that is kept with a key.
pub type Respond = fn(&WalletMovement) -> StoredResponse;

/// Money to be moved.
#[derive(Debug, Clone, Copy)]
pub struct AdjustmentRequest<'a> {
    /// Whose wallet.
    pub user: UserId,
    /// Which way, and how much.
    pub adjustment: Adjustment,
    /// The client's name for the request, if it gave one, and the answer to keep with it: a pure function of what moved.
    pub handle: Option<(&'a IdempotencyHandle, Respond)>,
}

/// A request that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Adjusted {
    /// Now.
    Fresh(WalletMovement),
    /// Before, by a request with the same key: the same answer.
    Replayed(StoredResponse),
}

/// The use case.
pub struct AdjustWallet {
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// Names of movements, and randomness for retries.
    pub ids: Arc<dyn IdSource>,
    /// How customers are told.
    pub channels: NoticeChannels,
}

impl AdjustWallet {
    /// Moves the money: transfer, balance, audit entry, news for the customer and the answer kept with the key are one
    /// commit. Staff do it for customers; taking money is for superusers, and nobody touches their own wallet.
    pub async fn run(
        &self,
        request: AdjustmentRequest<'_>,
        deed: Deed<'_>,
    ) -> Result<Adjusted, AdjustWalletError> {
        // The same however often the unit is tried.
        let id = MovementId(self.ids.random_uuid());
        let channels = self.channels;
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                let loaded = Loaded::read(unit, request, &deed, now).await?;
                let Moved { transfer, movement, before } = match loaded.decide(request, &deed, id, now) {
                    Ok(Decided::Move(moved)) => moved,
                    Ok(Decided::Replay(response)) => {
                        return Ok(Done::Nothing(Ok(Adjusted::Replayed(response))));
                    }
                    Err(refusal) => return Ok(Done::Nothing(Err(refusal))),
                };
                unit.apply_transfers(&[transfer], now).await?;
                let news: Vec<_> = request.adjustment.news(request.user, id).into_iter().collect();
                unit.insert_notices(&channels.notices(&news), now).await?;
                let records: Vec<_> = request.record(&movement).into_iter().collect();
                unit.insert_records(&records).await?;
                let Adjustment { direction, amount } = request.adjustment;
                let entry = deed
                    .entry(direction.action(), Subject::User(request.user), now)
                    .with("movement", id)
                    .with("amount", amount.money())
                    .with("currency", amount.currency())
                    .with("balance_before", before)
                    .with("balance_after", movement.balance);
                unit.record_audit(&[entry]).await?;
                Ok(Done::Write(Ok(Adjusted::Fresh(movement))))
            })
        })
        .await?
    }
}

impl AdjustmentRequest<'_> {
    /// What is kept with the key, if there is one.
    fn record(&self, movement: &WalletMovement) -> Option<IdempotencyRecord> {
        let (handle, respond) = self.handle?;
        Some(IdempotencyRecord {
            handle: handle.clone(),
            transaction: TransactionId(movement.id.0),
            response: respond(movement),
            created_at: movement.at,
        })
    }
}

/// What a request is judged by.
struct Loaded {
    is_live: bool,
    person: Option<User>,
    wallet: Option<Locked<Account>>,
    record: Option<IdempotencyRecord>,
}

enum Decided {
    Move(Moved),
    Replay(StoredResponse),
}

struct Moved {
    transfer: Transfer,
    movement: WalletMovement,
    before: Money,
}

impl Loaded {
    /// The wallet comes first: whoever holds it decides alone.
    async fn read(
        unit: &mut dyn UnitOfWork,
        request: AdjustmentRequest<'_>,
        deed: &Deed<'_>,
        now: OffsetDateTime,
    ) -> Result<Self, StoreError> {
        let wallet = unit.lock_wallets(&[request.user]).await?.pop();
        let is_live = deed.is_live(unit, now).await?;
        let person = unit.find_users(&[request.user]).await?.pop();
        let scopes: Vec<_> = request.handle.iter().map(|(handle, _)| handle.scope.clone()).collect();
        let record = unit.find_records(&scopes).await?.pop();
        Ok(Self { is_live, person, wallet, record })
    }

    fn decide(
        self,
        request: AdjustmentRequest<'_>,
        deed: &Deed<'_>,
        id: MovementId,
        now: OffsetDateTime,
    ) -> Result<Decided, AdjustWalletError> {
        let AdjustmentRequest { user, adjustment, handle } = request;
        if !self.is_live {
            return Err(AdjustWalletError::SessionEnded);
        }
        let person = self.person.ok_or(AdjustWalletError::UnknownUser)?;
        let may = deed.by.is_none_or(|by| adjustment.direction == Direction::Credit || by.role.may_debit());
        if !may || !deed.concerns(&person) {
            return Err(AdjustWalletError::Forbidden);
        }
        if let Some(record) = self.record {
            let same = handle.is_some_and(|(handle, _)| handle.fingerprint == record.handle.fingerprint);
            return if same {
                Ok(Decided::Replay(record.response))
            } else {
                Err(AdjustWalletError::KeyReused)
            };
        }
        let mut wallet = self.wallet.ok_or(AdjustWalletError::NoWallet)?;
        let before = wallet.balance();
        let transfer = adjustment.apply(&mut wallet)?;
        let movement = WalletMovement { id, user, adjustment, balance: wallet.balance(), at: now };
        Ok(Decided::Move(Moved { transfer, movement, before }))
    }
}
