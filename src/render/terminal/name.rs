//! Responsible for names in output: a name that could pass for a line of airlift is quoted.
//!
//! Names come from files, the API and the ledger. [`Safe`] already escapes what controls a terminal or
//! a CI log; a plain text such as `Plan: 0 to add` still deceives a reader.

use super::Safe;
use crate::model::Address;

/// Phrases with which lines of airlift start, in lower case.
const PHRASES: [&str; 6] = [
    "apply complete",
    "apply incomplete",
    "no changes",
    "no drift",
    "stopped immediately",
    "symbols ",
];
/// Words with which lines of airlift start before a colon or a number, in lower case.
const WORDS: [&str; 17] = [
    "adopted",
    "blocked",
    "compared",
    "customers",
    "drift",
    "error",
    "failed",
    "hint",
    "kept",
    "next",
    "note",
    "plan",
    "refused",
    "stopping",
    "unmanaged",
    "valid",
    "warning",
];

impl Safe {
    /// A name, in double quotes if it could be read as a line of airlift.
    pub(crate) fn name(name: &str) -> Self {
        if is_plain(name) {
            Self::new(name)
        } else {
            Self::new(format_args!("\"{}\"", name.replace('"', "\\\"")))
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
    name.starts_with(char::is_alphanumeric) && name.chars().all(is_ordinary) && !is_opening(name)
}

/// Characters of everyday names. A colon, a bracket or a quote belongs to a message.
fn is_ordinary(character: char) -> bool {
    character.is_alphanumeric() || " -_.,&'’+@/()#".contains(character)
}

/// Whether the name starts like a line of airlift.
fn is_opening(name: &str) -> bool {
    let name = name.to_lowercase();
    // A letter can pass for a colon, such as U+02D0.
    let is_boundary = |c: char| !c.is_ascii_alphanumeric() && !"-_ ".contains(c);
    let is_message = |rest: &str| {
        rest.starts_with(is_boundary) || rest.trim_start().starts_with(|c: char| c.is_numeric())
    };
    let starts_with_word = |word: &&str| name.strip_prefix(*word).is_some_and(is_message);
    PHRASES.iter().any(|phrase| name.starts_with(phrase)) || WORDS.iter().any(starts_with_word)
}

#[cfg(test)]
mod tests {
    use super::{PHRASES, Safe, WORDS};
    use crate::model::Address;
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
        ] {
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
    fn address_quotes_each_part() {
        let address = Address::connector("No changes.", "GitHub");
        assert_eq!(Safe::address(&address).as_str(), "\"No changes.\"/GitHub");
    }

    proptest! {
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
