//! Findings about the files, each with the source line it is about, and how many there are.
//!
//! Sees masked lines only: whoever found something has hidden what may be secret.

use super::line::{Line, Out};
use super::sanitize::{self, Safe};
use super::style::Label;
use super::words::counted;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde::Serialize;
use std::collections::BTreeSet;
use std::io;

/// Whether a finding stops a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It does.
    Error,
    /// It does not.
    Warning,
}

/// One thing found, as it is shown.
#[derive(Clone, Debug)]
pub struct Diagnostic<'a> {
    /// Whether it stops a run.
    pub severity: Severity,
    /// The stable code, which `airlift explain` knows.
    pub code: &'a str,
    /// What, in plain words.
    pub message: &'a str,
    /// The file as the user would name it.
    pub file: &'a str,
    /// The line from one, or zero where it is about the whole file.
    pub line: u32,
    /// The first column from one, in characters.
    pub column: u32,
    /// The column after the last one.
    pub end_column: u32,
    /// The field it is about, when it is about one.
    pub path: Option<&'a str>,
    /// The masked source line, when there is one.
    pub excerpt: Option<Excerpt<'a>>,
    /// What to do about it.
    pub help: Option<&'a str>,
}

/// A masked source line.
#[derive(Clone, Copy, Debug)]
pub struct Excerpt<'a> {
    /// The masked text.
    pub text: &'a str,
    /// The first character of the finding in `text`, from zero; masking moves columns.
    pub start: u32,
    /// The character after the last one.
    pub end: u32,
}

/// Writes every finding, then the count; `omitted` more were found than are listed.
pub fn diagnostics(out: &mut Out<'_>, all: &[Diagnostic<'_>], omitted: usize) -> io::Result<()> {
    for one in all {
        write_one(out, one)?;
        out.blank()?;
    }
    if omitted > 0 {
        out.say(Safe::new(format_args!("{omitted} more are not listed")))?;
    }
    count(out, all)
}

fn count(out: &mut Out<'_>, all: &[Diagnostic<'_>]) -> io::Result<()> {
    let of = |severity| all.iter().filter(|one| one.severity == severity).count();
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    let files: BTreeSet<_> = all.iter().map(|one| one.file).collect();
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

fn write_one(out: &mut Out<'_>, one: &Diagnostic<'_>) -> io::Result<()> {
    let (level, name) = match one.severity {
        Severity::Error => (Level::ERROR, "error"),
        Severity::Warning => (Level::WARNING, "warning"),
    };
    let code = Safe::new(one.code).to_string();
    let message = wrapped(one.message, out.width(), name.len() + code.len() + 4);
    let mut group = Group::with_title(level.primary_title(message).id(code));
    let file = Safe::new(one.file).to_string();
    let mut shown = None;
    match &one.excerpt {
        Some(excerpt) => {
            let (snippet, column) = snippet(excerpt, one.line, &file);
            group = group.element(snippet);
            shown = Some(column);
        }
        None if one.line == 0 => group = group.element(Origin::path(file.as_str())),
        None => group = group.element(place(one, &file)),
    }
    // A line too long to be shown still holds a field that can be named.
    if let (None, Some(path)) = (&one.excerpt, one.path) {
        group = group.element(Level::NOTE.message(Safe::new(path).to_string()));
    }
    if let Some(help) = one.help {
        let indent = one.line.to_string().len() + " = help: ".len() + 1;
        group = group.element(Level::HELP.message(wrapped(help, out.width(), indent)));
    }
    let renderer = if out.colour() {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut text = renderer.term_width(out.width()).render(&[group]);
    if let Some(shown) = shown {
        // The renderer counts columns in the masked line; a reader wants those of the file.
        let (line, column) = (one.line, one.column);
        text = text.replacen(
            &format!("{file}:{line}:{shown}"),
            &format!("{file}:{line}:{column}"),
            1,
        );
    }
    out.raw(text.as_bytes())?;
    out.blank()
}

fn place<'a>(one: &Diagnostic<'_>, file: &'a str) -> Origin<'a> {
    Origin::path(file)
        .line(one.line as usize)
        .char_column(one.column as usize)
}

/// The source line, and the column that the renderer will print for it.
fn snippet<'a>(
    excerpt: &Excerpt<'_>,
    line: u32,
    file: &'a str,
) -> (Snippet<'a, Annotation<'a>>, usize) {
    let byte = |at: u32| {
        let found = excerpt.text.char_indices().nth(at as usize);
        found.map_or(excerpt.text.len(), |(byte, _)| byte)
    };
    let mut positions = [byte(excerpt.start), byte(excerpt.end.max(excerpt.start))];
    let text = Safe::with_positions(excerpt.text, &mut positions).to_string();
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
    use super::{Diagnostic, Excerpt, Severity};

    fn found() -> Vec<Diagnostic<'static>> {
        let unknown = Diagnostic {
            severity: Severity::Error,
            code: "unknown_field",
            message: "unknown field `tokn` in the credentials of a `github` connector",
            file: "customers/acme.yaml",
            line: 12,
            column: 23,
            end_column: 27,
            path: Some("customers[0].connectors[0].credentials.tokn"),
            excerpt: Some(Excerpt {
                text: "        credentials: {tokn: …}",
                start: 22,
                end: 26,
            }),
            help: Some("did you mean `token`?"),
        };
        let literal = Diagnostic {
            code: "literal_secret",
            message: "a literal stands where a secret belongs: ::error::x ##[group] and whatever else makes this message longer than a line of a terminal is wide",
            line: 140,
            column: 31,
            excerpt: Some(Excerpt {
                text: "        token: \u{202e}……",
                start: 15,
                end: 18,
            }),
            help: Some(
                "write a reference such as ${env:ACME_GITHUB_TOKEN}, or {plain: …} if it is really not a secret and may be seen by everyone",
            ),
            ..unknown.clone()
        };
        let whole = Diagnostic {
            severity: Severity::Warning,
            code: "empty_project",
            message: "no customers are declared",
            file: "airlift.yaml",
            line: 0,
            column: 0,
            end_column: 0,
            path: None,
            excerpt: None,
            help: None,
        };
        vec![unknown, literal, whole]
    }

    #[test]
    fn findings_show_their_lines_and_are_counted() {
        for (name, colour) in [("diagnostics.txt", false), ("diagnostics-colour.txt", true)] {
            let mut bytes = Vec::new();
            let mut out = Out::new(&mut bytes, 80, colour);
            super::diagnostics(&mut out, &found(), 0).unwrap();
            drop(out);
            golden(name, &String::from_utf8(bytes).unwrap());
        }
    }
}
