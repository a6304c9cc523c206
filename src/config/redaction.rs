//! Responsible for deciding which keys and values an excerpt or a message may show.
//!
//! Uses a list of harmless keys, not of secret ones: a secret may be pasted anywhere, and many
//! people can read build logs.

use crate::catalog::closest;

/// The content of a sequence or mapping that may be shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Visibility {
    /// The values of harmless keys.
    Fields,
    /// Every scalar: the content of a list under a harmless key.
    Items,
    /// The names in a list, and the values of harmless keys of its mappings.
    Names,
    /// The templates of a project.
    Templates,
    /// A template, of which only the names of parameters are shown.
    Template,
    /// Only keys that resemble names.
    Hidden,
}

/// Keys whose scalar values are shown.
const HARMLESS: [&str; 24] = [
    "version",
    "organization_id",
    "contract",
    "max_deletes",
    "max_delete_percent",
    "max_id_changes",
    "name",
    "previous_name",
    "region",
    "status",
    "protect",
    "cache",
    "type",
    "auth",
    "credentials_version",
    "entity",
    "template_id",
    "include",
    "rotation",
    "files",
    "adopt",
    "table",
    "template",
    "consent",
];

impl Visibility {
    /// The top of a file.
    pub(super) const ROOT: Self = Self::Fields;

    /// The visibility inside the value under `key`.
    pub(super) fn inside(self, key: Option<&str>) -> Self {
        match (self, key) {
            (
                Self::Fields,
                None
                | Some(
                    "customers" | "connectors" | "guards" | "secret_policy" | "customer_policy"
                    | "customers_from" | "oauth",
                ),
            ) => Self::Fields,
            (Self::Fields, Some("entities")) => Self::Names,
            (Self::Names, key) => Self::Fields.inside(key),
            (Self::Fields, Some("templates")) => Self::Templates,
            (Self::Templates, Some(_)) => Self::Template,
            (Self::Template, Some("parameters")) => Self::Items,
            (Self::Fields, Some("include" | "modes" | "stores" | "unchecked_secrets")) => {
                Self::Items
            }
            _ => Self::Hidden,
        }
    }

    /// Whether the scalar under `key`, or an item of a list, is shown.
    pub(super) fn shows_value(self, key: Option<&str>) -> bool {
        match self {
            Self::Fields => key.is_some_and(|key| HARMLESS.contains(&key)),
            Self::Items => key.is_none(),
            Self::Names => key.is_none() || Self::Fields.shows_value(key),
            Self::Templates | Self::Template | Self::Hidden => false,
        }
    }

    pub(super) fn is_hidden(self) -> bool {
        matches!(self, Self::Hidden | Self::Templates | Self::Template)
    }
}

/// Whether a key looks like a field's name and not like a secret: short, plain, and with few digits.
pub(super) fn nameable(key: &str) -> bool {
    let digits = key.bytes().filter(u8::is_ascii_digit).count();
    if ["<<", "$schema", "$secret"].contains(&key) {
        return true;
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || c == '.';
    !key.is_empty() && key.len() <= 40 && digits <= 2 && key.chars().all(plain)
}

/// The replacement for a key that may be a secret.
pub(super) const NOT_NAMED: &str = "(not shown)";

/// A key for a message: quoted, or replaced if it may be a secret.
pub(super) fn named(key: &str) -> String {
    if nameable(key) {
        format!("`{key}`")
    } else {
        NOT_NAMED.to_owned()
    }
}

/// A customer's or connector's name for a message: escaped and shortened.
pub(super) fn title(name: &str) -> String {
    const LONGEST: usize = 80;
    let mut shown: String = name
        .chars()
        .take(LONGEST)
        .flat_map(char::escape_debug)
        .collect();
    if name.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// Help that names the closest candidate, if one is close.
pub(super) fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let near = closest(word, candidates)?;
    Some(format!("did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::{NOT_NAMED, Visibility, nameable, named, title};

    #[test]
    fn visibility_of_credentials_is_hidden() {
        let root = Visibility::ROOT;
        let connector = root.inside(Some("customers")).inside(None);
        assert!(connector.shows_value(Some("name")) && !connector.shows_value(Some("token")));
        let credentials = connector.inside(Some("credentials"));
        assert!(!credentials.shows_value(Some("name")));
        assert!(!credentials.inside(None).shows_value(Some("name")));
        assert!(root.inside(Some("include")).shows_value(None));
    }

    #[test]
    fn visibility_of_harmless_list_shows_its_items_only() {
        let root = Visibility::ROOT;
        assert!(!root.shows_value(None) && !root.is_hidden());
        let entities = root.inside(Some("entities"));
        assert!(entities.shows_value(None) && entities.inside(None).shows_value(Some("entity")));
        assert!(!entities.shows_value(Some("token")));
        let template = root.inside(Some("templates")).inside(Some("base"));
        assert!(template.inside(Some("parameters")).shows_value(None));
        assert!(!template.shows_value(Some("name")));
        assert!(template.inside(Some("customer")).is_hidden());
        for list in [
            "customers",
            "connectors",
            "guards",
            "secret_policy",
            "customer_policy",
        ] {
            assert_eq!(root.inside(Some(list)), Visibility::Fields, "{list}");
        }
        for list in ["include", "modes", "stores", "unchecked_secrets"] {
            let items = root.inside(Some(list));
            assert!(
                items.shows_value(None) && !items.shows_value(Some("name")),
                "{list}"
            );
            assert!(items.inside(None).is_hidden());
        }
        let hidden = root.inside(Some("credentials"));
        assert!(hidden.is_hidden() && !hidden.shows_value(None));
        assert!(hidden.inside(Some("customers")).is_hidden());
    }

    #[test]
    fn nameable_pasted_secret_is_false() {
        assert!(nameable("client_secret") && nameable("x-api-key2"));
        assert!(nameable("a.b") && nameable("<<") && nameable("$secret") && nameable("a12"));
        assert!(nameable("$schema") && !nameable("$schemas"));
        assert!(!nameable("ghp_1234abcd") && !nameable("a b") && !nameable(""));
        assert!(!nameable("a123") && !nameable("$secrets") && !nameable("ä"));
        assert!(nameable(&"a".repeat(40)) && !nameable(&"a".repeat(41)));
        assert_eq!((named("a"), named("a b")), ("`a`".into(), NOT_NAMED.into()));
    }

    #[test]
    fn title_longer_than_limit_is_cut() {
        assert_eq!(title(&"a".repeat(80)), format!("`{}`", "a".repeat(80)));
        assert_eq!(title(&"a".repeat(81)), format!("`{}…`", "a".repeat(80)));
    }

    #[test]
    fn title_with_control_character_is_escaped() {
        assert_eq!(title("a\u{1b}[31m"), "`a\\u{1b}[31m`");
    }
}
