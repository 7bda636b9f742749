//! Money that staff move.

use offers_application::staff::{Adjusted, AdjustmentRequest};
use offers_domain::adjustment::Direction;
use offers_domain::ids::UserId;

use super::{State, deed};
use crate::answer::Kept;
use crate::dto::admin::wallets::{AdjustmentBody, MovementBody, moved};
use crate::dto::text::Text;
use crate::extract::{Body, Client, PathId, RequiredKey, SignedIn};
use crate::fingerprint;
use crate::problem::Problem;

// The routes' names in idempotency records, which outlive the process.
const CREDIT: &str = "POST /admin/users/{id}/credits";
const DEBIT: &str = "POST /admin/users/{id}/debits";

/// Adds money to a wallet.
pub(crate) async fn credit(
    state: State,
    caller: SignedIn,
    client: Client,
    id: PathId<UserId>,
    key: RequiredKey,
    body: Body<AdjustmentBody>,
) -> Result<Kept<MovementBody, 201>, Problem> {
    adjust(state, Direction::Credit, (caller, client), id, key, body).await
}

/// Takes money from a wallet.
pub(crate) async fn debit(
    state: State,
    caller: SignedIn,
    client: Client,
    id: PathId<UserId>,
    key: RequiredKey,
    body: Body<AdjustmentBody>,
) -> Result<Kept<MovementBody, 201>, Problem> {
    adjust(state, Direction::Debit, (caller, client), id, key, body).await
}

async fn adjust(
    state: State,
    direction: Direction,
    (caller, client): (SignedIn, Client),
    PathId(user): PathId<UserId>,
    RequiredKey(key): RequiredKey,
    body: Body<AdjustmentBody>,
) -> Result<Kept<MovementBody, 201>, Problem> {
    let route = if direction == Direction::Credit { CREDIT } else { DEBIT };
    let handle = fingerprint::handle_about(&caller.0, route, user, key, &body.json);
    let adjustment = body.value.adjustment(direction, state.services.currency)?;
    let Text(reason) = body.value.reason;
    let request = AdjustmentRequest { user, adjustment, handle: Some((&handle, moved)) };
    let adjusted = state.services.staff.adjust_wallet.run(request, deed(&caller, &client, &reason)).await?;
    Ok(match adjusted {
        Adjusted::Fresh(movement) => Kept::new(moved(&movement), false),
        Adjusted::Replayed(stored) => Kept::new(stored, true),
    })
}
