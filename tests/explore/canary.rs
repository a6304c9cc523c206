//! Responsible for finding secrets in output and files. Every secret begins with the same canary, so
//! that a few encodings of it find all of them.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;

use crate::machine::Files;
use crate::project::{CANARY, Project};

/// The encodings of the secrets.
pub(crate) struct Canary {
    encodings: Vec<String>,
}

impl Canary {
    /// The encodings of the secrets of a project and of the client.
    pub(crate) fn new(project: &Project) -> Self {
        let reversed = CANARY.chars().rev().collect();
        let mut encodings = vec![CANARY.to_owned(), CANARY.to_lowercase(), reversed];
        encodings.push(hex(CANARY.as_bytes()));
        encodings.push(hex(CANARY.as_bytes()).to_uppercase());
        encodings.extend((0..3).map(base64));
        let secrets = project.secrets().chain([format!("{CANARY}-client")]);
        encodings.extend(secrets.map(|secret| hex(&Sha256::digest(&secret))));
        Self { encodings }
    }

    /// Whether a text contains a secret.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.encodings
            .iter()
            .any(|encoding| text.contains(encoding))
    }

    /// The first file that contains a secret, apart from the files of the secrets.
    pub(crate) fn in_files(&self, files: &Files) -> Option<String> {
        let public = files
            .iter()
            .filter(|(path, _)| !path.starts_with("secrets"));
        let mut texts = public.map(|(path, bytes)| (path, String::from_utf8_lossy(bytes)));
        let leak = texts.find(|(_, text)| self.is_in(text));
        leak.map(|(path, _)| path.display().to_string())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The part of the canary's base64 that does not depend on the bytes around the canary.
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
fn canary_in_every_encoding_is_found() {
    let canary = Canary::new(&Project::new());
    for text in [
        "x Kn4rYv0gEl8x-acme-v1 y",
        "x8lEg0vYr4nK",
        "4b6e347259763067456c3878",
        "S240cll2MGdFbDh4",
        "eEtuNHJZdjBnRWw4eA==",
        "eHhLbjRyWXYwZ0VsOHg=",
    ] {
        assert!(canary.is_in(text), "{text}");
    }
    assert!(!canary.is_in("Kn4rY"));
}
