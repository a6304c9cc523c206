//! Responsible for the sinks that show events on stderr, or write them to stdout with `--json`.

use super::Ui;
use super::ndjson::{EventSink, LoggedRequests};
use super::terminal::log::RequestLog;
use super::terminal::progress::Progress;
use crate::events::{Sink, Sinks};
use std::sync::Arc;

/// The progress display, and the request log if it is on.
pub fn progress(ui: &Ui) -> Arc<dyn Sink> {
    if let Some(events) = events(ui) {
        return events;
    }
    let progress: Box<dyn Sink> = Box::new(Progress::new(ui));
    let sinks: Sinks = request_log(ui).into_iter().chain([progress]).collect();
    Arc::new(sinks)
}

/// The request log only, if it is on. For short commands.
pub fn quiet(ui: &Ui) -> Arc<dyn Sink> {
    if let Some(events) = events(ui) {
        return events;
    }
    let sinks: Sinks = request_log(ui).into_iter().collect();
    Arc::new(sinks)
}

/// The events of `--json`, instead of a display on stderr.
fn events(ui: &Ui) -> Option<Arc<dyn Sink>> {
    let requests = if ui.logs_requests() {
        LoggedRequests::All
    } else {
        LoggedRequests::Failed
    };
    let stream = ui.events()?.clone();
    Some(Arc::new(EventSink::new(stream, requests)))
}

fn request_log(ui: &Ui) -> Option<Box<dyn Sink>> {
    ui.logs_requests()
        .then(|| Box::new(RequestLog::new(ui)) as Box<dyn Sink>)
}
