//! Responsible for the appearance of names: the skeletons of UTS 39, normalization, and misleading
//! combining marks.
//!
//! Callers do not compare ASCII names with each other: the skeletons of `modern` and `modem` are
//! equal, and so are those of `acme-1` and `acme-l`. Generated names have such pairs by the thousand,
//! and a reviewer can see the difference in a fixed-width font.

use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use unicode_security::skeleton;

/// The limit of UTS 39, section 5.4, for marks on one character. No orthography needs more.
const MAX_MARKS: usize = 4;

/// The skeletons of a name as it is and in lower case, because uppercase and lowercase letters
/// resemble different letters of other scripts. Two names with a common skeleton look alike.
pub fn appearances(name: &str) -> BTreeSet<String> {
    [name.to_owned(), name.to_lowercase()]
        .iter()
        .map(|name| skeleton(&without_repeated_marks(name)).collect())
        .collect()
}

/// A repeated mark is drawn over itself.
fn without_repeated_marks(name: &str) -> String {
    let mut characters: Vec<char> = name.nfd().collect();
    characters.dedup_by(|next, previous| next == previous && is_combining_mark(*next));
    characters.into_iter().collect()
}

/// The problem with the combining marks of a name, if any.
pub fn mark_problem(name: &str) -> Option<&'static str> {
    let characters: Vec<char> = name.nfd().collect();
    let repeats = |pair: &[char]| pair[0] == pair[1] && is_combining_mark(pair[0]);
    if characters.windows(2).any(repeats) {
        return Some("repeats a combining mark, which is drawn over itself");
    }
    characters
        .split(|character| !is_combining_mark(*character))
        .any(|marks| marks.len() > MAX_MARKS)
        .then_some("has more than four combining marks on one character")
}

/// Whether a name is in Unicode normalization form C, in which equal texts have equal bytes.
pub fn is_normalized(name: &str) -> bool {
    unicode_normalization::is_nfc(name)
}

/// The name in Unicode normalization form C.
pub fn normalized(name: &str) -> String {
    name.nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::{appearances, is_normalized, mark_problem};

    #[test]
    fn appearances_of_confusable_names_overlap() {
        let overlap = |a: &str, b: &str| !appearances(a).is_disjoint(&appearances(b));
        assert!(overlap("acme", "\u{430}cme") && overlap("Paypal", "\u{440}aypal"));
        assert!(overlap("caf\u{e9}", "cafe\u{301}\u{301}"));
        assert!(!overlap("acme-1", "acme-2") && !overlap("Zo\u{eb}", "Zoe"));
    }

    #[test]
    fn mark_problem_of_repeated_or_stacked_marks_is_reported() {
        assert!(mark_problem("e\u{301}\u{301}").is_some());
        assert!(mark_problem("e\u{300}\u{301}\u{302}\u{303}\u{304}").is_some());
    }

    #[test]
    fn mark_problem_of_ordinary_names_is_none() {
        for name in [
            "Vi\u{1ec7}t Nam",
            "Zoe\u{308}",
            "\u{e1a}\u{e49}\u{e32}\u{e19}",
            "acme",
        ] {
            assert_eq!(mark_problem(name), None, "{name}");
        }
    }

    #[test]
    fn is_normalized_of_decomposed_name_is_false() {
        assert!(is_normalized("Zo\u{eb}") && !is_normalized("Zoe\u{308}"));
    }
}
