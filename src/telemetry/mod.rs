//! Responsible for traces of a command as OpenTelemetry spans: one for the command, one for each customer, one for each
//! request. Sends nothing unless the environment names an endpoint. Spans have the fields of events only, and so no
//! body, no header and no message of the API.

mod otlp;
mod settings;
mod spans;
#[cfg(test)]
mod tests;

pub(crate) use settings::Settings;

use crate::events::Sink;
use crate::http::PostClient;
use otlp::Resource;
use spans::{Recorder, Span};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

/// The most spans of a request.
const BATCH: usize = 512;
/// The spans that wait for a request. More are lost.
const WAITING: usize = 8 * BATCH;
/// How long spans are gathered for one request.
const GATHER: Duration = Duration::from_secs(2);
/// How long a command that has ended waits for its last spans.
const LAST_SPANS: Duration = Duration::from_secs(5);

/// The traces of one command.
pub(crate) struct Telemetry {
    recorder: Arc<Recorder>,
    exporter: JoinHandle<Delivery>,
}

/// What became of the spans.
#[derive(Debug, Default)]
struct Delivery {
    /// The spans of requests that failed.
    lost: u64,
    /// Why the last of these requests failed.
    problem: Option<String>,
}

impl Telemetry {
    /// Starts to record. Must be called on a runtime. The error says what is wrong with the settings.
    pub(crate) fn start(settings: Settings, command: &'static str) -> Result<Self, String> {
        let client = PostClient::for_traces(&settings.endpoint, !settings.headers.is_empty())?;
        let resource = Resource {
            service: settings.service,
            trace_id: settings.parent.trace_id.clone(),
        };
        let (sender, spans) = mpsc::channel(WAITING);
        let exporter = tokio::spawn(export(client, settings.headers, resource, spans));
        Ok(Self {
            recorder: Arc::new(Recorder::new(command, settings.parent.span_id, sender)),
            exporter,
        })
    }

    /// Receives the events of the command.
    pub(crate) fn sink(&self) -> Arc<dyn Sink> {
        Arc::clone(&self.recorder) as Arc<dyn Sink>
    }

    /// Ends the span of the command, and waits for the last spans. Returns what a user should know.
    pub(crate) async fn finish(self, exit_code: u8) -> Option<String> {
        let dropped = self.recorder.finish(exit_code);
        let ended = timeout(LAST_SPANS, self.exporter).await;
        let Ok(Ok(delivery)) = ended else {
            return Some("the endpoint did not take all spans in time".to_owned());
        };
        match (delivery.problem, delivery.lost + dropped) {
            (Some(problem), lost) => Some(format!("{lost} spans are lost: {problem}")),
            (None, 0) => None,
            (None, lost) => Some(format!("{lost} spans are lost: the endpoint was too slow")),
        }
    }
}

/// Fills a batch with the spans of a while. False after the last span.
async fn fill(batch: &mut Vec<Span>, spans: &mut mpsc::Receiver<Span>) -> bool {
    let Some(first) = spans.recv().await else {
        return false;
    };
    batch.push(first);
    let end = Instant::now() + GATHER;
    while batch.len() < BATCH
        && let Ok(Some(span)) = timeout_at(end, spans.recv()).await
    {
        batch.push(span);
    }
    true
}

/// Sends spans until the recorder ends.
async fn export(
    client: PostClient,
    headers: Vec<(String, String)>,
    resource: Resource,
    mut spans: mpsc::Receiver<Span>,
) -> Delivery {
    let mut delivery = Delivery::default();
    let mut batch = Vec::with_capacity(BATCH);
    while fill(&mut batch, &mut spans).await {
        let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        let body = otlp::request(&resource, batch.drain(..));
        let problem = match client.post(&headers, body).await {
            Ok(200..=299) => continue,
            Ok(status) => format!("the endpoint answered {status}"),
            Err(problem) => problem,
        };
        delivery.lost += count;
        delivery.problem = Some(problem);
    }
    delivery
}
