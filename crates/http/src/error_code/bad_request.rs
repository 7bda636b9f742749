//! What is wrong with a request itself, or with what it is about: 400.

use super::entry::{Entry, Titles};

pub(super) const MALFORMED_REQUEST: Entry = Entry {
    code: "malformed_request",
    title: Titles { en: "Malformed request", fr: "Requête illisible" },
    explanation: "The request could not be read: its path, its headers, its query or the framing of its body is \
            not what HTTP asks for.",
    more: "",
    remedy: "Correct the request. Sending it again as it is does not help.",
};

pub(super) const MALFORMED_JSON: Entry = Entry {
    code: "malformed_json",
    title: Titles { en: "Malformed JSON", fr: "JSON illisible" },
    explanation: "The body is empty, is not one JSON document in UTF-8, or is nested more than 32 levels deep.",
    more: "`detail` names the line and the column where reading stopped.",
    remedy: "Correct the body.",
};

pub(super) const VALIDATION_FAILED: Entry = Entry {
    code: "validation_failed",
    title: Titles { en: "Invalid request", fr: "Requête invalide" },
    explanation: "The request was read, but fields or parameters are missing, unknown, given twice, of the wrong \
            type, or have a value that is not allowed.",
    more: "`errors` lists them: `pointer` says where (`/offer_id` in the body, `/query/limit` in the \
            address), `code` is `required`, `unknown_field`, `duplicate_field`, `invalid_type` or \
            `invalid_value`, and `detail` is a sentence.",
    remedy: "Correct the fields that are listed. Nothing was done.",
};

pub(super) const MALFORMED_ID: Entry = Entry {
    code: "malformed_id",
    title: Titles { en: "Malformed id", fr: "Identifiant mal formé" },
    explanation: "The id in the path does not have the form of its kind: a positive integer for offers, a UUID \
            with hyphens for transactions, `REF-` and 12 characters for a partner's reference.",
    more: "",
    remedy: "Use the id as it was given to you.",
};

pub(super) const INVALID_CURSOR: Entry = Entry {
    code: "invalid_cursor",
    title: Titles { en: "Invalid cursor", fr: "Curseur invalide" },
    explanation: "The `cursor` was not made by this list in this sort order, or was changed.",
    more: "",
    remedy: "Use the `next_cursor` of the page before, with the same `sort`, or begin again without a cursor.",
};

pub(super) const INVALID_IDEMPOTENCY_KEY: Entry = Entry {
    code: "invalid_idempotency_key",
    title: Titles { en: "Invalid idempotency key", fr: "Clé d’idempotence invalide" },
    explanation: "The header `Idempotency-Key` was sent more than once, or does not have 16 to 255 printable ASCII \
            characters.",
    more: "",
    remedy: "Send one key; a UUID is a good one. Nothing was done.",
};

pub(super) const IDEMPOTENCY_KEY_REQUIRED: Entry = Entry {
    code: "idempotency_key_required",
    title: Titles { en: "Idempotency key required", fr: "Clé d’idempotence requise" },
    explanation: "A request that moves money by hand has no `Idempotency-Key` header, or a partner's order has \
            neither that header nor a `partner_reference`, so that sending it again could have its effect \
            twice. Nothing was done.",
    more: "",
    remedy: "Send a key; a UUID is a good one. A partner may send either, or both.",
};

pub(super) const UNKNOWN_USER: Entry = Entry {
    code: "unknown_user",
    title: Titles { en: "Unknown user", fr: "Client inconnu" },
    explanation: "There is no customer with this `user_id`, or none whose wallet can be charged. Nothing was charged and \
            no order was placed.",
    more: "",
    remedy: "Ask the customer for the id that their profile shows.",
};

pub(super) const OFFER_UNAVAILABLE: Entry = Entry {
    code: "offer_unavailable",
    title: Titles { en: "Offer unavailable", fr: "Offre indisponible" },
    explanation: "There is no offer with this `offer_id`, or it is not on sale. Nothing was charged and no order \
            was placed.",
    more: "",
    remedy: "Sell another offer.",
};

pub(super) const AMOUNT_MISMATCH: Entry = Entry {
    code: "amount_mismatch",
    title: Titles { en: "Amount mismatch", fr: "Montant différent du prix" },
    explanation: "`amount` is not what the partner pays for this offer: its price, less the discount that was \
            agreed. Nothing was charged and no order was placed.",
    more: "",
    remedy: "The price has changed. Read the offer again, and sell it for what it costs now.",
};

pub(super) const INSUFFICIENT_PARTNER_FUNDS: Entry = Entry {
    code: "insufficient_partner_funds",
    title: Titles { en: "Insufficient partner funds", fr: "Fonds du partenaire insuffisants" },
    explanation: "The settlement account, together with its credit limit, does not cover the amount. Nothing was \
            charged and no order was placed.",
    more: "`GET /api/v1/partner/account/` shows what is available.",
    remedy: "Pay into the account, then send the same request again: refusals are not remembered.",
};

pub(super) const INSUFFICIENT_BALANCE: Entry = Entry {
    code: "insufficient_balance",
    title: Titles { en: "Insufficient balance", fr: "Solde insuffisant" },
    explanation: "The wallet does not cover the price of the offer. Nothing was charged and no order was placed.",
    more: "",
    remedy: "Add money to the wallet, then order again. The same idempotency key may be used: refusals are \
            not remembered.",
};

pub(super) const NO_WALLET: Entry = Entry {
    code: "no_wallet",
    title: Titles { en: "No wallet", fr: "Pas de portefeuille" },
    explanation: "The user has no wallet, so there is no balance to show and nothing to pay from.",
    more: "",
    remedy: "Every user gets a wallet when they are added. This one needs the help of the operator.",
};
