//! A customer buys an offer, renews it, and is refused what cannot be.

use crate::step::{Caller, Journey, Step, flag, get, header, keep_header, member, post, present, same, text};

pub(crate) static JOURNEY: Journey = Journey {
    name: "customer",
    title: "A customer buys an offer, follows it, and renews it",
    needs: &["username", "password"],
    steps: &[
        LOG_IN,
        PROFILE,
        CHEAPEST_OFFER,
        get("/api/v1/offers/{{offer_id}}/")
            .titled("Look at one offer")
            .because("The price is a decimal text, never a float; what is charged later is the price at that moment.")
            .by(Caller::Customer)
            .showing(&[same("id", "offer_id"), text("price", "{{price}}")]),
        get("/api/v1/account/balance/")
            .titled("Look into the wallet")
            .because("The balance always equals the sum of the wallet's movements; `offers verify` proves it.")
            .by(Caller::Customer)
            .showing(&[present("balance"), present("currency")]),
        ORDER,
        FOLLOW,
        post("/api/v1/activation/", r#"{"offer_id":{{offer_id}}}"#)
            .titled("Send the same order again")
            .because(
                "The key has been used for this very request, so the first answer comes back and nothing is charged: \
                 a client may repeat a call that it got no answer to.",
            )
            .by(Caller::Customer)
            .with(&[("Idempotency-Key", "tour-order-{{run}}")])
            .answers(202)
            .showing(&[same("transaction_id", "transaction_id"), header("Idempotent-Replayed", "true")]),
        post("/api/v1/activation/", r#"{"offer_id":{{other_offer_id}}}"#)
            .titled("Use the key for another request")
            .because("One key stands for one request. Another one under the same key is a client's mistake, and is not done.")
            .by(Caller::Customer)
            .with(&[("Idempotency-Key", "tour-order-{{run}}")])
            .answers(422)
            .showing(&[text("code", "idempotency_key_reused")]),
        get("/api/v1/account/transactions/{{transaction_id}}/")
            .titled("See the order with its history")
            .because("Every transition is kept: taken and charged, sent to the activation partner, confirmed by it.")
            .by(Caller::Customer)
            .showing(&[
                text("status", "SUCCESS"),
                text("amount", "{{price}}"),
                text("timeline[0].status", "PENDING"),
                text("timeline[1].status", "PROCESSING"),
                text("timeline[2].status", "SUCCESS"),
            ]),
        get("/api/v1/account/subscriptions/?status=active&limit=1")
            .titled("See the subscription")
            .because("It runs from the moment of activation for as many days as the offer says.")
            .by(Caller::Customer)
            .showing(&[same("data[0].transaction_id", "transaction_id"), flag("data[0].is_active", true)])
            .keeping(&[member("subscription_id", "data[0].id")]),
        post("/api/v1/offers/renew/", r#"{"user_offer_id":{{subscription_id}}}"#)
            .titled("Renew it")
            .because("A renewal is an order of its own, charged at once; the new days are added to those that are left.")
            .by(Caller::Customer)
            .with(&[("Idempotency-Key", "tour-renewal-{{run}}")])
            .showing(&[text("status", "PENDING")])
            .keeping(&[member("renewal_id", "transaction_id")]),
        get("/api/v1/activation/status/{{renewal_id}}/?wait=10")
            .titled("Follow the renewal to its end")
            .because("The same waiting as for an order: the subscription is longer as soon as the partner has confirmed.")
            .by(Caller::Customer)
            .followed()
            .showing(&[text("status", "SUCCESS"), flag("refunded", false)]),
        get("/api/v1/offers/expiring/?days=30&limit=1")
            .titled("See what ends soon")
            .because("Subscriptions that end within so many days, the first to end first; three days unless said otherwise.")
            .by(Caller::Customer)
            .showing(&[flag("data[0].is_active", true), present("data[0].expiration_date")]),
        post("/api/v1/activation/", r#"{"offer_id":9007199254740991}"#)
            .titled("Order what is not for sale")
            .because("A refusal is a problem document (RFC 9457) with a stable code, and writes nothing.")
            .by(Caller::Customer)
            .with(&[("Idempotency-Key", "tour-unknown-{{run}}")])
            .answers(404)
            .showing(&[text("code", "offer_not_found"), present("detail"), present("request_id")]),
        post("/api/v1/activation/", r#"{"offer_id":"cheap"}"#)
            .titled("Send what makes no sense")
            .because("Every field that is wrong is named, by a JSON pointer.")
            .by(Caller::Customer)
            .answers(400)
            .showing(&[text("code", "validation_failed"), text("errors[0].pointer", "/offer_id")]),
        get("/api/v1/activation/status/01890000-0000-7000-8000-000000000000/")
            .titled("Ask for an order that is not yours")
            .because("What belongs to somebody else does not exist: the same bytes as for an id that nobody has.")
            .by(Caller::Customer)
            .answers(404)
            .showing(&[text("code", "transaction_not_found")]),
        LOG_OUT,
        get("/api/v1/auth/profile/")
            .titled("Try the old token")
            .because("A logout ends the access token, too, at once.")
            .by(Caller::Customer)
            .answers(401)
            .showing(&[text("code", "not_authenticated")]),
    ],
};

pub(super) const LOG_IN: Step = post(
    "/api/v1/auth/login/",
    r#"{"username":"{{username}}","password":"{{password}}"}"#,
)
.titled("Log in")
.because(
    "The access token is good for minutes and proves who calls; the refresh token is good for one exchange. \
             The request's own name is kept, to make keys that no other run has used.",
)
.showing(&[text("token_type", "Bearer"), present("expires_in")])
.keeping(&[
    member("access_token", "access_token"),
    member("refresh_token", "refresh_token"),
    keep_header("run", "X-Request-Id"),
]);

pub(super) const PROFILE: Step = get("/api/v1/auth/profile/")
    .titled("See who is calling")
    .because("The token alone says who it is; a customer has one wallet, and no word in the back office.")
    .by(Caller::Customer)
    .showing(&[text("username", "{{username}}"), text("role", "customer")])
    .keeping(&[member("user_id", "id")]);

pub(super) const CHEAPEST_OFFER: Step = get("/api/v1/offers/?sort=price&limit=3")
    .titled("Look at what is for sale")
    .because("Lists come page by page: `next_cursor` leads on. The tour takes the cheapest.")
    .by(Caller::Customer)
    .showing(&[flag("data[0].is_active", true)])
    .keeping(&[
        member("offer_id", "data[0].id"),
        member("price", "data[0].price"),
        member("other_offer_id", "data[1].id"),
    ]);

pub(super) const ORDER: Step = post("/api/v1/activation/", r#"{"offer_id":{{offer_id}}}"#)
    .titled("Order it")
    .because(
        "The wallet is charged and the order is written in one commit; the activation itself happens afterwards. \
         202 means: it is safe with us.",
    )
    .by(Caller::Customer)
    .with(&[("Idempotency-Key", "tour-order-{{run}}")])
    .answers(202)
    .showing(&[text("status", "PENDING"), present("status_url")])
    .keeping(&[member("transaction_id", "transaction_id")]);

pub(super) const FOLLOW: Step = get("/api/v1/activation/status/{{transaction_id}}/?wait=10")
    .titled("Follow it to its end")
    .because(
        "`wait` holds the answer back until something changes. A final status never changes again; FAILED would come \
         with the money back.",
    )
    .by(Caller::Customer)
    .followed()
    .showing(&[text("status", "SUCCESS"), text("sub_status", "confirmed"), flag("refunded", false)]);

pub(super) const LOG_OUT: Step = post("/api/v1/auth/logout/", r#"{"refresh_token":"{{refresh_token}}"}"#)
    .titled("Log out")
    .because("The session ends with both of its tokens; a second logout is answered the same.")
    .by(Caller::Customer);
