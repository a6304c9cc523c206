//! Responsible for the variables of the OpenTelemetry specification that airlift follows.

use percent_encoding::percent_decode_str;
use uuid::Uuid;

/// The path of traces below an endpoint.
const TRACES: &str = "v1/traces";

/// Where the spans of a command go, and what they belong to.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct Settings {
    /// The address that takes requests with spans.
    pub(super) endpoint: String,
    /// Headers of these requests, which may hold a login.
    pub(super) headers: Vec<(String, String)>,
    /// The name of the service.
    pub(super) service: String,
    pub(super) parent: Parent,
}

/// The span that the command's span is a child of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Parent {
    /// 32 hexadecimal digits.
    pub(super) trace_id: String,
    /// 16 hexadecimal digits; `None` for a trace that begins here.
    pub(super) span_id: Option<String>,
}

impl Settings {
    /// The settings in the variables of a run; `None` if they ask for no traces.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let is_disabled = variable("OTEL_SDK_DISABLED").is_some_and(|text| text == "true")
            || variable("OTEL_TRACES_EXPORTER").is_some_and(|text| text == "none");
        let base = || {
            let base = variable("OTEL_EXPORTER_OTLP_ENDPOINT")?;
            Some(format!("{}/{TRACES}", base.trim_end_matches('/')))
        };
        let endpoint = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").or_else(base)?;
        let parent = match variable("TRACEPARENT").as_deref().and_then(parent) {
            Some((parent, IsSampled(true))) => parent,
            // The caller records no trace, so that its children do not either.
            Some((_, IsSampled(false))) => return None,
            None => Parent {
                trace_id: Uuid::new_v4().simple().to_string(),
                span_id: None,
            },
        };
        let headers = variable("OTEL_EXPORTER_OTLP_TRACES_HEADERS")
            .or_else(|| variable("OTEL_EXPORTER_OTLP_HEADERS"));
        (!is_disabled).then(|| Self {
            endpoint,
            headers: headers.as_deref().map(headers_of).unwrap_or_default(),
            service: variable("OTEL_SERVICE_NAME").unwrap_or_else(|| "airlift".to_owned()),
            parent,
        })
    }
}

/// Whether the caller records the trace.
struct IsSampled(bool);

/// Reads a parent as W3C Trace Context writes it: version, trace, span and flags.
fn parent(text: &str) -> Option<(Parent, IsSampled)> {
    let mut parts = text.trim().split('-');
    let version = hexadecimal(parts.next()?, 2)?;
    let trace_id = hexadecimal(parts.next()?, 32)?;
    let span_id = hexadecimal(parts.next()?, 16)?;
    let flags = hexadecimal(parts.next()?, 2)?;
    let is_zero = |text: &str| text.bytes().all(|byte| byte == b'0');
    let is_too_long = version == "00" && parts.next().is_some();
    if version == "ff" || is_too_long || is_zero(&trace_id) || is_zero(&span_id) {
        return None;
    }
    let flags = u8::from_str_radix(&flags, 16).ok()?;
    let parent = Parent {
        trace_id,
        span_id: Some(span_id),
    };
    Some((parent, IsSampled(flags & 1 == 1)))
}

fn hexadecimal(text: &str, length: usize) -> Option<String> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (text.len() == length && text.bytes().all(is_digit)).then(|| text.to_owned())
}

/// Headers as the specification writes them: `name=value`, separated by commas, with escapes in values.
fn headers_of(text: &str) -> Vec<(String, String)> {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| {
            let value = percent_decode_str(value.trim()).decode_utf8_lossy();
            (name.trim().to_owned(), value.into_owned())
        })
        .collect()
}
