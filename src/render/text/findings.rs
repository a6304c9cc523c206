//! Responsible for findings about the files as text, each with its source line.

use super::sentences;
use crate::config::diagnostic::{Report, Severity};
use crate::render::sanitize;
use crate::render::view::findings::{FindingView, FindingsView, SourceView};
use crate::render::view::group::Listing;
use crate::render::{Color, Out, Safe, Verbosity};
use annotate_snippets::renderer::DEFAULT_LINE_NUM_STYLE as ARROW;
use annotate_snippets::{
    Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet, Title,
};
use std::io;
use textwrap::{WordSeparator, WordSplitter};

/// Writes the findings, then the count. Of findings of the same kind it writes the first, or all if the verbosity says
/// so.
pub fn findings(out: &mut Out<'_>, report: &Report, verbosity: Verbosity) -> io::Result<()> {
    let listing = if verbosity.lists_all() {
        Listing::All
    } else {
        Listing::First
    };
    let view = FindingsView::new(report, listing);
    for finding in &view.findings {
        write_finding(out, finding)?;
        out.blank()?;
    }
    if let Some(mask) = view.mask {
        out.say(mask)?;
    }
    if let Some(omitted) = view.omitted {
        out.say(omitted)?;
    }
    if let Some(unread) = view.unread {
        out.say(unread)?;
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
        // The field can be named, although its line is too long to be shown. The message names a field of the customer of
        // a row.
        let is_inner = |path: &&Safe| path.as_str().contains(['.', '[']);
        if let Some(path) = finding.path.as_ref().filter(is_inner) {
            group = group.element(Level::NOTE.message(format!("the field is {}", path.as_str())));
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

    fn with_help<'a>(&self, mut group: Group<'a>, finding: &FindingView<'_>) -> Group<'a> {
        let indent = finding.line.to_string().len() + " = help: ".len() + 1;
        if let Some(help) = &finding.help {
            group = group.element(Level::HELP.message(self.wrap(help, indent)));
        }
        if let Some(more) = &finding.more {
            group = group.element(Level::NOTE.message(self.wrap(more, indent)));
        }
        group
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
    use crate::render::{Color, Out, Verbosity};

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
            row: None,
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
            row: None,
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
        super::findings(
            &mut Out::new(&mut bytes, 80, Color::Off),
            &report,
            Verbosity::Normal,
        )
        .unwrap();
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
            super::findings(&mut out, &report(), Verbosity::Normal).unwrap();
            drop(out);
            // The golden file names a code that no finding has.
            let text = String::from_utf8(bytes).unwrap();
            golden(name, &text.replace("missing_variable", "empty_project"));
        }
    }

    /// A report of so many equal warnings, of which the first thousand are listed.
    fn report_of_equal_warnings(count: usize) -> Report {
        let warning = |line: usize| Finding {
            code: Code::MissingReplicationConfig,
            severity: Severity::Warning,
            location: location(u32::try_from(line).unwrap(), 5),
            path: None,
            message: "a connector of type stripe replicates nothing".into(),
            help: None,
            excerpt: None,
            row: None,
        };
        let omitted = count.saturating_sub(1000);
        let group = (Code::MissingReplicationConfig, warning(1).message);
        Report {
            findings: (1..=count - omitted).map(warning).collect(),
            omitted,
            omitted_alike: [(group, omitted)].into(),
            ..Report::default()
        }
    }

    fn text(report: &Report, verbosity: Verbosity) -> String {
        let mut bytes = Vec::new();
        let mut out = Out::new(&mut bytes, 80, Color::Off);
        super::findings(&mut out, report, verbosity).unwrap();
        drop(out);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn findings_of_unreadable_files_say_what_is_not_checked() {
        let mut report = report();
        let part = "1 file could not be read";
        assert!(!text(&report, Verbosity::Normal).contains(part));
        for finding in &mut report.findings[..2] {
            finding.code = Code::YamlSyntax;
        }
        let shown = text(&report, Verbosity::Normal);
        assert_eq!(shown.matches(part).count(), 1, "{shown}");
    }

    #[test]
    fn findings_of_equal_warnings_show_the_first() {
        let mut report = report_of_equal_warnings(400);
        report.findings[0].message = "a connector of type github replicates nothing".into();
        let short = text(&report, Verbosity::Normal);
        assert_eq!(short.matches("warning[").count(), 2, "{short}");
        assert!(
            short.contains("= note: and 398 more; -v lists them"),
            "{short}"
        );
        assert!(short.contains("400 warnings in 1 file"), "{short}");
        let long = text(&report, Verbosity::Verbose);
        assert_eq!(long.matches("warning[").count(), 400);
        assert!(!long.contains("more"), "{long}");
    }

    #[test]
    fn findings_of_omitted_warnings_are_counted() {
        let report = report_of_equal_warnings(3000);
        let short = text(&report, Verbosity::Normal);
        assert!(short.contains("and 2,999 more; -v lists them"), "{short}");
        assert!(!short.contains("not listed"), "{short}");
        assert!(short.contains("3000 warnings in 1 file"), "{short}");
        let long = text(&report, Verbosity::Verbose);
        assert!(long.contains("2000 more are not listed"), "{long}");
    }
}
