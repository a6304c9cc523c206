//! What a session has sent so far, so that a server cannot have it shown in answers to other
//! requests. Owns keyed hashes of pieces of it; keeps no copy of a secret, and nothing from
//! which one could be read.

use crate::model::ReadWriteUnpoisoned;
use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::RwLock;

/// Bytes of a piece. At fewer, ordinary words would match.
const PIECE: usize = 8;

/// Pieces of everything secret that was sent, and texts that are known to be none.
#[derive(Default)]
pub(super) struct Sent {
    keys: RandomState,
    pieces: RwLock<HashSet<u64>>,
    plain: RwLock<HashSet<u64>>,
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sent")
    }
}

impl Sent {
    /// Notes a secret: its beginning, its end, and every eighth byte's piece between, so that
    /// no fifteen bytes in a row go unnoticed.
    pub(super) fn note(&self, secret: &str) {
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

    /// Notes a text that the user wrote down in the clear: an answer that holds exactly that
    /// tells nothing, even where it looks like a part of a secret.
    pub(super) fn note_plain(&self, text: &str) {
        let mut plain = self.plain.write_unpoisoned();
        plain.insert(self.hash(text.as_bytes()));
    }

    /// Whether it is such a text.
    pub(super) fn is_plain(&self, text: &str) -> bool {
        let plain = self.plain.read_unpoisoned();
        plain.contains(&self.hash(text.as_bytes()))
    }

    /// Whether a text, as it stands, holds a piece of what was sent.
    pub(super) fn shows_in(&self, text: &[u8]) -> bool {
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
    use super::Sent;

    #[test]
    fn fifteen_bytes_and_both_ends_are_noticed() {
        let secret: String = ('!'..='z').collect();
        let sent = Sent::default();
        assert!(!sent.shows_in(secret.as_bytes()));
        sent.note(&secret);
        sent.note("short");
        for window in secret.as_bytes().windows(15) {
            assert!(sent.shows_in(window));
        }
        assert!(sent.shows_in(&secret.as_bytes()[..8]));
        assert!(sent.shows_in(&secret.as_bytes()[secret.len() - 8..]));
        assert!(!sent.is_plain("short"));
        sent.note_plain("short");
        assert!(sent.is_plain("short") && !sent.is_plain("shorter"));
        assert!(!sent.shows_in(b"short, and nothing else that was sent"));
    }
}
