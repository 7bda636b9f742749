//! Everything that a request may need, built once by the composition root.

use std::sync::Arc;

use offers_domain::money::Currency;
use offers_domain::ports::{Clock, IdSource, Queries};

use crate::activation_status::ActivationStatus;
use crate::auto_renewal::SwitchAutoRenew;
use crate::begin_activation::BeginActivation;
use crate::identity::{Authenticate, Identity, Register};
use crate::list_offers::ListOffers;
use crate::notebook::Notebook;
use crate::partner_channel::AuthenticatePartner;
use crate::receive_callback::ReceiveCallback;
use crate::staff::Staff;
use crate::webhooks::ManageWebhooks;

/// The use cases and the reading side.
pub struct Services {
    /// Taking orders.
    pub begin_activation: BeginActivation,
    /// Hearing activation partners.
    pub receive_callback: ReceiveCallback,
    /// Following orders.
    pub activation_status: ActivationStatus,
    /// Letting subscriptions renew themselves.
    pub switch_auto_renew: SwitchAutoRenew,
    /// Browsing the catalogue.
    pub list_offers: ListOffers,
    /// Knowing callers.
    pub authenticate: Authenticate,
    /// Knowing partners.
    pub authenticate_partner: AuthenticatePartner,
    /// Logging in and out, and all that goes with it.
    pub identity: Identity,
    /// Signing up.
    pub register: Register,
    /// What staff do.
    pub staff: Staff,
    /// What requests leave behind that they do not wait for.
    pub notebook: Arc<Notebook>,
    /// Looking after webhooks, for partners and for staff.
    pub manage_webhooks: ManageWebhooks,
    /// Plain reads.
    pub queries: Arc<dyn Queries>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Request ids.
    pub ids: Arc<dyn IdSource>,
    /// The deployment's currency.
    pub currency: Currency,
}
