//! What the worker asks of an activation partner, and what the partner can answer.

use time::Duration;

use crate::activation_partner::ActivationPartner;
use crate::ids::{OfferId, TransactionId, UserId};
use crate::money::Amount;
use crate::trace::TraceContext;

string_enum!(
    /// One call to the activation partner.
    Step {
        /// Switch the service on.
        Activate => "activate",
        /// Ask what became of an earlier call, by our key.
        Query => "query",
        /// Give the order up: the partner promises never to execute our key, or to undo it.
        Void => "void",
    }
);

/// What is ordered, in the words of the call. The transaction's id is the idempotency key of every call for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivationRequest {
    /// Who is asked.
    pub partner: ActivationPartner,
    /// The order, and the key.
    pub transaction: TransactionId,
    /// For whom.
    pub user: UserId,
    /// What.
    pub offer: OfferId,
    /// What the customer paid.
    pub amount: Amount,
    /// For how many days.
    pub duration_days: u32,
    /// The place of the call in the order's trace.
    pub trace: TraceContext,
}

/// What an answer repeats of the order that it is about. What it does not repeat cannot be wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repeated {
    /// The offer.
    pub offer: Option<OfferId>,
    /// The amount, as it is written.
    pub amount: Option<String>,
    /// The currency, as it is written.
    pub currency: Option<String>,
}

impl Repeated {
    /// Whether all of it is the order's.
    pub fn agrees_with(&self, request: &ActivationRequest) -> bool {
        let currency = request.amount.currency();
        self.offer.is_none_or(|offer| offer == request.offer)
            && self.currency.as_deref().is_none_or(|text| text == currency.code())
            && self.amount.as_deref().is_none_or(|text| Amount::parse(text, currency) == Ok(request.amount))
    }
}

/// What is known after one call. There is no error beside it: not knowing is an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The service is on.
    Confirmed {
        /// The partner's own reference.
        reference: String,
    },
    /// The partner took the order and will decide later.
    Pending {
        /// The partner's own reference.
        reference: String,
    },
    /// A definite, documented no: the service is not on and will not be.
    Refused {
        /// The partner's code, one line.
        code: String,
        /// The partner's explanation, one line.
        message: String,
    },
    /// To a query: the partner has never seen our key.
    NotFound,
    /// To a void, or to a query after one: the key is dead.
    Voided,
    /// The call certainly had no effect: it never left, or the partner turned it away (429, 503).
    NotExecuted {
        /// Why, for the audit.
        reason: String,
        /// The partner's `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// The call may or may not have had an effect: time-out, reset, 5xx, malformed.
    Unknown {
        /// Why, for the audit.
        reason: String,
    },
}

string_enum!(
    /// The name of an [`Answer`], for rows and metrics.
    AnswerKind {
        /// See [`Answer::Confirmed`].
        Confirmed => "confirmed",
        /// See [`Answer::Pending`].
        Pending => "pending",
        /// See [`Answer::Refused`].
        Refused => "refused",
        /// See [`Answer::NotFound`].
        NotFound => "not_found",
        /// See [`Answer::Voided`].
        Voided => "voided",
        /// See [`Answer::NotExecuted`].
        NotExecuted => "not_executed",
        /// See [`Answer::Unknown`].
        Unknown => "unknown",
    }
);

impl Answer {
    /// Its name.
    pub fn kind(&self) -> AnswerKind {
        match self {
            Self::Confirmed { .. } => AnswerKind::Confirmed,
            Self::Pending { .. } => AnswerKind::Pending,
            Self::Refused { .. } => AnswerKind::Refused,
            Self::NotFound => AnswerKind::NotFound,
            Self::Voided => AnswerKind::Voided,
            Self::NotExecuted { .. } => AnswerKind::NotExecuted,
            Self::Unknown { .. } => AnswerKind::Unknown,
        }
    }

    /// Whether it ends the order without service, so that the money goes back.
    pub fn returns_the_money(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Voided)
    }

    /// What the partner said beyond the kind, for the audit.
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::Confirmed { reference } | Self::Pending { reference } => Some(reference.clone()),
            Self::Refused { code, message } => Some(format!("{code}: {message}")),
            Self::NotExecuted { reason, .. } | Self::Unknown { reason } => Some(reason.clone()),
            Self::NotFound | Self::Voided => None,
        }
    }
}
