//! The bodies of the contract.

use offers_domain::ids::{OfferId, TransactionId};
use offers_domain::partner::{ActivationRequest, Repeated};
use serde::{Deserialize, Serialize};

/// What is ordered.
#[derive(Debug, Serialize)]
pub(crate) struct OrderBody {
    transaction_id: String,
    user_id: i64,
    offer_id: i64,
    amount: String,
    currency: String,
    duration_days: u32,
}

impl From<&ActivationRequest> for OrderBody {
    fn from(request: &ActivationRequest) -> Self {
        Self {
            transaction_id: request.transaction.to_string(),
            user_id: request.user.0,
            offer_id: request.offer.0,
            amount: request.amount.to_string(),
            currency: request.amount.currency().to_string(),
            duration_days: request.duration_days,
        }
    }
}

/// What an answer says an order is.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Word {
    Activated,
    Pending,
    Refused,
    NotFound,
    Voided,
}

/// Any answer. Which fields it must have depends on the word.
#[derive(Debug, Deserialize)]
pub(crate) struct AnswerBody {
    pub(crate) status: Word,
    pub(crate) transaction_id: Option<String>,
    pub(crate) reference: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    offer_id: Option<i64>,
    amount: Option<String>,
    currency: Option<String>,
}

impl AnswerBody {
    /// Whether everything that it repeats of an order is the order's.
    pub(crate) fn is_about(&self, request: &ActivationRequest) -> bool {
        let id = self.transaction_id.as_deref();
        id.is_none_or(|text| text.parse() == Ok::<TransactionId, _>(request.transaction))
            && self.repeated().agrees_with(request)
    }

    /// What it repeats of an order beside its id.
    pub(crate) fn repeated(&self) -> Repeated {
        Repeated {
            offer: self.offer_id.map(OfferId),
            amount: self.amount.clone(),
            currency: self.currency.clone(),
        }
    }
}
