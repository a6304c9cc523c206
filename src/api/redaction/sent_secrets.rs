//! Responsible for recognizing what a session has sent so far, in responses to other requests as
//! well. Keeps keyed hashes of pieces, from which no secret can be read.

use crate::model::ReadWriteUnpoisoned;
use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::RwLock;

/// Bytes of a piece. At fewer, ordinary words would match.
const PIECE: usize = 8;

/// Pieces of everything secret that was sent, and texts that are known to be none.
#[derive(Default)]
pub(in crate::api) struct SentSecrets {
    keys: RandomState,
    pieces: RwLock<HashSet<u64>>,
    allowed: RwLock<HashSet<u64>>,
}

impl fmt::Debug for SentSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SentSecrets")
    }
}

impl SentSecrets {
    /// Adds a secret: its beginning, its end, and every eighth byte's piece between, so that
    /// no fifteen bytes in a row go unnoticed.
    pub(in crate::api) fn add_secret(&self, secret: &str) {
        let bytes = secret.as_bytes();
        let (Some(end), whole) = (bytes.len().checked_sub(PIECE), self.hash(bytes)) else {
            return;
        };
        let known = |pieces: &HashSet<u64>| pieces.contains(&whole);
        if known(&self.pieces.read_unpoisoned()) {
            return;
        }
        let starts = (0..end).step_by(PIECE).chain([end]);
        let hashes = starts.map(|start| self.hash(&bytes[start..start + PIECE]));
        let mut pieces = self.pieces.write_unpoisoned();
        pieces.extend(hashes.chain([whole]));
    }

    /// Allows a text that stands in the user's files or in the ledger: a text of the API that equals
    /// it is never replaced.
    pub(in crate::api) fn allow(&self, text: &str) {
        let mut allowed = self.allowed.write_unpoisoned();
        allowed.insert(self.hash(text.as_bytes()));
    }

    /// Whether the text is allowed.
    pub(in crate::api) fn is_allowed(&self, text: &str) -> bool {
        let allowed = self.allowed.read_unpoisoned();
        allowed.contains(&self.hash(text.as_bytes()))
    }

    /// Whether a text, as it stands, holds a piece of what was sent.
    pub(in crate::api) fn shows_in(&self, text: &[u8]) -> bool {
        let pieces = self.pieces.read_unpoisoned();
        text.windows(PIECE)
            .any(|window| pieces.contains(&self.hash(window)))
    }

    fn hash(&self, bytes: &[u8]) -> u64 {
        self.keys.hash_one(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::SentSecrets;

    #[test]
    fn fifteen_bytes_and_both_ends_are_noticed() {
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
        assert!(!sent.is_allowed("short"));
        sent.allow("short");
        assert!(sent.is_allowed("short") && !sent.is_allowed("shorter"));
        assert!(!sent.shows_in(b"short, and nothing else that was sent"));
    }
}
