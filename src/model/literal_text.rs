//! Responsible for how files write a literal `${`, which would start a reference: as `$${`.

use std::borrow::Cow;

/// What starts a reference.
const MARK: &str = "${";
/// A literal `MARK` in a file.
const ESCAPED: &str = "$${";

/// Whether a text of a file contains a `${` that is not escaped.
pub fn has_reference_mark(text: &str) -> bool {
    text.match_indices(MARK)
        .any(|(at, _)| !text[..at].ends_with('$'))
}

/// The text that a text of a file stands for.
pub fn unescaped(text: String) -> String {
    if text.contains(ESCAPED) {
        text.replace(ESCAPED, MARK)
    } else {
        text
    }
}

/// The text of a file that stands for a text.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if text.contains(MARK) {
        Cow::Owned(text.replace(MARK, ESCAPED))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::{escaped, has_reference_mark, unescaped};
    use proptest::prelude::*;

    #[test]
    fn escaped_mark_is_no_reference_mark() {
        for text in ["$${A}", "a $${A} b", "$$${A}", "$", "$$", "{}", "$ {A}"] {
            assert!(!has_reference_mark(text), "{text}");
        }
        for text in ["${A}", "a ${", "$${A} ${B}", "${A}$${B}"] {
            assert!(has_reference_mark(text), "{text}");
        }
        assert_eq!(unescaped("$${A} $$${B} $$".to_owned()), "${A} $${B} $$");
        assert_eq!(escaped("${A} $${B} $"), "$${A} $$${B} $");
    }

    proptest! {
        #[test]
        fn unescaped_of_escaped_text_is_the_text(text in "[${}A ]{0,12}") {
            prop_assert!(!has_reference_mark(&escaped(&text)));
            prop_assert_eq!(unescaped(escaped(&text).into_owned()), text);
        }
    }
}
