//! Bodies that are not what was asked for.

use crate::support::{CALLER, Client, Server, Wire};

const ACTIVATE: &str = "/api/v1/activation/";

fn buyer(server: &Server) -> Client {
    server.world().balances.insert(CALLER, 10_000);
    server.world().offers.push(offers_testkit::builders::offer(1, 1999));
    server.caller()
}

#[tokio::test]
async fn only_json_in_utf_8_is_taken() {
    let server = Server::start();
    let buyer = buyer(&server);
    let body = Some(br#"{"offer_id":1}"#.as_slice());
    buyer.send("POST", ACTIVATE, body).await.expect_problem(415, "unsupported_media_type");
    for media in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "application/json; charset=latin1",
        "",
    ] {
        let answer = buyer.header("content-type", media).send("POST", ACTIVATE, body).await;
        answer.expect_problem(415, "unsupported_media_type");
    }
    for media in ["application/json", "Application/JSON; charset=UTF-8"] {
        buyer.header("content-type", media).send("POST", ACTIVATE, body).await.expect(202);
    }
}

#[tokio::test]
async fn a_compressed_body_is_never_unpacked() {
    let server = Server::start();
    for encoding in ["gzip", "br", "deflate", "identity, gzip"] {
        let answer =
            buyer(&server).header("content-encoding", encoding).post(ACTIVATE, r#"{"offer_id":1}"#).await;
        answer.expect_problem(415, "unsupported_media_type");
    }
}

#[tokio::test]
async fn a_body_has_at_most_16_kib_and_a_login_4() {
    let server = Server::start();
    for (path, limit) in [(ACTIVATE, 16 * 1024), ("/api/v1/auth/login/", 4 * 1024)] {
        let fits = format!("{:limit$}", "{}");
        buyer(&server).post(path, &fits).await.expect_problem(400, "validation_failed");
        let too_large = format!("{fits} ");
        buyer(&server).post(path, &too_large).await.expect_problem(413, "payload_too_large");
    }
}

#[tokio::test]
async fn a_body_without_a_length_is_bounded_as_well() {
    let server = Server::start();
    let mut wire = Wire::connect(server.address).await;
    let head = "POST /api/v1/auth/login/ HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    wire.write(head.as_bytes()).await;
    wire.write(format!("2000\r\n{}\r\n", " ".repeat(0x2000)).as_bytes()).await;
    wire.read_answer().await.expect_problem(413, "payload_too_large");
}

#[tokio::test]
async fn what_is_not_json_is_malformed() {
    let server = Server::start();
    let buyer = buyer(&server);
    let deep = format!(r#"{{"offer_id":{}1{}}}"#, "[".repeat(32), "]".repeat(32));
    let bomb = "[".repeat(16_000);
    for body in [
        "",
        "  ",
        "{",
        "nonsense",
        r#"{"offer_id":1} x"#,
        r#"{"offer_id":NaN}"#,
        r#"{"offer_id":1e999}"#,
        "\u{feff}{}",
        r#"{"a":"\ud800"}"#,
        "{\"a\":\"\0\"}",
        &deep,
        &bomb,
    ] {
        let problem = buyer.post(ACTIVATE, body).await.expect_problem(400, "malformed_json");
        assert!(problem.get("errors").is_none(), "{problem}");
    }
    let json = buyer.header("content-type", "application/json");
    json.send("POST", ACTIVATE, Some(b"{\"offer_id\":\"\xff\"}")).await.expect_problem(400, "malformed_json");
}

#[tokio::test]
async fn an_order_names_one_offer_by_a_positive_integer() {
    let server = Server::start();
    let buyer = buyer(&server);
    for (body, pointer, code) in [
        ("{}", "/offer_id", "required"),
        (r#"{"offer_id":"1"}"#, "/offer_id", "invalid_type"),
        (r#"{"offer_id":1.0}"#, "/offer_id", "invalid_type"),
        (r#"{"offer_id":1e308}"#, "/offer_id", "invalid_type"),
        (r#"{"offer_id":18446744073709551616}"#, "/offer_id", "invalid_type"),
        (r#"{"offer_id":null}"#, "/offer_id", "invalid_type"),
        (r#"{"offer_id":[1]}"#, "/offer_id", "invalid_type"),
        (r#"{"offer_id":true}"#, "/offer_id", "invalid_type"),
        (r#"{"offer_id":0}"#, "/offer_id", "invalid_value"),
        (r#"{"offer_id":-0}"#, "/offer_id", "invalid_type"),
        (r#"{"offer_id":-1}"#, "/offer_id", "invalid_value"),
        (r#"{"offer_id":9223372036854775808}"#, "/offer_id", "invalid_value"),
        (r#"{"offer_id":1,"offer_id":1}"#, "/offer_id", "duplicate_field"),
        (r#"{"offer_id":1,"amount":"0.01"}"#, "/amount", "unknown_field"),
        (r#"{"offer_id":1,"a/b~c":0}"#, "/a~1b~0c", "unknown_field"),
        ("[1]", "", "invalid_type"),
        ("1", "", "invalid_type"),
        ("null", "", "invalid_type"),
    ] {
        buyer.post(ACTIVATE, body).await.expect_invalid(pointer, code);
    }
}

#[tokio::test]
async fn a_field_that_the_server_decides_cannot_be_sent() {
    let server = Server::start();
    for field in ["status", "amount", "user_id", "balance", "is_active", "role", "transaction_id"] {
        let body = format!(r#"{{"offer_id":1,"{field}":1}}"#);
        buyer(&server).post(ACTIVATE, &body).await.expect_invalid(&format!("/{field}"), "unknown_field");
    }
}

#[tokio::test]
async fn a_login_has_two_texts_of_bounded_length() {
    let server = Server::start();
    let login = |username: &str, password: &str| {
        serde_json::json!({"username": username, "password": password}).to_string()
    };
    for (body, pointer, code) in [
        (r#"{"username":"alice"}"#.to_owned(), "/password", "required"),
        (r#"{"password":"right"}"#.to_owned(), "/username", "required"),
        (r#"{"username":1,"password":"right"}"#.to_owned(), "/username", "invalid_type"),
        (r#"{"username":"alice","password":true}"#.to_owned(), "/password", "invalid_type"),
        (login("", "right"), "/username", "invalid_value"),
        (login("a\0b", "right"), "/username", "invalid_value"),
        (login("a\r\nb", "right"), "/username", "invalid_value"),
        (login(&"a".repeat(151), "right"), "/username", "invalid_value"),
        (login("alice", ""), "/password", "invalid_value"),
        (login("alice", &"p".repeat(129)), "/password", "invalid_value"),
        (login("alice", "right").replace('}', r#","remember":true}"#), "/remember", "unknown_field"),
    ] {
        server.stranger().post("/api/v1/auth/login/", &body).await.expect_invalid(pointer, code);
    }
}
