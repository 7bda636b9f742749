//! Placing orders and following them.

use offers_domain::activation::Receipt;
use offers_domain::idempotency::StoredResponse;
use offers_domain::ids::{OfferId, TransactionId, UserOfferId};
use offers_domain::money::Money;
use offers_domain::partner_channel::Funding;
use offers_domain::user_offer::RenewalOf;
use offers_domain::views::StatusView;
use schemars::{JsonSchema, Schema, json_schema};
use serde::{Deserialize, Serialize};

use super::money::{CurrencyCode, Decimal};
use super::spelled::Spelled;
use super::text::{FromText, IdNumber, Text, canonical};
use super::time::Timestamp;
use crate::problem::{FieldCode, FieldError, Problem};
use offers_domain::transaction::{Status, SubStatus};
use uuid::Uuid;

/// Which offer to activate.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActivateBody {
    pub(crate) offer_id: IdNumber<OfferId>,
}

/// Which subscription to renew: itself, or by its offer.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenewBody {
    user_offer_id: Option<IdNumber<UserOfferId>>,
    offer_id: Option<IdNumber<OfferId>>,
}

impl RenewBody {
    /// The one that is meant.
    pub(crate) fn subscription(&self) -> Result<RenewalOf, Problem> {
        match (&self.user_offer_id, &self.offer_id) {
            (Some(IdNumber(id)), None) => Ok(RenewalOf::Subscription(*id)),
            (None, Some(IdNumber(id))) => Ok(RenewalOf::Offer(*id)),
            (Some(_), Some(_)) => {
                Err(Problem::invalid_value("/offer_id", "Give user_offer_id or offer_id, not both."))
            }
            (None, None) => Err(Problem::invalid([FieldError {
                pointer: "/user_offer_id".into(),
                code: FieldCode::Required,
                detail: "Give user_offer_id or offer_id.".into(),
            }])),
        }
    }
}

/// An order that was taken.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AcceptedBody {
    transaction_id: Uuid,
    status: Spelled<Status>,
    status_url: String,
}

/// Where an order is followed.
pub(crate) fn status_url(id: TransactionId) -> String {
    format!("/api/v1/activation/status/{id}/")
}

/// Writes the answer to a purchase that was taken, which is kept and given again for the same key.
pub(crate) fn accepted(receipt: &Receipt) -> StoredResponse {
    taken(receipt, 202)
}

/// The same for a renewal.
pub(crate) fn renewed(receipt: &Receipt) -> StoredResponse {
    taken(receipt, 200)
}

fn taken(receipt: &Receipt, status: u16) -> StoredResponse {
    let id = receipt.id();
    let body =
        AcceptedBody { transaction_id: id.0, status: receipt.status().into(), status_url: status_url(id) };
    StoredResponse { status, body: serde_json::to_string(&body).unwrap_or_default() }
}

/// How long to wait for a change.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatusQuery {
    pub(crate) wait: Option<Text<Wait>>,
}

/// How long a client would wait for a change: 0 to 30 whole seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wait(pub(crate) std::time::Duration);

impl FromText for Wait {
    fn expected() -> String {
        "an integer from 0 to 30".into()
    }

    fn shape() -> Schema {
        json_schema!({ "type": "integer", "minimum": 0, "maximum": 30 })
    }

    fn from_text(text: &str) -> Option<Self> {
        canonical::<u64>(text)
            .filter(|seconds| *seconds <= 30)
            .map(|seconds| Self(std::time::Duration::from_secs(seconds)))
    }
}

/// An order and where it stands: an answer by itself, and a part of lists and details.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OrderBody {
    transaction_id: Uuid,
    status: Spelled<Status>,
    created_at: Timestamp,
    updated_at: Timestamp,
    user_id: i64,
    offer_id: i64,
    amount: Decimal,
    currency: CurrencyCode,
    paid_by: Spelled<Funding>,
    completed_at: Option<Timestamp>,
    sub_status: Spelled<SubStatus>,
    reference: Option<String>,
    error_code: Option<String>,
    error_message: Option<String>,
    refunded: bool,
}

impl OrderBody {
    /// The order as those see it who see everything.
    pub fn in_full(view: StatusView) -> Self {
        let amount = view.amount.money();
        Self::showing(amount, view)
    }

    fn showing(amount: Money, view: StatusView) -> Self {
        Self {
            refunded: view.refunded(),
            transaction_id: view.transaction.0,
            status: view.status.into(),
            created_at: view.created_at.into(),
            updated_at: view.updated_at.into(),
            user_id: view.user.0,
            offer_id: view.offer.0,
            amount: amount.into(),
            currency: amount.currency().into(),
            paid_by: view.paid_by.into(),
            completed_at: view.completed_at.map(Timestamp::from),
            sub_status: view.sub_status.into(),
            reference: view.reference,
            error_code: view.error_code,
            error_message: view.error_message,
        }
    }
}

/// The order as its customer sees it: what it took from their wallet. What a partner paid stays between it and us.
impl From<StatusView> for OrderBody {
    fn from(view: StatusView) -> Self {
        let charged = view.amount.money();
        let amount = match view.paid_by {
            Funding::Subscriber => charged,
            Funding::Partner => Money::zero(charged.currency()),
        };
        Self::showing(amount, view)
    }
}
