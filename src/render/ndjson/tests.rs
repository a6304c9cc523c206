//! Tests of single events; the scenarios run whole commands.

use super::line::{EventBody, Level};
use super::sink::{EventSink, LoggedRequests};
use crate::events::{Event, RequestEvent, ResponseSummary, Sink};
use crate::failure::{Exit, Failure};
use crate::model::{Action, Address, FailedRequest, Outcome};
use crate::render::{
    Captured, ColorChoice, OutputEnvironment, Ui, Verbosity, json, sample, sample::golden,
};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

fn ui() -> (Ui, Captured) {
    let environment = OutputEnvironment::default();
    let ui = Ui::new(ColorChoice::Auto, Verbosity::Normal, &environment);
    let (ui, captured) = ui.captured();
    (ui.with_events(Uuid::nil()), captured)
}

/// The events, each of which the schema accepts, without their times.
fn events(captured: &Captured) -> Vec<Value> {
    let schema = json::events_schema();
    let validator = jsonschema::validator_for(schema.as_value()).unwrap();
    let text = captured.out();
    let read = |line: &str| {
        let mut event: Value = serde_json::from_str(line).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&event)
            .map(|e| e.to_string())
            .collect();
        assert_eq!(errors, Vec::<String>::new(), "{line}");
        event["@timestamp"] = json!("T");
        event
    };
    text.lines().map(read).collect()
}

fn types(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect()
}

fn end(ui: &Ui, exit: Exit, failure: Option<&Failure>) {
    ui.events().unwrap().end(exit, failure).unwrap();
}

#[test]
fn events_of_a_plan_match_their_golden_file_and_schema() {
    let (ui, captured) = ui();
    super::target(&ui, "sandbox", "5b0c6f0e-6a51-4f2f-9f6d-2f6f5a1f3c11");
    super::plan(&ui, &sample::rich(), None);
    super::notice(&ui, "a \u{1b}[31mnote\u{202e}");
    end(&ui, Exit::Changes, None);
    let lines: Vec<String> = events(&captured)
        .iter()
        .map(|event| json::compact(event).map(|line| String::from_utf8(line).unwrap()))
        .collect::<Result<_, _>>()
        .unwrap();
    golden("events-plan.ndjson", &(lines.join("\n") + "\n"));
    assert!(!captured.out().contains(['\u{1b}', '\u{202e}']));
}

#[test]
fn events_of_a_drift_are_one_for_each_object_and_the_counts() {
    let (ui, captured) = ui();
    super::drift(&ui, &sample::drift());
    end(&ui, Exit::Success, None);
    let events = events(&captured);
    let drifted = types(&events)
        .iter()
        .filter(|kind| **kind == "resource_drift")
        .count();
    assert!(drifted > 3, "{events:?}");
    let summary = events.last().unwrap();
    assert!(summary["drifted"]["connectors"].is_u64(), "{summary}");
}

#[test]
fn events_of_steps_have_ids_attempts_and_durations() {
    let (ui, captured) = ui();
    let sink = EventSink::new(ui.events().unwrap().clone(), LoggedRequests::Failed);
    let address = Address::connector("acme", "GitHub");
    let request = FailedRequest {
        operation: "create_integrations_connectors".to_owned(),
        attempts: 3,
        status: Some(503),
        request_id: Some("r-1".to_owned()),
    };
    let finished = |outcome, remote_id, request| Event::StepFinished {
        address: &address,
        action: Action::Create,
        outcome,
        remote_id,
        code: None,
        message: None,
        request,
        warnings: &[],
    };
    let started = Event::StepStarted {
        address: &address,
        action: Action::Create,
    };
    sink.emit(Event::ExecutionStarted { steps: 3 });
    sink.emit(started);
    sink.emit(finished(Outcome::Succeeded, Some("id-1"), None));
    sink.emit(started);
    sink.emit(finished(Outcome::Failed, None, Some(&request)));
    sink.emit(finished(Outcome::NotAttempted, None, None));
    sink.emit(Event::PhaseFinished);
    let events = events(&captured);
    let expected = [
        "version",
        "apply_start",
        "apply_complete",
        "apply_start",
        "apply_errored",
        "apply_skipped",
    ];
    assert_eq!(types(&events), expected);
    assert_eq!(events[2]["id"], "id-1");
    assert!(events[2]["elapsed_seconds"].is_f64());
    assert_eq!(events[4]["request"]["attempts"], 3);
    assert_eq!(events[4]["request"]["request_id"], "r-1");
    assert_eq!(events[5]["elapsed_seconds"], Value::Null);
}

#[test]
fn events_of_reading_start_and_complete_each_phase() {
    let (ui, captured) = ui();
    let sink = EventSink::new(ui.events().unwrap().clone(), LoggedRequests::Failed);
    sink.emit(Event::CustomersListed { done: 100 });
    sink.emit(Event::CustomersListed { done: 250 });
    sink.emit(Event::ConnectorsListed { done: 1, total: 2 });
    sink.emit(Event::ConnectorsListed { done: 2, total: 2 });
    sink.emit(Event::PhaseFinished);
    let events = events(&captured);
    let expected = [
        "version",
        "refresh_start",
        "refresh_complete",
        "refresh_start",
        "refresh_complete",
    ];
    assert_eq!(types(&events), expected);
    assert_eq!(events[2]["done"], 250);
    assert_eq!(events[4]["total"], 2);
}

#[test]
fn events_of_requests_are_written_for_failures_and_for_all_with_vv() {
    let request = |status| {
        Event::RequestFinished(RequestEvent {
            number: 1,
            operation: "list_workspaces",
            about: "",
            response: ResponseSummary::Status(status),
            elapsed: Duration::from_millis(5),
            attempt: 1,
            request_id: None,
        })
    };
    for (requests, count) in [(LoggedRequests::Failed, 2), (LoggedRequests::All, 3)] {
        let (ui, captured) = ui();
        let sink = EventSink::new(ui.events().unwrap().clone(), requests);
        sink.emit(request(200));
        sink.emit(request(503));
        assert_eq!(events(&captured).len(), count, "{requests:?}");
    }
}

#[test]
fn events_after_the_last_one_are_dropped() {
    let (ui, captured) = ui();
    let failure = Failure::internal("a defect");
    ui.events().unwrap().end_after_panic(&failure);
    end(&ui, Exit::Success, None);
    super::notice(&ui, "too late");
    let events = events(&captured);
    assert_eq!(types(&events), ["version", "summary"]);
    assert_eq!(events[1]["result"], "failed");
    assert_eq!(events[1]["error"]["exit_code"], 70);
}

#[test]
fn events_of_several_threads_are_numbered_in_their_order() {
    let (ui, captured) = ui();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..50).for_each(|_| super::notice(&ui, "note")));
        }
    });
    let numbers: Vec<u64> = events(&captured)
        .iter()
        .map(|event| event["seq"].as_u64().unwrap())
        .collect();
    assert!(numbers.into_iter().eq(1..=201));
}

#[test]
fn event_of_a_result_has_the_document() {
    let (ui, captured) = ui();
    json::document(&mut ui.out(), &json!({"a": 1})).unwrap();
    ui.out().say("text").unwrap();
    let body = EventBody::Result {
        document: json!({"a": 1}),
    };
    let stream = ui.events().unwrap();
    stream.emit(Level::Info, "the result", &body);
    let events = events(&captured);
    assert_eq!(events.len(), 3);
    assert_eq!(events[1]["document"], events[2]["document"]);
    assert_eq!(events[1]["type"], events[2]["type"]);
}
