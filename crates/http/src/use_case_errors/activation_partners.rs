//! Looking after activation partners.

use offers_application::manage_activation_partners::ManageActivationPartnersError;
use offers_application::staff::CloseIncidentError;

use crate::error_code::ErrorCode;
use crate::problem::Problem;

impl From<ManageActivationPartnersError> for Problem {
    fn from(error: ManageActivationPartnersError) -> Self {
        match error {
            ManageActivationPartnersError::SessionEnded => Self::invalid_token(),
            ManageActivationPartnersError::Unknown(_) => Self::new(ErrorCode::ActivationPartnerNotFound),
            ManageActivationPartnersError::Store(error) => error.into(),
        }
    }
}

impl From<CloseIncidentError> for Problem {
    fn from(error: CloseIncidentError) -> Self {
        match error {
            CloseIncidentError::SessionEnded => Self::invalid_token(),
            CloseIncidentError::Unknown => Self::new(ErrorCode::IncidentNotFound),
            CloseIncidentError::Forbidden => Self::new(ErrorCode::Forbidden),
            CloseIncidentError::Closed => Self::new(ErrorCode::IncidentClosed),
            CloseIncidentError::Store(error) => error.into(),
        }
    }
}
