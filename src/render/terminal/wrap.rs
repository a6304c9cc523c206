//! Responsible for breaking a text into lines at blanks. Does not break what a reader copies: words,
//! and commands in backticks.

use std::ops::Range;

/// The start of a command, which is not broken even if it is wider than a line.
const COMMAND: &str = "`airlift ";

/// The columns of a text. Most texts are ASCII, for which no table of characters is needed.
pub(in crate::render) fn display_width(text: &str) -> usize {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.len();
    }
    textwrap::core::display_width(text)
}

/// Breaks a text, so that the first piece has at most `first` columns and the others at most `rest`. A
/// wider word has a line of its own.
pub(super) fn wrap(text: &str, first: usize, rest: usize) -> Vec<Range<usize>> {
    if display_width(text) <= first {
        return std::iter::once(0..text.trim_end().len()).collect();
    }
    let quoted = quoted(text, rest);
    let mut pieces = Vec::new();
    let (mut start, mut width) = (0, first);
    while start < text.len() {
        let end = fitting(text, start, width, &quoted);
        pieces.push(start..start + text[start..end].trim_end().len());
        start = end + (text[end..].len() - text[end..].trim_start().len());
        width = rest;
    }
    pieces
}

/// The parts in backticks that are not broken: commands, and what fits into a line.
fn quoted(text: &str, width: usize) -> Vec<Range<usize>> {
    let ticks: Vec<usize> = text.match_indices('`').map(|(at, _)| at).collect();
    ticks
        .chunks_exact(2)
        .map(|pair| pair[0]..pair[1] + 1)
        .filter(|part| {
            let quoted = &text[part.clone()];
            quoted.starts_with(COMMAND) || display_width(quoted) <= width
        })
        .collect()
}

/// The end of the part of a text from `start` on that fits into so many columns.
fn fitting(text: &str, start: usize, width: usize, quoted: &[Range<usize>]) -> usize {
    let mut column = 0;
    let mut last_blank = None;
    let mut has_text = false;
    for (offset, character) in text[start..].char_indices() {
        let at = start + offset;
        let is_quoted = || quoted.iter().any(|part| part.contains(&at));
        if character == ' ' && has_text && !is_quoted() {
            last_blank = Some(at);
        }
        has_text |= character != ' ';
        column += display_width(character.encode_utf8(&mut [0; 4]));
        if column > width {
            return last_blank.unwrap_or_else(|| end_of_unbroken(text, at, quoted));
        }
    }
    text.len()
}

/// The end of the command or of the word that has the byte `at`.
fn end_of_unbroken(text: &str, at: usize, quoted: &[Range<usize>]) -> usize {
    let end_of_word = |from: usize| text[from..].find(' ').map_or(text.len(), |end| from + end);
    let command = quoted.iter().find(|part| part.contains(&at));
    match command.filter(|part| text[(*part).clone()].starts_with(COMMAND)) {
        Some(part) => end_of_word(part.end),
        None => end_of_word(at),
    }
}

#[cfg(test)]
mod tests {
    use super::wrap;

    fn wrapped(text: &str, width: usize) -> Vec<&str> {
        let pieces = wrap(text, width, width).into_iter();
        pieces.map(|piece| &text[piece]).collect()
    }

    #[test]
    fn wrap_does_not_break_a_command_that_fits() {
        let text = "fix it, then run `airlift rotate --resume`; see below";
        let expected = [
            "fix it, then run",
            "`airlift rotate --resume`; see",
            "below",
        ];
        assert_eq!(wrapped(text, 32), expected);
    }

    #[test]
    fn wrap_does_not_break_a_command_that_is_wider_than_a_line() {
        let text = "run `airlift plan -f a/b --ledger c/d --sandbox`; then read it";
        let command = "`airlift plan -f a/b --ledger c/d --sandbox`;";
        assert_eq!(wrapped(text, 20), ["run", command, "then read it"]);
    }

    #[test]
    fn wrap_does_not_break_a_path() {
        let path = "/a/very/long/path/to/a/file.yaml:2:5";
        let text = format!("declared at {path} already");
        assert_eq!(wrapped(&text, 20), ["declared at", path, "already"]);
    }

    #[test]
    fn wrap_does_not_break_a_word() {
        let id = "5b0c6f0e-6a51-4f2f-9f6d-2f6f5a1f3c11";
        let text = format!("connector {id}, deleted");
        let with_comma = format!("{id},");
        assert_eq!(
            wrapped(&text, 20),
            ["connector", with_comma.as_str(), "deleted"]
        );
    }

    #[test]
    fn wrap_breaks_a_quoted_text_that_is_wider_than_a_line() {
        let text = "`one two three four five six`";
        assert_eq!(wrapped(text, 16), ["`one two three", "four five six`"]);
    }
}
