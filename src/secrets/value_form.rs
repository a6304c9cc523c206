//! Responsible for recognizing values that cannot be right, judged by their form: leftovers of editors, shells,
//! templates and CI systems.
//!
//! Does not know which connector needs a value. A value of several lines, such as a private key, may end with a line
//! break.

use crate::model::{is_invisible, is_redacted, names_secret, without_brackets};
use thiserror::Error;

/// Why the form of a value cannot be right. The messages quote nothing of the value.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
pub enum BrokenForm {
    /// The value consists of white space.
    #[error("the value has nothing but white space")]
    Blank,
    /// A value of one line has a line break at an end.
    #[error("the value begins or ends with a line break")]
    LineBreak,
    /// A value of one line has white space at an end.
    #[error("the value begins or ends with white space")]
    Space,
    /// The whole value is in quotes.
    #[error("the value is in quotes, which would be sent as a part of it")]
    Quotes,
    /// The value contains a variable, or the reference of another tool.
    #[error("the value contains a variable that was not expanded")]
    NotExpanded,
    /// The value stands for one that has yet to be written.
    #[error("the value is a placeholder")]
    Placeholder,
    /// The value is a line of a dotenv file or a shell script.
    #[error("the value is an assignment such as NAME=VALUE; only the part after `=` is the secret")]
    Assignment,
    /// The value is that of an `Authorization` header.
    #[error("the value begins with `Bearer`, which is no part of a token")]
    Scheme,
    /// The value names a secret in the API's own store, which may belong to another customer.
    #[error("the value names a secret in the storage of Airbyte; only ${{airbyte:PATH}} may")]
    Coordinate,
    /// The value is a token of another kind than the connector's type takes.
    #[error(
        "the value is a token of another kind; the connector's type takes those that begin with {0}"
    )]
    OtherToken(&'static str),
    /// The value contains a character without a visible form.
    #[error("the value contains an invisible character")]
    Invisible,
}

/// Pairs of quotes that surround a whole value.
const QUOTES: [(char, char); 5] = [
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('\u{201c}', '\u{201d}'),
    ('\u{2018}', '\u{2019}'),
];
/// Beginnings of references that another tool should have replaced by their values.
const FOREIGN_REFERENCES: [&str; 4] = [
    "@Microsoft.KeyVault(",
    "arn:aws:secretsmanager:",
    "op://",
    "ref+",
];
/// Texts that stand for a value, and what scripts write in place of a value that they lack.
const PLACEHOLDERS: [&str; 20] = [
    "change me",
    "change-me",
    "change_me",
    "changeit",
    "changeme",
    "dummy",
    "fixme",
    "n/a",
    "nil",
    "none",
    "null",
    "object object",
    "placeholder",
    "replace me",
    "replace-me",
    "replace_me",
    "replaceme",
    "tbd",
    "todo",
    "undefined",
];
/// Parts of texts that stand for a value.
const FILLERS: [&str; 3] = ["xxxxxx", "****", "\u{2022}\u{2022}\u{2022}\u{2022}"];

/// The defect in the form of a value, if any.
pub(super) fn broken_form(text: &str) -> Option<BrokenForm> {
    if text.chars().all(|c| c.is_whitespace() || is_invisible(c)) {
        return Some(BrokenForm::Blank);
    }
    if text.chars().any(|c| !c.is_control() && is_hidden(c)) {
        return Some(BrokenForm::Invisible);
    }
    if is_quoted(text.trim()) {
        return Some(BrokenForm::Quotes);
    }
    let line = text.trim_matches(['\r', '\n']);
    if line.contains(['\r', '\n']) {
        return None;
    }
    let trimmed = line.trim();
    if line.len() < text.len() {
        Some(BrokenForm::LineBreak)
    } else if trimmed.len() < line.len() {
        Some(BrokenForm::Space)
    } else if is_placeholder(trimmed) {
        Some(BrokenForm::Placeholder)
    } else if holds_variable(trimmed) {
        Some(BrokenForm::NotExpanded)
    } else if is_assignment(trimmed) {
        Some(BrokenForm::Assignment)
    } else if trimmed.to_ascii_lowercase().starts_with("bearer ") {
        Some(BrokenForm::Scheme)
    } else {
        None
    }
}

/// `GITHUB_TOKEN=…`, `export TOKEN=…`, `TOKEN="…"`. Cookies, connection strings and encoded values contain `=`, too.
fn is_assignment(line: &str) -> bool {
    let is_name = |name: &str| {
        name.len() >= 3
            && name.starts_with(|c: char| c.is_ascii_uppercase())
            && name
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    let is_one_word = |value: &str| {
        let value = value.trim_end_matches('=');
        !value.is_empty() && !value.contains(|c: char| c.is_whitespace() || c == '=' || c == ';')
    };
    let exported = line.strip_prefix("export ");
    let Some((name, value)) = exported.unwrap_or(line).split_once('=') else {
        return false;
    };
    let names_secret = || {
        name.rsplit_once('_')
            .is_some_and(|(_, word)| names_secret(word))
    };
    let is_quoted = is_quoted(value);
    is_name(name)
        && (is_quoted || is_one_word(value))
        && (is_quoted || exported.is_some() || names_secret())
}

/// Whether a character is easily copied with a value and not seen.
fn is_hidden(c: char) -> bool {
    is_invisible(c) || matches!(c, '\u{a0}' | '\u{fffd}')
}

/// Whether quotes surround the whole text and do not occur inside it.
fn is_quoted(text: &str) -> bool {
    QUOTES.iter().any(|(open, close)| {
        text.strip_prefix(*open)
            .and_then(|rest| rest.strip_suffix(*close))
            .is_some_and(|inner| !inner.contains(*open) && !inner.contains(*close))
    })
}

fn is_placeholder(line: &str) -> bool {
    let lower = line.to_lowercase();
    let is_filler = |c: char| "x*.-_\u{2022}\u{2026}".contains(c);
    is_redacted(line)
        || PLACEHOLDERS.contains(&without_brackets(&lower).unwrap_or(&lower))
        || FILLERS.iter().any(|filler| lower.contains(filler))
        || (lower.chars().count() >= 3 && lower.chars().all(is_filler))
        || lower.starts_with("changeme")
        || lower.ends_with("...")
        || lower.ends_with('\u{2026}')
        || begins_with_request(&lower)
        || is_in_angle_brackets(line)
}

/// `your-token`, `insert_key_here`, `TODO: …`.
fn begins_with_request(lower: &str) -> bool {
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let last = words.last().copied().unwrap_or_default();
    match words.as_slice() {
        ["your" | "todo" | "fixme", _, ..] => true,
        [
            "insert" | "enter" | "put" | "paste" | "replace" | "add",
            _,
            ..,
        ] => last == "here" || words.contains(&"your") || words.contains(&"with"),
        _ => false,
    }
}

/// `<token>`, `<your token>`.
fn is_in_angle_brackets(line: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || " _-.:/".contains(c);
    line.strip_prefix('<')
        .and_then(|rest| rest.strip_suffix('>'))
        .is_some_and(|inner| inner.starts_with(char::is_alphabetic) && inner.chars().all(is_word))
}

/// Whether a line contains `$(NAME)`, `${NAME}` or `{{ name }}`, or is `%NAME%`, `$NAME` or a foreign reference.
fn holds_variable(line: &str) -> bool {
    let is_name = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let is_expression = |text: &str| {
        text.trim()
            .starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '.')
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || " _-.:/#?[]'\"|$()=".contains(c))
    };
    // Shorter names occur in generated passwords.
    let is_long_name = |text: &str| text.len() >= 3 && is_name(text);
    let is_command = || line.starts_with("$(") && line.ends_with(')');
    let is_windows = || {
        line.strip_prefix('%')
            .and_then(|rest| rest.strip_suffix('%'))
            .is_some_and(is_name)
    };
    let is_shell = || {
        line.strip_prefix('$').is_some_and(|name| {
            name.contains('_') && is_name(name) && !name.contains(|c: char| c.is_ascii_lowercase())
        })
    };
    between(line, "$(", ")").any(is_long_name)
        || between(line, "${", "}").any(is_expression)
        || between(line, "{{", "}}").any(is_expression)
        || between(line, "<%", "%>").next().is_some()
        || is_command()
        || is_windows()
        || is_shell()
        || FOREIGN_REFERENCES
            .iter()
            .any(|prefix| line.starts_with(prefix))
}

/// The texts between an opening and the next closing sign.
fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(open)
        .skip(1)
        .filter_map(move |rest| Some(rest.split_once(close)?.0))
}

#[cfg(test)]
mod tests {
    use super::BrokenForm::{
        self, Assignment, Blank, Invisible, LineBreak, NotExpanded, Placeholder, Quotes, Scheme,
        Space,
    };
    use super::broken_form;

    /// Values with leftovers of editors, shells, templates and CI systems.
    const LEFTOVERS: &[(BrokenForm, &[&str])] = &[
        (Blank, &[" ", "\t \n", "\u{a0}", "\u{200b}"]),
        (
            LineBreak,
            &["tok\n", "tok\r\n", "tok\n\n", "tok\r", "\ntok"],
        ),
        (Space, &["tok ", " tok", "\ttok"]),
        (
            Quotes,
            &[
                "\"tok\"",
                "'tok'",
                "`tok`",
                "\u{201c}tok\u{201d}",
                "\"tok\"\n",
                "\"\"",
                "\"a\nb\"",
            ],
        ),
        (
            NotExpanded,
            &[
                "$(GITHUB_TOKEN)",
                "${GITHUB_TOKEN}",
                "${{ secrets.TOKEN }}",
                "{{ token }}",
                "{{ .Values.token }}",
                "{{vault_token}}",
                "%TOKEN%",
                "$GITHUB_TOKEN",
                "$(cat /run/secrets/token)",
                "${env:TOKEN}",
                "postgres://u:${PASSWORD}@host",
                "<%= token %>",
                "op://vault/item/field",
            ],
        ),
        (
            Placeholder,
            &[
                "changeme",
                "CHANGE_ME",
                "changeme123",
                "TODO",
                "todo: set this",
                "xxx",
                "XXXX-XXXX",
                "xoxb-xxxxxxxxxxxx",
                "sk-...",
                "********",
                "<placeholder>",
                "<your-api-key>",
                "your_api_key",
                "insert-token-here",
                "null",
                "undefined",
                "[object Object]",
                "(none)",
                "{changeme}",
                "[REDACTED]",
                "{filtered}",
                "***redacted***",
                "(sensitive value)",
            ],
        ),
        (
            Assignment,
            &[
                "GITHUB_TOKEN=tok",
                "STRIPE_KEY=QUJDRA==",
                "export TOKEN=tok",
                "export ABC=tok",
                "TOKEN=\"tok\"",
                "DB_PASSWORD='a b'",
            ],
        ),
        (Scheme, &["Bearer tok", "bearer tok"]),
        (
            Invisible,
            &["tok\u{200b}", "to\u{feff}k", "tok\u{a0}", "tok\u{fffd}"],
        ),
    ];

    #[test]
    fn broken_form_of_leftovers_is_named() {
        for (form, texts) in LEFTOVERS {
            for text in *texts {
                assert_eq!(broken_form(text), Some(*form), "{text:?}");
            }
        }
    }

    #[test]
    fn broken_form_of_secrets_is_none() {
        for text in [
            "tok-0123456789",
            "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n",
            "{\n  \"type\": \"service_account\"\n}\n",
            "{\"a\": \"b\"}",
            "correct horse battery staple",
            "it's \"quoted\"",
            "\"a\" or \"b\"",
            "p$ssw%rd",
            "$ecret",
            "$2b$12$abcdefghijklmnopqrstuv",
            "100%",
            "%2Fpath%2F",
            "a{b}c}}",
            "a'\"\\\"`$(x)<&>{}\t#: b",
            "a<b>c",
            "<xml><token>a</token></xml>",
            "yourself",
            "secret!",
            "QUJD=",
            "QUJDRA==",
            "SERVER=host;UID=u;PWD=p",
            "AccountKey=abc",
            "AB=c",
            "JSESSIONID=abc",
            "HOST=db PORT=5432",
            "DB_PASSWORD=a PORT=5432",
            "API_KEY=a=b",
            "ABC=def=",
            "XK9=fj2LmQpw83",
            "A_B=c",
            "BearerOfNews",
            "!hidden",
            "-masked-",
            "redacted-2",
            "(secret",
            "addHere",
            "nullable",
            "xx",
            "\u{e9}t\u{e9}-2026",
            "AKIAIOSFODNN7EXAMPLE",
        ] {
            assert_eq!(broken_form(text), None, "{text:?}");
        }
    }
}
