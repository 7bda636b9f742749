//! A partner sells an offer to a customer.

use super::customer::{CHEAPEST_OFFER, LOG_IN, LOG_OUT, PROFILE};
use crate::step::{Caller, Journey, flag, get, header, member, post, present, same, text};

const SALE: &str = r#"{"user_id":{{user_id}},"offer_id":{{offer_id}},"amount":"{{price}}","partner_reference":"tour-sale-{{run}}"}"#;

pub(crate) static JOURNEY: Journey = Journey {
    name: "partner",
    title: "A partner sells an offer to a customer",
    needs: &["username", "password", "partner_key"],
    steps: &[
        LOG_IN,
        PROFILE,
        CHEAPEST_OFFER,
        post("/api/v1/partner/activate/", SALE)
            .titled("Sell it")
            .because(
                "The customer has paid the partner, and the partner's settlement account is charged; `amount` must be \
                 the price, so that nobody sells at an old one.",
            )
            .by(Caller::Partner)
            .answers(202)
            .showing(&[text("status", "PENDING"), present("transaction_id")])
            .keeping(&[member("reference", "reference")]),
        post("/api/v1/partner/activate/", SALE)
            .titled("Send the same sale again")
            .because("`partner_reference` is the partner's own name for the sale: the same sale is never done twice.")
            .by(Caller::Partner)
            .answers(202)
            .showing(&[same("reference", "reference"), header("Idempotent-Replayed", "true")]),
        get("/api/v1/partner/validate/{{reference}}/")
            .titled("Validate the reference until the order is final")
            .because("A reference that we gave is valid, and says for whom and for how much.")
            .by(Caller::Partner)
            .followed()
            .showing(&[flag("is_valid", true), text("status", "SUCCESS"), same("user_id", "user_id")]),
        get("/api/v1/partner/transactions/?partner_reference=tour-sale-{{run}}")
            .titled("Find the sale by the partner's own name for it")
            .because("The list has the partner's own orders and nobody else's.")
            .by(Caller::Partner)
            .showing(&[same("data[0].reference", "reference")]),
        get("/api/v1/partner/transactions/{{reference}}/")
            .titled("See the sale with its history")
            .because("The same history as the customer's, under the partner's reference.")
            .by(Caller::Partner)
            .showing(&[text("timeline[0].status", "PENDING"), text("timeline[2].status", "SUCCESS")]),
        get("/api/v1/partner/account/?limit=1")
            .titled("Look at the settlement account")
            .because("What the partner owes or has left, and every movement of it, newest first.")
            .by(Caller::Partner)
            .showing(&[present("balance"), present("available")]),
        get("/api/v1/partner/validate/REF-000000000000/")
            .titled("Validate a reference that nobody gave")
            .because("404 with `is_valid` false. While that cannot be known it is 503, never false.")
            .by(Caller::Partner)
            .answers(404)
            .showing(&[flag("is_valid", false), text("error", "Transaction not found")]),
        get("/api/v1/account/subscriptions/?status=active&limit=1")
            .titled("See it as the customer")
            .because("The customer holds the offer as if bought from us; the channel says who sold it.")
            .by(Caller::Customer)
            .showing(&[text("data[0].channel", "partner")]),
        LOG_OUT,
    ],
};
