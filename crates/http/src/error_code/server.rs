//! What is the server's own trouble: 500 and 503.

use super::entry::{Entry, Titles};

pub(super) const INTERNAL_ERROR: Entry = Entry {
    code: "internal_error",
    title: Titles { en: "Internal error", fr: "Erreur interne" },
    explanation: "The server met something that it does not expect. The log has the details under the request's \
            id.",
    more: "",
    remedy: "Report the `request_id`. Before you repeat a request that moves money, look whether it had its \
            effect, or repeat it with the same `Idempotency-Key`.",
};

pub(super) const SERVICE_UNAVAILABLE: Entry = Entry {
    code: "service_unavailable",
    title: Titles { en: "Service unavailable", fr: "Service indisponible" },
    explanation: "The server cannot answer at the moment: its store does not answer or is busy, or the server is \
            stopping. Nothing was done.",
    more: "",
    remedy: "Try again after the time in `Retry-After`.",
};

pub(super) const OUTCOME_UNKNOWN: Entry = Entry {
    code: "outcome_unknown",
    title: Titles { en: "Outcome unknown", fr: "Résultat inconnu" },
    explanation: "The server cannot tell whether the request had its effect: the connection to the store was lost \
            while it committed, or the work was not done in time and still goes on.",
    more: "",
    remedy: "Look before you repeat, for example in `GET /api/v1/account/transactions/`, or repeat the \
            request with the same `Idempotency-Key`: it has one effect in either case.",
};

pub(super) const OVERLOADED: Entry = Entry {
    code: "overloaded",
    title: Titles { en: "Overloaded", fr: "Serveur surchargé" },
    explanation: "Too many requests are waiting already. This one was turned away at once, or after a short wait \
            for its turn at login. Nothing was done.",
    more: "",
    remedy: "Try again after the time in `Retry-After`, and wait longer each time.",
};
