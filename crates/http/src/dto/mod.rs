//! What goes over the wire: requests as they may be sent, answers as they are promised. The only place that knows both
//! the wire's names and the domain's.

pub(crate) mod account;
pub(crate) mod activation;
pub(crate) mod admin;
pub(crate) mod auth;
pub(crate) mod given;
pub(crate) mod money;
pub(crate) mod offers;
pub(crate) mod page;
pub(crate) mod partner;
pub(crate) mod sessions;
pub(crate) mod spelled;
pub(crate) mod subscriptions;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod webhooks;
