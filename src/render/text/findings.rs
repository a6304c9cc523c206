//! Responsible for findings about the files as text, each with its source line.

use super::sentences;
use crate::config::diagnostic::{Report, Severity};
use crate::render::sanitize;
use crate::render::view::findings::{FindingView, FindingsView, SourceView};
use crate::render::{Color, Out, Safe};
use annotate_snippets::renderer::DEFAULT_LINE_NUM_STYLE as ARROW;
use annotate_snippets::{
    Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet, Title,
};
use std::io;
use textwrap::{WordSeparator, WordSplitter};

/// Writes every finding, then the count.
pub fn findings(out: &mut Out<'_>, report: &Report) -> io::Result<()> {
    let view = FindingsView::new(report);
    for finding in &view.findings {
        write_finding(out, finding)?;
        out.blank()?;
    }
    if let Some(omitted) = view.omitted {
        out.say(omitted)?;
    }
    sentences(out, &[view.count])
}

fn write_finding(out: &mut Out<'_>, finding: &FindingView<'_>) -> io::Result<()> {
    let painter = Painter::new(out);
    let text = match &finding.source {
        Some(source) => painter.with_source(finding, source),
        None => painter.without_source(finding),
    };
    out.raw(text.as_bytes())?;
    out.blank()
}

/// Formats findings for a stream.
struct Painter {
    renderer: Renderer,
    width: usize,
    /// The arrow before the name of a file.
    arrow: String,
}

impl Painter {
    fn new(out: &Out<'_>) -> Self {
        let (renderer, arrow) = if out.color() == Color::On {
            (Renderer::styled(), format!("{ARROW}--> {ARROW:#}"))
        } else {
            (Renderer::plain(), "--> ".to_owned())
        };
        Self {
            renderer: renderer.term_width(out.width()),
            width: out.width(),
            arrow,
        }
    }

    /// Writes the place itself, because the renderer would count the column in the masked line, not
    /// in the file.
    fn with_source(&self, finding: &FindingView<'_>, source: &SourceView) -> String {
        let FindingView {
            file, line, column, ..
        } = finding;
        let group = Group::with_level(level(finding.severity).0).element(snippet(source, *line));
        let title = self
            .renderer
            .render(&[Group::with_title(self.title(finding))]);
        let body = self.renderer.render(&[self.with_help(group, finding)]);
        let (indent, arrow) = (line.to_string().len(), &self.arrow);
        format!(
            "{title}\n{:indent$}{arrow}{file}:{line}:{column}\n{body}",
            ""
        )
    }

    fn without_source(&self, finding: &FindingView<'_>) -> String {
        let file = finding.file.as_str();
        let origin = match finding.line {
            0 => Origin::path(file),
            line => Origin::path(file).line(line).char_column(finding.column),
        };
        let mut group = Group::with_title(self.title(finding)).element(origin);
        // The field can be named, although its line is too long to be shown.
        if let Some(path) = &finding.path {
            group = group.element(Level::NOTE.message(path.as_str()));
        }
        self.renderer.render(&[self.with_help(group, finding)])
    }

    fn title<'a>(&self, finding: &FindingView<'a>) -> Title<'a> {
        let (level, name) = level(finding.severity);
        let indent = name.len() + finding.code.len() + 4;
        level
            .primary_title(self.wrap(&finding.message, indent))
            .id(finding.code)
    }

    fn with_help<'a>(&self, group: Group<'a>, finding: &FindingView<'_>) -> Group<'a> {
        let Some(help) = &finding.help else {
            return group;
        };
        let indent = finding.line.to_string().len() + " = help: ".len() + 1;
        group.element(Level::HELP.message(self.wrap(help, indent)))
    }

    /// Wraps a text so that its lines fit behind `indent` columns.
    fn wrap(&self, text: &Safe, indent: usize) -> String {
        // Only blanks separate words, so that a path or an address can be copied.
        let options = textwrap::Options::new(self.width.saturating_sub(indent).max(20))
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation);
        let lines: Vec<_> = textwrap::wrap(text.as_str(), options)
            .iter()
            .map(|line| sanitize::break_commands(line).into_owned())
            .collect();
        lines.join("\n")
    }
}

fn level(severity: Severity) -> (Level<'static>, &'static str) {
    match severity {
        Severity::Error => (Level::ERROR, "error"),
        Severity::Warning => (Level::WARNING, "warning"),
    }
}

fn snippet(source: &SourceView, line: usize) -> Snippet<'_, Annotation<'_>> {
    Snippet::source(source.text.as_str())
        .line_start(line)
        .annotation(AnnotationKind::Primary.span(source.span.clone()))
}

#[cfg(test)]
mod tests {
    use crate::config::diagnostic::{Code, Excerpt, Finding, Location, Report, Severity};
    use crate::render::sample::golden;
    use crate::render::{Color, Out};

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
    fn findings_with_paths_keep_each_path_on_one_line() {
        let mut report = report();
        report.findings.truncate(1);
        report.findings[0].message =
            "this customer is a duplicate: it is already declared at teams/one/customers/a.yaml:2:5".into();
        let mut bytes = Vec::new();
        super::findings(&mut Out::new(&mut bytes, 80, Color::Off), &report).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("teams/one/customers/a.yaml:2:5"), "{text}");
    }

    #[test]
    fn findings_with_source_lines_match_their_golden_files() {
        for (name, color) in [
            ("diagnostics.txt", Color::Off),
            ("diagnostics-color.txt", Color::On),
        ] {
            let mut bytes = Vec::new();
            let mut out = Out::new(&mut bytes, 80, color);
            super::findings(&mut out, &report()).unwrap();
            drop(out);
            // The golden file names a code that no finding has.
            let text = String::from_utf8(bytes).unwrap();
            golden(name, &text.replace("missing_variable", "empty_project"));
        }
    }
}
