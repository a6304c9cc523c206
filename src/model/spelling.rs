//! How references of this program's stores are written, as far as their text tells.

use super::SecretRef;
use std::path::Path;

/// The stores of this program.
pub const STORES: [&str; 4] = ["env", "file", "vault", "exec"];
/// The stores that may be used where the project lists none.
pub const DEFAULT_STORES: [&str; 2] = ["env", "file"];

/// Whether a name is that of a store which the user's own configuration describes. Such a name
/// has a hyphen, so that none is ever taken for a store of this program, nor for one misspelt.
pub fn is_alias(store: &str) -> bool {
    let word = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    store.contains('-')
        && store.starts_with(|c: char| c.is_ascii_lowercase())
        && store.split('-').all(word)
}

/// Whether a reference or a list can name such a store.
pub fn is_store(store: &str) -> bool {
    STORES.contains(&store) || is_alias(store)
}

/// How the fields of a file are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FieldsForm {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// Lines of `NAME=value`.
    Dotenv,
}

impl FieldsForm {
    /// By the end of the file's name.
    pub fn of(path: &str) -> Option<Self> {
        let name = Path::new(path).file_name()?.to_str()?;
        match name.rsplit_once('.')?.1 {
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            "env" => Some(Self::Dotenv),
            _ => None,
        }
    }
}

/// What is wrong with how a reference of this program's stores is written, as far as its text
/// tells: nothing is read and nobody is asked.
pub fn misspelt(reference: &SecretRef) -> Option<&'static str> {
    let SecretRef { store, path, field } = reference;
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let word = |c: char| letters(c) || c == '-';
    match (store.as_str(), field) {
        ("env", None) if !path.chars().all(letters) || starts_with_digit(path) => {
            Some("the name of an environment variable holds letters, digits and `_` only")
        }
        ("exec", None) if !path.chars().all(word) => {
            Some("the name of a command holds letters, digits, `_` and `-` only")
        }
        ("env" | "exec", Some(_)) => Some("this store has no fields; drop the part after `#`"),
        ("file", Some(_)) if FieldsForm::of(path).is_none() => {
            Some("fields are read from .json, .yaml, .yml and .env files only")
        }
        ("vault", None) => Some("a secret has fields; add `#` and the field's name"),
        ("vault", Some(_)) => vault_path(path).err(),
        _ => None,
    }
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

/// A reference's path, if it can be one: a mount and what lies below it.
pub fn vault_path(path: &str) -> Result<&str, &'static str> {
    if !path.contains('/') {
        return Err("it is a mount and a path, as in kv/hubspot");
    }
    if path.split('/').all(sound_part) {
        Ok(path)
    } else {
        Err("its path has an empty part, or goes up")
    }
}

fn sound_part(part: &str) -> bool {
    !part.is_empty() && part != "." && part != ".."
}

#[cfg(test)]
mod tests {
    use super::{is_store, misspelt};

    #[test]
    fn an_alias_has_a_hyphen() {
        for fine in ["env", "exec", "prod-aws", "a-1-b"] {
            assert!(is_store(fine), "{fine}");
        }
        for wrong in [
            "vualt", "aws", "-aws", "aws-", "a--b", "1-a", "A-b", "a-b:c",
        ] {
            assert!(!is_store(wrong), "{wrong}");
        }
    }

    #[test]
    fn spelling_is_told_without_reading() {
        let told = |text: &str| misspelt(&text.parse().unwrap()).is_some();
        for fine in [
            "${env:A_1}",
            "${file:a}",
            "${file:a.json#b.c}",
            "${vault:kv/a/b#c}",
            "${exec:gh-token}",
        ] {
            assert!(!told(fine), "{fine}");
        }
        for wrong in [
            "${env:A=B}",
            "${env:1}",
            "${env:A#b}",
            "${file:a.txt#b}",
            "${vault:kv/a}",
            "${vault:kv#b}",
            "${vault:kv/../a#b}",
            "${exec:/bin/sh}",
            "${exec:a#b}",
        ] {
            assert!(told(wrong), "{wrong}");
        }
    }
}
