//! Where orders stand. Activation partners: their reports are about nothing; the [`World`] says who is paused and what was
//! said too late.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use offers_application::group_commit::{GroupCommit, Lane, LanePorts, LaneSettings};
use offers_application::manage_activation_partners::ManageActivationPartners;
use offers_application::receive_callback::{CallbackBatch, ReceiveCallback};
use offers_domain::activation_partner::{ActivationPartner, ActivationPause};
use offers_domain::callback::{Callback, CallbackId};
use offers_domain::ids::{IncidentId, TransactionId};
use offers_domain::incident::{Incident, IncidentStatus};
use offers_domain::notice::NoticeChannels;
use offers_domain::page::{Page, PageRequest};
use offers_domain::partner::{Answer, Repeated};
use offers_domain::ports::mocks::{MockActivationCallbacks, MockUnitOfWork, MockWakeUp};
use offers_domain::ports::{
    ActivationQueries, Backlog, CallbackRefusal, IdSource, Locked, Resumption, StatusQueries, StoreError,
};
use offers_domain::retry::RetryPolicy;
use offers_domain::views::StatusView;

use super::store::{Read, Scripted};
use super::world::{World, transaction_id};

#[async_trait]
impl ActivationQueries for Scripted {
    async fn activation_pauses(&self) -> Result<Vec<ActivationPause>, StoreError> {
        self.answer(|world| world.pauses.clone()).await
    }

    async fn open_orders(&self) -> Result<Vec<(ActivationPartner, u64)>, StoreError> {
        self.answer(|_| vec![(ActivationPartner::DEFAULT, 3)]).await
    }

    async fn incidents(
        &self,
        status: Option<IncidentStatus>,
        page: &PageRequest<IncidentId>,
    ) -> Result<Page<Incident>, StoreError> {
        self.answer(|world| {
            let kept = world.incidents.iter();
            let shown = kept.filter(|one| status.is_none_or(|status| one.state.status() == status));
            World::page(&shown.cloned().collect::<Vec<_>>(), page, |one, after| one.id < *after)
        })
        .await
    }

    async fn incident(&self, id: IncidentId) -> Result<Option<Incident>, StoreError> {
        self.answer(|world| world.incidents.iter().find(|one| one.id == id).cloned()).await
    }
}

/// What staff do with the activation partners `default` and `tv-house`.
pub(super) fn activation_partners(store: &Scripted, ids: Arc<dyn IdSource>) -> ManageActivationPartners {
    let units = Arc::new(store.clone());
    let mut wake_up = MockWakeUp::new();
    wake_up.expect_ring().returning(|| ());
    ManageActivationPartners {
        partners: vec![ActivationPartner::DEFAULT, "tv-house".parse().unwrap()],
        store: units.clone(),
        queries: units,
        ids,
        wake_up: Arc::new(wake_up),
    }
}

/// Pauses and incidents, as a unit of work changes them.
pub(super) fn expect_pauses_and_incidents(unit: &mut MockUnitOfWork, store: &Scripted) {
    let world = store.clone();
    unit.expect_pause_activation().returning(move |pause| {
        let mut world = world.world();
        let fresh = world.pauses.iter().all(|known| known.partner != pause.partner);
        if fresh {
            world.pauses.push(pause.clone());
        }
        Ok(fresh)
    });
    let world = store.clone();
    unit.expect_resume_activation().returning(move |partner, _, _| {
        let mut world = world.world();
        let before = world.pauses.len();
        world.pauses.retain(|pause| pause.partner != partner);
        Ok(if world.pauses.len() < before { Resumption::Ended } else { Resumption::NotPaused })
    });
    let world = store.clone();
    unit.expect_lock_incidents().returning(move |ids| {
        let world = world.world();
        let found = world.incidents.iter().filter(|one| ids.contains(&one.id));
        Ok(found.cloned().map(Locked::by_store).collect())
    });
    let world = store.clone();
    unit.expect_find_orders().returning(move |ids| {
        let world = world.world();
        let found = world.transactions.iter().filter(|order| ids.contains(&order.id()));
        Ok(found.map(|order| (order.id(), *order.order())).collect())
    });
    let world = store.clone();
    unit.expect_update_incidents().returning(move |changed| {
        for incident in &mut world.world().incidents {
            if let Some(new) = changed.iter().find(|new| new.id == incident.id) {
                *incident = new.clone();
            }
        }
        Ok(())
    });
}

#[async_trait]
impl StatusQueries for Scripted {
    async fn status(&self, id: TransactionId) -> Read<Option<StatusView>> {
        self.answer(|world| {
            let mut views = world.orders.iter().map(|order| &order.transaction.status);
            views.find(|view| view.transaction == id).cloned()
        })
        .await
    }

    async fn versions(&self, _: &[TransactionId]) -> Read<Vec<(TransactionId, u32)>> {
        Ok(Vec::new())
    }

    async fn backlog(&self) -> Read<Backlog> {
        Ok(Backlog::default())
    }

    async fn ping(&self) -> Read<()> {
        self.answer(|_| ()).await
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
    unit.expect_insert_incidents().returning(|_| Ok(()));
    unit.expect_insert_callbacks().returning(|_| Ok(()));
}
