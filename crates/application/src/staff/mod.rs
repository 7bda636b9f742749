//! What staff do that nobody else may. Each deed has a reason, and leaves its trace in the audit trail in its own commit;
//! it is done over HTTP and on the command line by the same use cases.

mod adjust_wallet;
mod close_incidents;
mod decide_orders;
mod keep_offers;

pub use adjust_wallet::{
    AdjustWallet, AdjustWalletError, Adjusted, AdjustmentRequest, Respond, WalletMovement,
};
pub use close_incidents::{CloseIncidentError, CloseIncidents};
pub use decide_orders::{DecideOrderError, DecideOrders, Decision};
pub use keep_offers::{KeepOfferError, KeepOffers};

use crate::create_users::CreateUsers;
use crate::manage_activation_partners::ManageActivationPartners;
use crate::partner_channel::ManagePartners;

/// The use cases.
pub struct Staff {
    /// Adding people.
    pub create_users: CreateUsers,
    /// Money added to wallets and taken from them.
    pub adjust_wallet: AdjustWallet,
    /// Orders that wait for a person.
    pub decide_orders: DecideOrders,
    /// The catalogue.
    pub keep_offers: KeepOffers,
    /// Companies that sell through the partner API.
    pub manage_partners: ManagePartners,
    /// Systems that switch services on.
    pub activation_partners: ManageActivationPartners,
    /// What those said too late.
    pub close_incidents: CloseIncidents,
}
