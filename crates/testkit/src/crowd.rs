//! Very many subscriptions, for what must hold however many there are.

use offers_domain::ids::{AccountId, OfferId, TransactionId, UserId};
use offers_domain::import::PastUserOffer;
use offers_domain::ports::{Store, StoreError};
use offers_domain::transaction::{State, Transaction, TransactionParts};
use offers_domain::user_offer::{Period, UserOfferState};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::builders::{new_user, order, terms};

/// How many are added in one unit.
const CHUNK: usize = 1_000;
/// How many each customer holds.
const EACH: usize = 10;

/// Adds `count` active subscriptions, with the orders that paid for them but without any money, in chunks. The one with
/// number `n` ends at `ends_at(n)`. `name` keeps the customers of two crowds in one store apart.
pub async fn subscribe(
    store: &dyn Store,
    name: &str,
    count: usize,
    ends_at: impl Fn(usize) -> OffsetDateTime,
) -> Result<(), StoreError> {
    let mut unit = store.begin().await?;
    let now = unit.now().await?;
    let offer = unit.insert_offers(&[terms(100)], now).await?[0];
    unit.commit().await?;
    let numbers: Vec<usize> = (0..count).collect();
    for chunk in numbers.chunks(CHUNK) {
        let mut unit = store.begin().await?;
        let people: Vec<_> =
            chunk.chunks(EACH).map(|held| new_user(&format!("{name}-{}", held[0]))).collect();
        let users = unit.insert_users(&people).await?;
        let bought: Vec<_> = chunk
            .iter()
            .enumerate()
            .map(|(place, number)| bought(*number, users[place / EACH], offer, ends_at(*number)))
            .collect();
        let (orders, held): (Vec<_>, Vec<_>) = bought.into_iter().unzip();
        unit.insert_transactions(&orders).await?;
        unit.insert_past_user_offers(&held).await?;
        unit.commit().await?;
    }
    Ok(())
}

/// An order that succeeded thirty days before the end, and what it opened.
fn bought(
    number: usize,
    user: UserId,
    offer: OfferId,
    expires_at: OffsetDateTime,
) -> (Transaction, PastUserOffer) {
    let activated_at = expires_at - Duration::days(30);
    // Each crowd has an offer of its own.
    let id = u128::try_from(offer.0).unwrap() << 64 | u128::try_from(number).unwrap();
    let id = TransactionId(Uuid::from_u128(id));
    let placed = Transaction::place(id, order(user, offer, AccountId(1), 100), activated_at);
    let parts = TransactionParts {
        state: State::Success { at: activated_at },
        reference: Some("R-1".into()),
        ..placed.parts().clone()
    };
    let state = UserOfferState::Active(Period { activated_at, expires_at });
    let held = PastUserOffer { user, offer, transaction: id, state, created_at: activated_at };
    (Transaction::from_parts(parts), held)
}
