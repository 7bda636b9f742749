//! What happens around every request.
//!
//! Around all of a server: [`request_id`], [`trace`], [`problems`], [`observe`], [`headers`], [`farewell`], [`address`]. Around each route, in
//! [`crate::routes`]: [`panics`], [`deadline`], [`access`], [`limit`].

pub(crate) mod access;
pub(crate) mod address;
pub(crate) mod deadline;
pub(crate) mod farewell;
pub(crate) mod headers;
pub(crate) mod limit;
pub(crate) mod observe;
pub(crate) mod panics;
pub(crate) mod problems;
pub(crate) mod request_id;
pub(crate) mod trace;

use actix_web::Error;
use actix_web::dev::ServiceResponse;

/// What middleware passes on: errors of routes are answers already.
type Answer = Result<ServiceResponse, Error>;
