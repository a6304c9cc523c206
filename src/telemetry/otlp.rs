//! Responsible for requests with spans, as the OpenTelemetry protocol writes them in JSON.

use super::spans::Span;
use serde_json::{Value, json};

/// What all spans of a command have in common.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    /// The name of the service.
    pub(super) service: String,
    pub(super) trace_id: String,
}

/// The kinds of spans in the protocol.
const INTERNAL: u8 = 1;
const CLIENT: u8 = 3;
/// The status of a span that failed.
const ERROR: u8 = 2;

/// The body of a request with spans, and their number.
pub(super) fn request(resource: &Resource, spans: impl Iterator<Item = Span>) -> (String, u64) {
    let spans: Vec<Value> = spans.map(|span| written(resource, span)).collect();
    let version = env!("CARGO_PKG_VERSION");
    let attributes = [
        attribute("service.name", &resource.service.as_str().into()),
        attribute("service.version", &version.into()),
    ];
    let scope = json!({"name": "airlift", "version": version});
    let count = u64::try_from(spans.len()).unwrap_or(u64::MAX);
    let body = json!({"resourceSpans": [{
        "resource": {"attributes": attributes},
        "scopeSpans": [{"scope": scope, "spans": spans}],
    }]});
    (body.to_string(), count)
}

fn written(resource: &Resource, span: Span) -> Value {
    let attributes = span.attributes.iter();
    let attributes: Vec<Value> = attributes
        .map(|(name, value)| attribute(name, value))
        .collect();
    let mut written = json!({
        "traceId": resource.trace_id,
        "spanId": span.id,
        "name": span.name,
        "kind": if span.is_request { CLIENT } else { INTERNAL },
        // The protocol writes numbers of 64 bits as texts.
        "startTimeUnixNano": span.start.as_nanosecond().to_string(),
        "endTimeUnixNano": span.end.as_nanosecond().to_string(),
        "attributes": attributes,
        "status": if span.has_failed { json!({"code": ERROR}) } else { json!({}) },
    });
    if let Some(parent) = span.parent {
        written["parentSpanId"] = parent.into();
    }
    written
}

fn attribute(name: &str, value: &Value) -> Value {
    let value = match value {
        Value::Number(number) => json!({"intValue": number.to_string()}),
        Value::String(text) => json!({"stringValue": text}),
        other => json!({"stringValue": other.to_string()}),
    };
    json!({"key": name, "value": value})
}
