//! Responsible for fields of dotenv text.
//!
//! The rules, because no two readers of such files agree:
//! - one `NAME=value` a line, `export ` in front allowed, blanks around name and value dropped;
//!   empty lines and lines that begin with `#` are comments;
//! - `'…'` is taken as it stands, over lines too;
//! - `"…"` knows `\n`, `\r`, `\t`, `\"`, `\\`, `\$` and may go over lines; any other escape is
//!   refused;
//! - without quotes the value ends at the line's end or at a `#` after a blank, and a backslash
//!   is a backslash;
//! - nothing is ever expanded: `$NAME` stays as it is;
//! - a name is letters, digits, `_`, `-` and `.`; one that is there twice cannot be read.

use crate::model::SecretValue;
use crate::secrets::ResolveErrorKind;
use zeroize::Zeroizing;

const MALFORMED: ResolveErrorKind = ResolveErrorKind::Malformed("dotenv");

pub(super) fn field(text: &str, field: &str) -> Result<SecretValue, ResolveErrorKind> {
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut found = None;
    while !rest.is_empty() {
        let line = rest.trim_start_matches([' ', '\t']);
        if line.starts_with(['#', '\n', '\r']) || line.is_empty() {
            rest = after_line(line);
            continue;
        }
        let (name, value, after) = entry(line)?;
        if name == field && found.replace(value).is_some() {
            return Err(ResolveErrorKind::Ambiguous);
        }
        rest = after;
    }
    found.ok_or(ResolveErrorKind::NoSuchField)
}

/// Name, value and what follows.
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
    Ok((SecretValue::new(value.to_owned()), ended(rest)?))
}

fn double(text: &str) -> Result<(SecretValue, &str), ResolveErrorKind> {
    // An escape is longer than what it stands for, so this never grows.
    let mut value = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    loop {
        let at = rest.find(['"', '\\']).ok_or(MALFORMED)?;
        value.push_str(&rest[..at]);
        if rest[at..].starts_with('"') {
            let after = ended(&rest[at + 1..])?;
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

/// What follows the line, on which nothing but a comment may stand after a closing quote.
fn ended(rest: &str) -> Result<&str, ResolveErrorKind> {
    let line = rest.split('\n').next().unwrap_or_default();
    let tail = line.trim_matches([' ', '\t', '\r']);
    if tail.is_empty() || tail.starts_with('#') {
        Ok(after_line(rest))
    } else {
        Err(MALFORMED)
    }
}
