//! Tests of settings and spans.

use super::settings::Settings;
use super::spans::Recorder;
use super::{Resource, otlp};
use crate::events::{Event, RequestEvent, ResponseSummary, Sink as _};
use crate::model::{Action, Address, Outcome};
use serde_json::Value;
use std::time::Duration;
use tokio::sync::mpsc;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

fn read(variables: &[(&str, &str)]) -> Option<Settings> {
    Settings::read(|name| {
        let named = variables.iter().find(|(variable, _)| *variable == name);
        named.map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn settings_follow_the_variables_of_the_specification() {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://otel.example/base/");
    assert!(read(&[]).is_none());
    assert!(read(&[endpoint, ("OTEL_SDK_DISABLED", "true")]).is_none());
    assert!(read(&[endpoint, ("OTEL_TRACES_EXPORTER", "none")]).is_none());
    let headers = (
        "OTEL_EXPORTER_OTLP_HEADERS",
        "authorization=Bearer%20a+b, x=1",
    );
    let settings = read(&[endpoint, headers]).unwrap();
    assert_eq!(settings.endpoint, "https://otel.example/base/v1/traces");
    let expected = [("authorization", "Bearer a+b"), ("x", "1")];
    assert_eq!(
        settings.headers,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    assert!(settings.parent.span_id.is_none() && settings.parent.trace_id.len() == 32);
    let traces = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://t.example/x");
    assert_eq!(read(&[endpoint, traces]).unwrap().endpoint, traces.1);
}

#[test]
fn parent_is_valid_and_sampled_or_the_trace_is_new_or_off() {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://otel.example");
    let with = |parent: &str| read(&[endpoint, ("TRACEPARENT", parent)]);
    let valid = with(&format!("00-{TRACE}-{PARENT}-01")).unwrap().parent;
    assert_eq!(valid.trace_id, TRACE);
    assert_eq!(valid.span_id.as_deref(), Some(PARENT));
    assert!(with(&format!("00-{TRACE}-{PARENT}-00")).is_none());
    for wrong in [
        "x".to_owned(),
        format!("ff-{TRACE}-{PARENT}-01"),
        format!("00-{TRACE}-{PARENT}-01-x"),
        format!("00-{TRACE}-0000000000000000-01"),
        format!("00-{}-{PARENT}-01", TRACE.to_uppercase()),
    ] {
        assert!(with(&wrong).unwrap().parent.span_id.is_none(), "{wrong}");
    }
}

fn request(operation: &'static str, about: &'static str, status: u16) -> Event<'static> {
    Event::RequestFinished(RequestEvent {
        number: 1,
        operation,
        about,
        response: ResponseSummary::Status(status),
        elapsed: Duration::from_millis(5),
        attempt: 1,
        request_id: None,
    })
}

#[test]
fn spans_of_a_command_are_a_tree_of_customers_and_requests() {
    let (sender, mut spans) = mpsc::channel(16);
    let recorder = Recorder::new("apply", Some(PARENT.to_owned()), sender);
    recorder.emit(request("list_workspaces", "", 200));
    recorder.emit(request(
        "create_integrations_connectors",
        "acme/GitHub",
        503,
    ));
    recorder.emit(Event::StepFinished {
        address: &Address::connector("acme", "GitHub"),
        action: Action::Create,
        outcome: Outcome::Failed,
        remote_id: None,
        code: Some("remote_failed"),
        message: Some("text of the API"),
        request: None,
        warnings: &[],
    });
    let (mut all, dropped) = recorder.finish(4);
    assert_eq!(dropped, 0);
    while let Ok(span) = spans.try_recv() {
        all.push(span);
    }
    let resource = Resource {
        service: "airlift".to_owned(),
        trace_id: TRACE.to_owned(),
    };
    let (body, count) = otlp::request(&resource, all.into_iter());
    assert_eq!(count, 4);
    assert!(!body.contains("text of the API"), "{body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    let spans = &body["resourceSpans"][0]["scopeSpans"][0]["spans"];
    let named = |name: &str| {
        let spans = spans.as_array().unwrap();
        spans.iter().find(|span| span["name"] == name).unwrap()
    };
    let (root, customer) = (named("apply"), named("customer"));
    assert_eq!(root["parentSpanId"], PARENT);
    assert_eq!(root["status"]["code"], 2);
    assert_eq!(named("list_workspaces")["parentSpanId"], root["spanId"]);
    assert_eq!(customer["parentSpanId"], root["spanId"]);
    assert_eq!(customer["attributes"][0]["value"]["stringValue"], "acme");
    assert_eq!(customer["status"]["code"], 2);
    let create = named("create_integrations_connectors");
    assert_eq!(create["parentSpanId"], customer["spanId"]);
    assert_eq!(
        (&create["kind"], &create["traceId"]),
        (&3.into(), &TRACE.into())
    );
}

#[test]
fn full_queue_drops_spans_and_counts_them() {
    let (sender, _spans) = mpsc::channel(1);
    let recorder = Recorder::new("plan", None, sender);
    for _ in 0..3 {
        recorder.emit(request("list_integrations_connectors", "acme", 200));
    }
    let (last, dropped) = recorder.finish(0);
    assert_eq!(dropped, 2);
    // The spans of the command and of the customer are not lost.
    let names: Vec<&str> = last.iter().map(|span| span.name).collect();
    assert_eq!(names, ["plan", "customer"]);
}
