//! What handlers ask of a request. Each extractor refuses with a problem document.

mod body;
mod callback;
mod caller;
mod idempotency_key;
mod if_match;
mod if_open;
mod language;
mod last_event_id;
mod origin;
mod page;
mod partner;
mod path_id;
mod query;
mod trace;

use actix_web::HttpRequest;
use actix_web::web::Data;

use crate::openapi::{Asks, Sketch};

/// What handlers share is not the client's business.
impl<T: 'static> Asks for Data<T> {
    fn draw(_: &mut Sketch<'_>) {}
}

/// A handler that looks at the request itself says in words what it looks for.
impl Asks for HttpRequest {
    fn draw(_: &mut Sketch<'_>) {}
}

pub(crate) use body::{ARRIVES_WITHIN, Body};
pub(crate) use callback::SignedCallback;
pub(crate) use caller::{CallerIfKnown, SignedIn, identify};
pub(crate) use idempotency_key::{OptionalKey, RequiredKey};
pub(crate) use if_match::{IfMatch, IfUnchanged};
pub(crate) use if_open::{IfDocumented, IfOpen};
pub(crate) use language::AskedLanguage;
pub(crate) use last_event_id::LastEventId;
pub(crate) use origin::{Client, client_address};
pub(crate) use page::page_request;
pub(crate) use partner::{CallingPartner, identify_partner};
pub(crate) use path_id::PathId;
pub(crate) use query::Query;
pub(crate) use trace::Trace;
