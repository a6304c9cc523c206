//! Responsible for the sinks that show events on stderr, or write them to stdout with `--json`.

use super::Ui;
use super::ndjson::{EventSink, LoggedRequests};
use super::terminal::log::RequestLog;
use super::terminal::progress::Progress;
use crate::events::{Sink, Sinks};
use std::sync::Arc;

/// The progress display, and the request log if it is on.
pub fn progress(ui: &Ui) -> Arc<dyn Sink> {
    let display = events(ui).or_else(|| Some(Box::new(Progress::new(ui)) as Box<dyn Sink>));
    sinks(ui, display)
}

/// The request log only, if it is on. For short commands.
pub fn quiet(ui: &Ui) -> Arc<dyn Sink> {
    sinks(ui, events(ui))
}

fn sinks(ui: &Ui, display: Option<Box<dyn Sink>>) -> Arc<dyn Sink> {
    let log = request_log(ui).into_iter();
    let sinks: Sinks = log.chain(display).chain(ui.observer()).collect();
    Arc::new(sinks)
}

/// The events of `--json`, instead of a display on stderr.
fn events(ui: &Ui) -> Option<Box<dyn Sink>> {
    let requests = if ui.logs_requests() {
        LoggedRequests::All
    } else {
        LoggedRequests::Failed
    };
    let stream = ui.events()?.clone();
    Some(Box::new(EventSink::new(stream, requests)))
}

/// The log on stderr. With `--json`, the events say the same.
fn request_log(ui: &Ui) -> Option<Box<dyn Sink>> {
    let is_on = ui.logs_requests() && ui.events().is_none();
    is_on.then(|| Box::new(RequestLog::new(ui)) as Box<dyn Sink>)
}
