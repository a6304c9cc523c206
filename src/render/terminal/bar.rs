//! Responsible for the bar of one phase on a terminal: counts, time, rate of requests, and what the run
//! does now.

use super::Color;
use super::bar_terminal::BarTerminal;
use crate::model::LockUnpoisoned;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long the bar says `throttled` after a response with 429.
const THROTTLED_FOR: Duration = Duration::from_secs(5);
/// How often a bar is drawn in a second at most.
const FRAMES_PER_SECOND: u8 = 20;
/// A rate of less time than this is noise.
const RATE_AFTER: Duration = Duration::from_secs(1);

/// The requests of a phase.
#[derive(Debug)]
pub(super) struct RequestRate {
    since: Instant,
    requests: AtomicU64,
    throttled_at: Mutex<Option<Instant>>,
}

impl RequestRate {
    pub(super) fn new() -> Self {
        Self {
            since: Instant::now(),
            requests: AtomicU64::new(0),
            throttled_at: Mutex::default(),
        }
    }

    /// Counts a request.
    pub(super) fn count(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Notices that the service asks for fewer requests.
    pub(super) fn throttle(&self) {
        *self.throttled_at.lock_unpoisoned() = Some(Instant::now());
    }

    /// `12.3 req/s, throttled`; empty in the first second.
    fn text(&self) -> String {
        let elapsed = self.since.elapsed();
        let throttled = *self.throttled_at.lock_unpoisoned();
        let is_throttled = throttled.is_some_and(|at| at.elapsed() < THROTTLED_FOR);
        let rate = (elapsed >= RATE_AFTER).then(|| {
            let requests = u32::try_from(self.requests.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
            format!("{:.1} req/s", f64::from(requests) / elapsed.as_secs_f64())
        });
        let throttled = is_throttled.then(|| "throttled".to_owned());
        let parts: Vec<String> = rate.into_iter().chain(throttled).collect();
        parts.join(", ")
    }
}

/// The bar of a phase, complete before its first frame. `total` is the number of its parts, if known.
pub(super) fn bar(
    name: String,
    total: Option<u64>,
    color: Color,
    rate: Arc<RequestRate>,
) -> ProgressBar {
    let terminal = Box::new(BarTerminal::new());
    let target = ProgressDrawTarget::term_like_with_hz(terminal, FRAMES_PER_SECOND);
    let bar = ProgressBar::with_draw_target(total, target)
        .with_style(style(total, color, rate))
        .with_prefix(name);
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

fn style(total: Option<u64>, color: Color, rate: Arc<RequestRate>) -> ProgressStyle {
    let template = match (total, color) {
        (Some(_), Color::On) => {
            "{prefix} [{bar:20.green}] {pos}/{len} {elapsed} {rate} {wide_msg:.dim}"
        }
        (Some(_), Color::Off) => "{prefix} [{bar:20}] {pos}/{len} {elapsed} {rate} {wide_msg}",
        (None, Color::On) => "{spinner:.green} {prefix} {pos} {elapsed} {rate} {wide_msg:.dim}",
        (None, Color::Off) => "{spinner} {prefix} {pos} {elapsed} {rate} {wide_msg}",
    };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key(
            "rate",
            move |_: &ProgressState, out: &mut dyn fmt::Write| {
                // A frame without the rate is still a frame.
                let _ = out.write_str(&rate.text());
            },
        )
        .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::{Color, RequestRate, style};
    use std::sync::Arc;

    #[test]
    fn style_of_every_bar_parses() {
        for total in [Some(1), None] {
            for color in [Color::On, Color::Off] {
                let _ = style(total, color, Arc::new(RequestRate::new()));
            }
        }
    }

    #[test]
    fn request_rate_after_a_429_says_throttled() {
        let rate = RequestRate::new();
        rate.count();
        assert_eq!(rate.text(), "");
        rate.throttle();
        assert_eq!(rate.text(), "throttled");
    }
}
