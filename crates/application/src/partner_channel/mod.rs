//! The partner channel: adding partners, giving them keys and credit, and knowing them by their keys.

mod activate;
mod authenticate;
mod credit;
mod manage;
mod terms;

pub use activate::{PartnerAnswer, PartnerWish};
pub use authenticate::{AuthenticatePartner, AuthenticatePartnerError, KeyLookups, PartnerCaller};
pub use credit::{Credited, PartnerCredit, RespondToCredit};
pub use manage::{IssuedKey, KeyForm, ManagePartners, ManagePartnersError};
pub use terms::{Agreed, PartnerForm, TermsChange};
