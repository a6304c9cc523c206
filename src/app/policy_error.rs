//! Responsible for saying what is wrong with a file of the operator, such as the policy file: the line, the key, and what
//! the key takes. Quotes no values.

use crate::catalog::closest;
use serde_yaml::Value;

/// The most characters of an unknown key that is quoted.
const LONGEST_KEY: usize = 40;

/// The value of a file that is not a mapping at all. The message continues a sentence that begins with the path.
pub(super) fn require_mapping(value: &Value) -> Result<(), String> {
    let what = match value {
        Value::Mapping(_) => return Ok(()),
        Value::Null => "is empty",
        Value::Sequence(_) => "is a list",
        _ => "is a single value",
    };
    Err(format!(
        "{what}; the file is a mapping that begins with `version: 1`"
    ))
}

/// What is wrong, with its line and key.
pub(super) fn described(error: &serde_yaml::Error) -> String {
    let text = error.to_string();
    let line = error.location().map(|location| location.line());
    let line = line.map_or_else(String::new, |line| format!(" in line {line}"));
    let (path, reason) = split_path(&text);
    let of = path.map_or_else(String::new, |path| format!(" of `{path}`"));
    let name = |prefix: &str| reason.strip_prefix(prefix).and_then(quoted);
    if let Some(key) = name("unknown field ") {
        let known: Vec<&str> = names(reason).skip(1).collect();
        let near = closest(key, known.iter().copied());
        let near = near.map_or_else(
            || format!("; the keys are {}", known.join(", ")),
            |near| format!("; did you mean `{near}`?"),
        );
        let key = if is_quotable(key) {
            format!(" `{key}`")
        } else {
            String::new()
        };
        return format!("has an unknown key{key}{of}{line}{near}");
    }
    if let Some(key) = name("missing field ") {
        return format!("lacks the key `{key}`{of}{line}");
    }
    if let Some(key) = name("duplicate field ") {
        return format!("has the key `{key}`{of} twice{line}");
    }
    let key = path.map_or_else(|| "a value".to_owned(), |path| format!("`{path}`"));
    match expected(reason) {
        Some(expected) => format!("has a wrong value{line}: {key} takes {expected}"),
        None if path.is_some() => format!("has a wrong value{line}: {key}"),
        None => format!("is no valid YAML{line}"),
    }
}

/// The message with the line of the key or name that it quotes first.
pub(super) fn with_line(message: String, text: &str) -> String {
    let name = quoted(&message).or_else(|| message.split('"').nth(1));
    let name = name.and_then(|name| name.rsplit('.').next());
    let position = name.and_then(|name| text.lines().position(|line| has_word(line, name)));
    match position {
        Some(position) => format!("{message} (line {})", position + 1),
        None => message,
    }
}

/// Whether a line has a name as a whole word, outside of comments.
fn has_word(line: &str, name: &str) -> bool {
    let code = line.split('#').next().unwrap_or_default();
    let is_part = |character: char| character.is_alphanumeric() || "_-".contains(character);
    code.match_indices(name).any(|(at, _)| {
        let before = code.get(..at).unwrap_or_default();
        let after = code.get(at + name.len()..).unwrap_or_default();
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}

/// The path of the error, as in `limits.run: unknown field …`, and the rest.
fn split_path(text: &str) -> (Option<&str>, &str) {
    let is_path = |path: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.[]".contains(c);
        !path.is_empty() && path.chars().all(allowed)
    };
    match text.split_once(": ") {
        Some((path, rest)) if is_path(path) => (Some(path), rest),
        _ => (None, text),
    }
}

/// What the key takes, without a value of the file.
fn expected(reason: &str) -> Option<String> {
    if reason.starts_with("data did not match any variant") {
        return Some("a number, or a percentage such as 15%".to_owned());
    }
    // The value comes first, and can have the same words.
    let (_, expected) = reason.rsplit_once(", expected ")?;
    let expected = expected.split(" at line ").next().unwrap_or_default();
    Some(match expected {
        "u64" | "u32" => "a whole number from 0".to_owned(),
        "a string" => "a text".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a mapping".to_owned(),
        expected if expected.starts_with("struct ") => "a mapping".to_owned(),
        expected => expected.to_owned(),
    })
}

fn quoted(text: &str) -> Option<&str> {
    names(text).next()
}

/// The names in backticks.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Whether a key that the file has is a mistyped name, and not a value at a wrong place.
fn is_quotable(key: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_lowercase() || c == '_';
    key.len() <= LONGEST_KEY && key.chars().all(is_letter)
}
