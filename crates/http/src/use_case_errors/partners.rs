//! Letting partners in and looking after them.

use offers_application::partner_channel::{AuthenticatePartnerError, ManagePartnersError};
use offers_domain::account::AccountError;
use offers_domain::partner_channel::api_key::KeyRefusal;

use super::internal;
use crate::error_code::ErrorCode;
use crate::limits::Limit;
use crate::problem::Problem;

impl From<ManagePartnersError> for Problem {
    fn from(error: ManagePartnersError) -> Self {
        match error {
            ManagePartnersError::SessionEnded => Self::invalid_token(),
            ManagePartnersError::Forbidden => Self::new(ErrorCode::Forbidden),
            ManagePartnersError::KeyReused => Self::new(ErrorCode::IdempotencyKeyReused),
            ManagePartnersError::NameTaken => Self::new(ErrorCode::PartnerNameTaken),
            ManagePartnersError::NoPartner => Self::new(ErrorCode::PartnerNotFound),
            ManagePartnersError::NoKey => Self::new(ErrorCode::ApiKeyNotFound),
            ManagePartnersError::Overtaken(overtaken) => overtaken.into(),
            ManagePartnersError::TooManyKeys(_) => Self::new(ErrorCode::TooManyApiKeys),
            ManagePartnersError::Overdrawn => Self::new(ErrorCode::CreditLimitExceeded),
            ManagePartnersError::Account(AccountError::Money(error)) => {
                Self::invalid_value("/amount", format!("This {error}."))
            }
            ManagePartnersError::Account(error) => internal(error),
            ManagePartnersError::Key(error) => error.into(),
            ManagePartnersError::Store(error) => error.into(),
        }
    }
}

impl From<AuthenticatePartnerError> for Problem {
    fn from(error: AuthenticatePartnerError) -> Self {
        match error {
            AuthenticatePartnerError::Refused(refusal) => refusal.into(),
            AuthenticatePartnerError::TooManyKeys { quota, verdict } => {
                Self::over(Limit::KeyLookup, quota, verdict)
            }
            AuthenticatePartnerError::Store(error) => error.into(),
        }
    }
}

impl From<KeyRefusal> for Problem {
    fn from(refusal: KeyRefusal) -> Self {
        match refusal {
            KeyRefusal::Invalid => Self::invalid_token(),
            KeyRefusal::OutOfScope(scope) => Self::new(ErrorCode::InsufficientScope)
                .detail(format!("The API key was not issued for the scope {scope}.")),
        }
    }
}
