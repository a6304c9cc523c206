//! Responsible for recording events in tests.

use super::{Event, Sink};
use crate::model::LockUnpoisoned;
use serde_json::Value;
use std::sync::Mutex;
use std::time::Duration;

/// Records every event.
#[derive(Default)]
pub(crate) struct Recorder(Mutex<Vec<Value>>);

impl Recorder {
    /// Removes and returns the recorded events.
    pub(crate) fn drain(&self) -> Vec<Value> {
        std::mem::take(&mut self.0.lock_unpoisoned())
    }

    /// The reasons and durations of all recorded waits.
    pub(crate) fn waits(&self) -> Vec<(String, Duration)> {
        let events = self.0.lock_unpoisoned();
        events
            .iter()
            .filter(|event| event["kind"] == "wait_started")
            .map(|event| {
                let reason = event["reason"].as_str().unwrap_or_default().to_owned();
                (
                    reason,
                    serde_json::from_value(event["longest"].clone()).unwrap_or_default(),
                )
            })
            .collect()
    }
}

impl Sink for Recorder {
    fn emit(&self, event: Event<'_>) {
        let event = serde_json::to_value(event).unwrap_or_default();
        let mut events = self.0.lock_unpoisoned();
        events.push(event);
    }
}
