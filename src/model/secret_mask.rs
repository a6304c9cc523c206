//! Responsible for recognizing texts that stand for a secret: masks of servers and tools, and coordinates of the API's
//! store.

use super::is_invisible;

/// Prefixes of texts that stand for a secret in a store of the API.
const COORDINATES: [&str; 2] = ["secret_coordinate::", "airbyte_secret_coordinate::"];
/// Words that servers and tools write in place of a secret, usually between punctuation.
const REDACTED: [&str; 14] = [
    "censored",
    "concealed",
    "concealed by 1password",
    "filtered",
    "hidden",
    "masked",
    "obfuscated",
    "omitted",
    "protected",
    "redacted",
    "removed",
    "secret",
    "sensitive",
    "sensitive value",
];

/// Whether an observed text is the placeholder of a secret that a server withholds. Any punctuation may surround the
/// word of a mask, as in `__REDACTED__`, because a missed mask would be sent back in place of the secret.
pub fn is_mask(text: &str) -> bool {
    let has_stars = text.contains("***") || text.contains("•••");
    let is_stars = text.len() >= 3 && text.chars().all(|c| c == '*' || c == '•');
    let is_filler = text.len() >= 4 && text.bytes().all(|c| c == b'x' || c == b'X');
    has_stars || is_stars || is_filler || is_coordinate(text) || is_word_of_mask(text)
}

/// Whether the API would read a secret of its store in place of a text. Characters that it may drop at the
/// start do not count.
pub fn is_coordinate(text: &str) -> bool {
    let start =
        text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || is_invisible(c));
    COORDINATES.iter().any(|prefix| {
        let head = start.get(..prefix.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(prefix))
    })
}

/// `redacted`, or a word of a mask with punctuation at an end.
fn is_word_of_mask(text: &str) -> bool {
    let word = text.trim_matches(|c: char| !c.is_alphanumeric());
    is_redacted(word) || (word.len() < text.len() && is_mask_word(word))
}

fn is_mask_word(word: &str) -> bool {
    REDACTED
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known))
}

/// Whether a value to send stands for a secret that a tool withholds: `redacted`, or such a word in brackets or between
/// asterisks, as in `<REDACTED>` and `[filtered]`. Other punctuation may be part of a secret.
pub fn is_redacted(text: &str) -> bool {
    text.eq_ignore_ascii_case("redacted") || without_brackets(text).is_some_and(is_mask_word)
}

/// The text between brackets, braces or asterisks. `None` if a text begins or ends with another character.
pub fn without_brackets(text: &str) -> Option<&str> {
    let inner = text.trim_start_matches(['[', '(', '<', '{', '*']);
    let word = inner.trim_end_matches([']', ')', '>', '}', '*']);
    (inner.len() < text.len() && word.len() < inner.len()).then(|| word.trim())
}

#[cfg(test)]
mod tests {
    use super::{is_mask, is_redacted};

    #[test]
    fn is_redacted_of_word_in_brackets_is_true() {
        for text in [
            "redacted",
            "REDACTED",
            "[REDACTED]",
            "<redacted>",
            "(Redacted)",
            "{filtered}",
            "[[HIDDEN]]",
            "***redacted***",
            "*masked*",
            "( secret )",
            "(sensitive value)",
        ] {
            assert!(is_redacted(text) && is_mask(text), "{text}");
        }
        for text in [
            "secret",
            "secret!",
            "-secret-",
            "\"hidden\"",
            "__REDACTED__",
            "redacted-2",
            "()",
            "",
        ] {
            assert!(!is_redacted(text), "{text}");
        }
    }

    #[test]
    fn is_mask_of_word_between_any_punctuation_is_true() {
        for text in [
            "__REDACTED__",
            "-redacted-",
            "#REDACTED#",
            "-hidden-",
            "secret!",
            "\"hidden\"",
            "(secret",
            "masked)",
            "--Sensitive Value--",
        ] {
            assert!(is_mask(text), "{text}");
        }
        for text in [
            "secret",
            "hidden",
            "secret-1",
            "redacted-2",
            "[secret] horse",
            "()",
            "",
        ] {
            assert!(!is_mask(text), "{text}");
        }
    }
}
