//! Responsible for text inside Markdown that cannot become markup, a link, a mention or HTML.

use crate::render::Safe;
use std::fmt::Display;

/// The longest run of backticks that a fence encloses. Parsers limit the length of a fence.
const LONGEST_RUN: usize = 8;

/// A text as a code span, which shows it as it is.
///
/// No text can end the span: the fence is longer than each run of backticks in it.
pub(super) fn code(text: impl Display) -> String {
    let text = Safe::new(text);
    let text = text.as_str();
    if text.trim().is_empty() {
        // Without another character, the span would be removed or be no span.
        return format!("`\"{text}\"`");
    }
    match longest_run(text) {
        0 => format!("`{text}`"),
        run if run <= LONGEST_RUN => {
            let fence = "`".repeat(run + 1);
            format!("{fence} {text} {fence}")
        }
        _ => format!("`{}`", text.replace('`', "\\u{60}")),
    }
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|character| character != '`');
    runs.map(str::len).max().unwrap_or(0)
}

/// A sentence of airlift without names, in which every punctuation mark of Markdown and HTML is
/// escaped. Hosts make links of addresses and mentions outside of code spans, so names need
/// [`code`].
pub(super) fn sentence(text: &Safe) -> String {
    let mut escaped = String::with_capacity(text.as_str().len());
    for character in text.as_str().chars() {
        if is_markup(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

fn is_markup(character: char) -> bool {
    matches!(
        character,
        '\\' | '`'
            | '*'
            | '_'
            | '{'
            | '}'
            | '['
            | ']'
            | '<'
            | '>'
            | '#'
            | '!'
            | '|'
            | '~'
            | '&'
            | '$'
    )
}

#[cfg(test)]
mod tests {
    use super::{code, sentence};
    use crate::render::Safe;

    #[test]
    fn code_span_of_any_name_is_one_line_between_equal_fences() {
        for name in naughty_strings::BLNS {
            let span = code(name);
            let fence: String = span.chars().take_while(|c| *c == '`').collect();
            let inside = &span[fence.len()..span.len() - fence.len()];
            assert!(!fence.is_empty() && span.ends_with(&fence), "{span}");
            assert!(!inside.contains(&fence), "{span}");
            assert!(!span.contains('\n') && !span.contains('\r'), "{span}");
        }
        assert_eq!(code("a`b"), "`` a`b ``");
        assert_eq!(code("`".repeat(9)), format!("`{}`", "\\u{60}".repeat(9)));
        assert_eq!(code(""), "`\"\"`");
    }

    #[test]
    fn sentence_has_no_markup() {
        let text = Safe::new("*a* <b> [c](d) `e` ![f]");
        let expected = "\\*a\\* \\<b\\> \\[c\\](d) \\`e\\` \\!\\[f\\]";
        assert_eq!(sentence(&text), expected);
    }
}
