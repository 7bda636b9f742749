//! A line in the log instead of a message.

use std::sync::Arc;

use async_trait::async_trait;
use offers_domain::ports::Messenger;
use offers_domain::sending::{Delivery, Letter};

use crate::templates::Templates;

/// Makes each text and throws it away: for trying out, and for load tests.
#[derive(Debug, Clone)]
pub struct LogOnly {
    templates: Arc<Templates>,
}

impl LogOnly {
    /// With these texts.
    pub fn new(templates: Arc<Templates>) -> Self {
        Self { templates }
    }
}

#[async_trait]
impl Messenger for LogOnly {
    async fn send(&self, letter: &Letter) -> Delivery {
        if let Err(error) = self.templates.mail(letter) {
            return Delivery::NotSent { reason: error.to_string() };
        }
        tracing::info!(notice.id = %letter.notice, kind = %letter.occasion.kind(), "a notice would be sent now");
        Delivery::Delivered
    }
}
