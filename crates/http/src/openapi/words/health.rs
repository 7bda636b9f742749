//! Probes and metrics.

use serde_json::json;

use super::{Tag, Words};

pub(crate) fn livez() -> Words {
    Tag::Operation.says("Tell whether the process runs").answers(json!({ "status": "alive" }))
}

pub(crate) fn readyz() -> Words {
    Tag::Operation
        .says("Tell whether the process wants work")
        .more("Without the shared cache it is `degraded` and goes on working. Without its store, or while it stops, it is not ready.")
        .answers(json!({ "status": "ready" }))
}

pub(crate) fn metrics() -> Words {
    Tag::Operation.says("Show the metrics of the process")
}
