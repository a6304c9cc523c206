//! Responsible for problems as a `JUnit` report: one failed test for each error.

use super::{Problem, Problems};
use crate::config::diagnostic::Severity;
use crate::render::Out;
use std::io;

/// Writes problems as a `JUnit` report. Warnings pass, with their text as output.
pub fn junit(out: &mut Out<'_>, problems: &Problems) -> io::Result<()> {
    out.raw(document(problems).as_bytes())?;
    out.flush()
}

pub(super) fn document(problems: &Problems) -> String {
    let is_error = |problem: &&Problem| problem.severity == Severity::Error;
    let failures = problems.entries.iter().filter(is_error).count();
    let cases: String = problems.entries.iter().map(case).collect();
    // A report without a test counts as missing.
    let (tests, cases) = if cases.is_empty() {
        let passed = format!(
            "    <testcase classname=\"airlift\" name=\"{}\"/>\n",
            problems.command
        );
        (1, passed)
    } else {
        (problems.entries.len(), cases)
    };
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\"");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n  \
         <testsuite name=\"airlift {}\" {counts}>\n{cases}  </testsuite>\n</testsuites>\n",
        problems.command
    )
}

fn case(problem: &Problem) -> String {
    let location = problem.location.as_ref().map(ToString::to_string);
    let place = location.as_deref().unwrap_or("airlift");
    let place = escaped(place.trim_start_matches("./"));
    let (code, message) = (escaped(&problem.code), escaped(problem.message.as_str()));
    let body = match problem.severity {
        Severity::Error => {
            format!("<failure type=\"{code}\" message=\"{message}\">{place}: {message}</failure>")
        }
        Severity::Warning => format!("<system-out>{place}: warning: {message}</system-out>"),
    };
    format!("    <testcase classname=\"{place}\" name=\"{code}\">{body}</testcase>\n")
}

/// Text for an attribute or an element. XML has no form for control characters.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            control if control.is_control() => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}
