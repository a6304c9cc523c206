//! Responsible for the annotations of GitHub Actions, which show a problem at its line in a pull
//! request.

use super::{Problem, Problems};
use crate::config::diagnostic::Severity;
use crate::render::Out;
use std::io;

/// Writes one command for each problem. Only for a runner of GitHub Actions.
pub fn annotations(out: &mut Out<'_>, problems: &Problems) -> io::Result<()> {
    let lines: String = problems.entries.iter().map(command).collect();
    out.raw(lines.as_bytes())?;
    out.flush()
}

fn command(problem: &Problem) -> String {
    let level = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let place = problem.location.as_ref().map_or(String::new(), |location| {
        let file = property(location.file.trim_start_matches("./"));
        match location.line {
            0 => format!("file={file},"),
            line => format!("file={file},line={line},col={},", location.column),
        }
    });
    let title = property(&problem.code);
    let message = data(problem.message.as_str());
    format!("::{level} {place}title={title}::{message}\n")
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
