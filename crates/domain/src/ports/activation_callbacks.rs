//! Who has sent a report, and what it says.

use thiserror::Error;
use time::OffsetDateTime;

use crate::activation_partner::ActivationPartner;
use crate::callback::Callback;

/// A report as it came. Nothing of it is to be believed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedCallback {
    /// Who is said to report.
    pub partner: ActivationPartner,
    /// Its id of the report.
    pub id: String,
    /// When it was sent, in seconds since 1970.
    pub timestamp: String,
    /// Its signatures.
    pub signature: String,
    /// What it says.
    pub body: Vec<u8>,
}

/// Why a report is not believed, or not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CallbackRefusal {
    /// Nobody who has the partner's secret has signed it.
    #[error("the signature is not the activation partner's")]
    Forged,
    /// It is too old, or from the future: it may have been overheard and sent again.
    #[error("the signature is not of this time")]
    Stale,
    /// It is the partner's, but no report.
    #[error("the report cannot be understood: {0}")]
    Malformed(&'static str),
}

/// Opens reports of activation partners.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait ActivationCallbacks: Send + Sync {
    /// The report, once its signature is found to be the partner's own and of this time.
    fn open(&self, sealed: &SealedCallback, now: OffsetDateTime) -> Result<Callback, CallbackRefusal>;
}
