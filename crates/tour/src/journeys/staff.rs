//! Staff look after a wallet, an offer and an order.

use super::customer::{CHEAPEST_OFFER, FOLLOW, LOG_IN, LOG_OUT, ORDER, PROFILE};
use crate::step::{Caller, Journey, flag, get, keep_header, member, post, present, same, text};

pub(crate) static JOURNEY: Journey = Journey {
    name: "staff",
    title: "Staff look after a wallet, an offer and an order",
    needs: &["username", "password", "staff_username", "staff_password"],
    steps: &[
        LOG_IN,
        PROFILE,
        CHEAPEST_OFFER,
        post("/api/v1/auth/login/", r#"{"username":"{{staff_username}}","password":"{{staff_password}}"}"#)
            .titled("Log in as staff")
            .because("The same door for everybody; the role decides what opens behind it.")
            .showing(&[text("token_type", "Bearer")])
            .keeping(&[member("staff_token", "access_token"), member("staff_refresh_token", "refresh_token")]),
        get("/api/v1/admin/users/?q={{username}}&limit=1")
            .titled("Find the customer")
            .because("By the beginning of the username; people come in its order.")
            .by(Caller::Staff)
            .showing(&[same("data[0].id", "user_id")]),
        post(
            "/api/v1/admin/users/{{user_id}}/credits/",
            r#"{"amount":"{{price}}","reason":"a tour of the API"}"#,
        )
        .titled("Credit the wallet")
        .because("Money comes from the funding account, never from nowhere. A reason and a key are required.")
        .by(Caller::Staff)
        .with(&[("Idempotency-Key", "tour-credit-{{run}}")])
        .answers(201)
        .showing(&[text("kind", "credit"), text("amount", "{{price}}"), present("balance")]),
        ORDER,
        FOLLOW,
        get("/api/v1/admin/transactions/{{transaction_id}}/")
            .titled("Open the order's file")
            .because("Besides the history: every call to the activation partner, and every movement of money.")
            .by(Caller::Staff)
            .showing(&[
                text("status", "SUCCESS"),
                present("attempts[0].answer"),
                text("transfers[0].kind", "charge"),
                text("transfers[0].amount", "{{price}}"),
            ]),
        post(
            "/api/v1/admin/offers/",
            r#"{"name":"The Moon","category":"tv","price":"99999999.99","duration_days":1,"reason":"a tour of the API"}"#,
        )
        .titled("Offer what nobody can pay")
        .because("It is for sale at once, at the highest price that there can be.")
        .by(Caller::Staff)
        .answers(201)
        .showing(&[flag("is_active", true)])
        .keeping(&[member("moon_id", "id"), keep_header("moon_version", "ETag")]),
        post("/api/v1/activation/", r#"{"offer_id":{{moon_id}}}"#)
            .titled("Order it as the customer")
            .because("A wallet never goes below zero: the order is refused before anything is written.")
            .by(Caller::Customer)
            .with(&[("Idempotency-Key", "tour-moon-{{run}}")])
            .answers(400)
            .showing(&[text("code", "insufficient_balance")]),
        post("/api/v1/admin/offers/{{moon_id}}/retire/", r#"{"reason":"the tour is over"}"#)
            .titled("Take it from sale")
            .because("A change names the version that was seen, so that nobody overwrites somebody else's.")
            .by(Caller::Staff)
            .with(&[("If-Match", "{{moon_version}}")])
            .showing(&[flag("is_active", false)]),
        get("/api/v1/admin/audit/?subject=user&subject_id={{user_id}}&action=wallet_credited&limit=1")
            .titled("See who did what")
            .because("Every deed leaves one entry, in the commit of its effect, with the reason that was given.")
            .by(Caller::Staff)
            .showing(&[text("data[0].action", "wallet_credited"), text("data[0].reason", "a tour of the API")]),
        get("/api/v1/admin/stats/")
            .titled("See how things stand")
            .because("What waits, and what waits for a person.")
            .by(Caller::Staff),
        post("/api/v1/auth/logout/", r#"{"refresh_token":"{{staff_refresh_token}}"}"#)
            .titled("Log out as staff")
            .because("Staff's session ends as everybody's does.")
            .by(Caller::Staff),
        LOG_OUT,
    ],
};
