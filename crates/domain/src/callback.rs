//! What activation partners report of their own accord: the end of an order that they took and decided later. It is
//! settled by the same rules as the answer to a call.

use std::collections::HashSet;

use time::OffsetDateTime;

use crate::activation_partner::ActivationPartner;
use crate::ids::TransactionId;
use crate::incident::NewIncident;
use crate::partner::{Answer, Repeated, Step};
use crate::retry::{Jitter, RetryPolicy};
use crate::settlement::{Said, SettleBook, SettleWrites, conclude};
use crate::transaction::TransitionError;

/// The partner's own id of a report: 1 to 128 visible ASCII characters. A report that is sent again has the same one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallbackId(String);

impl CallbackId {
    /// Checks the shape; none for a text that is no id.
    pub fn try_new(text: &str) -> Option<Self> {
        let good = (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        good.then(|| Self(text.to_owned()))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A report whose sender is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// Who reports.
    pub partner: ActivationPartner,
    /// Its id of the report.
    pub id: CallbackId,
    /// The order.
    pub transaction: TransactionId,
    /// What it says: confirmed, refused or pending.
    pub answer: Answer,
    /// What else it says of the order.
    pub repeated: Repeated,
}

string_enum!(
    /// What came of a report.
    CallbackOutcome {
        /// The order ended.
        Settled => "settled",
        /// It said nothing new.
        Noted => "noted",
        /// It contradicts the end of the order.
        Incident => "incident",
        /// The same report had come before.
        Duplicate => "duplicate",
        /// The partner has no such order.
        Unknown => "unknown",
        /// The order has never been called for.
        Premature => "premature",
        /// It repeats something of the order that is not so.
        Mismatched => "mismatched",
        /// The order could not follow: nothing is kept, and the report has to come again.
        Unsettled => "unsettled",
    }
);

/// A report and what came of it, to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The report.
    pub callback: Callback,
    /// What came of it.
    pub outcome: CallbackOutcome,
    /// When it came, UTC.
    pub at: OffsetDateTime,
}

/// What was loaded and locked for a batch.
#[derive(Debug, Default)]
pub struct CallbackBook {
    /// Those of the reports that came before.
    pub known: HashSet<(ActivationPartner, CallbackId)>,
    /// What settlements of the reports' orders need.
    pub orders: SettleBook,
}

/// What must be saved, in one commit.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CallbackWrites {
    /// What follows for orders.
    pub settled: SettleWrites,
    /// The reports; those that came before, and those that have to come again, are not among them.
    pub received: Vec<Received>,
}

/// Walks the reports in arrival order. One that cannot be followed leaves its neighbours alone.
pub fn hear(
    batch: &[Callback],
    book: &mut CallbackBook,
    policy: &RetryPolicy,
    now: OffsetDateTime,
) -> (Vec<CallbackOutcome>, CallbackWrites) {
    let mut writes = CallbackWrites::default();
    let mut heard: HashSet<(ActivationPartner, &CallbackId)> = HashSet::new();
    let mut outcomes = Vec::with_capacity(batch.len());
    for callback in batch {
        let before = book.known.contains(&(callback.partner, callback.id.clone()));
        if before || !heard.insert((callback.partner, &callback.id)) {
            outcomes.push(CallbackOutcome::Duplicate);
            continue;
        }
        let outcome = hear_one(callback, &mut book.orders, policy, now, &mut writes.settled);
        if outcome == CallbackOutcome::Unsettled {
            heard.remove(&(callback.partner, &callback.id));
        } else {
            writes.received.push(Received { callback: callback.clone(), outcome, at: now });
        }
        outcomes.push(outcome);
    }
    (outcomes, writes)
}

fn hear_one(
    callback: &Callback,
    book: &mut SettleBook,
    policy: &RetryPolicy,
    now: OffsetDateTime,
    writes: &mut SettleWrites,
) -> CallbackOutcome {
    let Some(transaction) = book.transactions.get_mut(&callback.transaction) else {
        return CallbackOutcome::Unknown;
    };
    let request = transaction.request();
    if request.partner != callback.partner {
        return CallbackOutcome::Unknown;
    }
    if !callback.repeated.agrees_with(&request) {
        return CallbackOutcome::Mismatched;
    }
    if !matches!(callback.answer, Answer::Confirmed { .. } | Answer::Refused { .. }) {
        return CallbackOutcome::Noted;
    }
    let number = match transaction.take_over(now) {
        Ok(number) => number,
        Err(TransitionError::Final) => {
            let incident = NewIncident::of(transaction, &callback.answer, now);
            let outcome = incident.as_ref().map_or(CallbackOutcome::Noted, |_| CallbackOutcome::Incident);
            writes.incidents.extend(incident);
            return outcome;
        }
        Err(_) => return CallbackOutcome::Premature,
    };
    let said = Said {
        transaction: callback.transaction,
        number,
        step: Step::Query,
        answer: &callback.answer,
        user_offer: transaction.user_offer(),
        jitter: Jitter(0),
    };
    match conclude(&said, book, policy, now, writes) {
        Ok(_) => CallbackOutcome::Settled,
        Err(_) => CallbackOutcome::Unsettled,
    }
}
