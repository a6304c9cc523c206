//! Responsible for running a program and measuring its wall time, CPU time and peak memory.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The kernel's unit of CPU time in `/proc`, in seconds.
const TICK: f64 = 0.01;
/// How often the peak memory is read.
const INTERVAL: Duration = Duration::from_millis(2);

/// Seconds, and bytes × 2^20.
#[derive(Clone, Copy, Default)]
pub(crate) struct Measured {
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
    /// All memory, pages of the program's file among it.
    pub(crate) peak: f64,
    /// The memory that no file has.
    pub(crate) private: f64,
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) -> Measured {
    let cpu_before = cpu_of_children();
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stderr = child.stderr.take().expect("the stream is piped");
    let errors = thread::spawn(move || std::io::read_to_string(&mut stderr));
    let (mut peak, mut private) = (0.0, 0.0);
    let status = loop {
        let memory = |field| memory_of(child.id(), field).unwrap_or_default();
        peak = f64::max(peak, memory("VmHWM:"));
        private = f64::max(private, memory("RssAnon:"));
        if let Some(status) = child.try_wait().expect("the program is a child") {
            break status;
        }
        thread::sleep(INTERVAL);
    };
    let wall = start.elapsed().as_secs_f64();
    let errors = errors
        .join()
        .expect("the reader does not panic")
        .unwrap_or_default();
    assert!(status.success(), "{command:?}: {status}\n{errors}");
    let cpu = cpu_of_children() - cpu_before;
    Measured {
        wall,
        cpu,
        peak,
        private,
    }
}

/// The median of each figure.
pub(crate) fn median(runs: &[Measured]) -> Measured {
    let middle = |figure: fn(&Measured) -> f64| {
        let mut figures: Vec<f64> = runs.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    Measured {
        wall: middle(|run| run.wall),
        cpu: middle(|run| run.cpu),
        peak: middle(|run| run.peak),
        private: middle(|run| run.private),
    }
}

/// The CPU seconds of the children that ended: fields 16 and 17 of `/proc/self/stat`.
fn cpu_of_children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux has /proc");
    let (_, fields) = stat
        .rsplit_once(')')
        .expect("the name ends with a parenthesis");
    let ticks = fields.split_whitespace().skip(13).take(2);
    ticks
        .map(|n| n.parse::<f64>().expect("a number"))
        .sum::<f64>()
        * TICK
}

fn memory_of(process: u32, field: &str) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kibibytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes / 1024.0)
}
