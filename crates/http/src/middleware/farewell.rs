//! A server that is about to stop says so.

use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::http::ConnectionType;
use actix_web::middleware::Next;
use actix_web::web::Data;

use super::Answer;
use crate::state::Readiness;

/// While the process drains, every answer is the last on its connection: the client's next request goes elsewhere, and no
/// connection has to be cut in the middle of one.
pub(crate) async fn said(request: ServiceRequest, next: Next<BoxBody>) -> Answer {
    let readiness = request.app_data::<Data<Readiness>>().cloned();
    let mut response = next.call(request).await?;
    if readiness.is_some_and(|readiness| readiness.is_draining()) {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}
