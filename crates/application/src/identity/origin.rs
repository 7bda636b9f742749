//! Where a request comes from.

use std::net::IpAddr;

use offers_domain::audit::RequestId;

/// What the audit trail and the limits know of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Its name; none for what no request asked for.
    pub request: Option<RequestId>,
    /// The client's address, as far as it can be believed.
    pub address: Option<IpAddr>,
}
