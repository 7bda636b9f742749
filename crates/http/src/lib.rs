#![doc = include_str!("../README.md")]

mod connection;
mod cursor;
mod dto;
mod error_code;
mod etag;
mod extract;
mod fields;
mod fingerprint;
mod handlers;
mod json;
mod language;
mod limits;
mod metrics;
mod middleware;
mod problem;
mod routes;
mod server;
mod stale;
mod state;
mod use_case_errors;

pub use error_code::ErrorCode;
pub use limits::{Limit, Limits, PartnerQuota, Quotas, TrustedProxies};
pub use routes::{Access, RouteInfo, route_table};
pub use server::{HttpSettings, api_server, metrics_server};
pub use state::{ApiState, Readiness};
