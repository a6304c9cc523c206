//! Responsible for keyed fingerprints, which tell whether a secret is the one that was last sent without keeping it.
//!
//! Fingerprints are always keyed, because a plain hash of a short secret can be guessed.

use crate::model::{OrganizationId, SecretRef, SecretValue, Sent, Setting};
use hmac::{HmacReset, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use thiserror::Error;
use zeroize::Zeroizing;

/// Makes fingerprints with one key.
pub struct Fingerprinter {
    key: Zeroizing<[u8; 32]>,
    key_id: String,
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
        let key_id = hex(&mac(key.as_slice(), &[b"key id".as_slice()])[..8]);
        Self { key, key_id }
    }

    /// Fingerprints everything write-only that a body sends.
    ///
    /// `leaves` are those of `DesiredConnector::secret_leaves`; `value` gives a reference's
    /// value. A reference without a value has no fingerprint, so it counts as never sent.
    pub fn sent<'a>(
        &self,
        leaves: impl IntoIterator<Item = (String, &'a Setting)>,
        value: impl Fn(&SecretRef) -> Option<&'a SecretValue>,
        salt: String,
        at: String,
    ) -> Sent {
        let mut sent = Sent {
            key_id: self.key_id.clone(),
            salt,
            fingerprints: BTreeMap::new(),
            references: BTreeMap::new(),
            versions: BTreeMap::new(),
            at,
        };
        for (path, leaf) in leaves {
            let fingerprint = match leaf {
                Setting::Secret(reference) => {
                    sent.references.insert(path.clone(), reference.to_string());
                    let value = value(reference);
                    if let Some(version) = value.and_then(SecretValue::version) {
                        sent.versions.insert(path.clone(), version.to_owned());
                    }
                    value.map(|value| self.fingerprint(&sent.salt, &path, value))
                }
                literal => Some(self.fingerprint(&sent.salt, &path, &literal_text(literal))),
            };
            if let Some(fingerprint) = fingerprint {
                sent.fingerprints.insert(path, fingerprint);
            }
        }
        sent
    }

    /// Whether it made these fingerprints.
    pub fn made(&self, sent: &Sent) -> bool {
        sent.key_id == self.key_id
    }

    /// Whether the other has the same key.
    pub fn is(&self, other: &Self) -> bool {
        self.key_id == other.key_id
    }

    /// The same fingerprints with this key, if `old` made them and every value is the one that
    /// was sent; else the path that could not be moved. The values are those of `leaves`.
    pub fn moved<'a>(
        &self,
        old: &Self,
        sent: &Sent,
        leaves: &BTreeMap<String, &Setting>,
        value: impl Fn(&SecretRef) -> Option<&'a SecretValue>,
    ) -> Result<Sent, NotMoved> {
        let mut moved = Sent {
            key_id: self.key_id.clone(),
            ..sent.clone()
        };
        for (path, before) in &mut moved.fingerprints {
            let remake = |now: &SecretValue| {
                let same = old.fingerprint(&sent.salt, path, now) == *before;
                same.then(|| self.fingerprint(&sent.salt, path, now))
                    .ok_or_else(|| NotMoved::Differs(path.clone()))
            };
            *before = match leaves.get(path) {
                None => return Err(NotMoved::Undeclared(path.clone())),
                Some(Setting::Secret(reference)) => match value(reference) {
                    None => return Err(NotMoved::Unresolved(path.clone())),
                    Some(now) => remake(now)?,
                },
                Some(literal) => remake(&literal_text(literal))?,
            };
        }
        Ok(moved)
    }

    pub(super) fn fingerprint(&self, salt: &str, path: &str, value: &SecretValue) -> String {
        let parts = [salt.as_bytes(), path.as_bytes(), value.expose().as_bytes()];
        hex(&mac(self.key.as_slice(), &parts))
    }
}

/// Why fingerprints stay under their old key.
#[derive(Clone, Debug, Eq, PartialEq, Error)]
pub enum NotMoved {
    /// The value is not the one that was sent.
    #[error("{0} is not what was last sent")]
    Differs(String),
    /// The value cannot be read.
    #[error("{0} cannot be resolved here")]
    Unresolved(String),
    /// The files no longer have the field.
    #[error("{0} is no longer in the files")]
    Undeclared(String),
}

/// A literal as text: a string is itself, so that moving it into a store changes nothing.
pub(super) fn literal_text(leaf: &Setting) -> SecretValue {
    let text = match leaf.to_plain() {
        Some(serde_json::Value::String(text)) => text,
        other => other.unwrap_or_default().to_string(),
    };
    SecretValue::new(text)
}

/// HMAC-SHA-256 over length-prefixed parts, so that parts cannot run into each other. Its buffer,
/// which holds the end of a value, is wiped where it lies: nothing is moved before the end.
fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = HmacReset::<Sha256>::new_from_slice(key).expect("any key length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize_reset().into_bytes().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::{Fingerprinter, NotMoved, hex, literal_text};
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

    #[test]
    fn a_fingerprint_depends_on_key_salt_path_and_value() {
        let one = fingerprint("k", "s", "p", "v");
        assert_eq!(one, fingerprint("k", "s", "p", "v"));
        for other in [
            fingerprint("K", "s", "p", "v"),
            fingerprint("k", "S", "p", "v"),
            fingerprint("k", "s", "P", "v"),
            fingerprint("k", "s", "p", "V"),
            fingerprint("k", "sp", "", "v"),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn fingerprints_move_to_a_new_key_only_with_their_value() {
        let (old, new) = (fingerprinter("old"), fingerprinter("new"));
        let reference = Setting::Secret("${env:X}".parse().unwrap());
        let literal = Setting::from(json!("plain"));
        let leaves = || [("a".to_owned(), &reference), ("b".to_owned(), &literal)];
        let [sent_value, other] = ["v", "w"].map(|text| SecretValue::new(text.into()));
        let sent = old.sent(leaves(), |_| Some(&sent_value), "s".into(), "t".into());
        let again = new.sent(leaves(), |_| Some(&sent_value), "s".into(), "t".into());
        let declared = leaves().into_iter().collect();
        let moved = new.moved(&old, &sent, &declared, |_| Some(&sent_value));
        assert_eq!(moved, Ok(again));
        let differs = new.moved(&old, &sent, &declared, |_| Some(&other));
        assert_eq!(differs, Err(NotMoved::Differs("a".into())));
        let missing = new.moved(&old, &sent, &declared, |_| None);
        assert_eq!(missing, Err(NotMoved::Unresolved("a".into())));
        let gone = new.moved(&old, &sent, &BTreeMap::new(), |_| None);
        assert_eq!(gone, Err(NotMoved::Undeclared("a".into())));
    }

    #[test]
    fn a_literal_and_a_reference_of_the_same_value_agree() {
        let value = SecretValue::new("same".into());
        let reference = Setting::Secret("${env:X}".parse().unwrap());
        let literal = Setting::from(json!("same"));
        let sent = |leaf| {
            fingerprinter("k").sent(
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
    fn keys_are_told_apart() {
        let (one, other) = (fingerprinter("k"), fingerprinter("other"));
        assert!(one.is(&fingerprinter("k")) && !one.is(&other));
        let literal = Setting::from(json!("plain"));
        let sent = |by: &Fingerprinter| {
            let leaves = [("b".to_owned(), &literal)];
            by.sent(leaves, |_| None, "salt".into(), "then".into())
        };
        assert!(one.made(&sent(&one)) && !other.made(&sent(&one)));
        let shown = format!("{one:?}");
        assert!(shown.contains(&one.key_id) && one.key_id.len() == 16);
        assert_eq!(hex(&[0, 10, 255]), "000aff");
        assert_eq!(sent(&one).fingerprints["b"].len(), 64);
        let elsewhere = OrganizationId(Uuid::from_u128(1));
        let elsewhere = Fingerprinter::new(&SecretValue::new("k".into()), elsewhere);
        assert!(!one.is(&elsewhere));
    }

    #[test]
    fn a_literal_is_its_text() {
        let text = |value| literal_text(&Setting::from(value)).expose().to_owned();
        assert_eq!(text(json!("a")), "a");
        assert_eq!(text(json!(["a", 1])), "[\"a\",1]");
        assert_eq!(text(json!(null)), "null");
    }
}
