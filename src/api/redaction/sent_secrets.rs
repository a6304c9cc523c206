//! Responsible for recognizing secrets of all earlier requests of a session in any response. Stores
//! keyed hashes of parts of the secrets. Does not store the secrets.

use crate::model::ReadWriteUnpoisoned;
use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::RwLock;

/// Bytes per part. With fewer, ordinary words would match.
const PART: usize = 8;

/// Hashes of parts of all secrets that were sent, and hashes of texts that are exempt.
#[derive(Default)]
pub(in crate::api) struct SentSecrets {
    keys: RandomState,
    parts: RwLock<HashSet<u64>>,
    allowed: RwLock<HashSet<u64>>,
}

impl fmt::Debug for SentSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SentSecrets")
    }
}

impl SentSecrets {
    /// Adds a secret: its first part, its last part, and a part at every eighth byte, so that any 15
    /// consecutive bytes contain a part.
    pub(in crate::api) fn add_secret(&self, secret: &str) {
        let bytes = secret.as_bytes();
        let (Some(end), whole) = (bytes.len().checked_sub(PART), self.hash(bytes)) else {
            return;
        };
        let known = |parts: &HashSet<u64>| parts.contains(&whole);
        if known(&self.parts.read_unpoisoned()) {
            return;
        }
        let starts = (0..end).step_by(PART).chain([end]);
        let hashes = starts.map(|start| self.hash(&bytes[start..start + PART]));
        let mut parts = self.parts.write_unpoisoned();
        parts.extend(hashes.chain([whole]));
    }

    /// Allows a text of the user's files or of the ledger. A text from the API that equals it is never
    /// replaced.
    pub(in crate::api) fn allow(&self, text: &str) {
        let mut allowed = self.allowed.write_unpoisoned();
        allowed.insert(self.hash(text.as_bytes()));
    }

    pub(in crate::api) fn is_allowed(&self, text: &str) -> bool {
        let allowed = self.allowed.read_unpoisoned();
        allowed.contains(&self.hash(text.as_bytes()))
    }

    /// Whether a text contains a part of a secret. Does not decode the text.
    pub(in crate::api) fn shows_in(&self, text: &[u8]) -> bool {
        let parts = self.parts.read_unpoisoned();
        text.windows(PART)
            .any(|window| parts.contains(&self.hash(window)))
    }

    fn hash(&self, bytes: &[u8]) -> u64 {
        self.keys.hash_one(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::SentSecrets;

    #[test]
    fn sent_secrets_finds_15_bytes_and_both_ends() {
        let secret: String = ('!'..='z').collect();
        let sent = SentSecrets::default();
        assert!(!sent.shows_in(secret.as_bytes()));
        sent.add_secret(&secret);
        sent.add_secret("short");
        for window in secret.as_bytes().windows(15) {
            assert!(sent.shows_in(window));
        }
        assert!(sent.shows_in(&secret.as_bytes()[..8]));
        assert!(sent.shows_in(&secret.as_bytes()[secret.len() - 8..]));
        assert!(!sent.shows_in(b"short, and nothing else that was sent"));
    }

    #[test]
    fn is_allowed_requires_the_whole_text() {
        let sent = SentSecrets::default();
        assert!(!sent.is_allowed("short"));
        sent.allow("short");
        assert!(sent.is_allowed("short") && !sent.is_allowed("shorter"));
    }
}
