//! Requests that are wrong as HTTP: one refusal, then the connection ends.

use crate::support::{Server, Wire};

async fn answer_to(server: &Server, bytes: &[u8]) -> String {
    let mut wire = Wire::connect(server.address).await;
    wire.write(bytes).await;
    String::from_utf8_lossy(&wire.read_to_close().await).into_owned()
}

fn answers(text: &str) -> usize {
    text.matches("HTTP/1.1 ").count() + text.matches("HTTP/1.0 ").count()
}

#[tokio::test]
async fn ambiguous_framing_is_refused_once_and_the_connection_ends() {
    let server = Server::start();
    let post = "POST /api/v1/auth/login/ HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\n";
    for (name, request) in [
        (
            "length and chunked",
            format!("{post}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        ),
        ("two lengths", format!("{post}content-length: 2\r\ncontent-length: 3\r\n\r\n{{}}x")),
        ("a list of lengths", format!("{post}content-length: 2, 2\r\n\r\n{{}}")),
        ("a signed length", format!("{post}content-length: +2\r\n\r\n{{}}")),
        ("a length that is no number", format!("{post}content-length: two\r\n\r\n{{}}")),
        ("an unknown coding", format!("{post}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n")),
        (
            "chunked twice",
            format!("{post}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        ),
        ("chunked in 1.0", "POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n".into()),
        ("two hosts", "GET /livez HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n".into()),
        ("no host", "GET /livez HTTP/1.1\r\n\r\n".into()),
        ("a space before the colon", "GET /livez HTTP/1.1\r\nhost : t\r\n\r\n".into()),
        ("a folded header", "GET /livez HTTP/1.1\r\nhost: t\r\nx-a: 1\r\n 2\r\n\r\n".into()),
        ("a NUL in a header", "GET /livez HTTP/1.1\r\nhost: t\r\nx-a: \0\r\n\r\n".into()),
        ("no HTTP at all", "hello\r\n\r\n".into()),
    ] {
        let smuggled = format!("{request}GET /livez HTTP/1.1\r\nhost: t\r\n\r\n");
        let text = answer_to(&server, smuggled.as_bytes()).await;
        assert_eq!(answers(&text), 1, "{name}: {text}");
        assert!(text.starts_with("HTTP/1.1 400 "), "{name}: {text}");
    }
}

#[tokio::test]
async fn a_broken_chunk_is_refused_once_and_the_connection_ends() {
    let server = Server::start();
    let post = "POST /api/v1/auth/login/ HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    for chunk in
        ["xyz\r\n", "-1\r\n{}\r\n0\r\n\r\n", "ffffffffffffffffff\r\n", "2\r\n{}__\r\n0\r\n\r\n", "\r\n{}"]
    {
        let text = answer_to(&server, format!("{post}{chunk}").as_bytes()).await;
        assert_eq!(answers(&text), 1, "{chunk:?}: {text}");
        assert!(text.starts_with("HTTP/1.1 400 "), "{chunk:?}: {text}");
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let server = Server::start();
    let many = "x-a: 1\r\n".repeat(97);
    let text = answer_to(&server, format!("GET /livez HTTP/1.1\r\nhost: t\r\n{many}\r\n").as_bytes()).await;
    assert!(text.starts_with("HTTP/1.1 4"), "{text}");
    let long = "a".repeat(129 * 1024);
    let text = answer_to(&server, format!("GET /livez HTTP/1.1\r\nhost: t\r\nx-a: {long}").as_bytes()).await;
    assert!(text.starts_with("HTTP/1.1 431 "), "{text}");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let server = Server::start();
    let mut wire = Wire::connect(server.address).await;
    wire.write(b"GET /livez HTTP/1.1\r\nhost: t\r\n\r\nGET /nothing HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n").await;
    let text = String::from_utf8_lossy(&wire.read_to_close().await).into_owned();
    assert_eq!(answers(&text), 2, "{text}");
    assert!(text.find("200 OK") < text.find("404 Not Found"), "{text}");
}
