//! Responsible for finding parts of a secret in a text, plain or encoded, because servers repeat
//! request bodies in their error messages. Does not store secrets.

use super::SentSecrets;
use super::decodings::{Forms, any_decoding};
use crate::model::SecretValue;
use std::collections::BTreeSet;

/// A text that contains this many consecutive bytes of a secret shows it.
pub(super) const WINDOW: usize = 4;
/// The same for a secret in another case.
pub(super) const FOLDED_WINDOW: usize = 6;
/// The same for the letters and digits of a secret, with anything between them.
pub(super) const LETTERS_WINDOW: usize = 8;
/// The fewest letters and digits of a shorter secret.
const FEWEST_LETTERS: usize = 6;
/// The same for the bearer token. It is longer, because the token is checked in every response and
/// ordinary words contain four of its characters.
pub(super) const TOKEN_WINDOW: usize = 8;
/// The shortest secret that [`repeats`] looks for. Addresses contain shorter texts by chance, such as `localhost`.
const SHORTEST_REPEATED: usize = 16;
/// The longest text that is searched. A longer one counts as showing a secret.
const LONGEST: usize = 256 * 1024;

/// Whether a text that people or pages get repeats one of these secrets as a whole, plain or encoded. A part of a secret
/// does not count: all tokens of a server begin alike, and the id of an OAuth app can begin like its secret.
pub fn repeats<'a>(text: &str, secrets: impl IntoIterator<Item = &'a SecretValue>) -> bool {
    let secrets = secrets.into_iter().map(SecretValue::expose);
    let redactor = Redactor {
        literals: secrets
            .filter(|secret| secret.len() >= SHORTEST_REPEATED)
            .collect(),
        ..Redactor::default()
    };
    redactor.shows_in(text)
}

/// The values that a text must not show.
#[derive(Default)]
pub(in crate::api) struct Redactor<'a> {
    /// Values of references. Four consecutive bytes show the secret.
    pub(in crate::api) secrets: Vec<&'a str>,
    /// Literals in `credentials`, such as the mail address of an account. Only a whole literal is
    /// hidden, because the user did not make it a secret.
    pub(in crate::api) literals: Vec<&'a str>,
    pub(in crate::api) bearer: Option<&'a str>,
    /// Secrets of other requests.
    pub(in crate::api) sent: Option<&'a SentSecrets>,
}

impl Redactor<'_> {
    /// Whether a text shows one of the values.
    pub(in crate::api) fn shows_in(&self, text: &str) -> bool {
        if self.is_empty() {
            return false;
        }
        if text.len() > LONGEST {
            return true;
        }
        let wanted = Wanted::new(self);
        any_decoding(text.as_bytes(), |decoding| {
            let forms = Forms::of_text(decoding);
            wanted.is_in(decoding, &forms)
                || self
                    .sent
                    .is_some_and(|sent| sent.shows_in(decoding, &forms))
        })
    }

    fn is_empty(&self) -> bool {
        self.secrets.is_empty()
            && self.literals.is_empty()
            && self.bearer.is_none()
            && self.sent.is_none_or(SentSecrets::is_empty)
    }
}

/// The parts of the values that a text must not contain.
struct Wanted<'a> {
    /// Whole secrets, which may be shorter than the window, and literals.
    whole: Vec<&'a [u8]>,
    exact: Parts,
    tokens: Parts,
    folded: Parts,
    letters: Parts,
}

impl<'a> Wanted<'a> {
    fn new(redactor: &'a Redactor<'_>) -> Self {
        let secrets = || redactor.secrets.iter().map(|secret| secret.as_bytes());
        let literals = redactor.literals.iter().map(|literal| literal.as_bytes());
        let whole = secrets().filter(|secret| !secret.is_empty());
        let bearer = redactor.bearer.iter().map(|token| token.as_bytes());
        let mut wanted = Self {
            whole: whole
                .chain(literals.filter(|literal| literal.len() >= WINDOW))
                .collect(),
            exact: Parts::new(WINDOW, WINDOW),
            tokens: Parts::new(TOKEN_WINDOW, TOKEN_WINDOW),
            folded: Parts::new(FOLDED_WINDOW, WINDOW),
            letters: Parts::new(LETTERS_WINDOW, FEWEST_LETTERS),
        };
        bearer.for_each(|token| wanted.tokens.add(token));
        for secret in secrets() {
            let forms = Forms::of_secret(secret);
            wanted.exact.add(secret);
            wanted.folded.add(&forms.folded);
            wanted.letters.add(&forms.letters);
        }
        wanted
    }

    fn is_in(&self, decoding: &[u8], forms: &Forms<'_>) -> bool {
        self.exact.are_in(decoding)
            || self.tokens.are_in(decoding)
            || self.whole.iter().any(|text| contains(decoding, text))
            || self.folded.are_in(&forms.folded)
            || self.letters.are_in(&forms.letters)
    }
}

/// Parts of one length, and whole texts that are shorter.
struct Parts {
    size: usize,
    shortest: usize,
    windows: BTreeSet<Vec<u8>>,
    short: Vec<Vec<u8>>,
}

impl Parts {
    fn new(size: usize, shortest: usize) -> Self {
        Self {
            size,
            shortest,
            windows: BTreeSet::new(),
            short: Vec::new(),
        }
    }

    fn add(&mut self, text: &[u8]) {
        if (self.shortest..self.size).contains(&text.len()) {
            self.short.push(text.to_vec());
        }
        self.windows
            .extend(text.windows(self.size).map(<[u8]>::to_vec));
    }

    fn are_in(&self, text: &[u8]) -> bool {
        let has_part = !self.windows.is_empty()
            && text
                .windows(self.size)
                .any(|window| self.windows.contains(window));
        has_part || self.short.iter().any(|short| contains(text, short))
    }
}

pub(super) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::{Redactor, SentSecrets, repeats};
    use crate::model::SecretValue;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    const SECRET: &str = "zK\"9/q ü+7!";

    fn shows(text: &str) -> bool {
        let redactor = Redactor {
            secrets: vec![SECRET],
            literals: vec!["ops@acme.example"],
            bearer: Some("eyJhbGciOiJub25lIn0"),
            sent: None,
        };
        redactor.shows_in(text)
    }

    #[test]
    fn redactor_with_encoded_secret_finds_it() {
        for text in [
            "value zK\"9 is bad".to_owned(),
            format!("got {}", serde_json::to_string(SECRET).unwrap()),
            format!("{:?}", serde_json::to_string(SECRET).unwrap()),
            "x=zK%229%2Fq+%C3%BC".to_owned(),
            "0x7a4B2239".to_owned(),
            "a7a4b2239".to_owned(),
            // "zK\"9/q" in base64, at each of the three alignments.
            "got eksiOS9x".to_owned(),
            "eHpLIjkvcQ".to_owned(),
            "eHh6SyI5L3E=".to_owned(),
            "\\u007aK\\u00229".to_owned(),
        ] {
            assert!(shows(&text), "{text}");
        }
    }

    #[test]
    fn redactor_with_secret_in_another_form_finds_it() {
        for text in [
            // Characters of HTML, decimal and hexadecimal.
            "&#122;&#75;&#34;&#57;&#47;&#113;",
            "&#x7a;&#x4B;&#x22;&#x39",
            "ZK\"9/Q Ü+7!",
            "z-K-\"-9-/-q-ü-7",
            "zK\" 9/q ü+7",
            "[122, 75, 34, 57, 47, 113, 32]",
            "PJFSEOJPOEQMHPBLG4QQ====",
            // Base64 of base64.
            "ZWtzaU9TOXhJTU84S3pjaA==",
            "ｚＫ＂９／ｑ",
        ] {
            assert!(shows(text), "{text}");
        }
    }

    #[test]
    fn redactor_finds_short_secrets_in_another_form() {
        let redactor = Redactor {
            secrets: vec!["hunter2!"],
            ..Redactor::default()
        };
        for text in [
            "HUNTER2!",
            "Hunter2",
            "h-u-n-t-e-r-2-!",
            "h u n t e r 2",
            "['h', 'u', 'n', 't', 'e', 'r', '2']",
            "hu.nt.er.2!",
        ] {
            assert!(redactor.shows_in(text), "{text}");
        }
        for text in ["haunting 2 cats", "the customer has hounds"] {
            assert!(!redactor.shows_in(text), "{text}");
        }
    }

    #[test]
    fn redactor_with_too_long_text_finds_a_secret() {
        let long = "a ".repeat(200_000);
        let redactor = Redactor {
            secrets: vec![SECRET],
            ..Redactor::default()
        };
        assert!(redactor.shows_in(&long));
        assert!(!Redactor::default().shows_in(&long));
    }

    #[test]
    fn redactor_with_ordinary_words_finds_nothing() {
        for text in [
            "Credentials do not match any auth scheme. Provided keys: [token, mail]",
            "zK\" 9/q",
            "write to help@acme.example",
            "eyJhbGc",
        ] {
            assert!(!shows(text), "{text}");
        }
    }

    #[test]
    fn redactor_finds_literals_and_tokens() {
        assert!(shows("no account ops@acme.example"));
        assert!(shows("bad token eyJhbGciOi..."));
    }

    #[test]
    fn redactor_finds_encoded_secrets_of_earlier_requests() {
        let sent = SentSecrets::default();
        sent.add_secret("kQ7\"zR2/vN9+wX4=");
        let redactor = Redactor {
            sent: Some(&sent),
            ..Redactor::default()
        };
        for text in [
            "kQ7\\\"zR2/vN9",
            "x=kQ7%22zR2%2F",
            "6b5137227a52322f",
            "a1E3InpSMi92Tjk",
        ] {
            assert!(redactor.shows_in(text), "{text}");
        }
        assert!(!redactor.shows_in("an ordinary customer"));
    }

    #[test]
    fn repeats_of_a_part_or_a_short_secret_is_false() {
        let secret = SecretValue::new("eyJhbGciOiJSUzI1NiJ9.own.signature".to_owned());
        let short = SecretValue::new("localhost".to_owned());
        let shows = |text: &str| repeats(text, [&secret, &short]);
        let other = format!(
            r#"{{"token": "eyJhbGciOiJSUzI1NiJ9.{}", "widgetUrl": "http://localhost/"}}"#,
            "other.signature".repeat(100)
        );
        assert!(!shows(&other) && !shows(&STANDARD.encode(&other)));
        let same = format!("https://provider.example/?next={}", secret.expose());
        assert!(shows(&same) && shows(&STANDARD.encode(&same)));
    }

    #[test]
    fn redactor_finds_whole_short_secrets() {
        let redactor = Redactor {
            secrets: vec!["ab", ""],
            ..Redactor::default()
        };
        assert!(redactor.shows_in("cabd") && !redactor.shows_in("acbd"));
    }
}
