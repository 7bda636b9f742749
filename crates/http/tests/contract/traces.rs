//! Requests are steps of traces (W3C Trace Context).

use std::collections::BTreeSet;

use crate::support::{Answer, Server};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

/// The trace and the step that an answer names.
fn place(answer: &Answer) -> (String, String) {
    let header = answer.header("traceresponse").expect("every answer names its trace");
    let parts: Vec<_> = header.split('-').collect();
    assert_eq!((parts.len(), parts[0]), (4, "00"), "{header}");
    (parts[1].to_owned(), parts[2].to_owned())
}

#[tokio::test]
async fn a_request_joins_the_trace_of_its_client_as_a_step_of_its_own() {
    let server = Server::start();
    let client = server.stranger().header("traceparent", &format!("00-{TRACE}-{SPAN}-00"));
    for path in ["/livez", "/nowhere", "/api/v1/account/"] {
        let answer = client.get(path).await;
        let (trace, span) = place(&answer);
        assert_eq!(trace, TRACE, "{path}");
        assert_ne!(span, SPAN, "{path}");
        assert!(answer.header("traceresponse").unwrap().ends_with("-00"), "what is not sampled stays so");
    }
}

#[tokio::test]
async fn a_request_without_a_good_trace_begins_one() {
    let server = Server::start();
    let mut traces = BTreeSet::new();
    let long = format!("00-{TRACE}-{SPAN}-01-{}", "x".repeat(3000));
    let bad = ["", "nonsense", "00-0-0-00", &long, &format!("ff-{TRACE}-{SPAN}-01"), "\u{1}"];
    for header in bad {
        let answer = server.stranger().header("traceparent", header).get("/livez").await;
        if answer.status == 200 {
            traces.insert(place(&answer).0);
        }
    }
    let good = format!("00-{TRACE}-{SPAN}-01");
    let twice = server.stranger().header("traceparent", &good).header("traceparent", &good);
    traces.insert(place(&twice.get("/livez").await).0);
    traces.insert(place(&server.stranger().get("/livez").await).0);
    assert_eq!(traces.len(), 7, "each its own: {traces:?}");
    assert!(!traces.contains(TRACE));
}
