//! What handlers ask of a request. Each extractor refuses with a problem document.

mod body;
mod callback;
mod caller;
mod idempotency_key;
mod if_match;
mod if_open;
mod origin;
mod page;
mod partner;
mod path_id;
mod query;
mod trace;

pub(crate) use body::{ARRIVES_WITHIN, Body};
pub(crate) use callback::SignedCallback;
pub(crate) use caller::{CallerIfKnown, SignedIn, identify};
pub(crate) use idempotency_key::{OptionalKey, RequiredKey};
pub(crate) use if_match::IfMatch;
pub(crate) use if_open::IfOpen;
pub(crate) use origin::{Client, client_address};
pub(crate) use page::page_request;
pub(crate) use partner::{CallingPartner, identify_partner};
pub(crate) use path_id::PathId;
pub(crate) use query::Query;
pub(crate) use trace::Trace;
