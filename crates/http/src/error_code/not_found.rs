//! What is not there: 404.

use super::entry::{Entry, Titles};

pub(super) const NOT_FOUND: Entry = Entry {
    code: "not_found",
    title: Titles { en: "Not found", fr: "Adresse introuvable" },
    explanation: "There is nothing at this address.",
    more: "",
    remedy: "Check the path; every path of the API begins with `/api/v1/`.",
};

pub(super) const OFFER_NOT_FOUND: Entry = Entry {
    code: "offer_not_found",
    title: Titles { en: "Offer not found", fr: "Offre introuvable" },
    explanation: "There is no such offer, or it is not on sale.",
    more: "Whoever asks for one offer is answered so where there is none with this id; an order, also where \
            the offer is not on sale now.",
    remedy: "List the offers that are on sale with `GET /api/v1/offers/`.",
};

pub(super) const USER_OFFER_NOT_FOUND: Entry = Entry {
    code: "user_offer_not_found",
    title: Titles { en: "Subscription not found", fr: "Abonnement introuvable" },
    explanation: "There is no such subscription, it is not yours, or it never ran because its order failed.",
    more: "",
    remedy: "List your subscriptions with `GET /api/v1/account/subscriptions/`.",
};

pub(super) const TRANSACTION_NOT_FOUND: Entry = Entry {
    code: "transaction_not_found",
    title: Titles { en: "Transaction not found", fr: "Transaction introuvable" },
    explanation: "There is no transaction with this id among those of the caller.",
    more: "One that belongs to somebody else does not exist for the caller.",
    remedy: "Use the `transaction_id` that the order was answered with, as the user who placed it.",
};

pub(super) const SESSION_NOT_FOUND: Entry = Entry {
    code: "session_not_found",
    title: Titles { en: "Session not found", fr: "Session introuvable" },
    explanation: "You have no live session with this id: it is not yours, has ended, or never was.",
    more: "",
    remedy: "Read the list of your sessions again.",
};

pub(super) const USER_NOT_FOUND: Entry = Entry {
    code: "user_not_found",
    title: Titles { en: "User not found", fr: "Utilisateur introuvable" },
    explanation: "There is no such user.",
    more: "",
    remedy: "Use the id as it was given to you.",
};

pub(super) const PARTNER_NOT_FOUND: Entry = Entry {
    code: "partner_not_found",
    title: Titles { en: "Partner not found", fr: "Partenaire introuvable" },
    explanation: "There is no such partner.",
    more: "",
    remedy: "Use the id as the list of partners has it.",
};

pub(super) const API_KEY_NOT_FOUND: Entry = Entry {
    code: "api_key_not_found",
    title: Titles { en: "API key not found", fr: "Clé d’API introuvable" },
    explanation: "The partner was never given such a key.",
    more: "",
    remedy: "Use the id of a key that is listed with the partner.",
};

pub(super) const ACTIVATION_PARTNER_NOT_FOUND: Entry = Entry {
    code: "activation_partner_not_found",
    title: Titles { en: "Activation partner not found", fr: "Partenaire d’activation introuvable" },
    explanation: "The settings of the deployment name no such activation partner.",
    more: "",
    remedy: "Take the name from `GET /api/v1/admin/activation-partners/`.",
};

pub(super) const INCIDENT_NOT_FOUND: Entry = Entry {
    code: "incident_not_found",
    title: Titles { en: "Incident not found", fr: "Incident introuvable" },
    explanation: "There is no such incident.",
    more: "",
    remedy: "Take the id from `GET /api/v1/admin/incidents/`.",
};

pub(super) const WEBHOOK_NOT_FOUND: Entry = Entry {
    code: "webhook_not_found",
    title: Titles { en: "Webhook not found", fr: "Webhook introuvable" },
    explanation: "There is no such webhook, or it is another partner's.",
    more: "",
    remedy: "Look for its id with `GET /api/v1/partner/webhooks/`, or `GET /api/v1/admin/webhooks/` as staff.",
};

pub(super) const EVENT_NOT_FOUND: Entry = Entry {
    code: "event_not_found",
    title: Titles { en: "Event not found", fr: "Événement introuvable" },
    explanation: "No event with this id was meant for this webhook, or it happened more than 90 days ago.",
    more: "What nobody listened to when it happened was not kept.",
    remedy: "Look for the id in the webhook's deliveries.",
};
