//! Money that staff move.

use offers_application::staff::WalletMovement;
use offers_domain::adjustment::{Adjustment, Direction};
use offers_domain::audit::Reason;
use offers_domain::idempotency::StoredResponse;
use offers_domain::money::Currency;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dto::money::{AmountText, CurrencyCode, Decimal};
use crate::dto::spelled::Spelled;
use crate::dto::text::Text;
use crate::dto::time::Timestamp;
use crate::problem::Problem;
use uuid::Uuid;

/// How much, and why.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdjustmentBody {
    amount: AmountText,
    pub(crate) reason: Text<Reason>,
}

impl AdjustmentBody {
    /// The money that moves this way.
    pub(crate) fn adjustment(&self, direction: Direction, currency: Currency) -> Result<Adjustment, Problem> {
        Ok(Adjustment { direction, amount: self.amount.amount(currency, "/amount")? })
    }
}

/// Money that moved.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MovementBody {
    id: Uuid,
    kind: Spelled<Direction>,
    user_id: i64,
    amount: Decimal,
    currency: CurrencyCode,
    balance: Decimal,
    created_at: Timestamp,
}

impl From<&WalletMovement> for MovementBody {
    fn from(movement: &WalletMovement) -> Self {
        let WalletMovement { id, user, adjustment, balance, at } = *movement;
        Self {
            id: id.0,
            kind: adjustment.direction.into(),
            user_id: user.0,
            amount: adjustment.amount.into(),
            currency: adjustment.amount.currency().into(),
            balance: balance.into(),
            created_at: at.into(),
        }
    }
}

/// Writes the answer to a movement, which is kept and given again for the same key.
pub fn moved(movement: &WalletMovement) -> StoredResponse {
    let body = serde_json::to_string(&MovementBody::from(movement)).unwrap_or_default();
    StoredResponse { status: 201, body }
}
