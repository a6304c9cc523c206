//! Type names that our catalog does not know, matched against the live one.

use crate::api::Definition;
use crate::model::KindLookup;
use std::collections::{BTreeMap, BTreeSet};

/// How many near names are offered, and how near they have to be.
const NEAREST: usize = 3;
const NEAR: f32 = 0.6;

/// The definition of a name: exact after folding, or the id itself.
pub(super) fn look_up(name: &str, catalog: &[Definition]) -> KindLookup {
    let wanted = fold(name);
    let id = name.parse().ok();
    let found: BTreeSet<_> = catalog
        .iter()
        .filter(|definition| fold(&definition.name) == wanted || Some(definition.id) == id)
        .map(|definition| definition.id)
        .collect();
    let mut found: Vec<_> = found.into_iter().collect();
    match (found.pop(), found.is_empty()) {
        (None, _) => KindLookup::Missing(nearest(&wanted, catalog)),
        (Some(only), true) => KindLookup::Found(only),
        (Some(last), false) => {
            found.push(last);
            KindLookup::Ambiguous(found)
        }
    }
}

fn nearest(wanted: &str, catalog: &[Definition]) -> Vec<String> {
    let names: BTreeMap<String, &str> = catalog
        .iter()
        .map(|definition| (fold(&definition.name), definition.name.as_str()))
        .collect();
    let folded: Vec<&str> = names.keys().map(String::as_str).collect();
    similar::get_close_matches(wanted, &folded, NEAREST, NEAR)
        .into_iter()
        .filter_map(|near| names.get(near).map(|name| (*name).to_owned()))
        .collect()
}

/// `Zendesk Support`, `zendesk-support` and `zendesk_support` are one name.
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
    fn types_are_matched_exactly_after_folding() {
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
        let found = |n| KindLookup::Found(DefinitionId(Uuid::from_u128(n)));
        assert_eq!(look_up("zendesk-support", &catalog), found(1));
        assert_eq!(look_up("zendesk_talk", &catalog), found(2));
        assert_eq!(look_up(&Uuid::from_u128(2).to_string(), &catalog), found(2));
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
