//! Responsible for names in output: a name that could pass for a line of airlift is quoted.
//!
//! Names come from files, the API and the ledger. [`Safe`] already escapes what controls a terminal or
//! a CI log; a plain text such as `Plan: 0 to add` still deceives a reader. Names are compared by
//! appearance, so that `Рlan` with a Cyrillic letter and `N0 changes` with a digit are noticed.

use super::Safe;
use crate::model::{Address, appearances};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The characters of a name within a sentence.
const LONGEST_IN_SENTENCE: usize = 80;

/// Phrases of airlift's lines. A name that contains one is quoted.
const PHRASES: [&str; 21] = [
    "all customers",
    "apply complete",
    "apply incomplete",
    "apply these changes",
    "left alone",
    "left out",
    "managed by airlift",
    "match the files",
    "matches the files",
    "no changes",
    "no drift",
    "no longer in the files",
    "not created by airlift",
    "not in the files",
    "nothing was written",
    "stopped immediately",
    "to add",
    "to change",
    "to destroy",
    "to write",
    "will be recorded",
];
/// Words with which lines of airlift start. A name is quoted if a number, a bracket or other
/// punctuation follows the word.
const WORDS: [&str; 41] = [
    "adopted",
    "all",
    "apply",
    "blocked",
    "compared",
    "customers",
    "deletions",
    "done",
    "drift",
    "error",
    "fail",
    "failed",
    "hint",
    "kept",
    "next",
    "not attempted",
    "not planned",
    "not ready",
    "not verified",
    "note",
    "ok",
    "partial",
    "plan",
    "ready",
    "refused",
    "resources",
    "secrets",
    "serving",
    "stale",
    "stopping",
    "symbols",
    "target",
    "unchanged",
    "unknown",
    "unmanaged",
    "valid",
    "warn",
    "warning",
    "warnings",
    "wave",
    "workspace",
];

/// By their first word, so that a plan of a hundred thousand names is not slowed down.
static PHRASE_FORMS: LazyLock<BTreeMap<String, BTreeSet<String>>> = LazyLock::new(|| {
    let mut by_word: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for form in PHRASES.iter().flat_map(forms_of_text) {
        let first = form.split(' ').next().unwrap_or_default().to_owned();
        by_word.entry(first).or_default().insert(form);
    }
    by_word
});
/// By their first character.
static WORD_FORMS: LazyLock<BTreeMap<char, BTreeSet<String>>> = LazyLock::new(|| {
    let mut by_character: BTreeMap<char, BTreeSet<String>> = BTreeMap::new();
    for form in WORDS.iter().flat_map(forms_of_text) {
        let first = form.chars().next().unwrap_or_default();
        by_character.entry(first).or_default().insert(form);
    }
    by_character
});

impl Safe {
    /// A name, in double quotes if it could be read as a line of airlift.
    pub(crate) fn name(name: &str) -> Self {
        if is_plain(name) {
            Self::new(name)
        } else {
            Self::new(format_args!("\"{}\"", name.replace('"', "\\\"")))
        }
    }

    /// A name for a sentence: cut if it is long, and quoted as [`Self::name`] does.
    pub(crate) fn short_name(name: &str) -> Self {
        match name.char_indices().nth(LONGEST_IN_SENTENCE) {
            None => Self::name(name),
            // A cut name is quoted, because the mark is no part of it.
            Some((end, _)) => Self::name(&format!("{}…", &name[..end])),
        }
    }

    /// `customer` or `customer/connector`, each quoted if necessary.
    pub(crate) fn address(address: &Address) -> Self {
        let customer = Self::name(&address.customer);
        match &address.connector {
            None => customer,
            Some(connector) => Self::new(format_args!("{customer}/{}", Self::name(connector))),
        }
    }
}

fn is_plain(name: &str) -> bool {
    name.starts_with(char::is_alphanumeric)
        && name.chars().all(is_ordinary)
        // Two blanks separate the columns of a heading.
        && !name.contains("  ")
        && !reads_like_a_line(name)
}

/// Characters of everyday names. A colon, a bracket or a quote belongs to a message.
fn is_ordinary(character: char) -> bool {
    let is_punctuation = || " -_.,&'’+@/()#".contains(character);
    character.is_ascii_alphanumeric() || character.is_alphanumeric() || is_punctuation()
}

/// Whether the name looks like a line of airlift, or contains a phrase of one.
fn reads_like_a_line(name: &str) -> bool {
    forms(name).iter().any(|form| {
        let starts_with = |word: &String| form.strip_prefix(word.as_str()).is_some_and(is_message);
        let first = form.chars().next().unwrap_or_default();
        let mut words_of_lines = WORD_FORMS.get(&first).into_iter().flatten();
        words_of_lines.any(starts_with) || has_phrase(&words(form))
    })
}

/// Whether a phrase starts at one of the words.
fn has_phrase(words: &str) -> bool {
    let mut rest = words;
    while let Some((first, next)) = rest.split_once(' ') {
        let mut phrases = PHRASE_FORMS.get(first).into_iter().flatten();
        if phrases.any(|phrase| rest.starts_with(phrase.as_str())) {
            return true;
        }
        rest = next;
    }
    false
}

/// The appearances of a text in lower case, in upper case, and with a capital at its start.
fn forms_of_text(text: &&str) -> BTreeSet<String> {
    let (first, rest) = text.split_at(1);
    let capitalized = first.to_uppercase() + rest;
    let spellings = [(*text).to_owned(), text.to_uppercase(), capitalized];
    spellings.iter().flat_map(|text| forms(text)).collect()
}

/// The appearances of a text, in lower case.
fn forms(text: &str) -> BTreeSet<String> {
    if text.is_ascii() {
        let mut forms = BTreeSet::from([ascii_form(&text.to_ascii_lowercase())]);
        // Only these letters have another form in lower case.
        if text.contains(['I', 'M']) {
            forms.insert(ascii_form(text));
        }
        return forms;
    }
    appearances(text)
        .into_iter()
        .map(|form| form.to_lowercase())
        .collect()
}

/// The appearance of a text of ASCII letters and digits, as [`appearances`] has it, in lower case.
fn ascii_form(text: &str) -> String {
    let mut form = String::with_capacity(text.len() + 2);
    for character in text.chars() {
        match character {
            '0' => form.push('o'),
            '1' | 'I' => form.push('l'),
            'm' => form.push_str("rn"),
            other => form.push(other.to_ascii_lowercase()),
        }
    }
    form
}

/// The words of a text, with one blank between them.
fn words(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

/// Whether a number or punctuation follows a word of a line.
fn is_message(rest: &str) -> bool {
    // A letter can pass for a colon, such as U+02D0.
    let is_punctuation = |c: char| !c.is_ascii_alphanumeric() && !"-_ ".contains(c);
    let next = rest.trim_start();
    rest.starts_with(is_punctuation)
        || next.starts_with(['(', ':', '.', ',', '!', '+', '='])
        || (rest.starts_with(' ') && is_number(next))
}

/// Whether the first word is a number or an id. In appearances, `0` is an `o` and `1` is an `l`.
fn is_number(text: &str) -> bool {
    let word = text.split([' ', ',', '.']).next().unwrap_or_default();
    let stands_for_digits = !word.is_empty() && word.chars().all(|c| "ol".contains(c));
    stands_for_digits || word.contains(char::is_numeric)
}

#[cfg(test)]
mod tests {
    use super::{PHRASES, Safe, WORDS, forms};
    use crate::model::{Address, appearances};
    use proptest::prelude::*;

    fn shown(name: &str) -> String {
        Safe::name(name).to_string()
    }

    #[test]
    fn name_of_everyday_characters_is_not_quoted() {
        for name in [
            "acme-corp",
            "Acme GitHub",
            "Ärzte & Söhne (Berlin)",
            "日本 株式会社",
            "O'Neill, Inc.",
            "C# team",
            "adopted",
            "Next Retail",
            "Plan B",
            "planet",
            "Notion",
            "All Saints",
            "Target Corp",
            "Unknown Pleasures",
            "OK Magazine",
            "Wave-2 rollout",
            "3M",
            "7-Eleven",
            "1 to 1 Media",
            "Workspace One",
            "Error Corp",
            "Drift & Co",
            "Plan 日本",
        ] {
            assert_eq!(shown(name), name);
        }
    }

    #[test]
    fn name_that_reads_like_a_summary_is_quoted() {
        for name in [
            "Plan: 0 to add, 0 to change, 0 to destroy.",
            "No changes.",
            "no drift",
            "Apply complete! Resources: 0 added",
            "Plan 0 to add",
            "Planː 0 to add",
            "error[x]: y",
            "Рlan: 0 to add",
            "0 to add, 0 to change, 0 to destroy.",
            "Рlan 0 to add, 0 to change, 0 to destroy.",
            "P1an 5",
            "PLAN 5",
            "Unmanaged (9 customers), not in the files, not created by airlift",
            "Unrnanaged (9 customers)",
            "Partial. other customers were left out.",
            "PartiaI. other customers",
            "Kept (3)",
            "Wave 1 of 2",
            "Customers 0 touched of 0.",
            "Secrets 12",
            "Not verified 0.",
            "workspace 11111111-1111-4111-8111-111111111111",
            "acme all customers match the files",
            "Symbols + create",
        ] {
            assert_eq!(shown(name), format!("\"{name}\""));
        }
    }

    #[test]
    fn name_that_looks_like_a_summary_is_quoted() {
        for name in [
            "N\u{43e} changes",
            "N0 changes. All 3 customers match the files.",
            "NO CHANGES",
            "N\u{3bf} drift",
            "Apply cornplete",
            "Appl\u{443} complete",
            "0 t\u{43e} add, 0 t\u{43e} change",
            "\u{405}ecrets (5)",
        ] {
            assert_eq!(shown(name), format!("\"{name}\""));
        }
    }

    #[test]
    fn name_with_two_blanks_cannot_imitate_the_columns_of_a_heading() {
        for name in ["acme corp  workspace 11111111", "acme  protected"] {
            assert_eq!(shown(name), format!("\"{name}\""));
        }
    }

    #[test]
    fn name_that_folds_a_ci_log_is_quoted() {
        for name in ["--- x", "+++ x", "::group::x", "section_start:1:x", "~~~ x"] {
            assert!(shown(name).starts_with('"'), "{name}");
        }
    }

    #[test]
    fn name_with_quotes_cannot_end_its_own_quotes() {
        assert_eq!(shown("a\" Plan: 0"), r#""a\" Plan: 0""#);
    }

    #[test]
    fn short_name_cuts_and_quotes_a_long_name() {
        let long = "é".repeat(80);
        assert_eq!(Safe::short_name(&long).as_str(), long);
        let cut = format!("\"{long}…\"");
        assert_eq!(Safe::short_name(&format!("{long}e")).as_str(), cut);
        let deceptive = Safe::short_name("No changes.");
        assert_eq!(deceptive.as_str(), "\"No changes.\"");
    }

    #[test]
    fn address_quotes_each_part() {
        let address = Address::connector("No changes.", "GitHub");
        assert_eq!(Safe::address(&address).as_str(), "\"No changes.\"/GitHub");
    }

    proptest! {
        #[test]
        fn forms_of_ascii_text_are_its_appearances(text in "[-_.,&'+@/()# A-Za-z0-9]{0,20}") {
            let expected = appearances(&text).into_iter().map(|form| form.to_lowercase());
            prop_assert_eq!(forms(&text), expected.collect());
        }

        #[test]
        fn name_that_starts_like_a_line_is_quoted(
            phrase in 0..PHRASES.len(), word in 0..WORDS.len(), end in ".{0,12}",
        ) {
            for name in [format!("{}{end}", PHRASES[phrase]), format!("{}: {end}", WORDS[word])] {
                prop_assert!(shown(&name).starts_with('"'), "{}", name);
            }
        }
    }
}
