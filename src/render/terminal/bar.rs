//! Responsible for the bar of one phase on a terminal: counts, time, rate of requests, and what the run
//! does now.

use super::Color;
use super::bar_terminal::BarTerminal;
use crate::model::LockUnpoisoned;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle, TermLike as _};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use textwrap::core::display_width;

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
    let terminal = BarTerminal::new();
    let frame = Frame::new(&name, total, terminal.width());
    let style = style(frame, total, color, rate);
    let target = ProgressDrawTarget::term_like_with_hz(Box::new(terminal), FRAMES_PER_SECOND);
    let bar = ProgressBar::with_draw_target(total, target)
        .with_style(style)
        .with_prefix(name);
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// The parts of a frame that fit into a line. A frame that is longer than the line could not be cleared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Frame {
    /// The columns of the bar, or a spinner in place of the bar.
    bar: Option<usize>,
    shows_rate: bool,
}

impl Frame {
    /// The longest rate, such as `12345.6 req/s, throttled`.
    const RATE: usize = 24;
    /// The longest elapsed time, such as `120m`.
    const ELAPSED: usize = 4;
    /// The digits of a number of parts that is not known.
    const DIGITS: usize = 6;

    fn new(name: &str, total: Option<u64>, columns: u16) -> Self {
        let digits = total.map_or(Self::DIGITS, |total| total.to_string().len());
        let counts = if total.is_some() {
            2 * digits + 1
        } else {
            digits
        };
        // The parts have a blank between them.
        let fixed = display_width(name) + 1 + counts + 1 + Self::ELAPSED + 1;
        let left = usize::from(columns).saturating_sub(fixed);
        let rate = Self::RATE + 1;
        let bars: &[usize] = if total.is_some() { &[20, 10] } else { &[] };
        let fitting = |more: usize| bars.iter().copied().find(|bar| bar + 3 + more <= left);
        match (fitting(rate), fitting(0)) {
            (bar @ Some(_), _) => Self {
                bar,
                shows_rate: true,
            },
            (None, bar) => Self {
                bar,
                shows_rate: bar.is_none() && rate + 2 <= left,
            },
        }
    }

    fn template(self, total: Option<u64>, color: Color) -> String {
        let (dim, green) = match color {
            Color::On => (".dim", ".green"),
            Color::Off => ("", ""),
        };
        let start = match (self.bar, total) {
            (Some(bar), _) => format!("{{prefix}} [{{bar:{bar}{green}}}] {{pos}}/{{len}}"),
            (None, Some(_)) => "{prefix} {pos}/{len}".to_owned(),
            (None, None) if color == Color::On => "{spinner:.green} {prefix} {pos}".to_owned(),
            (None, None) => "{spinner} {prefix} {pos}".to_owned(),
        };
        let rate = if self.shows_rate { " {rate}" } else { "" };
        format!("{start} {{elapsed}}{rate} {{wide_msg:{dim}}}").replace("{wide_msg:}", "{wide_msg}")
    }
}

fn style(frame: Frame, total: Option<u64>, color: Color, rate: Arc<RequestRate>) -> ProgressStyle {
    let template = frame.template(total, color);
    ProgressStyle::with_template(&template)
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
    use super::{Color, Frame, RequestRate, style};
    use crate::model::LockUnpoisoned;
    use indicatif::{ProgressBar, ProgressDrawTarget, TermLike};
    use std::io;
    use std::sync::{Arc, Mutex};
    use textwrap::core::display_width;

    /// A terminal that keeps what is written to it.
    #[derive(Clone, Debug)]
    struct MemoryTerminal {
        columns: u16,
        written: Arc<Mutex<Vec<String>>>,
    }

    impl TermLike for MemoryTerminal {
        fn width(&self) -> u16 {
            self.columns
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.written.lock_unpoisoned().push(text.to_owned());
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn frame_of_any_width_fits_into_a_line() {
        for (name, total) in [
            ("Checking connectors", Some(100_000)),
            ("Applying", Some(7)),
            ("Listing customers", None),
        ] {
            for columns in 40..160 {
                let written = Arc::default();
                let terminal = MemoryTerminal {
                    columns,
                    written: Arc::clone(&written),
                };
                let rate = Arc::new(RequestRate::new());
                rate.throttle();
                let frame = Frame::new(name, total, columns);
                let target = ProgressDrawTarget::term_like(Box::new(terminal));
                let bar = ProgressBar::with_draw_target(total, target)
                    .with_style(style(frame, total, Color::Off, rate))
                    .with_prefix(name)
                    .with_message("waiting up to 14 s: the service asked for it (Retry-After)");
                bar.set_position(total.unwrap_or(100_000));
                bar.tick();
                let written = written.lock_unpoisoned();
                assert!(!written.is_empty());
                for text in written.iter() {
                    assert!(
                        display_width(text) <= usize::from(columns),
                        "{columns}: {text}"
                    );
                }
            }
        }
        let wide = Frame {
            bar: Some(20),
            shows_rate: true,
        };
        assert_eq!(Frame::new("Applying", Some(240), 77), wide);
    }

    #[test]
    fn template_of_every_frame_parses() {
        for total in [Some(1), None] {
            for color in [Color::On, Color::Off] {
                for columns in [20, 60, 77, 200] {
                    let template = Frame::new("Applying", total, columns).template(total, color);
                    let parsed = indicatif::ProgressStyle::with_template(&template);
                    assert!(parsed.is_ok(), "{template}");
                }
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
