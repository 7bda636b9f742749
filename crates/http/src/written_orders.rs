//! Orders as they were written before. An order that is followed is asked for once a second, and writing it down costs more
//! than finding it.

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use offers_domain::ids::TransactionId;
use offers_domain::views::StatusView;
use quick_cache::sync::Cache;

use crate::dto::activation::OrderBody;
use crate::error_code::ErrorCode;
use crate::problem::Problem;

/// So many are kept, of about half a kilobyte each, for all threads of a server together.
const KEPT: usize = 32 * 1024;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The bodies of orders, each at a version: what a version shows never changes. Who may see an order is decided before.
pub(crate) struct WrittenOrders(Cache<(TransactionId, u32), Bytes>);

impl Default for WrittenOrders {
    fn default() -> Self {
        Self(Cache::new(KEPT))
    }
}

impl WrittenOrders {
    /// Those of the server that a request came to.
    pub(crate) fn of(request: &HttpRequest) -> Result<&Self, Problem> {
        let kept = request.app_data::<Data<Self>>().map(Data::get_ref);
        kept.ok_or_else(|| Problem::new(ErrorCode::InternalError))
    }

    /// The answer that shows an order.
    pub(crate) fn answer(&self, view: StatusView) -> Result<HttpResponse, Problem> {
        let key = (view.transaction, view.version);
        let body = if let Some(body) = self.0.get(&key) {
            body
        } else {
            let body = serde_json::to_vec(&OrderBody::from(view));
            let body = body.map_err(|_| Problem::new(ErrorCode::InternalError))?;
            let body = Bytes::from(body.into_boxed_slice());
            self.0.insert(key, body.clone());
            body
        };
        Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, JSON)).body(body))
    }
}
