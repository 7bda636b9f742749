//! Activation partners and what they said too late.

use offers_application::manage_activation_partners::ActivationPartnerView;
use offers_domain::ids::IncidentId;
use offers_domain::incident::{Incident, IncidentKind, IncidentStatus};
use offers_domain::page::{PageLimit, PageRequest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::dto::spelled::Spelled;
use crate::dto::text::Text;
use crate::dto::time::Timestamp;
use crate::extract::page_request;
use crate::problem::Problem;

/// What cursors call the list of incidents.
pub(crate) const INCIDENTS: &str = "incidents";

/// An activation partner: whether it is called, and how many orders wait for it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ActivationPartnerBody {
    name: String,
    is_paused: bool,
    paused_at: Option<Timestamp>,
    reason: Option<String>,
    open_orders: u64,
    is_configured: bool,
}

impl From<ActivationPartnerView> for ActivationPartnerBody {
    fn from(view: ActivationPartnerView) -> Self {
        Self {
            name: view.partner.to_string(),
            is_paused: view.pause.is_some(),
            paused_at: view.pause.as_ref().map(|pause| pause.since.into()),
            reason: view.pause.map(|pause| pause.reason.as_str().to_owned()),
            open_orders: view.open_orders,
            is_configured: view.is_configured,
        }
    }
}

/// Which incidents, which page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IncidentsQuery {
    status: Option<Text<IncidentStatus>>,
    limit: Option<Text<PageLimit>>,
    cursor: Option<String>,
}

impl IncidentsQuery {
    /// Which incidents, which page.
    pub(crate) fn search(self) -> Result<(Option<IncidentStatus>, PageRequest<IncidentId>), Problem> {
        let page = page_request(INCIDENTS, self.limit, self.cursor.as_deref())?;
        Ok((self.status.map(|Text(status)| status), page))
    }
}

/// What a partner said after an order had ended otherwise, and what came of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct IncidentBody {
    id: i64,
    transaction_id: Uuid,
    activation_partner: String,
    kind: Spelled<IncidentKind>,
    evidence: String,
    status: Spelled<IncidentStatus>,
    next_attempt_at: Option<Timestamp>,
    attempt: u32,
    last_answer: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Incident> for IncidentBody {
    fn from(incident: Incident) -> Self {
        Self {
            id: incident.id.0,
            transaction_id: incident.transaction.0,
            activation_partner: incident.partner.to_string(),
            kind: incident.kind.into(),
            evidence: incident.evidence,
            status: incident.state.status().into(),
            next_attempt_at: incident.state.due_at().map(Timestamp::from),
            attempt: incident.attempt,
            last_answer: incident.last_answer,
            created_at: incident.created_at.into(),
            updated_at: incident.updated_at.into(),
        }
    }
}
