//! The ways to several partners.

use std::collections::HashMap;

use async_trait::async_trait;
use offers_domain::activation_partner::ActivationPartner;
use offers_domain::partner::{ActivationRequest, Answer};
use offers_domain::ports::{ActivationGateway, Level, Levels};

use crate::gateway::HttpGateway;

/// Calls for each order the partner that it was placed with. Each partner has its own connections, its own limit of calls
/// at once and its own circuit.
#[derive(Debug, Default)]
pub struct Gateways(HashMap<ActivationPartner, HttpGateway>);

impl FromIterator<(ActivationPartner, HttpGateway)> for Gateways {
    fn from_iter<I: IntoIterator<Item = (ActivationPartner, HttpGateway)>>(gateways: I) -> Self {
        Self(gateways.into_iter().collect())
    }
}

impl Gateways {
    fn of(&self, request: &ActivationRequest) -> Result<&HttpGateway, Answer> {
        let missing = || {
            let reason = format!("the settings name no activation partner {}", request.partner);
            Answer::NotExecuted { reason, retry_after: None }
        };
        self.0.get(&request.partner).ok_or_else(missing)
    }
}

impl Levels for Gateways {
    fn levels(&self) -> Vec<Level> {
        self.0.iter().map(|(partner, gateway)| gateway.level(*partner)).collect()
    }
}

#[async_trait]
impl ActivationGateway for Gateways {
    async fn activate(&self, request: &ActivationRequest) -> Answer {
        match self.of(request) {
            Ok(gateway) => gateway.activate(request).await,
            Err(answer) => answer,
        }
    }

    async fn query(&self, request: &ActivationRequest) -> Answer {
        match self.of(request) {
            Ok(gateway) => gateway.query(request).await,
            Err(answer) => answer,
        }
    }

    async fn void(&self, request: &ActivationRequest) -> Answer {
        match self.of(request) {
            Ok(gateway) => gateway.void(request).await,
            Err(answer) => answer,
        }
    }
}
