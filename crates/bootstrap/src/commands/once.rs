//! Names for commands that move money: a command that is given twice under one name moves it once.

use clap::Args;
use offers_domain::idempotency::{IdempotencyHandle, IdempotencyKey, Principal, Scope};
use sha2::{Digest, Sha256};

/// What the command is called, if it has a name.
#[derive(Debug, Clone, Args)]
pub struct Once {
    /// A name of 16 to 255 characters: given again within 72 hours, the command moves nothing and says what it did
    #[arg(long, value_name = "TEXT")]
    idempotency_key: Option<IdempotencyKey>,
}

impl Once {
    /// The handle of a command; `about` is all that it says, so that the same name for another one is found out.
    pub(crate) fn handle(&self, route: &'static str, about: &[&str]) -> Option<IdempotencyHandle> {
        let key = self.idempotency_key.clone()?;
        let said = about
            .iter()
            .fold(Sha256::new().chain_update(route), |said, part| said.chain_update("\n").chain_update(part));
        let scope = Scope { principal: Principal::System, route, key };
        Some(IdempotencyHandle { scope, fingerprint: said.finalize().into() })
    }
}
