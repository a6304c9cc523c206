//! Responsible for looking up type names in the API's catalog that the embedded catalog does not
//! have.

use crate::api::Definition;
use crate::model::KindLookup;
use std::collections::{BTreeMap, BTreeSet};

/// Number of similar names that a message suggests.
const MAX_SUGGESTIONS: usize = 3;
/// Least similarity of a suggested name, between 0 and 1. `difflib`, whose measure this is, has the
/// same default.
const MIN_SIMILARITY: f32 = 0.6;

/// The definition whose folded name equals the folded `name`, or whose id `name` is.
pub(super) fn look_up(name: &str, catalog: &[Definition]) -> KindLookup {
    let wanted = fold(name);
    let id = name.parse().ok();
    let definitions: BTreeSet<_> = catalog
        .iter()
        .filter(|definition| fold(&definition.name) == wanted || Some(definition.id) == id)
        .map(|definition| definition.id)
        .collect();
    let definitions: Vec<_> = definitions.into_iter().collect();
    match definitions.as_slice() {
        [] => KindLookup::Missing(similar_names(&wanted, catalog)),
        [only] => KindLookup::Found(*only),
        _ => KindLookup::Ambiguous(definitions),
    }
}

fn similar_names(wanted: &str, catalog: &[Definition]) -> Vec<String> {
    let names: BTreeMap<String, &str> = catalog
        .iter()
        .map(|definition| (fold(&definition.name), definition.name.as_str()))
        .collect();
    let folded: Vec<&str> = names.keys().map(String::as_str).collect();
    similar::get_close_matches(wanted, &folded, MAX_SUGGESTIONS, MIN_SIMILARITY)
        .into_iter()
        .filter_map(|folded| names.get(folded).map(|name| (*name).to_owned()))
        .collect()
}

/// The name without case, spaces, hyphens and underscores: `Zendesk Support`, `zendesk-support` and
/// `zendesk_support` are equal.
fn fold(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, ' ' | '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::look_up;
    use crate::api::Definition;
    use crate::model::{DefinitionId, KindLookup};
    use uuid::Uuid;

    #[test]
    fn look_up_other_case_and_separators_finds_definition() {
        let definition = |n, name: &str| Definition {
            id: DefinitionId(Uuid::from_u128(n)),
            name: name.into(),
        };
        let catalog = [
            definition(1, "Zendesk Support"),
            definition(2, "Zendesk Talk"),
            definition(3, "My_Source"),
            definition(4, "my-source"),
        ];
        let single = |n| KindLookup::Found(DefinitionId(Uuid::from_u128(n)));
        assert_eq!(look_up("zendesk-support", &catalog), single(1));
        assert_eq!(look_up("zendesk_talk", &catalog), single(2));
        assert_eq!(
            look_up(&Uuid::from_u128(2).to_string(), &catalog),
            single(2)
        );
        assert_eq!(
            look_up("My Source", &catalog),
            KindLookup::Ambiguous(vec![
                DefinitionId(Uuid::from_u128(3)),
                DefinitionId(Uuid::from_u128(4))
            ])
        );
        assert_eq!(
            look_up("zendesk-suport", &catalog),
            KindLookup::Missing(vec!["Zendesk Support".into(), "Zendesk Talk".into()])
        );
        assert_eq!(look_up("qqq", &catalog), KindLookup::Missing(vec![]));
    }
}
