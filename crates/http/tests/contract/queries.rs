//! Query parameters and ids that are not what was asked for.

use crate::support::Server;

const OFFERS: &str = "/api/v1/offers/";
const SUBSCRIPTIONS: &str = "/api/v1/account/subscriptions/";
const TRANSACTIONS: &str = "/api/v1/account/transactions/";

#[tokio::test]
async fn a_parameter_that_is_not_allowed_is_pointed_out() {
    let server = Server::start();
    let long = format!("q={}", "a".repeat(101));
    for (list, query, pointer, code) in [
        (OFFERS, "limit=0", "/query/limit", "invalid_value"),
        (OFFERS, "limit=101", "/query/limit", "invalid_value"),
        (OFFERS, "limit=-1", "/query/limit", "invalid_value"),
        (OFFERS, "limit=ten", "/query/limit", "invalid_value"),
        (OFFERS, "limit=%2010", "/query/limit", "invalid_value"),
        (OFFERS, "limit=99999999999999999999", "/query/limit", "invalid_value"),
        (OFFERS, "limit", "/query/limit", "invalid_value"),
        (OFFERS, "limit=1&limit=1", "/query/limit", "duplicate_field"),
        (OFFERS, "page=2", "/query/page", "unknown_field"),
        (OFFERS, "%20limit=1", "/query/ limit", "unknown_field"),
        (OFFERS, "category=spaceships", "/query/category", "invalid_value"),
        (OFFERS, "category=", "/query/category", "invalid_value"),
        (OFFERS, "sort=PRICE", "/query/sort", "invalid_value"),
        (OFFERS, "q=", "/query/q", "invalid_value"),
        (OFFERS, "q=%00", "/query/q", "invalid_value"),
        (OFFERS, "q=a%0Ab", "/query/q", "invalid_value"),
        (OFFERS, &long, "/query/q", "invalid_value"),
        (OFFERS, "min_price=1.005", "/query/min_price", "invalid_value"),
        (OFFERS, "min_price=-1", "/query/min_price", "invalid_value"),
        (OFFERS, "max_price=1e5", "/query/max_price", "invalid_value"),
        (OFFERS, "max_price=NaN", "/query/max_price", "invalid_value"),
        (OFFERS, "max_price=99999999999999999999", "/query/max_price", "invalid_value"),
        (SUBSCRIPTIONS, "status=gone", "/query/status", "invalid_value"),
        (TRANSACTIONS, "status=success", "/query/status", "invalid_value"),
        (TRANSACTIONS, "kind=gift", "/query/kind", "invalid_value"),
        (TRANSACTIONS, "from=yesterday", "/query/from", "invalid_value"),
        (TRANSACTIONS, "to=2026-13-01T00:00:00Z", "/query/to", "invalid_value"),
    ] {
        server.caller().get(&format!("{list}?{query}")).await.expect_invalid(pointer, code);
    }
}

#[tokio::test]
async fn a_query_that_is_not_utf_8_is_malformed() {
    let server = Server::start();
    server.caller().get("/api/v1/offers/?q=%ff").await.expect_problem(400, "malformed_request");
}

#[tokio::test]
async fn a_cursor_that_was_not_given_out_for_this_list_is_refused() {
    let server = Server::start();
    server.world().offers = (1..=3).map(|id| offers_testkit::builders::offer(id, 100 * id)).collect();
    let page = server.caller().get("/api/v1/offers/?limit=1&sort=price").await.json();
    let good = page["next_cursor"].as_str().unwrap().to_owned();

    server.caller().get(&format!("{OFFERS}?sort=price&cursor={good}")).await.expect(200);
    for query in
        [format!("cursor={good}"), format!("sort=-price&cursor={good}"), format!("sort=name&cursor={good}")]
    {
        server.caller().get(&format!("{OFFERS}?{query}")).await.expect_problem(400, "invalid_cursor");
    }
    let tampered =
        [good.replacen('M', "N", 1), format!("{good}A"), format!("{good}%3D"), good[1..].to_owned()];
    let nonsense = ["", "x", "AAAA", "%00", "eyJpZCI6MX0", "..%2F..", "%27%3B--"].map(String::from);
    for cursor in tampered.into_iter().chain(nonsense) {
        for list in [OFFERS, SUBSCRIPTIONS, TRANSACTIONS] {
            let answer = server.caller().get(&format!("{list}?cursor={cursor}")).await;
            answer.expect_problem(400, "invalid_cursor");
        }
    }
}

#[tokio::test]
async fn an_id_that_is_not_one_is_malformed() {
    let server = Server::start();
    for id in [
        "abc",
        "0",
        "-1",
        "+1",
        "01",
        "1.0",
        "99999999999999999999",
        "%00",
        "1%00",
        "1%27--",
        "%D9%A3",
        "soon",
    ] {
        server.caller().get(&format!("/api/v1/offers/{id}/")).await.expect_problem(400, "malformed_id");
    }
    for id in [
        "1",
        "not-a-uuid",
        "%00",
        "0195d7a0000070008000000000000001",
        "%7B0195d7a0-0000-7000-8000-000000000001%7D",
    ] {
        for path in ["activation/status", "account/transactions"] {
            server.caller().get(&format!("/api/v1/{path}/{id}/")).await.expect_problem(400, "malformed_id");
        }
    }
}
