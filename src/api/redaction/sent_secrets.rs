//! Responsible for recognizing secrets of all earlier requests of a session in any response. Stores
//! keyed hashes of parts of the secrets. Does not store the secrets.

use super::decodings::Forms;
use super::{Redactor, WITHHELD};
use crate::model::ReadWriteUnpoisoned;
use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::RwLock;

/// The most texts that are kept as clean, so that memory does not grow with the responses.
const MOST_CLEAN: usize = 4_096;
/// Bytes per part. With fewer, ordinary words would match.
const PART: usize = 8;

/// Hashes of parts of all secrets that were sent, and hashes of texts that are exempt.
#[derive(Default)]
pub(in crate::api) struct SentSecrets {
    keys: RandomState,
    parts: RwLock<HashSet<u64>>,
    allowed: RwLock<HashSet<u64>>,
    /// Hashes of texts that show no secret so far. Responses repeat ids, and a search takes microseconds.
    clean: RwLock<HashSet<u64>>,
}

impl fmt::Debug for SentSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SentSecrets")
    }
}

impl SentSecrets {
    /// Adds a secret: its first part, its last part, and a part at every eighth byte, so that any 15
    /// consecutive bytes contain a part. The same of its text in lower case and of its letters.
    pub(in crate::api) fn add_secret(&self, secret: &str) {
        let bytes = secret.as_bytes();
        let whole = self.hash(bytes);
        if bytes.len() < PART || self.parts.read_unpoisoned().contains(&whole) {
            return;
        }
        let forms = Forms::of_secret(bytes);
        let texts = [bytes, &forms.folded, &forms.letters];
        let hashes = texts.into_iter().flat_map(|text| self.hashes(text));
        let mut parts = self.parts.write_unpoisoned();
        parts.extend(hashes.chain([whole]));
        self.clean.write_unpoisoned().clear();
    }

    fn hashes(&self, text: &[u8]) -> Vec<u64> {
        let Some(end) = text.len().checked_sub(PART) else {
            return Vec::new();
        };
        let starts = (0..end).step_by(PART).chain([end]);
        starts
            .map(|start| self.hash(&text[start..start + PART]))
            .collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.read_unpoisoned().is_empty()
    }

    /// Allows a text of the user's files or of the ledger. A text from the API that equals it is never
    /// replaced. Timestamps, of which a large ledger has hundreds of thousands, never are.
    pub(in crate::api) fn allow(&self, text: &str) {
        if is_timestamp(text) {
            return;
        }
        let mut allowed = self.allowed.write_unpoisoned();
        allowed.insert(self.hash(text.as_bytes()));
    }

    fn is_allowed(&self, text: &str) -> bool {
        let allowed = self.allowed.read_unpoisoned();
        allowed.contains(&self.hash(text.as_bytes()))
    }

    /// Whether a text or one of its forms contains a part of a secret. Does not decode the text.
    pub(super) fn shows_in(&self, text: &[u8], forms: &Forms<'_>) -> bool {
        let parts = self.parts.read_unpoisoned();
        let shows = |text: &[u8]| {
            text.windows(PART)
                .any(|window| parts.contains(&self.hash(window)))
        };
        !parts.is_empty()
            && (shows(text)
                || (*forms.folded != *text && shows(&forms.folded))
                || (*forms.letters != *forms.folded && shows(&forms.letters)))
    }

    /// Replaces a text that repeats a secret. Returns whether it did. Timestamps are skipped, because most texts are
    /// timestamps and searching them is slow.
    pub(in crate::api) fn redact(&self, text: &mut String) -> bool {
        let redactor = Redactor {
            sent: Some(self),
            ..Redactor::default()
        };
        let hash = self.hash(text.as_bytes());
        if self.clean.read_unpoisoned().contains(&hash)
            || self.is_allowed(text)
            || is_timestamp(text)
        {
            return false;
        }
        // A secret that is added meanwhile clears what is kept here.
        let parts = self.parts.read_unpoisoned().len();
        let shows_secret = redactor.shows_in(text);
        if shows_secret {
            WITHHELD.clone_into(text);
        } else {
            self.keep_clean(hash, parts);
        }
        shows_secret
    }

    /// Keeps a text that showed no secret while there were this many parts of secrets.
    fn keep_clean(&self, hash: u64, parts: usize) {
        let present = self.parts.read_unpoisoned();
        let mut clean = self.clean.write_unpoisoned();
        if clean.len() >= MOST_CLEAN {
            clean.clear();
        }
        if present.len() == parts {
            clean.insert(hash);
        }
    }

    fn hash(&self, bytes: &[u8]) -> u64 {
        self.keys.hash_one(bytes)
    }
}

/// Whether a text is a time as in RFC 3339. The annotations of RFC 9557 may contain any word, and thus a secret.
fn is_timestamp(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && !text.contains('[')
        && text.parse::<jiff::Timestamp>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::{Forms, SentSecrets};

    fn shows(sent: &SentSecrets, text: &[u8]) -> bool {
        sent.shows_in(text, &Forms::of_text(text))
    }

    #[test]
    fn sent_secrets_finds_15_bytes_and_both_ends() {
        let secret: String = ('!'..='z').collect();
        let sent = SentSecrets::default();
        assert!(sent.is_empty() && !shows(&sent, secret.as_bytes()));
        sent.add_secret(&secret);
        sent.add_secret("short");
        for window in secret.as_bytes().windows(15) {
            assert!(shows(&sent, window));
        }
        assert!(shows(&sent, &secret.as_bytes()[..8]));
        assert!(shows(&sent, &secret.as_bytes()[secret.len() - 8..]));
        assert!(!shows(&sent, b"short, and nothing else that was sent"));
    }

    #[test]
    fn sent_secrets_finds_another_case_and_separators() {
        let sent = SentSecrets::default();
        sent.add_secret("kQ7\"zR2/vN9+wX4=");
        for text in ["KQ7\"ZR2/", "k-Q-7-z-R-2-v-N", "kQ7 zR2 vN9"] {
            assert!(shows(&sent, text.as_bytes()), "{text}");
        }
        assert!(!shows(&sent, b"k-Q-7-z-R-2-v"));
    }

    #[test]
    fn redact_after_a_secret_was_added_searches_a_clean_text_again() {
        let sent = SentSecrets::default();
        sent.add_secret("another secret");
        let mut text = "kQ7zR2vN9wX4".to_owned();
        assert!(!sent.redact(&mut text) && !sent.redact(&mut text));
        sent.add_secret("kQ7zR2vN9wX4");
        assert!(sent.redact(&mut text));
    }

    #[test]
    fn redact_of_timestamp_searches_its_annotation() {
        let sent = SentSecrets::default();
        let secret = "2026aSecretToken";
        sent.add_secret(secret);
        for text in ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5+01:00"] {
            assert!(!sent.redact(&mut text.to_owned()), "{text}");
        }
        for text in [secret.to_owned(), format!("2026-01-01T00:00:00Z[{secret}]")] {
            assert!(sent.redact(&mut text.clone()), "{text}");
        }
    }

    #[test]
    fn allow_of_timestamp_adds_nothing() {
        let sent = SentSecrets::default();
        sent.allow("2026-01-01T00:00:00Z");
        sent.allow("2026");
        assert!(sent.is_allowed("2026") && !sent.is_allowed("2026-01-01T00:00:00Z"));
    }

    #[test]
    fn is_allowed_requires_the_whole_text() {
        let sent = SentSecrets::default();
        assert!(!sent.is_allowed("short"));
        sent.allow("short");
        assert!(sent.is_allowed("short") && !sent.is_allowed("shorter"));
    }
}
