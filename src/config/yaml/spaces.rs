//! Responsible for characters that look like a space and are none for YAML, which text processors, chats and web pages
//! put in place of spaces.

use super::position::Mark;

/// The message about such a character, with its code point.
pub(super) fn message(character: char) -> String {
    format!("{NO_SPACE} (U+{:04X})", u32::from(character))
}

/// The start of the message.
pub(in crate::config) const NO_SPACE: &str =
    "this character looks like a space, and YAML reads it as text";

/// Such a character in the indentation of a line, or after its first colon or dash, at an error or in the lines before it
/// down to `first`.
pub(super) fn find(text: &str, error: Mark, first: u32) -> Option<(Mark, char)> {
    let lines = (1..).zip(text.lines());
    let near = lines.filter(|(number, _)| (first..=error.line).contains(number));
    near.filter_map(|(line, content)| {
        let (column, character) = in_line(content)?;
        let column = u32::try_from(column).unwrap_or(u32::MAX);
        Some((Mark { line, column }, character))
    })
    .last()
}

fn in_line(line: &str) -> Option<(usize, char)> {
    let mut before = ' ';
    for (column, character) in line.chars().enumerate() {
        if is_like_space(character) && " :-".contains(before) {
            return Some((column, character));
        }
        // A quoted text, a comment and a value in brackets may have any character.
        if "\"'#{[".contains(character) {
            return None;
        }
        before = character;
    }
    None
}

fn is_like_space(character: char) -> bool {
    matches!(
        character,
        '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200b}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::{Mark, find};

    #[test]
    fn find_in_indentation_and_after_a_colon_has_the_place() {
        let place = |text: &str, line| {
            let error = Mark { line, column: 0 };
            let place = find(text, error, line.saturating_sub(1));
            place.map(|(mark, character)| (mark.line, mark.column, u32::from(character)))
        };
        assert_eq!(place("a:\n\u{a0} b: 1\n  c: 2\n", 3), Some((2, 0, 0xa0)));
        assert_eq!(place("type:\u{a0}github\n", 1), Some((1, 5, 0xa0)));
        assert_eq!(place("a: x\u{a0}y\n", 1), None);
        assert_eq!(place("a: \"\u{a0}y\"\n", 1), None);
        assert_eq!(place("\u{3000}a: 1\nb: 1\nc: 1\n", 3), None);
    }
}
