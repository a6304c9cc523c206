//! Responsible for fields of dotenv text.
//!
//! Dotenv has no standard, so these rules define the format:
//! - A line is `NAME=value`, optionally after `export `. Blanks around the name and the value are removed. Empty lines
//!   and lines that start with `#` are ignored.
//! - A value in `'…'` is literal and may span lines.
//! - A value in `"…"` may span lines. Its escapes are `\n`, `\r`, `\t`, `\"`, `\\` and `\$`. Other escapes are errors.
//! - A value without quotes ends at the end of the line or at a `#` after a blank. A backslash is literal.
//! - `$NAME` is literal: there is no expansion.
//! - A name consists of letters, digits, `_`, `-` and `.`. Reading a name that occurs twice is an error.

use crate::model::SecretValue;
use crate::secrets::ResolveErrorKind;
use zeroize::Zeroizing;

const MALFORMED: ResolveErrorKind = ResolveErrorKind::Malformed("dotenv");

pub(super) fn field(text: &str, field: &str) -> Result<SecretValue, ResolveErrorKind> {
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut field_value = None;
    while !rest.is_empty() {
        let line = rest.trim_start_matches([' ', '\t']);
        if line.starts_with(['#', '\n', '\r']) || line.is_empty() {
            rest = after_line(line);
            continue;
        }
        let (name, value, after) = entry(line)?;
        if name == field && field_value.replace(value).is_some() {
            return Err(ResolveErrorKind::Ambiguous);
        }
        rest = after;
    }
    field_value.ok_or(ResolveErrorKind::NoSuchField)
}

/// The name and value of an entry, and the text after the entry.
fn entry(line: &str) -> Result<(&str, SecretValue, &str), ResolveErrorKind> {
    let line = match line.strip_prefix("export") {
        Some(rest) if rest.starts_with([' ', '\t']) => rest.trim_start_matches([' ', '\t']),
        _ => line,
    };
    let (name, value) = line.split_once('=').ok_or(MALFORMED)?;
    let name = name.trim_end_matches([' ', '\t']);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || !name.chars().all(plain) {
        return Err(MALFORMED);
    }
    let value = value.trim_start_matches([' ', '\t']);
    let (value, after) = match value.chars().next() {
        Some('\'') => single(&value[1..])?,
        Some('"') => double(&value[1..])?,
        _ => bare(value),
    };
    Ok((name, value, after))
}

fn after_line(text: &str) -> &str {
    text.split_once('\n').map_or("", |(_, after)| after)
}

fn bare(text: &str) -> (SecretValue, &str) {
    let line = text.split('\n').next().unwrap_or_default();
    let mut end = line.len();
    let mut blank = true;
    for (at, character) in line.char_indices() {
        if character == '#' && blank {
            end = at;
            break;
        }
        blank = matches!(character, ' ' | '\t');
    }
    let value = line[..end].trim_end_matches([' ', '\t', '\r']);
    (SecretValue::new(value.to_owned()), after_line(text))
}

fn single(text: &str) -> Result<(SecretValue, &str), ResolveErrorKind> {
    let (value, rest) = text.split_once('\'').ok_or(MALFORMED)?;
    Ok((SecretValue::new(value.to_owned()), after_quoted(rest)?))
}

fn double(text: &str) -> Result<(SecretValue, &str), ResolveErrorKind> {
    // An escape is longer than its character, so the buffer never grows and leaves no copy behind.
    let mut value = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    loop {
        let at = rest.find(['"', '\\']).ok_or(MALFORMED)?;
        value.push_str(&rest[..at]);
        if rest[at..].starts_with('"') {
            let after = after_quoted(&rest[at + 1..])?;
            return Ok((SecretValue::new(std::mem::take(&mut *value)), after));
        }
        value.push(match rest.as_bytes().get(at + 1) {
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'$') => '$',
            _ => return Err(MALFORMED),
        });
        rest = &rest[at + 2..];
    }
}

/// The text after the current line. Only a comment may follow a closing quote.
fn after_quoted(rest: &str) -> Result<&str, ResolveErrorKind> {
    let line = rest.split('\n').next().unwrap_or_default();
    let tail = line.trim_matches([' ', '\t', '\r']);
    if tail.is_empty() || tail.starts_with('#') {
        Ok(after_line(rest))
    } else {
        Err(MALFORMED)
    }
}
