//! Responsible for the texts of `airlift explain`: one Markdown file per kind beside this file, with a
//! `## name` section for each topic.
//!
//! Does not print; `render::explain` does that. A test in `render::explain` compares the sections
//! with the codes that output can print, and the concepts with the glossary of CONTRIBUTING.

use serde::Serialize;
use std::sync::LazyLock;

/// Kinds in the order of the list that `airlift explain` prints, with their files.
const FILES: [(&str, &str); 16] = [
    ("guide", include_str!("guides.md")),
    ("concept", include_str!("concepts.md")),
    ("finding", include_str!("findings.md")),
    ("reason", include_str!("reasons.md")),
    ("block", include_str!("blocks.md")),
    ("guard", include_str!("guards.md")),
    ("drift", include_str!("drift.md")),
    ("verification", include_str!("verification.md")),
    ("ledger", include_str!("ledger.md")),
    ("outcome", include_str!("outcomes.md")),
    ("state", include_str!("states.md")),
    ("problem", include_str!("problems.md")),
    ("warning", include_str!("warnings.md")),
    ("failure", include_str!("failures.md")),
    ("exit code", include_str!("exit-codes.md")),
    ("field", include_str!("fields.md")),
];

/// The kind of topics that can be named by their last segment, such as `credentials`.
const FIELD: &str = "field";
/// How similar a name must be to be suggested.
const SIMILARITY: f32 = 0.6;
/// Names that are suggested for an unknown one.
const SUGGESTIONS: usize = 3;

/// One section of a file.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Topic {
    pub(crate) kind: &'static str,
    pub(crate) name: &'static str,
    /// Markdown paragraphs.
    pub(crate) text: &'static str,
}

static TOPICS: LazyLock<Vec<Topic>> = LazyLock::new(|| {
    FILES
        .into_iter()
        .flat_map(|(kind, file)| topics(kind, file))
        .collect()
});

/// Every topic, in the order of the list that `airlift explain` prints.
pub(crate) fn all() -> &'static [Topic] {
    &TOPICS
}

/// The topics of a name. A code can have several kinds, such as `unknown_type`.
pub(crate) fn find(name: &str) -> Vec<Topic> {
    let name = normalized(name);
    let exact = select(|topic| normalized(topic.name) == name);
    if !exact.is_empty() {
        return exact;
    }
    let fields = select(|topic| topic.kind == FIELD && ends_with_segments(topic.name, &name));
    match fields.as_slice() {
        [_] => fields,
        _ => select(|topic| is_plural(&name, topic.kind)),
    }
}

/// The names of the fields directly below a field.
pub(crate) fn fields_below(topic: &Topic) -> Vec<&'static str> {
    let is_below = |name: &str| {
        name.strip_prefix(topic.name)
            .and_then(|rest| rest.strip_prefix('.'))
            .is_some_and(|rest| !rest.contains('.'))
    };
    let fields = all()
        .iter()
        .filter(|field| topic.kind == FIELD && field.kind == FIELD);
    fields
        .map(|field| field.name)
        .filter(|name| is_below(name))
        .collect()
}

/// Up to three names that were probably meant: names that contain the text, or else similar ones.
pub(crate) fn suggestions(name: &str) -> Vec<&'static str> {
    let name = normalized(name);
    let mut names: Vec<&'static str> = all().iter().map(|topic| topic.name).collect();
    names.sort_unstable();
    names.dedup();
    let mut suggestions: Vec<&'static str> = names
        .iter()
        .copied()
        .filter(|known| !name.is_empty() && normalized(known).contains(&name))
        .collect();
    suggestions.sort_by_key(|known| !normalized(known).starts_with(&name));
    if suggestions.is_empty() {
        suggestions = similar::get_close_matches(name.as_str(), &names, SUGGESTIONS, SIMILARITY);
    }
    suggestions.truncate(SUGGESTIONS);
    suggestions
}

fn topics(kind: &'static str, file: &'static str) -> impl Iterator<Item = Topic> {
    // The part before the first section describes the kind.
    file.split("\n## ").skip(1).map(move |section| {
        let (name, text) = section.split_once('\n').unwrap_or((section, ""));
        Topic {
            kind,
            name: name.trim(),
            text: text.trim(),
        }
    })
}

fn select(condition: impl Fn(&Topic) -> bool) -> Vec<Topic> {
    all()
        .iter()
        .copied()
        .filter(|topic| condition(topic))
        .collect()
}

/// `Not verified`, `not-verified` and `not_verified` are one name.
fn normalized(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '-'], "_")
}

fn ends_with_segments(path: &str, end: &str) -> bool {
    path.strip_suffix(end)
        .is_some_and(|start| start.ends_with('.'))
}

fn is_plural(name: &str, kind: &str) -> bool {
    name.strip_suffix('s') == Some(&normalized(kind))
}

#[cfg(test)]
mod tests {
    use super::{FIELD, all, find, suggestions};
    use std::collections::BTreeSet;

    fn kinds(name: &str) -> Vec<&'static str> {
        find(name).iter().map(|topic| topic.kind).collect()
    }

    #[test]
    fn topics_of_a_kind_have_unique_names() {
        let mut names = BTreeSet::new();
        for topic in all() {
            assert!(names.insert((topic.kind, topic.name)), "{topic:?}");
        }
    }

    #[test]
    fn topics_say_what_to_do_next() {
        for topic in all() {
            let start = if topic.kind == FIELD {
                "Example: "
            } else {
                "Next: "
            };
            let last = topic.text.split("\n\n").last().unwrap();
            assert!(last.starts_with(start), "{topic:?}");
            assert!(topic.text.contains("\n\n"), "{topic:?}");
        }
    }

    #[test]
    fn find_of_a_concept_ignores_spelling() {
        for name in ["not verified", "Not-Verified", "not_verified"] {
            assert_eq!(kinds(name), ["concept"], "{name}");
        }
        assert_eq!(kinds("adopt"), ["concept", "field"]);
    }

    #[test]
    fn find_of_a_code_of_several_kinds_returns_all() {
        assert_eq!(kinds("unknown_type"), ["finding", "block", "failure"]);
        assert_eq!(kinds("rotation"), ["concept", "field"]);
    }

    #[test]
    fn find_of_the_last_segment_of_one_field_returns_the_field() {
        let topics = find("credentials");
        assert_eq!(topics[0].name, "customers.connectors.credentials");
        assert_eq!(topics.len(), 1);
    }

    #[test]
    fn find_of_the_last_segment_of_several_fields_returns_none() {
        assert!(find("name").is_empty());
    }

    #[test]
    fn find_of_a_plural_kind_returns_the_kind() {
        assert_eq!(find("exit-codes").len(), 11);
        assert!(find("reasons").iter().all(|topic| topic.kind == "reason"));
    }

    #[test]
    fn find_of_an_unknown_name_returns_none() {
        assert!(find("nonsense").is_empty() && find("").is_empty());
    }

    #[test]
    fn suggestions_for_a_typo_are_similar_names() {
        assert_eq!(suggestions("secret_rotatd")[0], "secret_rotated");
        assert_eq!(suggestions("duplicate_kye")[0], "duplicate_key");
    }

    #[test]
    fn suggestions_for_a_part_of_a_name_start_with_it_first() {
        assert_eq!(suggestions("drift")[0], "drift");
        assert_eq!(
            suggestions("ledger_l"),
            ["ledger_lease_lost", "ledger_locked"]
        );
    }

    #[test]
    fn suggestions_for_nonsense_are_none() {
        assert!(suggestions("zzzzzz").is_empty() && suggestions("").is_empty());
    }
}
