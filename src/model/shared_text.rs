//! Responsible for texts that many values share, such as the names of settings and of connector types. A copy of such a
//! text takes no memory of its own.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Borrow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A text that cannot change.
#[derive(Clone, Eq, Ord, PartialEq, PartialOrd, Hash)]
pub struct SharedText(Arc<str>);

impl SharedText {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SharedText {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for SharedText {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&String> for SharedText {
    fn from(text: &String) -> Self {
        Self(text.as_str().into())
    }
}

impl Deref for SharedText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for SharedText {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for SharedText {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other
    }
}

impl PartialEq<&str> for SharedText {
    fn eq(&self, other: &&str) -> bool {
        *self.0 == **other
    }
}

impl fmt::Debug for SharedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Display for SharedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Serialize for SharedText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SharedText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

/// Texts of which there is a single copy.
#[derive(Debug, Default)]
pub struct SharedTexts(RefCell<BTreeSet<SharedText>>);

impl SharedTexts {
    /// The single copy of a text.
    pub fn share(&self, text: &str) -> SharedText {
        let mut texts = self.0.borrow_mut();
        if let Some(copy) = texts.get(text) {
            return copy.clone();
        }
        let text = SharedText::from(text);
        texts.insert(text.clone());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{SharedText, SharedTexts};
    use std::sync::Arc;

    #[test]
    fn share_of_equal_text_returns_the_same_copy() {
        let texts = SharedTexts::default();
        let (first, same, other) = (texts.share("a"), texts.share("a"), texts.share("b"));
        assert!(Arc::ptr_eq(&first.0, &same.0));
        assert_ne!(first, other);
    }

    #[test]
    fn shared_text_serialized_is_a_string() {
        let text = SharedText::from("a");
        assert_eq!(serde_json::to_string(&text).unwrap(), r#""a""#);
        assert_eq!(serde_json::from_str::<SharedText>(r#""a""#).unwrap(), text);
        assert_eq!(format!("{text} {text:?}"), r#"a "a""#);
    }
}
