//! Responsible for secret references, which can be printed, and secret values, which cannot.

use super::{StoreKind, matches_wildcard};
use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;
use zeroize::Zeroizing;

/// A reference to a secret, `${store:path#field}`. Only the request body that sets the secret
/// contains the value; all other code uses the reference.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretRef {
    /// The store.
    pub store: StoreKind,
    /// The path in the store.
    pub path: String,
    /// The field in the value that the store returns.
    pub field: Option<String>,
}

/// Why a text is not a reference.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
pub enum SecretRefError {
    /// The text does not start with `${` and end with `}`.
    #[error(
        "a reference must be the whole value and have the form ${{store:path}} or ${{store:path#field}}"
    )]
    NotAReference,
    /// The path has no `store:` in front.
    #[error("a reference names its store before a colon, as in ${{env:NAME}}")]
    NoStore,
    /// The path or the field is empty.
    #[error("a reference says what to read after the colon, as in ${{file:secrets/token}}")]
    EmptyPath,
    /// The text contains a control character, a brace or a line break.
    #[error("a reference must not contain control characters or braces")]
    BadCharacter,
}

impl std::str::FromStr for SecretRef {
    type Err = SecretRefError;

    fn from_str(text: &str) -> Result<Self, SecretRefError> {
        let inner = text
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'))
            .ok_or(SecretRefError::NotAReference)?;
        if inner
            .chars()
            .any(|c| c.is_control() || c == '{' || c == '}')
        {
            return Err(SecretRefError::BadCharacter);
        }
        let (store, rest) = inner.split_once(':').ok_or(SecretRefError::NoStore)?;
        let store_is_a_word = store.starts_with(|c: char| c.is_ascii_lowercase())
            && store
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !store_is_a_word {
            return Err(SecretRefError::NoStore);
        }
        let (path, field) = match rest.split_once('#') {
            None => (rest, None),
            Some((path, field)) => (path, Some(field)),
        };
        if path.is_empty() || field == Some("") {
            return Err(SecretRefError::EmptyPath);
        }
        Ok(Self {
            store: store.into(),
            path: path.to_owned(),
            field: field.map(str::to_owned),
        })
    }
}

impl TryFrom<String> for SecretRef {
    type Error = SecretRefError;

    fn try_from(text: String) -> Result<Self, SecretRefError> {
        text.parse()
    }
}

impl From<SecretRef> for String {
    fn from(reference: SecretRef) -> Self {
        reference.to_string()
    }
}

impl SecretRef {
    /// Whether a pattern matches the text of the reference without `${` and `}`. `*` stands for any characters.
    pub fn matches(&self, pattern: &str) -> bool {
        let text = self.to_string();
        let inner = text
            .strip_prefix("${")
            .and_then(|text| text.strip_suffix('}'));
        inner.is_some_and(|inner| matches_wildcard(pattern, inner))
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${{{}:{}", self.store, self.path)?;
        if let Some(field) = &self.field {
            write!(f, "#{field}")?;
        }
        f.write_str("}")
    }
}

/// The value of a secret. Its memory is wiped when it is dropped. It does not implement Display,
/// Serialize, Clone or Eq.
///
/// Two places expose it: the request body that sets the secret, and the keyed fingerprint that
/// detects changes.
///
/// A value cannot be printed:
/// ```compile_fail,E0277
/// let secret = airlift::model::SecretValue::new(String::new());
/// let text = format!("{secret}");
/// ```
/// nor serialized or deserialized:
/// ```compile_fail,E0277
/// fn takes<T: serde::Serialize>() {}
/// takes::<airlift::model::SecretValue>();
/// ```
/// ```compile_fail,E0277
/// fn takes<T: serde::de::DeserializeOwned>() {}
/// takes::<airlift::model::SecretValue>();
/// ```
/// nor cloned or copied:
/// ```compile_fail,E0277
/// fn takes<T: Clone>() {}
/// takes::<airlift::model::SecretValue>();
/// ```
/// ```compile_fail,E0277
/// fn takes<T: Copy>() {}
/// takes::<airlift::model::SecretValue>();
/// ```
/// nor compared, ordered or hashed:
/// ```compile_fail,E0277
/// fn takes<T: PartialEq>() {}
/// takes::<airlift::model::SecretValue>();
/// ```
/// ```compile_fail,E0277
/// fn takes<T: PartialOrd>() {}
/// takes::<airlift::model::SecretValue>();
/// ```
/// ```compile_fail,E0277
/// fn takes<T: std::hash::Hash>() {}
/// takes::<airlift::model::SecretValue>();
/// ```
/// nor converted to text:
/// ```compile_fail,E0277
/// fn takes<T: std::ops::Deref>() {}
/// takes::<airlift::model::SecretValue>();
/// ```
/// ```compile_fail,E0277
/// fn takes<T: AsRef<str>>() {}
/// takes::<airlift::model::SecretValue>();
/// ```
/// ```compile_fail,E0277
/// fn takes<T: Into<String>>() {}
/// takes::<airlift::model::SecretValue>();
/// ```
/// nor can its field be read:
/// ```compile_fail,E0616
/// let secret = airlift::model::SecretValue::new(String::new());
/// let text = secret.text;
/// ```
/// Creating and exposing a value compiles:
/// ```
/// let secret = airlift::model::SecretValue::new("x".to_owned());
/// assert_eq!(format!("{secret:?}"), "(secret)");
/// assert_eq!(secret.expose(), "x");
/// ```
pub struct SecretValue {
    text: Zeroizing<String>,
    version: Option<String>,
}

impl SecretValue {
    /// Takes ownership of a value.
    pub fn new(value: String) -> Self {
        Self {
            text: Zeroizing::new(value),
            version: None,
        }
    }

    /// Sets the version of the value in its store.
    #[must_use]
    pub fn with_version(self, version: Option<String>) -> Self {
        Self { version, ..self }
    }

    /// The version of the value in its store, if the store has versions.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Whether the value begins with a text.
    pub fn begins_with(&self, start: &str) -> bool {
        self.text.starts_with(start)
    }

    /// The secret value as text.
    pub fn expose(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::{SecretRef, SecretRefError, SecretValue};

    #[test]
    fn secret_ref_parsed_prints_same_text() {
        for text in [
            "${env:ACME}",
            "${vault:kv/hubspot#client_id}",
            "${file:/run/secrets/a b}",
        ] {
            assert_eq!(text.parse::<SecretRef>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn secret_ref_malformed_names_the_error() {
        let error = |text: &str| text.parse::<SecretRef>().unwrap_err();
        assert_eq!(error("token"), SecretRefError::NotAReference);
        assert_eq!(error("a ${env:X}"), SecretRefError::NotAReference);
        assert_eq!(error("${ACME}"), SecretRefError::NoStore);
        assert_eq!(error("${Env:X}"), SecretRefError::NoStore);
        assert_eq!(error("${env:}"), SecretRefError::EmptyPath);
        assert_eq!(error("${file:x#}"), SecretRefError::EmptyPath);
        assert_eq!(error("${env:a}${env:b}"), SecretRefError::BadCharacter);
        assert_eq!(error("${env:a\u{7}}"), SecretRefError::BadCharacter);
        assert_eq!(error("${env:{a}"), SecretRefError::BadCharacter);
        assert_eq!(error("${:a}"), SecretRefError::NoStore);
        assert_eq!(error("${-e:a}"), SecretRefError::NoStore);
        assert_eq!(error("${1e:a}"), SecretRefError::NoStore);
        assert_eq!(error("${e_f:a}"), SecretRefError::NoStore);
        assert!("${e-2:a}".parse::<SecretRef>().is_ok());
    }

    #[test]
    fn secret_ref_parsed_has_store_path_and_field() {
        let reference: SecretRef = "${vault:kv/a:b#c#d}".parse().unwrap();
        assert_eq!(
            (reference.store.name(), reference.path.as_str()),
            ("vault", "kv/a:b")
        );
        assert_eq!(reference.field.as_deref(), Some("c#d"));
        assert_eq!(String::from(reference.clone()), reference.to_string());
        assert_eq!(SecretRef::try_from(reference.to_string()), Ok(reference));
    }

    #[test]
    fn secret_value_debug_prints_placeholder() {
        assert_eq!(
            format!("{:?}", SecretValue::new("hunter2".into())),
            "(secret)"
        );
    }
}
