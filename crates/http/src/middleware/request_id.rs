//! Every request has a name, which the client may choose.

use std::sync::Arc;

use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use offers_domain::ports::IdSource;

use super::Answer;

const NAME: HeaderName = HeaderName::from_static("x-request-id");

/// A request's name: 1 to 128 visible ASCII characters.
#[derive(Clone, Default, Debug)]
pub(crate) struct RequestId(String);

impl RequestId {
    /// The name that the client gave, if it gave one good name.
    fn given(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(&NAME);
        let text = values.next()?.to_str().ok()?;
        let good = (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        (good && values.next().is_none()).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Names a request, and its answer.
pub(crate) async fn named(ids: Arc<dyn IdSource>, request: ServiceRequest, next: Next<BoxBody>) -> Answer {
    let id = RequestId::given(request.headers()).unwrap_or_else(|| RequestId(ids.random_uuid().to_string()));
    request.extensions_mut().insert(id.clone());
    let mut response = next.call(request).await?;
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(NAME, value);
    }
    Ok(response)
}
