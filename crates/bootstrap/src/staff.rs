//! What staff do: the same use cases behind the API and behind the command line.

use std::sync::Arc;

use offers_application::announcer::Announcer;
use offers_application::identity::{ManageAccess, ResetPassword, Revocation};
use offers_application::staff::{AdjustWallet, DecideOrders, KeepOffers, Staff};
use offers_domain::notice::NoticeChannels;
use offers_domain::ports::Metrics;
use offers_domain::retry::RetryPolicy;
use prometheus::Registry;

use crate::metrics::PrometheusMetrics;
use crate::settings::Settings;
use crate::wiring::Base;
use crate::{StartError, notices};

/// The use cases, telling of changed orders through this announcer.
pub(crate) fn staff(
    base: &Base,
    announcer: Announcer,
    policy: RetryPolicy,
    channels: NoticeChannels,
) -> Staff {
    let Base { store, queries, state, clock, ids, .. } = base.clone();
    Staff {
        create_users: base.create_users(),
        adjust_wallet: AdjustWallet { store: store.clone(), ids: ids.clone(), channels },
        decide_orders: DecideOrders {
            store: store.clone(),
            queries,
            announcer,
            clock,
            ids: ids.clone(),
            policy,
            channels,
        },
        keep_offers: KeepOffers { store, cache: state.offers, ids },
        manage_partners: base.manage_partners(),
    }
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
        let staff = staff(&base, announcer, settings.retry_policy(), notices::channels(settings)?);
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
