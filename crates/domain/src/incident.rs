//! Incidents: what an activation partner said after an order had ended otherwise. The order stays as it ended and no
//! money moves; what was delivered for nothing is given up at the partner, and the rest is for a person.

use time::{Duration, OffsetDateTime};

use crate::activation_partner::ActivationPartner;
use crate::ids::{IncidentId, TransactionId};
use crate::partner::Answer;
use crate::retry::{RetryPolicy, doubled};
use crate::transaction::{Status, Transaction};

/// Longest evidence, and longest word of the partner, that is kept.
const LENGTH: usize = 500;

string_enum!(
    /// What happened.
    IncidentKind {
        /// The order had failed and its money was back; then the partner said that the service is on.
        LateSuccess => "late_success",
        /// The order had succeeded; then the partner said that the service is not on.
        LateRefusal => "late_refusal",
    }
);

string_enum!(
    /// Where an incident stands.
    IncidentStatus {
        /// The partner is asked to undo what it did, again and again.
        Voiding => "voiding",
        /// A person has to decide.
        NeedsAttention => "needs_attention",
        /// The partner has undone it, or a person has dealt with it.
        Resolved => "resolved",
    }
);

/// Where an incident stands, with when it is work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncidentState {
    /// See [`IncidentStatus::Voiding`]; from this instant on, which is the end of a lease while the partner is called.
    Voiding(OffsetDateTime),
    /// See [`IncidentStatus::NeedsAttention`].
    NeedsAttention,
    /// See [`IncidentStatus::Resolved`].
    Resolved,
}

impl IncidentState {
    /// Its name.
    pub fn status(self) -> IncidentStatus {
        match self {
            Self::Voiding(_) => IncidentStatus::Voiding,
            Self::NeedsAttention => IncidentStatus::NeedsAttention,
            Self::Resolved => IncidentStatus::Resolved,
        }
    }

    /// When it is work, if it is.
    pub fn due_at(self) -> Option<OffsetDateTime> {
        if let Self::Voiding(due) = self { Some(due) } else { None }
    }
}

/// An incident to be recorded. There is one of each kind for an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIncident {
    /// The order.
    pub transaction: TransactionId,
    /// Who said it.
    pub partner: ActivationPartner,
    /// What happened.
    pub kind: IncidentKind,
    /// The partner's words: its reference, or its refusal.
    pub evidence: String,
    /// When it was heard, UTC.
    pub at: OffsetDateTime,
}

impl NewIncident {
    /// What follows when a partner gives this answer about an order that has ended: nothing where they agree, or where the
    /// answer says nothing.
    pub fn of(transaction: &Transaction, answer: &Answer, now: OffsetDateTime) -> Option<Self> {
        let kind = match (transaction.status(), answer) {
            (Status::Failed, Answer::Confirmed { .. }) => IncidentKind::LateSuccess,
            (Status::Success, Answer::Refused { .. } | Answer::Voided) => IncidentKind::LateRefusal,
            _ => return None,
        };
        Some(Self {
            transaction: transaction.id(),
            partner: transaction.order().activated_by,
            kind,
            evidence: words(answer),
            at: now,
        })
    }

    /// How it begins: what was delivered for nothing is undone at once, anything else is for a person.
    pub fn state(&self) -> IncidentState {
        match self.kind {
            IncidentKind::LateSuccess => IncidentState::Voiding(self.at),
            IncidentKind::LateRefusal => IncidentState::NeedsAttention,
        }
    }
}

/// An incident, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// The order.
    pub transaction: TransactionId,
    /// Who said it.
    pub partner: ActivationPartner,
    /// What happened.
    pub kind: IncidentKind,
    /// The partner's words.
    pub evidence: String,
    /// Where it stands.
    pub state: IncidentState,
    /// How often the partner was asked to undo it: the fencing number of what follows.
    pub attempt: u32,
    /// What it last answered to that.
    pub last_answer: Option<String>,
    /// When it was recorded, UTC.
    pub created_at: OffsetDateTime,
    /// When it last changed, UTC.
    pub updated_at: OffsetDateTime,
}

impl Incident {
    /// Takes the incident for `lease`, where it is work at `now`; whether it was.
    pub fn claim(&mut self, now: OffsetDateTime, lease: Duration) -> bool {
        if self.state.due_at().is_none_or(|due| now < due) {
            return false;
        }
        self.attempt = self.attempt.saturating_add(1);
        self.state = IncidentState::Voiding(now.saturating_add(lease));
        self.updated_at = now;
        true
    }

    /// What follows from the partner's answer to the void of the claim with this number: the end, another void later, or,
    /// after as long as an order is asked about, a person. False where the claim is over.
    pub fn settle(
        &mut self,
        attempt: u32,
        answer: &Answer,
        policy: &RetryPolicy,
        now: OffsetDateTime,
    ) -> bool {
        if self.attempt != attempt || self.state.due_at().is_none() {
            return false;
        }
        self.state = match answer {
            Answer::Voided => IncidentState::Resolved,
            _ if now >= self.created_at.saturating_add(policy.give_up_after) => IncidentState::NeedsAttention,
            _ => IncidentState::Voiding(now.saturating_add(self.wait(answer, policy))),
        };
        self.last_answer = Some(words(answer));
        self.updated_at = now;
        true
    }

    /// A person has dealt with it, on whatever way: nobody is called about it any more. False where it is over already.
    pub fn close(&mut self, now: OffsetDateTime) -> bool {
        if matches!(self.state, IncidentState::Resolved) {
            return false;
        }
        self.state = IncidentState::Resolved;
        self.updated_at = now;
        true
    }

    fn wait(&self, answer: &Answer, policy: &RetryPolicy) -> Duration {
        let grown = doubled(policy.backoff_base, self.attempt.saturating_sub(1), policy.reconcile_cap);
        let asked = match answer {
            Answer::NotExecuted { retry_after: Some(asked), .. } => *asked,
            _ => Duration::ZERO,
        };
        grown.max(asked.clamp(Duration::ZERO, policy.retry_after_cap))
    }
}

/// What the partner said, short enough to be kept.
fn words(answer: &Answer) -> String {
    let kind = answer.kind();
    let text = answer.detail().map_or_else(|| kind.to_string(), |detail| format!("{kind}: {detail}"));
    text.chars().take(LENGTH).collect()
}
