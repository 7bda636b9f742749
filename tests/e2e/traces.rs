//! One trace joins the client, the API, the worker and the activation partner, and log lines name it.

use serde_json::{Value, json};

use crate::support::{Server, Site, cheapest};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const REQUEST: &str = "the-request-that-ordered";

/// The lines of a process, each of which must be one object of bounded length.
fn lines(server: &Server) -> Vec<Value> {
    let log = std::fs::read_to_string(server.data_dir().with_extension("log")).unwrap();
    let line = |line: &str| {
        assert!(line.len() < 8 * 1024, "{} bytes", line.len());
        assert!(!line.chars().any(char::is_control), "{line:?}");
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
    };
    log.lines().map(line).collect()
}

/// A field of a line, or of the span that it lies in.
fn field<'a>(line: &'a Value, name: &str) -> Option<&'a str> {
    line.get(name).or_else(|| line.get("span")?.get(name))?.as_str()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_joins_client_api_worker_and_partner() {
    let site = Site::open(false).await;
    let (mut api, mut worker) = (site.start("offers-api", 1), site.start("offers-worker", 1));
    let customer = api.client().log_in("user1").await;
    let offer = json!({"offer_id": cheapest(&customer).await});
    let headers = [("traceparent", PARENT), ("x-request-id", REQUEST)];
    let answer = customer.post_with("/api/v1/activation/", &headers, offer).await.expect(202);
    assert_eq!(answer.header("traceresponse").split('-').nth(1), Some(TRACE));
    let order = answer.json()["transaction_id"].as_str().unwrap().to_owned();
    customer.follow(&order).await;

    let calls = site.partner.handle.calls();
    let told = calls[0].traceparent.as_deref().unwrap();
    assert_eq!(told.split('-').nth(1), Some(TRACE));
    assert_ne!(told, PARENT, "the call is a step of its own");

    assert_eq!((api.terminate(), worker.terminate()), (Some(0), Some(0)));
    let of_request: Vec<_> =
        lines(&api).into_iter().filter(|line| field(line, "request.id") == Some(REQUEST)).collect();
    assert!(of_request.iter().any(|line| line["message"] == "order placed"), "{of_request:?}");
    assert!(of_request.iter().any(|line| line["message"] == "request answered"), "{of_request:?}");
    assert!(of_request.iter().all(|line| field(line, "trace.id") == Some(TRACE)), "{of_request:?}");
    let of_order: Vec<_> =
        lines(&worker).into_iter().filter(|line| field(line, "transaction.id") == Some(&order)).collect();
    for message in ["partner call answered", "order settled"] {
        assert!(of_order.iter().any(|line| line["message"] == message), "{message}: {of_order:?}");
    }
    assert!(of_order.iter().all(|line| field(line, "trace.id") == Some(TRACE)), "{of_order:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_are_json_where_nobody_watches_and_pretty_where_that_is_said() {
    for (format, is_json) in [("auto", true), ("json", true), ("pretty", false)] {
        let settings = vec![("OFFERS_LOG_FORMAT", format.to_owned())];
        let mut server = Server::start(crate::support::Options { settings, ..Default::default() });
        assert_eq!(server.terminate(), Some(0));
        let log = std::fs::read_to_string(server.data_dir().with_extension("log")).unwrap();
        let lines: Vec<_> = log.lines().map(|line| serde_json::from_str::<Value>(line).is_ok()).collect();
        assert!(!lines.is_empty() && lines.iter().all(|json| *json == is_json), "{format}: {log}");
    }
}
