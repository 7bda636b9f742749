//! A partner's order: the same batch, the same rules and the same worker as a customer's, under a reference.

use offers_domain::activation::{Payer, Placed, Receipt, Wish};
use offers_domain::idempotency::{IdempotencyHandle, StoredResponse};
use offers_domain::ids::{OfferId, UserId};
use offers_domain::money::Amount;
use offers_domain::partner_channel::reference::{PartnerReference, Reference};
use offers_domain::partner_channel::sale::PartnerSale;
use offers_domain::ports::{Constraint, StoreError};
use offers_domain::trace::TraceContext;
use offers_domain::transaction::Channel;

use super::PartnerCaller;
use crate::begin_activation::{BeginActivation, BeginActivationError, NewOrder};
use crate::group_commit::SubmitError;

/// How many references are drawn before it is given up: two orders meet once in 2⁶⁰.
const DRAWS: u32 = 3;

/// What a partner wants for a customer.
#[derive(Debug, Clone)]
pub struct PartnerWish {
    /// Who sells, and with which key.
    pub caller: PartnerCaller,
    /// Who gets the service.
    pub user: UserId,
    /// Which one.
    pub offer: OfferId,
    /// The price that the partner expects.
    pub amount: Amount,
    /// Its own name for the order.
    pub partner_reference: Option<PartnerReference>,
    /// The place of the request in its trace.
    pub trace: TraceContext,
    /// Its name for this request, if it gave one.
    pub handle: Option<IdempotencyHandle>,
    /// Writes the answer: a pure function of the order's names, so that it can be given again.
    pub respond: fn(&Receipt) -> StoredResponse,
}

/// What a partner is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerAnswer {
    /// The answer.
    pub response: StoredResponse,
    /// Whether it was given before.
    pub replayed: bool,
}

impl BeginActivation {
    /// Places a partner's order, or replays the answer to an earlier request with the same key or the same name.
    pub async fn run_for_partner(&self, wish: PartnerWish) -> Result<PartnerAnswer, BeginActivationError> {
        let mut draws = 1;
        loop {
            let reference = self.ids.reference();
            match self.run(order(&wish, reference)).await {
                Err(BeginActivationError::NotRun(SubmitError::Store(StoreError::Conflict(
                    Constraint::Reference,
                )))) if draws < DRAWS => draws += 1,
                Err(error) => return Err(error),
                Ok(Placed::Replayed { response, .. }) => {
                    return Ok(PartnerAnswer { response, replayed: true });
                }
                Ok(Placed::Fresh(transaction)) => {
                    let response = (wish.respond)(&Receipt::new(transaction.id(), Some(reference)));
                    return Ok(PartnerAnswer { response, replayed: false });
                }
            }
        }
    }
}

fn order(wish: &PartnerWish, reference: Reference) -> NewOrder {
    let sale = PartnerSale {
        partner: wish.caller.partner,
        key: wish.caller.key,
        amount: wish.amount,
        reference,
        partner_reference: wish.partner_reference.clone(),
    };
    NewOrder {
        user: wish.user,
        session: None,
        wish: Wish::Buy(wish.offer),
        payer: Payer::AsSold(Box::new(sale)),
        channel: Channel::Partner,
        trace: Some(wish.trace),
        handle: wish.handle.clone(),
        respond: wish.respond,
    }
}
