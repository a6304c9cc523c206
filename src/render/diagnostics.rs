//! Findings about the files, each with the source line it is about, and how many there are.
//!
//! Sees masked lines only: whoever found something has hidden what may be secret.

use super::line::{Line, Out};
use super::sanitize::{self, Safe};
use super::style::Label;
use super::words::counted;
use crate::config::diagnostic::{Excerpt, Finding, Location, Report, Severity};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use std::collections::BTreeSet;
use std::io;

/// Writes every finding, then the count.
pub fn diagnostics(out: &mut Out<'_>, report: &Report) -> io::Result<()> {
    for finding in &report.findings {
        write_finding(out, finding)?;
        out.blank()?;
    }
    if report.omitted > 0 {
        let omitted = report.omitted;
        out.say(Safe::new(format_args!("{omitted} more are not listed")))?;
    }
    count(out, report)
}

fn count(out: &mut Out<'_>, report: &Report) -> io::Result<()> {
    let (errors, warnings) = (report.errors(), report.warnings());
    let files: BTreeSet<&str> = report
        .findings
        .iter()
        .map(|finding| finding.location.file.as_str())
        .collect();
    let mut parts = Vec::new();
    if errors > 0 || warnings == 0 {
        parts.push(counted(errors, "error"));
    }
    if warnings > 0 {
        parts.push(counted(warnings, "warning"));
    }
    let mut text = parts.join(", ");
    if !files.is_empty() {
        text = format!("{text} in {}", counted(files.len(), "file"));
    }
    let label = match (errors, warnings) {
        (0, 0) => Label::Good,
        (0, _) => Label::Warning,
        _ => Label::Error,
    };
    out.line(&Line::at(0).label(label, Safe::new(text)))
}

fn write_finding(out: &mut Out<'_>, finding: &Finding) -> io::Result<()> {
    let (level, name) = match finding.severity {
        Severity::Error => (Level::ERROR, "error"),
        Severity::Warning => (Level::WARNING, "warning"),
    };
    let code = finding.code.as_str();
    let message = wrapped(&finding.message, out.width(), name.len() + code.len() + 4);
    let file = Safe::new(&finding.location.file).to_string();
    let title = level.primary_title(message).id(code);
    let (mut group, shown) = place(Group::with_title(title), finding, &file);
    if let Some(help) = &finding.help {
        let indent = finding.location.line.to_string().len() + " = help: ".len() + 1;
        group = group.element(Level::HELP.message(wrapped(help, out.width(), indent)));
    }
    let renderer = if out.colour() {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut text = renderer.term_width(out.width()).render(&[group]);
    if let Some(shown) = shown {
        // The renderer derives the column from the masked line; the reader needs that of the file.
        let Location { line, column, .. } = finding.location;
        text = text.replacen(
            &format!("{file}:{line}:{shown}"),
            &format!("{file}:{line}:{column}"),
            1,
        );
    }
    out.raw(text.as_bytes())?;
    out.blank()
}

/// Adds the place in the file, with the source line where it can be shown, and gives the column
/// that the renderer will print.
fn place<'a>(group: Group<'a>, finding: &Finding, file: &'a str) -> (Group<'a>, Option<usize>) {
    let Location { line, column, .. } = finding.location;
    if let Some(excerpt) = &finding.excerpt {
        let (snippet, shown) = snippet(excerpt, line, file);
        return (group.element(snippet), Some(shown));
    }
    let origin = match line {
        0 => Origin::path(file),
        line => Origin::path(file)
            .line(line as usize)
            .char_column(column as usize),
    };
    let group = group.element(origin);
    // A line too long to be shown still holds a field that can be named.
    let group = match &finding.path {
        Some(path) => group.element(Level::NOTE.message(Safe::new(path).to_string())),
        None => group,
    };
    (group, None)
}

/// The source line, and the column that the renderer will print for it.
fn snippet<'a>(
    excerpt: &Excerpt,
    line: u32,
    file: &'a str,
) -> (Snippet<'a, Annotation<'a>>, usize) {
    let byte = |at: u32| {
        excerpt
            .text
            .char_indices()
            .nth(at as usize)
            .map_or(excerpt.text.len(), |(byte, _)| byte)
    };
    let mut positions = [byte(excerpt.start), byte(excerpt.end.max(excerpt.start))];
    let text = Safe::with_positions(&excerpt.text, &mut positions).to_string();
    let [start, end] = positions;
    let column = text[..start].chars().count() + 1;
    let snippet = Snippet::source(text)
        .line_start(line as usize)
        .path(file)
        .annotation(AnnotationKind::Primary.span(start..end));
    (snippet, column)
}

/// A text in lines that fit beside what stands in front of it.
fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let text = Safe::new(text).to_string();
    let lines = textwrap::wrap(&text, width.saturating_sub(indent).max(20));
    let lines: Vec<_> = lines
        .iter()
        .map(|line| sanitize::break_commands(line))
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::line::Out;
    use super::super::sample::golden;
    use crate::config::diagnostic::{Code, Excerpt, Finding, Location, Report, Severity};

    fn report() -> Report {
        let unknown = Finding {
            code: Code::UnknownField,
            severity: Severity::Error,
            location: location(12, 23),
            path: Some("customers[0].connectors[0].credentials.tokn".into()),
            message: "unknown field `tokn` in the credentials of a `github` connector".into(),
            help: Some("did you mean `token`?".into()),
            excerpt: Some(Excerpt {
                line: 12,
                text: "        credentials: {tokn: …}".into(),
                start: 22,
                end: 26,
            }),
        };
        let literal = Finding {
            code: Code::LiteralSecret,
            message: "a literal stands where a secret belongs: ::error::x ##[group] and whatever else makes this message longer than a line of a terminal is wide".into(),
            location: location(140, 31),
            help: Some(
                "write a reference such as ${env:ACME_GITHUB_TOKEN}, or {plain: …} if it is really not a secret and may be seen by everyone".into(),
            ),
            excerpt: Some(Excerpt {
                line: 140,
                text: "        token: \u{202e}……".into(),
                start: 15,
                end: 18,
            }),
            ..unknown.clone()
        };
        let whole = Finding {
            code: Code::MissingVariable,
            severity: Severity::Warning,
            location: Location {
                file: "airlift.yaml".into(),
                ..Location::default()
            },
            path: None,
            message: "no customers are declared".into(),
            help: None,
            excerpt: None,
        };
        Report {
            findings: vec![unknown, literal, whole],
            ..Report::default()
        }
    }

    fn location(line: u32, column: u32) -> Location {
        Location {
            file: "customers/acme.yaml".into(),
            line,
            column,
            end_column: column + 4,
        }
    }

    #[test]
    fn findings_show_their_lines_and_are_counted() {
        for (name, colour) in [("diagnostics.txt", false), ("diagnostics-colour.txt", true)] {
            let mut bytes = Vec::new();
            let mut out = Out::new(&mut bytes, 80, colour);
            super::diagnostics(&mut out, &report()).unwrap();
            drop(out);
            // The golden names a code that only an example has.
            let text = String::from_utf8(bytes).unwrap();
            golden(name, &text.replace("missing_variable", "empty_project"));
        }
    }
}
