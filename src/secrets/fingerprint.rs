//! Responsible for keyed fingerprints: they show whether a secret is the one that was last sent, without storing the
//! secret.
//!
//! Does not make fingerprints without a key, because a plain hash of a short secret can be guessed.

use crate::model::{
    Fields, OrganizationId, SecretRef, SecretValue, SentFingerprints, Setting, SharedText,
};
use data_encoding::HEXLOWER;
use hmac::{HmacReset, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;
use std::collections::BTreeMap;
use thiserror::Error;
use uuid::Uuid;
use zeroize::Zeroizing;

/// Computes fingerprints with one key.
#[derive(Clone)]
pub struct Fingerprinter {
    key: Zeroizing<[u8; 32]>,
    key_id: SharedText,
}

impl std::fmt::Debug for Fingerprinter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fingerprinter")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

impl Fingerprinter {
    /// Derives the key from the organization's client secret, or from `AIRLIFT_LEDGER_KEY`.
    pub fn new(material: &SecretValue, organization: OrganizationId) -> Self {
        let context = [
            b"airlift ledger key 1".as_slice(),
            organization.0.as_bytes(),
        ];
        let key = Zeroizing::new(mac(material.expose().as_bytes(), &context));
        let key_id = HEXLOWER
            .encode(&mac(key.as_slice(), &[b"key id".as_slice()])[..8])
            .into();
        Self { key, key_id }
    }

    /// The key that authenticates the ledger. It is derived, so that a MAC says nothing about a
    /// fingerprint.
    pub fn ledger_key(&self) -> Zeroizing<[u8; 32]> {
        let context = [b"airlift ledger mac 2".as_slice()];
        Zeroizing::new(mac(self.key.as_slice(), &context))
    }

    /// The id of the key, which is not secret.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Fingerprints every write-only leaf of a request body that is sent now, with a new salt. `leaves` and `value` are those
    /// of [`Self::fingerprint_leaves`].
    pub fn fingerprint_sent<'a>(
        &self,
        leaves: impl IntoIterator<Item = (String, &'a Setting)>,
        value: impl Fn(&SecretRef) -> Option<&'a SecretValue>,
    ) -> SentFingerprints {
        let salt = Uuid::new_v4().simple().to_string();
        // Without fractions, connectors that are written in one second share the text.
        let at = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
        self.fingerprint_leaves(leaves, value, salt, at.to_string())
    }

    /// Fingerprints every write-only leaf of a request body.
    ///
    /// `leaves` come from `DesiredConnector::secret_leaves`. `value` returns the value of a reference. A reference
    /// without a value has no fingerprint, so the reference counts as never sent.
    pub fn fingerprint_leaves<'a>(
        &self,
        leaves: impl IntoIterator<Item = (String, &'a Setting)>,
        value: impl Fn(&SecretRef) -> Option<&'a SecretValue>,
        salt: String,
        at: String,
    ) -> SentFingerprints {
        let (mut fingerprints, mut references, mut versions) = (Vec::new(), Vec::new(), Vec::new());
        for (path, leaf) in leaves {
            let fingerprint = match leaf {
                Setting::Secret(reference) => {
                    references.push((path.clone(), reference.to_string().into()));
                    let value = value(reference);
                    if let Some(version) = value.and_then(SecretValue::version) {
                        versions.push((path.clone(), version.to_owned()));
                    }
                    value.map(|value| self.fingerprint(&salt, &path, value))
                }
                literal => Some(self.fingerprint(&salt, &path, &literal_text(literal))),
            };
            fingerprints.extend(fingerprint.map(|fingerprint| (path, fingerprint)));
        }
        SentFingerprints {
            key_id: self.key_id.clone(),
            salt,
            fingerprints: Fields::from_iter(fingerprints),
            references: Fields::from_iter(references),
            versions: Fields::from_iter(versions),
            at: at.into(),
        }
    }

    /// Whether the fingerprints were computed with this key.
    pub fn has_key_of(&self, sent: &SentFingerprints) -> bool {
        sent.key_id == self.key_id
    }

    /// Whether both fingerprinters have the same key.
    pub fn has_same_key(&self, other: &Self) -> bool {
        self.key_id == other.key_id
    }

    /// The same fingerprints under this key.
    ///
    /// Fails with a path whose current value cannot be read or does not match its fingerprint under the key of `old`.
    pub fn rekey<'a>(
        &self,
        old: &Self,
        sent: &SentFingerprints,
        leaves: &BTreeMap<String, &Setting>,
        value: impl Fn(&SecretRef) -> Option<&'a SecretValue>,
    ) -> Result<SentFingerprints, RekeyError> {
        let moved = sent.fingerprints.iter().map(|(path, fingerprint)| {
            let rekey = |value: &SecretValue| {
                let is_unchanged = old.fingerprint(&sent.salt, path, value) == *fingerprint;
                is_unchanged
                    .then(|| (path, self.fingerprint(&sent.salt, path, value)))
                    .ok_or_else(|| RekeyError::Differs(path.to_owned()))
            };
            match leaves.get(path) {
                None => Err(RekeyError::Undeclared(path.to_owned())),
                Some(Setting::Secret(reference)) => match value(reference) {
                    None => Err(RekeyError::Unresolved(path.to_owned())),
                    Some(value) => rekey(value),
                },
                Some(literal) => rekey(&literal_text(literal)),
            }
        });
        Ok(SentFingerprints {
            key_id: self.key_id.clone(),
            fingerprints: moved.collect::<Result<_, _>>()?,
            ..sent.clone()
        })
    }

    /// The fingerprint of a reference's value in a saved plan.
    pub fn fingerprint_of_reference(
        &self,
        salt: &str,
        reference: &SecretRef,
        value: &SecretValue,
    ) -> String {
        self.fingerprint(salt, &format!("saved plan {reference}"), value)
    }

    pub(super) fn fingerprint(&self, salt: &str, path: &str, value: &SecretValue) -> String {
        let parts = [salt.as_bytes(), path.as_bytes(), value.expose().as_bytes()];
        HEXLOWER.encode(&mac(self.key.as_slice(), &parts))
    }
}

/// Why fingerprints keep their old key.
#[derive(Clone, Debug, Eq, PartialEq, Error)]
pub enum RekeyError {
    /// The value is not the one that was last sent.
    #[error("{0} is not the value that was last sent")]
    Differs(String),
    /// The value cannot be read.
    #[error("{0} cannot be resolved here")]
    Unresolved(String),
    /// The files no longer contain the field.
    #[error("{0} is no longer in the files")]
    Undeclared(String),
}

/// A literal as text. A string has no quotes, so that moving it into a store does not change its fingerprint.
pub(super) fn literal_text(leaf: &Setting) -> SecretValue {
    let text = match leaf.to_plain() {
        Some(serde_json::Value::String(text)) => text,
        other => other.unwrap_or_default().to_string(),
    };
    SecretValue::new(text)
}

/// HMAC-SHA-256 over length-prefixed parts. The prefixes keep different divisions of the same bytes apart.
///
/// `finalize_reset` wipes the internal buffer, which holds the end of a value. `finalize` would move the buffer and
/// leave a copy.
fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = HmacReset::<Sha256>::new_from_slice(key).expect("any key length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize_reset().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::{Fingerprinter, RekeyError, literal_text};
    use crate::model::{OrganizationId, SecretValue, Setting};
    use serde_json::json;
    use std::collections::BTreeMap;
    use uuid::Uuid;

    fn fingerprinter(material: &str) -> Fingerprinter {
        Fingerprinter::new(
            &SecretValue::new(material.into()),
            OrganizationId(Uuid::nil()),
        )
    }

    fn fingerprint(key: &str, salt: &str, path: &str, value: &str) -> String {
        fingerprinter(key).fingerprint(salt, path, &SecretValue::new(value.into()))
    }

    /// Computed by another program. Ledgers have such texts.
    #[test]
    fn fingerprint_and_key_id_are_those_of_earlier_versions() {
        let expected = "a0eccc3869820a579dccbd8efdf3595ab0cb0f8dbc11e065fa38ab6c360894b3";
        assert_eq!(fingerprint("k", "s", "p", "v"), expected);
        assert_eq!(fingerprinter("k").key_id, "3076b1724dad7d97");
    }

    #[test]
    fn fingerprint_other_key_salt_path_or_value_differs() {
        let original = fingerprint("k", "s", "p", "v");
        assert_eq!(original, fingerprint("k", "s", "p", "v"));
        for other in [
            fingerprint("K", "s", "p", "v"),
            fingerprint("k", "S", "p", "v"),
            fingerprint("k", "s", "P", "v"),
            fingerprint("k", "s", "p", "V"),
            fingerprint("k", "sp", "", "v"),
        ] {
            assert_ne!(original, other);
        }
    }

    #[test]
    fn rekey_differing_missing_or_undeclared_value_fails() {
        let (old, new) = (fingerprinter("old"), fingerprinter("new"));
        let reference = Setting::secret("${env:X}".parse().unwrap());
        let literal = Setting::from(json!("plain"));
        let leaves = || [("a".to_owned(), &reference), ("b".to_owned(), &literal)];
        let [sent_value, other] = ["v", "w"].map(|text| SecretValue::new(text.into()));
        let sent = old.fingerprint_leaves(leaves(), |_| Some(&sent_value), "s".into(), "t".into());
        let expected =
            new.fingerprint_leaves(leaves(), |_| Some(&sent_value), "s".into(), "t".into());
        let declared = leaves().into_iter().collect();
        let rekeyed = new.rekey(&old, &sent, &declared, |_| Some(&sent_value));
        assert_eq!(rekeyed, Ok(expected));
        let differs = new.rekey(&old, &sent, &declared, |_| Some(&other));
        assert_eq!(differs, Err(RekeyError::Differs("a".into())));
        let missing = new.rekey(&old, &sent, &declared, |_| None);
        assert_eq!(missing, Err(RekeyError::Unresolved("a".into())));
        let undeclared = new.rekey(&old, &sent, &BTreeMap::new(), |_| None);
        assert_eq!(undeclared, Err(RekeyError::Undeclared("a".into())));
    }

    #[test]
    fn fingerprint_leaves_literal_and_reference_of_same_value_agree() {
        let value = SecretValue::new("same".into());
        let reference = Setting::secret("${env:X}".parse().unwrap());
        let literal = Setting::from(json!("same"));
        let sent = |leaf| {
            fingerprinter("k").fingerprint_leaves(
                [("p".to_owned(), leaf)],
                |_| Some(&value),
                "s".into(),
                "t".into(),
            )
        };
        assert_eq!(sent(&reference).fingerprints, sent(&literal).fingerprints);
        assert!(!format!("{:?}", sent(&reference)).contains("same"));
    }

    #[test]
    fn fingerprint_sent_has_a_new_salt_and_a_time_in_seconds() {
        let literal = Setting::from(json!("plain"));
        let sent = || {
            let leaves = [("a".to_owned(), &literal)];
            fingerprinter("k").fingerprint_sent(leaves, |_| None)
        };
        let (first, second) = (sent(), sent());
        assert_ne!(first.salt, second.salt);
        assert_ne!(first.fingerprints, second.fingerprints);
        let time: jiff::Timestamp = first.at.parse().unwrap();
        assert_eq!(time.to_string(), first.at.as_str());
        assert_eq!(time.subsec_nanosecond(), 0);
    }

    #[test]
    fn has_same_key_other_material_or_organization_is_false() {
        let key = fingerprinter("k");
        assert!(key.has_same_key(&fingerprinter("k")));
        assert!(!key.has_same_key(&fingerprinter("other")));
        let organization = OrganizationId(Uuid::from_u128(1));
        let other = Fingerprinter::new(&SecretValue::new("k".into()), organization);
        assert!(!key.has_same_key(&other));
    }

    #[test]
    fn has_key_of_fingerprints_of_another_key_is_false() {
        let (key, other) = (fingerprinter("k"), fingerprinter("other"));
        let literal = Setting::from(json!("plain"));
        let leaves = [("b".to_owned(), &literal)];
        let sent = key.fingerprint_leaves(leaves, |_| None, "salt".into(), "then".into());
        assert!(key.has_key_of(&sent) && !other.has_key_of(&sent));
        assert_eq!(sent.fingerprints["b"].len(), 64);
    }

    #[test]
    fn key_id_is_16_hex_digits_and_shown_by_debug() {
        let key = fingerprinter("k");
        let shown = format!("{key:?}");
        assert!(shown.contains(key.key_id.as_str()) && key.key_id.len() == 16);
    }

    #[test]
    fn literal_text_string_has_no_quotes() {
        let text = |value| literal_text(&Setting::from(value)).expose().to_owned();
        assert_eq!(text(json!("a")), "a");
        assert_eq!(text(json!(["a", 1])), "[\"a\",1]");
        assert_eq!(text(json!(null)), "null");
    }
}
