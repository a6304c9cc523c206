//! Responsible for texts that many values share, such as the names of settings and of connector types. A copy of such a
//! text takes no memory of its own.

use super::SecretRef;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Borrow;
use std::cell::RefCell;
use std::collections::HashSet;
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

    /// Changes the text. Other copies stay as they are.
    pub(crate) fn edit(&mut self, change: impl FnOnce(&mut String)) {
        let mut text = String::from(&*self);
        change(&mut text);
        if *self != text {
            *self = text.into();
        }
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

impl From<&SharedText> for String {
    fn from(text: &SharedText) -> Self {
        text.as_str().to_owned()
    }
}

impl From<SharedText> for String {
    fn from(text: SharedText) -> Self {
        Self::from(&text)
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

impl PartialEq<String> for SharedText {
    fn eq(&self, other: &String) -> bool {
        *self.0 == **other
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

/// Values are added until there are so many texts, names included. Values that differ everywhere would only fill the memory.
const MAX_WITH_VALUES: usize = 1024;
/// The longest value that is added, in bytes.
const LONGEST_VALUE: usize = 64;

/// Texts and references that share their memory with equal ones.
#[derive(Debug, Default)]
pub struct SharedTexts {
    texts: RefCell<HashSet<SharedText>>,
    references: RefCell<HashSet<Arc<SecretRef>>>,
}

impl SharedTexts {
    /// The single copy of a text.
    pub fn share(&self, text: &str) -> SharedText {
        self.share_if(text, |_| true)
    }

    /// A value, such as a start date that many connectors have. A long value, or one that comes after many texts, has a copy
    /// of its own.
    pub fn share_value(&self, text: &str) -> SharedText {
        if text.len() > LONGEST_VALUE {
            return text.into();
        }
        self.share_if(text, |texts| texts < MAX_WITH_VALUES)
    }

    /// The single copy of a reference. After many others, a reference is not added.
    pub(crate) fn share_reference(&self, reference: SecretRef) -> Arc<SecretRef> {
        let mut references = self.references.borrow_mut();
        if let Some(copy) = references.get(&reference) {
            return Arc::clone(copy);
        }
        let reference = Arc::new(reference);
        if references.len() < MAX_WITH_VALUES {
            references.insert(Arc::clone(&reference));
        }
        reference
    }

    fn share_if(&self, text: &str, is_added: impl FnOnce(usize) -> bool) -> SharedText {
        let mut texts = self.texts.borrow_mut();
        if let Some(copy) = texts.get(text) {
            return copy.clone();
        }
        let text = SharedText::from(text);
        if is_added(texts.len()) {
            texts.insert(text.clone());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_VALUE, MAX_WITH_VALUES, SharedText, SharedTexts};
    use std::sync::Arc;

    #[test]
    fn share_of_equal_text_returns_the_same_copy() {
        let texts = SharedTexts::default();
        let (first, same, other) = (texts.share("a"), texts.share("a"), texts.share("b"));
        assert!(Arc::ptr_eq(&first.0, &same.0));
        assert_ne!(first, other);
    }

    fn is_shared(texts: &SharedTexts, value: &str) -> bool {
        Arc::ptr_eq(&texts.share_value(value).0, &texts.share_value(value).0)
    }

    #[test]
    fn share_value_of_long_text_makes_copies() {
        let texts = SharedTexts::default();
        assert!(is_shared(&texts, &"a".repeat(LONGEST_VALUE)));
        assert!(!is_shared(&texts, &"a".repeat(LONGEST_VALUE + 1)));
    }

    #[test]
    fn share_value_after_many_texts_makes_copies() {
        let texts = SharedTexts::default();
        for number in 0..MAX_WITH_VALUES {
            texts.share(&number.to_string());
        }
        assert!(is_shared(&texts, "0"));
        assert!(!is_shared(&texts, "another"));
        assert_eq!(texts.share_value("another"), "another");
        let (first, same) = (texts.share("a name"), texts.share("a name"));
        assert!(Arc::ptr_eq(&first.0, &same.0));
    }

    #[test]
    fn share_reference_of_equal_reference_returns_the_same_copy() {
        let texts = SharedTexts::default();
        let share = |text: &str| texts.share_reference(text.parse().unwrap());
        let (first, same, other) = (share("${env:A}"), share("${env:A}"), share("${env:B}"));
        assert!(Arc::ptr_eq(&first, &same));
        assert_ne!(first, other);
        for number in 0..MAX_WITH_VALUES {
            share(&format!("${{env:N{number}}}"));
        }
        assert!(Arc::ptr_eq(&first, &share("${env:A}")));
        assert!(!Arc::ptr_eq(&share("${env:C}"), &share("${env:C}")));
    }

    #[test]
    fn edit_changes_one_copy() {
        let text = SharedText::from("a");
        let mut copy = text.clone();
        copy.edit(|text| text.push('b'));
        assert_eq!((text.as_str(), copy.as_str()), ("a", "ab"));
        let same = copy.clone();
        copy.edit(|_| {});
        assert!(Arc::ptr_eq(&copy.0, &same.0));
    }

    #[test]
    fn shared_text_serialized_is_a_string() {
        let text = SharedText::from("a");
        assert_eq!(serde_json::to_string(&text).unwrap(), r#""a""#);
        assert_eq!(serde_json::from_str::<SharedText>(r#""a""#).unwrap(), text);
        assert_eq!(format!("{text} {text:?}"), r#"a "a""#);
    }
}
