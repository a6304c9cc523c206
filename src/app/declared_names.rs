//! Responsible for finding the declarations of existing objects: by the name in the ledger, which stays when others
//! rename the object, then by the present name.

use std::collections::{BTreeMap, BTreeSet};

/// Declared names, and the previous names among them.
pub(super) struct DeclaredNames<'a> {
    names: BTreeSet<&'a str>,
    /// Declared name by previous name.
    previous: BTreeMap<&'a str, &'a str>,
}

/// The names of an existing object.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExistingName<'a> {
    pub(super) present: &'a str,
    pub(super) recorded: Option<&'a str>,
}

/// The declaration of an existing object.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Declaration<'a> {
    pub(super) name: &'a str,
    pub(super) rename: Rename,
}

/// Who renamed an object since the last apply.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Rename {
    /// Nobody, or only the files.
    None,
    /// Others. The name is free in the files.
    External,
    /// Others. The files declare another object of the name.
    ExternalTaken,
    /// Others and the files.
    Both,
}

/// The names that no further object can have: those of the files, and those that the ledger has of other objects.
#[derive(Debug)]
pub(super) struct TakenNames<'a> {
    declared: BTreeSet<&'a str>,
    /// Present name by the name in the ledger.
    recorded: BTreeMap<&'a str, &'a str>,
}

impl<'a> TakenNames<'a> {
    /// Whether the files can give this name to an object that they do not declare under it. They declare it from now on.
    pub(super) fn claim(&mut self, present: &'a str) -> bool {
        let mut recorded = self.recorded.get(present).into_iter();
        let is_free = recorded.all(|other| *other == present);
        is_free && self.declared.insert(present)
    }
}

impl<'a> DeclaredNames<'a> {
    /// Declared names with their previous names.
    pub(super) fn new(declared: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> Self {
        let mut new = Self {
            names: BTreeSet::new(),
            previous: BTreeMap::new(),
        };
        for (name, previous) in declared {
            new.names.insert(name);
            if let Some(previous) = previous {
                new.previous.insert(previous, name);
            }
        }
        new
    }

    /// The declaration of each object. No declaration is that of two objects: a recorded object comes first.
    pub(super) fn find_all(&self, objects: &[ExistingName<'a>]) -> Vec<Option<Declaration<'a>>> {
        let mut claimed = BTreeSet::new();
        let mut declaration = vec![None; objects.len()];
        for by_record in [true, false] {
            for (object, declaration) in objects.iter().zip(&mut declaration) {
                let name = if by_record {
                    object.recorded.and_then(|name| self.declared_as(name))
                } else {
                    self.declared_as(object.present)
                };
                if let (None, Some(name)) = (&declaration, name)
                    && claimed.insert(name)
                {
                    let rename = self.rename(name, *object);
                    *declaration = Some(Declaration { name, rename });
                }
            }
        }
        declaration
    }

    /// The names that are taken before the files are edited.
    pub(super) fn taken(&self, objects: &[ExistingName<'a>]) -> TakenNames<'a> {
        let objects = objects.iter();
        TakenNames {
            declared: self
                .names
                .iter()
                .chain(self.previous.keys())
                .copied()
                .collect(),
            recorded: objects
                .filter_map(|object| Some((object.recorded?, object.present)))
                .collect(),
        }
    }

    fn declared_as(&self, name: &str) -> Option<&'a str> {
        let renamed = || self.previous.get(name);
        self.names.get(name).or_else(renamed).copied()
    }

    fn rename(&self, declared: &str, object: ExistingName<'_>) -> Rename {
        let ExistingName { present, recorded } = object;
        match recorded {
            _ if present == declared => Rename::None,
            Some(recorded) if recorded == declared && self.names.contains(present) => {
                Rename::ExternalTaken
            }
            Some(recorded) if recorded == declared => Rename::External,
            Some(recorded) if recorded != present => Rename::Both,
            _ => Rename::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DeclaredNames, ExistingName, Rename};

    fn find(
        declared: &[(&'static str, Option<&'static str>)],
        objects: &[(&'static str, Option<&'static str>)],
    ) -> Vec<Option<(&'static str, Rename)>> {
        let objects: Vec<_> = objects
            .iter()
            .map(|(present, recorded)| ExistingName {
                present,
                recorded: *recorded,
            })
            .collect();
        let declaration = DeclaredNames::new(declared.iter().copied()).find_all(&objects);
        let declaration = declaration.into_iter();
        declaration
            .map(|declaration| {
                declaration.map(|declaration| (declaration.name, declaration.rename))
            })
            .collect()
    }

    #[test]
    fn find_all_takes_the_recorded_name_before_the_present_one() {
        assert_eq!(
            find(&[("a", None)], &[("a", None), ("b", Some("a"))]),
            [None, Some(("a", Rename::External))]
        );
        assert_eq!(
            find(&[("a", None)], &[("a", None)]),
            [Some(("a", Rename::None))]
        );
        assert_eq!(find(&[("a", None)], &[("b", None)]), [None]);
    }

    #[test]
    fn find_all_of_name_changed_in_the_files_is_the_renamed_declaration() {
        let renamed = [("new", Some("old"))];
        for (object, rename) in [
            (("old", Some("old")), Rename::None),
            (("old", None), Rename::None),
            (("new", Some("old")), Rename::None),
            (("other", Some("old")), Rename::Both),
        ] {
            assert_eq!(
                find(&renamed, &[object]),
                [Some(("new", rename))],
                "{object:?}"
            );
        }
    }

    #[test]
    fn claim_refuses_names_of_the_files_and_names_of_others_in_the_ledger() {
        let object = |present, recorded| ExistingName { present, recorded };
        let objects = [
            object("acme-x", Some("acme")),
            object("acme", None),
            object("hooli", Some("hooli")),
        ];
        let declared = [("new", Some("old"))];
        let mut taken = DeclaredNames::new(declared.into_iter()).taken(&objects);
        for name in ["new", "old", "acme"] {
            assert!(!taken.claim(name), "{name}");
        }
        for name in ["acme-x", "hooli", "other"] {
            assert!(taken.claim(name), "{name}");
            assert!(!taken.claim(name), "{name}");
        }
    }

    #[test]
    fn find_all_of_swapped_names_leaves_both() {
        assert_eq!(
            find(
                &[("a", None), ("b", None)],
                &[("b", Some("a")), ("a", Some("b"))]
            ),
            [
                Some(("a", Rename::ExternalTaken)),
                Some(("b", Rename::ExternalTaken))
            ]
        );
    }
}
