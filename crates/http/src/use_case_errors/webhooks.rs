//! Looking after webhooks.

use offers_application::webhooks::ManageWebhooksError;

use crate::error_code::ErrorCode;
use crate::problem::Problem;

impl From<ManageWebhooksError> for Problem {
    fn from(error: ManageWebhooksError) -> Self {
        match error {
            ManageWebhooksError::SessionEnded => Self::invalid_token(),
            ManageWebhooksError::NoWebhook => Self::new(ErrorCode::WebhookNotFound),
            ManageWebhooksError::NoPartner => Self::new(ErrorCode::PartnerNotFound),
            ManageWebhooksError::TooMany => Self::new(ErrorCode::TooManyWebhooks),
            ManageWebhooksError::NotEnabled => Self::new(ErrorCode::WebhookNotEnabled),
            ManageWebhooksError::NoEvent => Self::new(ErrorCode::EventNotFound),
            ManageWebhooksError::Url(refusal) => Self::invalid_value("/url", format!("This {refusal}.")),
            ManageWebhooksError::Secret(error) => error.into(),
            ManageWebhooksError::Store(error) => error.into(),
        }
    }
}
