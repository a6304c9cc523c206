//! Responsible for which keys and values an excerpt or a message may show.
//!
//! The rule is a list of what is harmless, never of what is secret: a secret may be pasted
//! anywhere, and a message goes to build logs that many can read.

/// What may be shown of a sequence's or mapping's content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Visibility {
    /// Harmless keys show their values.
    Fields,
    /// Every scalar is harmless: the content of a list under a harmless key.
    Items,
    /// Nothing but keys that look like names.
    Hidden,
}

/// Keys whose scalar values are shown.
const HARMLESS: [&str; 19] = [
    "version",
    "organization_id",
    "contract",
    "max_deletes",
    "max_delete_percent",
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
];

impl Visibility {
    /// The top of a file.
    pub(super) const ROOT: Self = Self::Fields;

    /// What holds inside a value of this one, under that key.
    pub(super) fn inside(self, key: Option<&str>) -> Self {
        match (self, key) {
            (
                Self::Fields,
                None | Some("customers" | "connectors" | "entities" | "guards" | "secret_policy"),
            ) => Self::Fields,
            (Self::Fields, Some("include" | "modes" | "stores")) => Self::Items,
            _ => Self::Hidden,
        }
    }

    /// Whether the scalar under that key, or the scalar of a list, is shown.
    pub(super) fn shows_value(self, key: Option<&str>) -> bool {
        match self {
            Self::Fields => key.is_some_and(|key| HARMLESS.contains(&key)),
            Self::Items => key.is_none(),
            Self::Hidden => false,
        }
    }

    pub(super) fn is_hidden(self) -> bool {
        self == Self::Hidden
    }
}

/// Whether a key looks like a field's name and not like a key of the other kind: short, plain,
/// and with few digits.
pub(super) fn nameable(key: &str) -> bool {
    let digits = key.bytes().filter(u8::is_ascii_digit).count();
    if key == "<<" || key == "$secret" {
        return true;
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || c == '.';
    !key.is_empty() && key.len() <= 40 && digits <= 2 && key.chars().all(plain)
}

/// What stands for a key that may be a secret.
pub(super) const NOT_NAMED: &str = "(not shown)";

/// A key for a message: quoted, or not named where it does not look like a name.
pub(super) fn named(key: &str) -> String {
    if nameable(key) {
        format!("`{key}`")
    } else {
        NOT_NAMED.to_owned()
    }
}

/// A customer's or connector's name for a message, with nothing in it that a terminal obeys.
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

#[cfg(test)]
mod tests {
    use super::{NOT_NAMED, Visibility, nameable, named, title};

    #[test]
    fn only_harmless_values_are_shown() {
        let root = Visibility::ROOT;
        let connector = root.inside(Some("customers")).inside(None);
        assert!(connector.shows_value(Some("name")) && !connector.shows_value(Some("token")));
        let credentials = connector.inside(Some("credentials"));
        assert!(!credentials.shows_value(Some("name")));
        assert!(!credentials.inside(None).shows_value(Some("name")));
        assert!(root.inside(Some("include")).shows_value(None));
    }

    #[test]
    fn harmless_lists_show_their_items_and_nothing_below() {
        let root = Visibility::ROOT;
        assert!(!root.shows_value(None) && !root.is_hidden());
        for list in [
            "customers",
            "connectors",
            "entities",
            "guards",
            "secret_policy",
        ] {
            assert_eq!(root.inside(Some(list)), Visibility::Fields, "{list}");
        }
        for list in ["include", "modes", "stores"] {
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
    fn pasted_secrets_are_not_names() {
        assert!(nameable("client_secret") && nameable("x-api-key2"));
        assert!(nameable("a.b") && nameable("<<") && nameable("$secret") && nameable("a12"));
        assert!(!nameable("ghp_1234abcd") && !nameable("a b") && !nameable(""));
        assert!(!nameable("a123") && !nameable("$secrets") && !nameable("ä"));
        assert!(nameable(&"a".repeat(40)) && !nameable(&"a".repeat(41)));
        assert_eq!((named("a"), named("a b")), ("`a`".into(), NOT_NAMED.into()));
    }

    #[test]
    fn long_titles_are_cut() {
        assert_eq!(title(&"a".repeat(80)), format!("`{}`", "a".repeat(80)));
        assert_eq!(title(&"a".repeat(81)), format!("`{}…`", "a".repeat(80)));
    }

    #[test]
    fn titles_are_escaped() {
        assert_eq!(title("a\u{1b}[31m"), "`a\\u{1b}[31m`");
    }
}
