//! Responsible for text inside Markdown that cannot become markup, a link, a mention or HTML.

use crate::render::Safe;
use std::fmt::Display;

/// A text as a code span, which shows it as it is.
///
/// No text can end the span: a backtick is written as an escape.
pub(super) fn code(text: impl Display) -> String {
    let text = Safe::new(text).as_str().replace('`', "\\u{60}");
    if text.trim().is_empty() {
        // Without another character, the span would be removed or be no span.
        return format!("`\"{text}\"`");
    }
    format!("`{text}`")
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
    fn code_span_of_any_name_has_one_backtick_at_each_end() {
        for name in naughty_strings::BLNS {
            let span = code(name);
            assert_eq!(span.matches('`').count(), 2, "{span}");
            assert!(span.starts_with('`') && span.ends_with('`'), "{span}");
            assert!(!span.contains('\n') && !span.contains('\r'), "{span}");
        }
        assert_eq!(code("a`b"), "`a\\u{60}b`");
        assert_eq!(code(""), "`\"\"`");
    }

    #[test]
    fn sentence_has_no_markup() {
        let text = Safe::new("*a* <b> [c](d) `e` ![f]");
        let expected = "\\*a\\* \\<b\\> \\[c\\](d) \\`e\\` \\!\\[f\\]";
        assert_eq!(sentence(&text), expected);
    }
}
