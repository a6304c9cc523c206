//! Responsible for making outputs identical in every run.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Replaces every id by a number in the order of first appearance, with the same width.
pub(crate) fn normalize(text: &str) -> String {
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let id = rest
            .get(..36)
            .filter(|id| uuid::Uuid::try_parse(id).is_ok());
        let length = if let Some(id) = id {
            let next = names.len() + 1;
            let number = *names.entry(id.to_owned()).or_insert(next);
            write!(result, "00000000-0000-0000-0000-{number:012}").unwrap();
            36
        } else {
            result.push(character);
            character.len_utf8()
        };
        rest = &rest[length..];
    }
    result
}
