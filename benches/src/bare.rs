//! What the framework alone can do: the same JSON, made from values in memory. It runs in a process of its own, as the
//! API does.

use actix_web::web::Json;
use actix_web::{App, HttpServer, web};
use serde_json::{Value, json};

use crate::Outcome;

/// Makes this program that process.
pub(crate) const ARGUMENT: &str = "--bare";
/// Answers with an order's status.
pub(crate) const STATUS: &str = "/status";
/// Answers with a list of 20 offers.
pub(crate) const OFFERS: &str = "/offers";

/// As many as the API has.
const WORKERS: usize = 2;

/// Serves until it is stopped.
#[expect(clippy::print_stdout, reason = "the parent reads the address")]
pub(crate) async fn serve() -> Outcome<()> {
    let server = HttpServer::new(|| {
        App::new()
            .route(STATUS, web::get().to(|| async { Json(status()) }))
            .route(OFFERS, web::get().to(|| async { Json(offers()) }))
    });
    let server = server.workers(WORKERS).bind(("127.0.0.1", 0))?;
    let address = server.addrs().first().copied().ok_or("no address")?;
    println!("ready on http://{address}/");
    Ok(server.run().await?)
}

fn status() -> Value {
    json!({
        "transaction_id": "01937e4c-8a2b-7c3d-9e4f-5a6b7c8d9e0f",
        "status": "SUCCESS",
        "created_at": "2026-11-20T16:10:53.123456Z",
        "updated_at": "2026-11-20T16:10:53.223456Z",
        "user_id": 12_345,
        "offer_id": 5,
        "amount": "1.99",
        "currency": "EUR",
        "completed_at": "2026-11-20T16:10:53.223456Z",
        "sub_status": "confirmed",
        "reference": "ref-01937e4c-8a2b-7c3d-9e4f-5a6b7c8d9e0f",
        "error_code": null,
        "error_message": null,
        "refunded": false,
    })
}

fn offers() -> Value {
    let offer = |id: u32| {
        json!({
            "id": id,
            "name": "Mobile 50 GB",
            "description": "50 GB of mobile data on 5G, roaming included",
            "price": "19.99",
            "currency": "EUR",
            "duration_days": 30,
            "category": "internet",
            "is_active": true,
        })
    };
    json!({ "data": (1..=20).map(offer).collect::<Vec<_>>(), "next_cursor": null, "has_more": false })
}
