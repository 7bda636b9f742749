//! What HTTP has a status of its own for: 405 to 429.

use super::entry::{Entry, Titles};

pub(super) const METHOD_NOT_ALLOWED: Entry = Entry {
    code: "method_not_allowed",
    title: Titles { en: "Method not allowed", fr: "Méthode non autorisée" },
    explanation: "The address exists but does not answer this method.",
    more: "",
    remedy: "Use one of the methods in the `Allow` header.",
};

pub(super) const REQUEST_TIMEOUT: Entry = Entry {
    code: "request_timeout",
    title: Titles { en: "Request time-out", fr: "Délai de la requête dépassé" },
    explanation: "The body did not arrive within 10 seconds. Nothing was done.",
    more: "",
    remedy: "Send the request again over a better connection.",
};

pub(super) const PRECONDITION_FAILED: Entry = Entry {
    code: "precondition_failed",
    title: Titles { en: "Precondition failed", fr: "Version dépassée" },
    explanation: "`If-Match` names a state that is not the current one: somebody else was faster. Nothing was \
            done.",
    more: "",
    remedy: "Read it again; the answer's `ETag` is what to name.",
};

pub(super) const PAYLOAD_TOO_LARGE: Entry = Entry {
    code: "payload_too_large",
    title: Titles { en: "Payload too large", fr: "Corps trop volumineux" },
    explanation: "The body is larger than this address accepts: 16 KiB, or 4 KiB at login.",
    more: "",
    remedy: "Send a smaller body. No request of this API needs a larger one.",
};

pub(super) const URI_TOO_LONG: Entry = Entry {
    code: "uri_too_long",
    title: Titles { en: "URI too long", fr: "Adresse trop longue" },
    explanation: "The path has more than 2 KiB, or the query more than 6 KiB.",
    more: "",
    remedy: "Shorten the address.",
};

pub(super) const UNSUPPORTED_MEDIA_TYPE: Entry = Entry {
    code: "unsupported_media_type",
    title: Titles { en: "Unsupported media type", fr: "Type de contenu non accepté" },
    explanation: "The body is not declared as JSON in UTF-8, or it is compressed.",
    more: "",
    remedy: "Send `Content-Type: application/json` once, and no `Content-Encoding`.",
};

pub(super) const IDEMPOTENCY_KEY_REUSED: Entry = Entry {
    code: "idempotency_key_reused",
    title: Titles { en: "Idempotency key reused", fr: "Clé d’idempotence déjà utilisée" },
    explanation: "The `Idempotency-Key` was used before for a different request. Nothing was done.",
    more: "",
    remedy: "Use a new key for a new request, and the same key only to repeat the same request.",
};

pub(super) const PARTNER_REFERENCE_REUSED: Entry = Entry {
    code: "partner_reference_reused",
    title: Titles { en: "Partner reference reused", fr: "Référence du partenaire déjà utilisée" },
    explanation: "The `partner_reference` belongs to another order of the partner: another customer, offer or \
            amount. Nothing was done.",
    more: "",
    remedy: "Give each order a reference of its own. `GET /api/v1/partner/transactions/?partner_reference=…` \
            shows the other one.",
};

pub(super) const PRECONDITION_REQUIRED: Entry = Entry {
    code: "precondition_required",
    title: Titles { en: "Precondition required", fr: "Version requise" },
    explanation: "A change of an offer, a partner or a person was sent without `If-Match`. Nothing was done.",
    more: "",
    remedy: "Send the `ETag` with which it was read, in its quotes.",
};

pub(super) const RATE_LIMITED: Entry = Entry {
    code: "rate_limited",
    title: Titles { en: "Too many requests", fr: "Trop de requêtes" },
    explanation: "This was asked too often: by this user or partner or from this address, or with too many wrong \
            passwords in a row.",
    more: "The headers `RateLimit-Policy` and `RateLimit` of every limited answer say how much there is in \
            how many seconds (`q`, `w`), how much is left (`r`), and in how many seconds all of it is back \
            (`t`).",
    remedy: "Wait for as many seconds as `Retry-After` says. Nothing was done.",
};

pub(super) const TOO_MANY_STREAMS: Entry = Entry {
    code: "too_many_streams",
    title: Titles { en: "Too many event streams", fr: "Trop de flux d’événements" },
    explanation: "This user has as many event streams open as one may in one process \
            (`http.event_streams_per_user`).",
    more: "",
    remedy: "Close a stream that is no longer needed, or ask for the status; `Retry-After` says when to try again.",
};
