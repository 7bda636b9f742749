//! What staff send and see. The shapes that are shown are those of the command line's `--json`, too.

pub(crate) mod activation;
pub(crate) mod audit;
pub(crate) mod offers;
pub(crate) mod overview;
pub(crate) mod partners;
pub(crate) mod transactions;
pub(crate) mod users;
pub(crate) mod wallets;
pub(crate) mod webhooks;

use offers_domain::audit::Reason;
use schemars::JsonSchema;
use serde::Deserialize;

use super::text::Text;

/// Why a deed is done that needs nothing else.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasonBody {
    pub(crate) reason: Text<Reason>,
}
