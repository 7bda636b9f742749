//! What staff do: the same use cases behind the API and behind the command line.

use std::sync::Arc;

use offers_application::announcer::Announcer;
use offers_application::identity::{ManageAccess, ResetPassword, Revocation};
use offers_application::staff::{AdjustWallet, CloseIncidents, DecideOrders, KeepOffers, Staff};
use offers_domain::ports::Metrics;
use prometheus::Registry;

use crate::metrics::PrometheusMetrics;
use crate::settings::Settings;
use crate::wiring::Base;
use crate::{StartError, activation, notices};

/// The use cases, telling of changed orders through this announcer.
pub(crate) fn staff(base: &Base, announcer: Announcer, settings: &Settings) -> Result<Staff, StartError> {
    let channels = notices::channels(settings)?;
    let Base { store, queries, state, clock, ids, .. } = base.clone();
    Ok(Staff {
        create_users: base.create_users(),
        adjust_wallet: AdjustWallet { store: store.clone(), ids: ids.clone(), channels },
        decide_orders: DecideOrders {
            store: store.clone(),
            queries,
            announcer,
            clock,
            ids: ids.clone(),
            policy: settings.retry_policy(),
            channels,
        },
        keep_offers: KeepOffers { store: store.clone(), cache: state.offers, ids: ids.clone() },
        manage_partners: base.manage_partners(),
        activation_partners: activation::manage(base, settings)?,
        close_incidents: CloseIncidents { store, ids },
    })
}

/// Staff at the command line.
pub(crate) struct Desk {
    pub(crate) base: Base,
    pub(crate) staff: Staff,
    pub(crate) manage_access: ManageAccess,
    pub(crate) reset_password: ResetPassword,
}

impl Desk {
    /// Opens the store that the settings name. What is counted here is read by nobody.
    pub(crate) async fn open(settings: &Settings) -> Result<Self, StartError> {
        let (base, _) = Base::open(settings).await?;
        let metrics: Arc<dyn Metrics> = Arc::new(PrometheusMetrics::try_new(&Registry::new())?);
        let announcer = Announcer::new(base.state.statuses.clone(), base.state.wake_up.clone(), metrics);
        let staff = staff(&base, announcer, settings)?;
        let revocation = Revocation {
            store: base.store.clone(),
            queries: base.queries.clone(),
            cache: base.state.sessions.clone(),
            ids: base.ids.clone(),
        };
        Ok(Self {
            manage_access: ManageAccess { revocation, clock: base.clock.clone() },
            reset_password: base.reset_password(),
            staff,
            base,
        })
    }
}
