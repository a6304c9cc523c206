//! Responsible for the annotations of GitHub Actions, which show a problem at its line in a pull
//! request.

use super::{Problem, Problems};
use crate::config::diagnostic::Severity;
use crate::render::Out;
use std::collections::HashMap;
use std::io;

/// Writes one command for each problem. Equal problems are one, at the first place, because GitHub shows only ten errors and
/// ten warnings of a step. Only for a runner of GitHub Actions.
pub fn annotations(out: &mut Out<'_>, problems: &Problems) -> io::Result<()> {
    let mut groups: Vec<(&Problem, usize)> = Vec::new();
    let mut known: HashMap<(&str, &str), usize> = HashMap::new();
    for problem in &problems.entries {
        let kind = (problem.code.as_str(), problem.message.as_str());
        let index = *known.entry(kind).or_insert(groups.len());
        match groups.get_mut(index) {
            Some((_, count)) => *count += 1,
            None => groups.push((problem, 1)),
        }
    }
    let lines: String = groups
        .into_iter()
        .map(|(problem, count)| command(problem, count))
        .collect();
    out.raw(lines.as_bytes())?;
    out.flush()
}

fn command(problem: &Problem, count: usize) -> String {
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
    let more = match count {
        1 => String::new(),
        _ => format!(" (and {} more like this)", count - 1),
    };
    format!("::{level} {place}title={title}::{message}{more}\n")
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
