//! Responsible for the mistakes of typing behind a syntax error, such as a missing space, colon, dash or quotation mark.
//! The scanner reports them where it gives up, which can be a line later.

use super::position::Mark;
use crate::config::code::Code;
use crate::config::excerpt::MASK;
use crate::config::raw::FIELDS;

pub(in crate::config) const NO_SPACE_AFTER_COLON: &str = "a space is missing after this colon";
pub(in crate::config) const NO_SPACE_AFTER_DASH: &str = "a space is missing after this dash";
pub(in crate::config) const TAB_AFTER_COLON: &str = "a tab follows this colon";
pub(in crate::config) const INDICATOR: &str = "a value cannot begin with this character";
pub(in crate::config) const ITEM_IN_MAPPING: &str =
    "this list item stands where the mapping above has its next field";
pub(in crate::config) const NO_ITEM: &str = "this line belongs to no item of the list above";
pub(in crate::config) const NO_DASH: &str =
    "this line stands where an item of the list above begins, without `- `";
pub(in crate::config) const OPEN_QUOTE: &str = "this quotation mark is not closed";
pub(in crate::config) const NO_COLON: &str = "a colon is missing in this line";
pub(in crate::config) const COLON_IN_VALUE: &str = "a value contains a colon and a space";
pub(in crate::config) const TOO_FAR: &str =
    "this line is indented further than the one above, which has a value";
pub(in crate::config) const NO_COMMA: &str = "a comma or a closing bracket is missing before this";
pub(in crate::config) const TEXT_AFTER_QUOTE: &str =
    "text follows the quotation mark that ends a value";
pub(in crate::config) const MISPLACED_BRACKET: &str = "no bracket is open that this one closes";

pub(in crate::config) const NO_DOCUMENT_START: &str =
    "a line `---` is missing between the directives and the content";
pub(in crate::config) const CONFLICT: &str = "the markers of a merge conflict are in the file";
pub(in crate::config) const FOREIGN_TEMPLATE: &str =
    "this line has the syntax of a template, which airlift does not fill";
pub(in crate::config) const UNQUOTED_BRACES: &str =
    "a value that begins with `{{` is unquoted, so that YAML reads a mapping";
pub(in crate::config) const TYPOGRAPHIC: &str =
    "the text is in typographic quotation marks, which YAML reads as a part of it";
pub(in crate::config) const MASKED: &str =
    "`•••` is what airlift prints in place of a value that may be a secret";

/// Quotation marks that text processors write. YAML reads them as text.
pub(in crate::config) const TYPOGRAPHIC_QUOTES: [char; 8] =
    ['“', '”', '„', '‘', '’', '‚', '«', '»'];

/// A mistake, and where it is.
pub(super) type Typo = (Mark, &'static str);

/// What another tool left in the text, if it explains an error of the scanner.
pub(super) fn of_other_tools(text: &str, error: Mark) -> Option<Typo> {
    let is_marker = |line: &str| {
        ["<<<<<<< ", ">>>>>>> "]
            .iter()
            .any(|marker| line.starts_with(marker))
    };
    let conflict = (1..).zip(text.lines()).find(|(_, line)| is_marker(line));
    if let Some((number, line)) = conflict {
        return Some((mark(line, number, 0), CONFLICT));
    }
    let is_template = |line: &str| line.trim_start().starts_with("{{") || line.contains("{%");
    let line = line(text, error.line).filter(|line| is_template(line))?;
    Some((mark(line, error.line, 0), FOREIGN_TEMPLATE))
}

/// The mistake with quotation marks that explains an error of the scanner.
pub(super) fn of_quotes(text: &str, error: Mark, info: &str) -> Option<Typo> {
    if info.contains("trailing content after") {
        Some((error, TEXT_AFTER_QUOTE))
    } else if info.contains("quoted scalar") {
        space_before_quote(text, error).or_else(|| open_quote(text, error))
    } else {
        None
    }
}

/// What is wrong with a text without quotation marks. A reference has a finding of its own.
pub(super) fn of_plain_text(text: &str) -> Option<(Code, &'static str)> {
    let is_quote = |character: char| TYPOGRAPHIC_QUOTES.contains(&character);
    if text == MASK {
        Some((Code::InvalidValue, MASKED))
    } else if text.starts_with(is_quote) && text.ends_with(is_quote) && !text.contains("${") {
        Some((Code::TypographicQuotes, TYPOGRAPHIC))
    } else {
        None
    }
}

/// Another mistake that explains an error of the scanner.
pub(super) fn find(text: &str, error: Mark, info: &str) -> Option<Typo> {
    let here = |message| Some((error, message));
    if info.contains("'-' indicator") {
        missing_dash(text, error).or(Some((error, NO_ITEM)))
    } else if info.contains("did not find expected key") {
        item_before(text, error).map(|start| (start, ITEM_IN_MAPPING))
    } else if info.contains("':' must be followed by") {
        colon_before_tab(text, error).map(|colon| (colon, TAB_AFTER_COLON))
    } else if info.contains("unexpected character") {
        here(INDICATOR)
    } else if info.contains("expected <document start>") && text.starts_with(['%', '#']) {
        here(NO_DOCUMENT_START)
    } else if info.contains("expected ',' or") {
        here(if is_colon(text, error) {
            COLON_IN_VALUE
        } else {
            NO_COMMA
        })
    } else if info.contains("misplaced bracket") {
        here(MISPLACED_BRACKET)
    } else if info.contains("simple key") {
        in_lines(text, error)
    } else if info.contains("mapping values are not allowed") {
        in_lines(text, error).or_else(|| misread_value(text, error))
    } else {
        None
    }
}

/// The text of a line before a position.
fn before(text: &str, position: Mark) -> Option<String> {
    let line = line(text, position.line)?;
    Some(line.chars().take(position.column as usize).collect())
}

/// The dash of an item that begins its line, and whose first field is at a position.
fn item_before(text: &str, position: Mark) -> Option<Mark> {
    let before = before(text, position)?;
    let dash = before.trim_end().strip_suffix('-')?;
    let line = line(text, position.line)?;
    dash.trim()
        .is_empty()
        .then(|| mark(line, position.line, dash.len()))
}

/// The colon that only tabs separate from a position.
fn colon_before_tab(text: &str, position: Mark) -> Option<Mark> {
    let before = before(text, position)?;
    let colon = before.trim_end_matches('\t').strip_suffix(':')?;
    let line = line(text, position.line)?;
    (colon.len() + 1 < before.len()).then(|| mark(line, position.line, colon.len()))
}

/// Whether a colon and a space are at a position.
fn is_colon(text: &str, position: Mark) -> bool {
    let line = line(text, position.line).unwrap_or_default();
    let mut characters = line.chars().skip(position.column as usize);
    characters.next() == Some(':') && characters.next().is_none_or(|next| next == ' ')
}

/// The mistake in the line of an error or in the line before: without a space or a colon, they are read as one value.
fn in_lines(text: &str, error: Mark) -> Option<Typo> {
    let lines = [Some(error.line), line_before(text, error.line)];
    let mut lines = lines.into_iter().flatten();
    lines.find_map(|number| {
        let line = line(text, number)?;
        missing_space(line, number).or_else(|| missing_colon(line, number))
    })
}

/// A line such as `type github`, whose first word is a field.
fn missing_colon(line: &str, number: u32) -> Option<Typo> {
    let content = item_content(line);
    let word = content.split([' ', '=', '\t']).next()?.trim_end();
    // Another first word of a line is no field that lacks its colon.
    let is_field = FIELDS.contains(word) && !content.contains(':');
    is_field.then(|| (mark(line, number, line.len() - content.len()), NO_COLON))
}

/// Why a line has a second colon, or one below a value.
fn misread_value(text: &str, error: Mark) -> Option<Typo> {
    let line = line(text, error.line)?;
    let before: String = line.chars().take(error.column as usize).collect();
    if before.contains(": ") {
        return Some((error, COLON_IN_VALUE));
    }
    let above = self::line(text, line_before(text, error.line)?)?;
    let start = |line: &str| line.len() - item_content(line).len();
    let has_value = above.trim_end().contains(": ") && !above.trim_end().ends_with(':');
    let is_further = has_value && start(line) > start(above);
    is_further.then(|| (mark(line, error.line, start(line)), TOO_FAR))
}

fn line(text: &str, number: u32) -> Option<&str> {
    text.lines().nth((number as usize).checked_sub(1)?)
}

/// The last line before another one that is neither blank nor a comment.
pub(super) fn line_before(text: &str, number: u32) -> Option<u32> {
    let is_content = |line: &str| !line.is_empty() && !line.starts_with('#');
    (1..number)
        .zip(text.lines())
        .filter(|(_, line)| is_content(line.trim()))
        .last()
        .map(|(number, _)| number)
}

fn mark(line: &str, number: u32, byte: usize) -> Mark {
    let column = line[..byte].chars().count();
    Mark {
        line: number,
        column: u32::try_from(column).unwrap_or(u32::MAX),
    }
}

/// The colon in `key:"…` before a quotation mark that is not closed.
fn space_before_quote(text: &str, error: Mark) -> Option<Typo> {
    let line = line(text, error.line)?;
    let before: String = line.chars().take(error.column as usize + 1).collect();
    let quotes = ["\"", "'"].map(|quote| before.find(&format!(":{quote}")));
    let colon = quotes.into_iter().flatten().min()?;
    let is_after_key = before[..colon].ends_with(is_in_key);
    let is_in_text = before[..colon].contains(['"', '\'']);
    (is_after_key && !is_in_text).then(|| (mark(line, error.line, colon), NO_SPACE_AFTER_COLON))
}

fn open_quote(text: &str, error: Mark) -> Option<Typo> {
    let start = line(text, error.line)?.chars().nth(error.column as usize)?;
    matches!(start, '"' | '\'').then_some((error, OPEN_QUOTE))
}

/// A line whose indentation is that of the dashes of the list above: an item without its dash, if it begins as the item
/// above does, or else a field of that item.
fn missing_dash(text: &str, error: Mark) -> Option<Typo> {
    let indentation = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let content = line(text, error.line)?;
    let own = indentation(content);
    let above = (1..error.line)
        .zip(text.lines())
        .map(|(_, line)| line)
        .filter(|line| !line.trim().is_empty() && indentation(line) <= own)
        .last()?;
    let is_item = indentation(above) == own && above.trim_start().starts_with("- ");
    let key = |line| item_content(line).split(':').next();
    let message = if key(above) == key(content) {
        NO_DASH
    } else {
        NO_ITEM
    };
    is_item.then_some((error, message))
}

/// A line without its indentation and the dashes of its items.
fn item_content(line: &str) -> &str {
    let mut content = line.trim_start();
    while let Some(item) = content.strip_prefix("- ") {
        content = item.trim_start();
    }
    content
}

/// The place in a line such as `-name: acme` or `name:acme` where the space is missing.
fn missing_space(line: &str, number: u32) -> Option<Typo> {
    let content = item_content(line);
    let start = line.len() - content.len();
    if let Some(item) = content.strip_prefix('-') {
        let is_field = item.starts_with(char::is_alphabetic) && key_end(item).is_some();
        return is_field.then(|| (mark(line, number, start), NO_SPACE_AFTER_DASH));
    }
    let colon = key_end(content)?;
    let value = &content[colon + 1..];
    let is_missing = !value.is_empty() && !value.starts_with([' ', '\t', '/', ':']);
    is_missing.then(|| (mark(line, number, start + colon), NO_SPACE_AFTER_COLON))
}

/// Where the key at the start of a text ends, at its colon.
fn key_end(text: &str) -> Option<usize> {
    let end = text.find(|character| !is_in_key(character))?;
    (end > 0 && text[end..].starts_with(':')).then_some(end)
}

fn is_in_key(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_' || character == '-'
}

/// Whether a text is a field without the space after its colon.
pub(in crate::config) fn is_field_without_space(text: &str) -> bool {
    let place = missing_space(text, 1);
    place.is_some_and(|(_, message)| message == NO_SPACE_AFTER_COLON)
}

#[cfg(test)]
mod tests {
    use super::{CONFLICT, FOREIGN_TEMPLATE, NO_COLON, NO_DASH, NO_ITEM, find, of_other_tools};
    use crate::config::raw::FIELDS;
    use crate::config::yaml::Mark;
    use std::time::{Duration, Instant};

    fn mistake(text: &str, line: usize, info: &str) -> Option<&'static str> {
        let line = u32::try_from(line).unwrap();
        let error = Mark { line, column: 0 };
        find(text, error, info).map(|(_, message)| message)
    }

    #[test]
    fn find_in_text_of_many_lines_takes_less_than_a_second() {
        const LINES: usize = 100_000;
        let start = Instant::now();
        let comments = "  # comment\n".repeat(LINES);
        let dash = "did not find expected '-' indicator";
        for (field, expected) in [("name", NO_DASH), ("type", NO_ITEM)] {
            let text = format!("- name: a\n{comments}{field}: b\n");
            assert_eq!(mistake(&text, LINES + 2, dash), Some(expected));
        }
        let text = format!("connectors\n{comments}type: b\n");
        let key = "simple key expected";
        assert_eq!(mistake(&text, LINES + 2, key), Some(NO_COLON));
        assert!(
            start.elapsed() < Duration::from_secs(1),
            "{:?}",
            start.elapsed()
        );
    }

    #[test]
    fn of_other_tools_finds_conflicts_and_templates() {
        let other = |text: &str, line| {
            let typo = of_other_tools(text, Mark { line, column: 2 });
            typo.map(|(mark, message)| (mark.line, message))
        };
        let conflict = "a: 1\n<<<<<<< HEAD\nb: 1\n=======\n>>>>>>> x\n";
        assert_eq!(other(conflict, 3), Some((2, CONFLICT)));
        let template = "a:\n  {{- range .x }}\n";
        assert_eq!(other(template, 2), Some((2, FOREIGN_TEMPLATE)));
        assert_eq!(other("{% if x %}\na: 1\n", 1), Some((1, FOREIGN_TEMPLATE)));
        assert_eq!(other("a: <<<<<<< b\n  {a: {b: 1}}\n", 2), None);
    }

    #[test]
    fn find_field_without_colon_knows_every_field() {
        for field in [
            "credentials_version",
            "max_deletes",
            "oauth_apps",
            "secret_policy",
        ] {
            assert!(FIELDS.contains(field), "{field}");
        }
        for field in FIELDS.iter() {
            let text = format!("{field} value\nx: 1\n");
            assert_eq!(
                mistake(&text, 2, "simple key expected"),
                Some(NO_COLON),
                "{field}"
            );
        }
        assert_eq!(
            mistake("word value\nx: 1\n", 2, "simple key expected"),
            None
        );
    }
}
