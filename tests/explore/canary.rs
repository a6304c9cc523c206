//! Whether a secret got out: every secret begins alike, so a few spellings find them all.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;

use crate::bench::Files;
use crate::project::{CANARY, Project};

/// What a secret could look like in a text.
pub(crate) struct Canary {
    spellings: Vec<String>,
}

impl Canary {
    /// Of the secrets of a project, and the client's.
    pub(crate) fn of(project: &Project) -> Self {
        let reversed = CANARY.chars().rev().collect();
        let mut spellings = vec![CANARY.to_owned(), CANARY.to_lowercase(), reversed];
        spellings.push(hex(CANARY.as_bytes()));
        spellings.push(hex(CANARY.as_bytes()).to_uppercase());
        spellings.extend((0..3).map(base64));
        let secrets = project.secrets().chain([format!("{CANARY}-client")]);
        spellings.extend(secrets.map(|secret| hex(&Sha256::digest(&secret))));
        Self { spellings }
    }

    /// Whether it is in a text.
    pub(crate) fn sings(&self, text: &str) -> bool {
        self.spellings.iter().any(|one| text.contains(one))
    }

    /// The first file beside those that hold the secrets where it is.
    pub(crate) fn in_files(&self, files: &Files) -> Option<String> {
        let public = files
            .iter()
            .filter(|(path, _)| !path.starts_with("secrets"));
        let mut texts = public.map(|(path, bytes)| (path, String::from_utf8_lossy(bytes)));
        let found = texts.find(|(_, text)| self.sings(text));
        found.map(|(path, _)| path.display().to_string())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The part of the canary's base64 that does not depend on what stands around it.
fn base64(shift: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes = &CANARY.as_bytes()[shift..];
    let whole = bytes.chunks_exact(3).flat_map(|three| {
        let bits = three
            .iter()
            .fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|by| char::from(ALPHABET[bits >> by & 63]))
    });
    whole.collect()
}

#[test]
fn every_spelling_is_heard() {
    let canary = Canary::of(&Project::new());
    for text in [
        "x Kn4rYv0gEl8x-acme-v1 y",
        "x8lEg0vYr4nK",
        "4b6e347259763067456c3878",
        "S240cll2MGdFbDh4",
        "eEtuNHJZdjBnRWw4eA==",
        "eHhLbjRyWXYwZ0VsOHg=",
    ] {
        assert!(canary.sings(text), "{text}");
    }
    assert!(!canary.sings("Kn4rY"));
}
