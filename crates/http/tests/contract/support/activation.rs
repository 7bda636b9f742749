//! Activation partners: there is nothing to read, and their reports are about nothing.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use offers_application::group_commit::{GroupCommit, Lane, LanePorts, LaneSettings};
use offers_application::receive_callback::{CallbackBatch, ReceiveCallback};
use offers_domain::activation_partner::{ActivationPartner, ActivationPause};
use offers_domain::callback::{Callback, CallbackId};
use offers_domain::ids::IncidentId;
use offers_domain::incident::{Incident, IncidentStatus};
use offers_domain::notice::NoticeChannels;
use offers_domain::page::{Page, PageRequest};
use offers_domain::partner::{Answer, Repeated};
use offers_domain::ports::mocks::{MockActivationCallbacks, MockUnitOfWork};
use offers_domain::ports::{ActivationQueries, CallbackRefusal, StoreError};
use offers_domain::retry::RetryPolicy;

use super::store::Scripted;
use super::world::transaction_id;

#[async_trait]
impl ActivationQueries for Scripted {
    async fn activation_pauses(&self) -> Result<Vec<ActivationPause>, StoreError> {
        Ok(Vec::new())
    }

    async fn open_orders(&self) -> Result<Vec<(ActivationPartner, u64)>, StoreError> {
        Ok(Vec::new())
    }

    async fn incidents(
        &self,
        _: Option<IncidentStatus>,
        _: &PageRequest<IncidentId>,
    ) -> Result<Page<Incident>, StoreError> {
        Ok(Page { items: Vec::new(), has_more: false })
    }
}

/// What hears reports, and its lanes.
pub(super) fn receive_callback(
    ports: &LanePorts,
    lanes: LaneSettings,
) -> (ReceiveCallback, Vec<Lane<CallbackBatch>>) {
    let batch = CallbackBatch::new(RetryPolicy::default(), NoticeChannels::default());
    let (inbox, lanes) = GroupCommit::new(batch, ports, lanes);
    let (clock, metrics) = (ports.clock.clone(), ports.metrics.clone());
    (ReceiveCallback { reader: Arc::new(callbacks()), inbox, clock, metrics }, lanes)
}

/// Believes what is signed with `good`, finds `old` stale, and reads nothing but an empty object.
fn callbacks() -> MockActivationCallbacks {
    let mut callbacks = MockActivationCallbacks::new();
    callbacks.expect_open().returning(|sealed, _| {
        match (sealed.signature.as_str(), sealed.body.as_slice()) {
            ("good", b"{}") => Ok(Callback {
                partner: sealed.partner,
                id: CallbackId::try_new(&sealed.id).unwrap(),
                transaction: transaction_id(1),
                answer: Answer::Confirmed { reference: "R-1".into() },
                repeated: Repeated::default(),
            }),
            ("good", _) => Err(CallbackRefusal::Malformed("the body is not one of the contract")),
            ("old", _) => Err(CallbackRefusal::Stale),
            _ => Err(CallbackRefusal::Forged),
        }
    });
    callbacks
}

/// Every report is about no order of ours; it is kept. What staff and it have in common is scripted with the staff.
pub(super) fn expect_callbacks(unit: &mut MockUnitOfWork) {
    unit.expect_known_callbacks().returning(|_| Ok(HashSet::new()));
    unit.expect_find_orders().returning(|_| Ok(Vec::new()));
    unit.expect_insert_incidents().returning(|_| Ok(()));
    unit.expect_insert_callbacks().returning(|_| Ok(()));
}
