//! Looking after partners.

use offers_application::partner_channel::ManagePartnersError;
use offers_domain::account::AccountError;

use super::internal;
use crate::error_code::ErrorCode;
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
