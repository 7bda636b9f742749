//! Following an order as a stream of events.

use serde_json::{Value, json};

use super::examples::order;
use super::{Tag, Words};
use crate::error_code::ErrorCode::{TooManyStreams, TransactionNotFound};

pub(crate) fn events() -> Words {
    Tag::Orders
        .says("Follow an order as a stream of events")
        .more(
            "Server-sent events: one `status` for each transition, from after the one that `Last-Event-ID` names. Its data is what \
             the status says. The stream ends with the last transition; connecting again then gives 204.",
        )
        .answers(Value::String(format!("id: 3\nevent: status\ndata: {}\n\n", json!(order()))))
        .refuses(&[TransactionNotFound, TooManyStreams])
}
