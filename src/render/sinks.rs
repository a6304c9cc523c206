//! Responsible for the sinks that show events on stderr.

use super::Ui;
use super::terminal::log::RequestLog;
use super::terminal::progress::Progress;
use crate::events::{Sink, Sinks};
use std::sync::Arc;

/// The progress display, and the request log if it is on.
pub fn progress(ui: &Ui) -> Arc<dyn Sink> {
    let progress: Box<dyn Sink> = Box::new(Progress::new(ui));
    let sinks: Sinks = request_log(ui).into_iter().chain([progress]).collect();
    Arc::new(sinks)
}

/// The request log only, if it is on. For short commands.
pub fn quiet(ui: &Ui) -> Arc<dyn Sink> {
    let sinks: Sinks = request_log(ui).into_iter().collect();
    Arc::new(sinks)
}

fn request_log(ui: &Ui) -> Option<Box<dyn Sink>> {
    ui.logs_requests()
        .then(|| Box::new(RequestLog::new(ui)) as Box<dyn Sink>)
}
