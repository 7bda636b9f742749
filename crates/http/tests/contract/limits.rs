//! How often clients may ask.

use offers_domain::limits::Quota;
use offers_http::{Access, Limit, PartnerQuota, Quotas, route_table};

use crate::support::Server;

const LOGIN: &str = "/api/v1/auth/login/";
const WRONG: &str = r#"{"username":"alice","password":"wrong"}"#;

/// Two a minute of everything that one class counts.
fn two(change: impl FnOnce(&mut Quotas, Option<Quota>)) -> Quotas {
    let mut quotas = Quotas::default();
    change(&mut quotas, Quota::per_minute(2));
    quotas
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_back() {
    let server = Server::with_quotas(two(|quotas, two| quotas.read = two));
    for (left, whole) in [(1, 30), (0, 60)] {
        let answer = server.caller().get("/api/v1/offers/").await.expect(200);
        assert_eq!(answer.header("ratelimit-policy"), Some("\"read\";q=2;w=60"));
        assert_eq!(answer.header("ratelimit"), Some(format!("\"read\";r={left};t={whole}").as_str()));
        assert_eq!(answer.header("retry-after"), None);
    }
    let refused = server.caller().get("/api/v1/offers/").await;
    assert_eq!(refused.header("retry-after"), Some("30"));
    assert_eq!(refused.header("ratelimit-policy"), Some("\"read\";q=2;w=60"));
    assert_eq!(refused.header("ratelimit"), Some("\"read\";r=0;t=60"));
    refused.expect_problem(429, "rate_limited");
}

#[tokio::test]
async fn users_are_counted_apart_and_so_are_reads_and_writes() {
    let server = Server::with_quotas(two(|quotas, two| quotas.read = two));
    for _ in 0..2 {
        server.caller().get("/api/v1/offers/").await.expect(200);
    }
    server.caller().get("/api/v1/offers/").await.expect(429);
    server.other().get("/api/v1/offers/").await.expect(200);
    server.caller().send("DELETE", "/api/v1/auth/sessions/", None).await.expect(200);
}

#[tokio::test]
async fn strangers_are_counted_by_the_address_that_our_proxy_names() {
    let server = Server::with_quotas(two(|quotas, two| quotas.public = two));
    let from = |chain: &str| server.stranger().header("x-forwarded-for", chain);
    for spoofed in ["198.51.100.1", "198.51.100.2"] {
        from(&format!("{spoofed}, 203.0.113.9")).get("/problems/not_found/").await.expect(200);
    }
    from("203.0.113.9").get("/problems/not_found/").await.expect_problem(429, "rate_limited");
    from("203.0.113.10").get("/problems/not_found/").await.expect(200);
}

#[tokio::test]
async fn probes_are_never_counted() {
    let quota = Quota::per_minute(1);
    let server = Server::with_quotas(Quotas { public: quota, read: quota, ..Quotas::default() });
    for _ in 0..5 {
        for path in ["/livez/", "/readyz/"] {
            let answer = server.stranger().get(path).await.expect(200);
            assert_eq!(answer.header("ratelimit"), None);
        }
    }
}

#[tokio::test]
async fn a_partner_is_limited_as_agreed_with_it_whichever_key_it_shows() {
    let path = "/api/v1/partner/transactions/";
    let with_key =
        |server: &Server, key: &str| server.stranger().header("authorization", &format!("Bearer {key}"));
    let server = Server::with_quotas(two(|quotas, two| {
        quotas.partner = PartnerQuota::Agreed { otherwise: two };
    }));
    for (key, left) in [("ok_live_k", 1), ("ok_live_r", 0)] {
        let answer = with_key(&server, key).get(path).await.expect(200);
        assert_eq!(answer.header("ratelimit-policy"), Some("\"partner\";q=2;w=60"));
        assert!(answer.header("ratelimit").unwrap().starts_with(&format!("\"partner\";r={left};")));
    }
    let refused = server.partner().post("/api/v1/partner/activate/", "{}").await;
    assert_eq!(refused.header("retry-after"), Some("30"));
    assert_eq!(refused.header("ratelimit-policy"), Some("\"partner\";q=2;w=60"));
    assert_eq!(refused.header("ratelimit"), Some("\"partner\";r=0;t=60"));
    refused.expect_problem(429, "rate_limited");
    // With the other partner three are agreed.
    for status in [200, 200, 200, 429] {
        with_key(&server, "ok_live_o").get(path).await.expect(status);
    }
    server.caller().get("/api/v1/offers/").await.expect(200);

    let server = Server::with_quotas(Quotas::default());
    for _ in 0..5 {
        let answer = with_key(&server, "ok_live_o").get(path).await.expect(200);
        assert_eq!(answer.header("ratelimit"), None, "no limits at all");
    }
}

#[test]
fn every_route_but_a_probe_is_counted() {
    for route in route_table() {
        let probe = ["/livez/", "/readyz/"].contains(&route.path);
        assert_eq!(route.limit == Limit::None, probe, "{}", route.path);
        let of_partner = matches!(route.access, Access::Partner(_));
        assert_eq!(route.limit == Limit::Partner, of_partner, "{}", route.path);
    }
}

#[tokio::test]
async fn logins_are_counted_by_address_and_together() {
    let login = |server: &Server, address: &str| {
        let client = server.stranger().header("x-forwarded-for", address);
        async move { client.post(LOGIN, r#"{"username":"alice","password":"right"}"#).await }
    };
    let server = Server::with_quotas(two(|quotas, two| quotas.login = two));
    for status in [200, 200, 429] {
        login(&server, "203.0.113.9").await.expect(status);
    }
    login(&server, "203.0.113.10").await.expect(200);

    let server = Server::with_quotas(two(|quotas, two| {
        (quotas.login, quotas.logins_together) = (Quota::per_minute(100), two);
    }));
    let unlimited_by_address = Server::with_quotas(two(|quotas, two| {
        (quotas.login, quotas.logins_together) = (None, two);
    }));
    for server in [server, unlimited_by_address] {
        for (host, status) in [(1, 200), (2, 200), (3, 429)] {
            login(&server, &format!("203.0.113.{host}")).await.expect(status);
        }
    }
}

#[tokio::test]
async fn wrong_passwords_cost_time_for_every_name_alike_and_lock_nobody_out() {
    let server = Server::start();
    let from =
        |address: &str| server.stranger().header("x-forwarded-for", address).header("x-request-id", "same");
    let mut answers = Vec::new();
    for body in [WRONG, r#"{"username":"mallory","password":"wrong"}"#] {
        for _ in 0..5 {
            from("203.0.113.9").post(LOGIN, body).await.expect_problem(401, "invalid_credentials");
        }
        let refused = from("203.0.113.77").post(LOGIN, body).await;
        assert_eq!(refused.header("retry-after"), Some("1"), "neighbours are slowed down together");
        let named: Vec<_> = refused.headers.iter().map(|(name, _)| name.clone()).collect();
        answers.push((named, refused.body.clone()));
        refused.expect_problem(429, "rate_limited");
    }
    assert_eq!(answers[0], answers[1]);
    let right = r#"{"username":"alice","password":"right"}"#;
    from("203.0.113.9").post(LOGIN, right).await.expect(429);
    from("198.51.100.1").post(LOGIN, right).await.expect(200);
}
