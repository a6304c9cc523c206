//! The OpenTelemetry spans of commands.

use crate::support::{Receiver, TestEnv};
use serde_json::Value;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[test]
fn traces_of_apply_have_customers_and_requests_and_no_secret() {
    let mut env = TestEnv::new();
    let collector = Receiver::start();
    env.set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &collector.address);
    env.set("TRACEPARENT", &format!("00-{TRACE}-00f067aa0ba902b7-01"));
    env.run(&["apply", "--auto-approve"]).exits(0);
    // The second request has the spans that end with the command.
    let bodies = [collector.next(), collector.next()];
    let spans = bodies.iter().flat_map(|body| {
        let spans = &body["resourceSpans"][0]["scopeSpans"][0]["spans"];
        spans.as_array().unwrap()
    });
    let spans: Vec<&Value> = spans.collect();
    assert!(spans.iter().all(|span| span["traceId"] == TRACE));
    let count = |name: &str| spans.iter().filter(|span| span["name"] == name).count();
    assert_eq!((count("apply"), count("customer")), (1, 2), "{spans:?}");
    let requests = env.sandbox().log().len();
    assert_eq!(spans.len(), requests + 3, "{spans:?}");
    assert!(collector.is_silent());
}

#[test]
fn endpoint_that_takes_no_spans_is_a_note() {
    let mut env = TestEnv::new();
    // Nothing listens at port 1.
    env.set("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");
    let planned = env.run(&["plan"]);
    let notes = &planned.exits(0).stderr;
    assert!(notes.contains("spans are lost: no connection"), "{notes}");
    env.set("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel.example:4318");
    env.set("OTEL_EXPORTER_OTLP_HEADERS", "authorization=secret-login");
    let planned = env.run(&["plan"]);
    let notes = &planned.exits(0).stderr;
    assert!(notes.contains("must start with https://"), "{notes}");
    assert!(!notes.contains("secret-login"), "{notes}");
}
