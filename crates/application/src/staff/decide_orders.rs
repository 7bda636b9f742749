//! Orders that wait for a person: asked about once more, or ended with what the activation partner said on another way.

use std::slice::from_ref;
use std::sync::Arc;

use offers_domain::audit::{AuditAction, Subject};
use offers_domain::ids::{TransactionId, UserId};
use offers_domain::notice::NoticeChannels;
use offers_domain::partner::{Answer, Step};
use offers_domain::ports::{Clock, IdSource, Queries, Store, StoreError, UnitOfWork};
use offers_domain::retry::{Jitter, RetryPolicy};
use offers_domain::settlement::{Attempt, Settle, SettleError, SettleWrites, settle};
use offers_domain::transaction::TransitionError;
use offers_domain::user_offer::UserOfferRef;
use offers_domain::views::{OrderFile, StatusView};
use thiserror::Error;
use time::OffsetDateTime;

use crate::announcer::Announcer;
use crate::identity::Deed;
use crate::settle_activation::{load, save};
use crate::transact::{Done, transact};

/// What the activation partner said, as a person found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The service is on, under this reference; the one that is known already where none is given.
    Confirmed(Option<String>),
    /// The service is not on and will not be: the money goes back.
    Refused,
}

/// Why an order stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecideOrderError {
    /// The login that asks is over.
    #[error("the session has ended")]
    SessionEnded,
    /// There is no such order.
    #[error("there is no such transaction")]
    UnknownOrder,
    /// It takes a higher role, or it would be their own order.
    #[error("not allowed")]
    Forbidden,
    /// It is worked on, or has ended: nobody was asked to decide.
    #[error("the transaction does not wait for a person")]
    NotParked,
    /// A confirmed order has a reference, and none is known.
    #[error("a confirmed order needs the activation partner's reference")]
    NoReference,
    /// The order's rows do not allow it.
    #[error(transparent)]
    Settle(SettleError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<TransitionError> for DecideOrderError {
    fn from(error: TransitionError) -> Self {
        match error {
            TransitionError::Final | TransitionError::NotParked | TransitionError::NotDue => Self::NotParked,
            TransitionError::StaleClaim => Self::Settle(error.into()),
        }
    }
}

/// The use case.
pub struct DecideOrders {
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// Reads.
    pub queries: Arc<dyn Queries>,
    /// Tells of changed orders.
    pub announcer: Announcer,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for retries.
    pub ids: Arc<dyn IdSource>,
    /// How answers are judged: as a worker's are.
    pub policy: RetryPolicy,
    /// How customers are told of the end.
    pub channels: NoticeChannels,
}

type Outcome<T> = Result<T, DecideOrderError>;

impl DecideOrders {
    /// Sends a parked order back to work: the next worker asks the partner before it calls.
    pub async fn retry(&self, id: TransactionId, deed: Deed<'_>) -> Outcome<StatusView> {
        let file = self.file(id).await?;
        let user = file.order.transaction.status.user;
        let sent = transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let Some(mut order) = unit.lock_transactions(&[id]).await?.pop() else {
                    return Ok(Done::Nothing(Err(DecideOrderError::UnknownOrder)));
                };
                let now = unit.now().await?;
                if let Err(refusal) = check(unit, user, &deed, now).await? {
                    return Ok(Done::Nothing(Err(refusal)));
                }
                if let Err(refusal) = order.send_back(now) {
                    return Ok(Done::Nothing(Err(refusal.into())));
                }
                unit.update_transactions(from_ref(&*order)).await?;
                let entry = deed.entry(AuditAction::OrderRetried, Subject::Transaction(id), now);
                unit.record_audit(&[entry]).await?;
                Ok(Done::Write(Ok(StatusView::from(&*order))))
            })
        })
        .await??;
        self.announcer.hand_over(from_ref(&sent), self.clock.now()).await;
        Ok(sent)
    }

    /// Ends a parked order as a worker would with this answer of the partner's: the same rules, the same money, the same
    /// news for the customer. No call was made, so none is kept.
    pub async fn resolve(
        &self,
        id: TransactionId,
        decision: Decision,
        deed: Deed<'_>,
    ) -> Outcome<StatusView> {
        let file = self.file(id).await?;
        let user = file.order.transaction.status.user;
        let (command, policy, channels) = (&self.command(&file, decision)?, &self.policy, self.channels);
        let ended = transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let mut book = load(unit, from_ref(command)).await?;
                let now = unit.now().await?;
                if let Err(refusal) = check(unit, user, &deed, now).await? {
                    return Ok(Done::Nothing(Err(refusal)));
                }
                let Some(order) = book.transactions.get_mut(&id) else {
                    return Ok(Done::Nothing(Err(DecideOrderError::UnknownOrder)));
                };
                if let Err(refusal) = order.take_in_hand(now, policy.lease) {
                    return Ok(Done::Nothing(Err(refusal.into())));
                }
                unit.update_transactions(from_ref(&**order)).await?;
                let attempt = Attempt { number: order.attempt(), ..command.attempt.clone() };
                let command = Settle { attempt, ..command.clone() };
                let (answers, writes) = settle(from_ref(&command), &mut book, policy, now);
                let ended = match answers.into_iter().next() {
                    Some(Ok(ended)) => ended,
                    Some(Err(error)) => return Ok(Done::Nothing(Err(DecideOrderError::Settle(error)))),
                    None => return Ok(Done::Nothing(Err(DecideOrderError::UnknownOrder))),
                };
                // Nobody was called by us.
                let writes = SettleWrites { attempts: Vec::new(), ..writes };
                save(unit, &writes, channels, now).await?;
                let entry = deed
                    .entry(AuditAction::OrderResolved, Subject::Transaction(id), now)
                    .with("to", ended.status())
                    .with("answer", command.attempt.answer.kind())
                    .with("user", user);
                unit.record_audit(&[entry]).await?;
                Ok(Done::Write(Ok(StatusView::from(&ended))))
            })
        })
        .await??;
        self.announcer.announce(from_ref(&ended), self.clock.now()).await;
        Ok(ended)
    }

    async fn file(&self, id: TransactionId) -> Outcome<OrderFile> {
        self.queries.order_file(id).await?.ok_or(DecideOrderError::UnknownOrder)
    }

    /// The settlement that a worker would have asked for, but for the claim's number, which only the locked order knows.
    fn command(&self, file: &OrderFile, decision: Decision) -> Outcome<Settle> {
        let status = &file.order.transaction.status;
        let answer = match decision {
            Decision::Confirmed(reference) => {
                let reference = reference.or_else(|| status.reference.clone());
                Answer::Confirmed { reference: reference.ok_or(DecideOrderError::NoReference)? }
            }
            Decision::Refused => {
                Answer::Refused { code: "settled_by_hand".into(), message: "confirmed to our staff".into() }
            }
        };
        let (transaction, now) = (status.transaction, self.clock.now());
        Ok(Settle {
            attempt: Attempt {
                transaction,
                number: 0,
                step: Step::Query,
                answer,
                started_at: now,
                ended_at: now,
            },
            account: file.account,
            user_offer: file.renews.map_or(UserOfferRef::OpenedBy(transaction), UserOfferRef::Existing),
            jitter: Jitter(0),
        })
    }
}

/// Whether this order may be decided by whoever does it: nobody decides about their own, and staff about customers' alone.
async fn check(
    unit: &mut dyn UnitOfWork,
    user: UserId,
    deed: &Deed<'_>,
    now: OffsetDateTime,
) -> Result<Outcome<()>, StoreError> {
    if !deed.is_live(unit, now).await? {
        return Ok(Err(DecideOrderError::SessionEnded));
    }
    let people = unit.find_users(&[user]).await?;
    let may = people.first().is_some_and(|person| deed.concerns(person));
    Ok(if may { Ok(()) } else { Err(DecideOrderError::Forbidden) })
}
