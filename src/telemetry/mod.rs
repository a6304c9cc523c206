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
use tokio::sync::{mpsc, oneshot};
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
    /// Takes the spans that end with the command.
    end: oneshot::Sender<Vec<Span>>,
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
        let (end, last) = oneshot::channel();
        let exporter = Exporter {
            client,
            headers: settings.headers,
            resource,
            delivery: Delivery::default(),
        };
        Ok(Self {
            recorder: Arc::new(Recorder::new(command, settings.parent.span_id, sender)),
            end,
            exporter: tokio::spawn(exporter.run(spans, last)),
        })
    }

    /// Receives the events of the command.
    pub(crate) fn sink(&self) -> Arc<dyn Sink> {
        Arc::clone(&self.recorder) as Arc<dyn Sink>
    }

    /// Ends the span of the command, and waits for the last spans. Returns what a user should know.
    pub(crate) async fn finish(self, exit_code: u8) -> Option<String> {
        let (at_end, dropped) = self.recorder.finish(exit_code);
        // An exporter that is gone is reported below.
        let _ = self.end.send(at_end);
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

struct Exporter {
    client: PostClient,
    headers: Vec<(String, String)>,
    resource: Resource,
    delivery: Delivery,
}

impl Exporter {
    /// Sends spans until the recorder ends, and then the last ones.
    async fn run(
        mut self,
        mut spans: mpsc::Receiver<Span>,
        last: oneshot::Receiver<Vec<Span>>,
    ) -> Delivery {
        let mut batch = Vec::with_capacity(BATCH);
        while fill(&mut batch, &mut spans).await {
            self.send(batch.drain(..)).await;
        }
        let mut last = last.await.unwrap_or_default().into_iter().peekable();
        while last.peek().is_some() {
            self.send(last.by_ref().take(BATCH)).await;
        }
        self.delivery
    }

    async fn send(&mut self, spans: impl Iterator<Item = Span>) {
        let (body, count) = otlp::request(&self.resource, spans);
        let problem = match self.client.post(&self.headers, body).await {
            Ok(200..=299) => return,
            Ok(status) => format!("the endpoint answered {status}"),
            Err(problem) => problem,
        };
        self.delivery.lost += count;
        self.delivery.problem = Some(problem);
    }
}
