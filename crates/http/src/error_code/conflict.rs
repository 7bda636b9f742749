//! What does not go with the state of things: 409.

use super::entry::{Entry, Titles};

pub(super) const USERNAME_TAKEN: Entry = Entry {
    code: "username_taken",
    title: Titles { en: "Username taken", fr: "Nom d’utilisateur déjà pris" },
    explanation: "Somebody else has this username.",
    more: "",
    remedy: "Choose another one. Nothing was done.",
};

pub(super) const PARTNER_NAME_TAKEN: Entry = Entry {
    code: "partner_name_taken",
    title: Titles { en: "Partner name taken", fr: "Nom de partenaire déjà pris" },
    explanation: "Another partner has this name. Nothing was done.",
    more: "",
    remedy: "Choose another name. Nothing was done.",
};

pub(super) const TOO_MANY_API_KEYS: Entry = Entry {
    code: "too_many_api_keys",
    title: Titles { en: "Too many API keys", fr: "Trop de clés d’API" },
    explanation: "The partner has two keys of this mode that work: one in use and its successor.",
    more: "",
    remedy: "Revoke one first. Nothing was done.",
};

pub(super) const TOO_MANY_WEBHOOKS: Entry = Entry {
    code: "too_many_webhooks",
    title: Titles { en: "Too many webhooks", fr: "Trop de webhooks" },
    explanation: "There are ten webhooks of this owner already.",
    more: "",
    remedy: "Delete one first, or let one webhook hear of more events. Nothing was registered.",
};

pub(super) const WEBHOOK_NOT_ENABLED: Entry = Entry {
    code: "webhook_not_enabled",
    title: Titles { en: "Webhook not enabled", fr: "Webhook inactif" },
    explanation: "The webhook is paused or disabled, so that nothing would be sent to it.",
    more: "",
    remedy: "Enable it first: `PATCH` with `{\"enabled\": true}`. Nothing was queued.",
};

pub(super) const CREDIT_LIMIT_EXCEEDED: Entry = Entry {
    code: "credit_limit_exceeded",
    title: Titles { en: "Credit limit exceeded", fr: "Limite de crédit dépassée" },
    explanation: "The partner's account is overdrawn further than the new credit limit allows.",
    more: "",
    remedy: "Have it pay in first, or choose a higher limit. Nothing was changed.",
};

pub(super) const OFFER_ALREADY_ACTIVE: Entry = Entry {
    code: "offer_already_active",
    title: Titles { en: "Offer already active", fr: "Offre déjà active" },
    explanation: "The offer can be held only once at a time, and the customer has it already. Nothing was charged.",
    more: "",
    remedy: "Wait until the subscription ends, or choose another offer.",
};

pub(super) const OFFER_RETIRED: Entry = Entry {
    code: "offer_retired",
    title: Titles { en: "Offer retired", fr: "Offre retirée de la vente" },
    explanation: "The subscription's offer is no longer sold. What runs goes on to its end, but it cannot be \
            renewed. Nothing was charged.",
    more: "",
    remedy: "Choose another offer from `GET /api/v1/offers/`.",
};

pub(super) const OFFER_SOLD_OUT: Entry = Entry {
    code: "offer_sold_out",
    title: Titles { en: "Offer sold out", fr: "Offre épuisée" },
    explanation: "The offer has a stock, and all of it is sold. Nothing was charged.",
    more: "An order that fails gives its piece back.",
    remedy: "Try again later, or choose another offer.",
};

pub(super) const PURCHASE_LIMIT_REACHED: Entry = Entry {
    code: "purchase_limit_reached",
    title: Titles { en: "Purchase limit reached", fr: "Nombre d’achats atteint" },
    explanation: "The offer may be had a set number of times by one customer, and this one has had it as often. \
            Nothing was charged.",
    more: "Renewing a subscription does not count.",
    remedy: "Renew the subscription that is there, or choose another offer.",
};

pub(super) const OFFER_REQUIRES_ANOTHER: Entry = Entry {
    code: "offer_requires_another",
    title: Titles { en: "Offer requires another", fr: "Une autre offre est requise" },
    explanation: "The offer goes with another one, which must be active for the customer; `offer_id` names it. \
            Nothing was charged.",
    more: "",
    remedy: "Activate the other offer first.",
};

pub(super) const OFFER_EXCLUDED: Entry = Entry {
    code: "offer_excluded",
    title: Titles { en: "Offer excluded", fr: "Offre incompatible" },
    explanation: "The offer does not go with one that the customer has, active or ordered; `offer_id` names it. \
            Nothing was charged.",
    more: "",
    remedy: "Wait until the other subscription has ended.",
};

pub(super) const ORDER_IN_PROGRESS: Entry = Entry {
    code: "order_in_progress",
    title: Titles { en: "Order in progress", fr: "Commande en cours" },
    explanation: "An earlier order for the same offer has not ended; `transaction_id` names it. Nothing was \
            charged.",
    more: "This answers a double click.",
    remedy: "Follow the earlier order. To order once more on purpose, send an `Idempotency-Key`; where the \
            offer may be held only once, or is extended by a second order, the first order must end before.",
};

pub(super) const IDEMPOTENCY_KEY_IN_USE: Entry = Entry {
    code: "idempotency_key_in_use",
    title: Titles { en: "Idempotency key in use", fr: "Clé d’idempotence en cours d’utilisation" },
    explanation: "A request with the same `Idempotency-Key` is still being worked on, and two seconds were not \
            enough to wait for it.",
    more: "",
    remedy: "Send the same request again after the time in `Retry-After`; it then gets the first one's \
            answer.",
};

pub(super) const ORDER_NOT_PARKED: Entry = Entry {
    code: "order_not_parked",
    title: Titles { en: "Order not parked", fr: "Commande sans décision en attente" },
    explanation: "Staff asked to retry or to resolve an order about which nobody has to decide: it is being worked \
            on, or it has ended. Only orders with the `sub_status` `needs_attention` wait for a person. \
            Nothing was done.",
    more: "",
    remedy: "Look at the order again.",
};

pub(super) const INCIDENT_CLOSED: Entry = Entry {
    code: "incident_closed",
    title: Titles { en: "Incident closed", fr: "Incident clos" },
    explanation: "Somebody has dealt with this incident already, or the activation partner has undone what it did.",
    more: "Nothing was done.",
    remedy: "Read the incident again: `last_answer` says what came of it, and the audit trail who closed it.",
};
