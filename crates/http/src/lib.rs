#![doc = include_str!("../README.md")]

mod answer;
mod connection;
mod cursor;
mod dto;
mod error_code;
mod etag;
mod event_stream;
mod extract;
mod fields;
mod fingerprint;
mod handlers;
mod json;
mod language;
mod limits;
mod metrics;
mod middleware;
mod openapi;
mod problem;
mod routes;
mod server;
mod stale;
mod state;
mod use_case_errors;
mod written_orders;

/// What staff are shown, which the command line prints as JSON, too.
pub mod shown {
    pub use crate::dto::account::TransactionBody;
    pub use crate::dto::activation::OrderBody;
    pub use crate::dto::admin::activation::{ActivationPartnerBody, IncidentBody};
    pub use crate::dto::admin::audit::AuditBody;
    pub use crate::dto::admin::offers::ShelfBody;
    pub use crate::dto::admin::partners::paid;
    pub use crate::dto::admin::transactions::OrderFileBody;
    pub use crate::dto::admin::users::UserBody;
    pub use crate::dto::admin::wallets::{MovementBody, moved};
}

pub use error_code::{Entry, ErrorCode, Titles, plain};
pub use event_stream::{EventStreams, StreamLimits};
pub use limits::{Limit, Limits, PartnerQuota, Quotas, TrustedProxies};
pub use openapi::openapi;
pub use routes::{Access, RouteInfo, route_table};
pub use server::{HttpSettings, api_server, metrics_server};
pub use state::{ApiState, Readiness};
