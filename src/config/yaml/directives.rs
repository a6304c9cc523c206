//! Responsible for warnings about directives (`%NAME …` before `---`) that have no effect.

use super::defect::Defect;
use super::position::{Mark, Span};
use crate::config::code::Code;
use crate::config::redaction::nameable;

/// The directives of a text that airlift ignores. YAML readers ignore a mistyped directive, too.
pub(super) fn ignored(text: &str) -> Vec<Defect> {
    let has_directive = text.starts_with('%') || text.contains("\n%") || text.contains("\r%");
    if !has_directive {
        return Vec::new();
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let is_before_document =
        |line: &&str| line.is_empty() || line.starts_with(['%', '#', ' ', '\t']);
    (1..)
        .zip(text.split('\n').take_while(is_before_document))
        .filter_map(|(number, line)| {
            let directive = line.strip_prefix('%')?.trim_end();
            Some(Defect {
                code: Code::IgnoredDirective,
                span: span(number, directive),
                message: problem(directive)?,
                path: None,
            })
        })
        .collect()
}

fn span(line: u32, directive: &str) -> Span {
    let width = u32::try_from(directive.chars().count()).unwrap_or(u32::MAX);
    let at = |column| Mark { line, column };
    Span {
        start: at(0),
        end: at(width.saturating_add(1)),
    }
}

fn problem(directive: &str) -> Option<String> {
    let mut words = directive.split_whitespace();
    match words.next() {
        Some("TAG") => None,
        Some("YAML") => match words.next() {
            Some(version) if version != "1.2" && nameable(version) => Some(format!(
                "the file declares YAML {version}, and airlift reads YAML 1.2"
            )),
            _ => None,
        },
        Some(name) if nameable(name) => Some(format!(
            "airlift knows no directive `%{name}` and ignores the line"
        )),
        _ => Some("airlift does not know this directive and ignores the line".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::ignored;

    fn lines(text: &str) -> Vec<(u32, String)> {
        ignored(text)
            .into_iter()
            .map(|defect| (defect.span.start.line, defect.message))
            .collect()
    }

    #[test]
    fn ignored_directive_is_named() {
        let unknown = "airlift knows no directive `%FOO` and ignores the line".to_owned();
        assert_eq!(lines("# x\n\n%FOO bar\n---\na: 1\n"), [(3, unknown)]);
        let version = "the file declares YAML 1.1, and airlift reads YAML 1.2".to_owned();
        assert_eq!(lines("%YAML 1.1\r\n---\r\n"), [(1, version)]);
        let secret = "airlift does not know this directive and ignores the line".to_owned();
        assert_eq!(lines("%tok3n-4711\n---\n"), [(1, secret)]);
    }

    #[test]
    fn ignored_of_known_directives_or_text_is_empty() {
        for text in [
            "",
            "%YAML 1.2\n%TAG ! tag:example.com,2026:\n---\na: 1\n",
            "---\n%FOO\n",
            "a: 1\n%FOO\n",
            "a: |\n%FOO\n",
        ] {
            assert_eq!(lines(text), [], "{text:?}");
        }
    }
}
