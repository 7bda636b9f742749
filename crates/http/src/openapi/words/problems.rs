//! What error codes mean.

use serde_json::json;

use super::{Tag, Words};

pub(crate) fn explain() -> Words {
    Tag::Operation.says("Explain an error code").more("The `type` of every problem document leads here.").answers(json!({
        "type": "/problems/offer_not_found", "code": "offer_not_found", "status": 404, "title": "Offer not found",
        "explanation": "There is no such offer, or it is not on sale.",
        "remedy": "Look at the list of offers.",
    }))
}
