//! Who is not let in: 401 and 403.

use super::entry::{Entry, Titles};

pub(super) const NOT_AUTHENTICATED: Entry = Entry {
    code: "not_authenticated",
    title: Titles { en: "Not authenticated", fr: "Authentification requise" },
    explanation: "The request has no access token or API key, or one that is malformed, has expired, or has been \
            taken back.",
    more: "Which of these is not said; a `WWW-Authenticate` header with `error=\"invalid_token\"` says that \
            one was sent.",
    remedy: "Get a new pair of tokens with the refresh token, or log in again.",
};

pub(super) const INVALID_CREDENTIALS: Entry = Entry {
    code: "invalid_credentials",
    title: Titles { en: "Invalid credentials", fr: "Identifiants incorrects" },
    explanation: "The username or the password is wrong, or the account is locked. Which of these is not said.",
    more: "",
    remedy: "Check both and try again.",
};

pub(super) const INVALID_SIGNATURE: Entry = Entry {
    code: "invalid_signature",
    title: Titles { en: "Invalid signature", fr: "Signature invalide" },
    explanation: "The report is not signed as its activation partner signs, or not within five minutes of now. \
            Nothing was done.",
    more: "",
    remedy: "What is signed, and how, stands in [activation-partners.md](activation-partners.md).",
};

pub(super) const INVALID_REFRESH_TOKEN: Entry = Entry {
    code: "invalid_refresh_token",
    title: Titles { en: "Invalid refresh token", fr: "Jeton de renouvellement invalide" },
    explanation: "The refresh token is unknown, has expired, has been used before, or belongs to a session that \
            has ended.",
    more: "A token that is used twice ends its session, because somebody may have a copy.",
    remedy: "Log in again, and always keep the newest refresh token that you were given.",
};

pub(super) const FORBIDDEN: Entry = Entry {
    code: "forbidden",
    title: Titles { en: "Forbidden", fr: "Accès refusé" },
    explanation: "The access token is good, but the address is for people with another role.",
    more: "",
    remedy: "Ask somebody of that role. Sending it again does not help.",
};

pub(super) const INSUFFICIENT_SCOPE: Entry = Entry {
    code: "insufficient_scope",
    title: Titles { en: "Insufficient scope", fr: "Droits de la clé insuffisants" },
    explanation: "The API key is good, but it was not issued for what the request asks.",
    more: "`detail` names the scope that is missing: `activate` to place orders, or `read` to look at \
            orders and the account.",
    remedy: "Use a key with that scope. The operator issues keys.",
};
