//! Every request has a name, which the client may choose.

use std::sync::Arc;

use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use offers_domain::audit::RequestId;
use offers_domain::ports::IdSource;

use super::Answer;

const NAME: HeaderName = HeaderName::from_static("x-request-id");

/// The name that the client gave, if it gave one good name.
fn given(headers: &HeaderMap) -> Option<RequestId> {
    let mut values = headers.get_all(&NAME);
    let text = values.next()?.to_str().ok()?;
    RequestId::try_new(text).filter(|_| values.next().is_none())
}

/// Names a request, and its answer.
pub(crate) async fn named(ids: Arc<dyn IdSource>, request: ServiceRequest, next: Next<BoxBody>) -> Answer {
    let id = given(request.headers()).unwrap_or_else(|| ids.random_uuid().into());
    request.extensions_mut().insert(id.clone());
    let mut response = next.call(request).await?;
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(NAME, value);
    }
    Ok(response)
}
