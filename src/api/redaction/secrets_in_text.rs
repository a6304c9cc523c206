//! Responsible for finding parts of a secret in a text, plain or encoded, because servers repeat
//! request bodies in their error messages. Does not store secrets.

use super::SentSecrets;
use std::collections::BTreeSet;

/// A text that contains this many consecutive bytes of a secret shows it.
pub(super) const WINDOW: usize = 4;
/// The same for the bearer token. It is longer, because the token is checked in every response and
/// ordinary words contain four of its characters.
pub(super) const TOKEN_WINDOW: usize = 8;
/// How often nested escapes are decoded.
const NESTING: usize = 3;

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
        let decodings = decodings(text.as_bytes());
        let secrets = windows(self.secrets.iter().copied(), WINDOW);
        let tokens = windows(self.bearer.into_iter(), TOKEN_WINDOW);
        decodings.iter().any(|decoding| {
            any_window(decoding, &secrets, WINDOW)
                || any_window(decoding, &tokens, TOKEN_WINDOW)
                || self.shows_whole(decoding)
                || self.sent.is_some_and(|sent| sent.shows_in(decoding))
        })
    }

    /// Whether a text contains a whole secret, which may be shorter than the window, or a literal.
    fn shows_whole(&self, decoding: &[u8]) -> bool {
        let literals = self.literals.iter().filter(|text| text.len() >= WINDOW);
        self.secrets
            .iter()
            .chain(literals)
            .filter(|text| !text.is_empty())
            .any(|text| contains(decoding, text.as_bytes()))
    }
}

fn windows<'a>(texts: impl Iterator<Item = &'a str>, size: usize) -> BTreeSet<&'a [u8]> {
    texts
        .flat_map(|text| text.as_bytes().windows(size))
        .collect()
}

fn any_window(decoding: &[u8], wanted: &BTreeSet<&[u8]>, size: usize) -> bool {
    !wanted.is_empty() && decoding.windows(size).any(|window| wanted.contains(window))
}

pub(super) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

/// The text itself, and the text decoded from each encoding.
pub(super) fn decodings(text: &[u8]) -> Vec<Vec<u8>> {
    let mut all = vec![text.to_vec()];
    let mut nested = text.to_vec();
    for _ in 0..NESTING {
        let inner = unescape_percent(&unescape_json(&nested));
        if inner == nested {
            break;
        }
        all.push(inner.clone());
        nested = inner;
    }
    for start in 0..2 {
        all.push(decode_runs(text, start, 2, 4, hex_digit));
    }
    for start in 0..4 {
        all.push(decode_runs(text, start, 4, 6, base64_digit));
    }
    all
}

pub(super) fn unescape_json(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match (byte, tail) {
            (b'\\', [b'u', digits @ ..]) if digits.len() >= 4 => {
                let code = digits[..4].iter().try_fold(0_u32, |code, digit| {
                    Some(code * 16 + u32::from(hex_digit(*digit)?))
                });
                let letter = code.and_then(char::from_u32).unwrap_or('\u{fffd}');
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &digits[4..];
            }
            (b'\\', [escaped, tail @ ..]) => {
                out.push(match escaped {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    b'b' => 8,
                    b'f' => 12,
                    other => *other,
                });
                rest = tail;
            }
            _ => out.push(byte),
        }
    }
    out
}

pub(super) fn unescape_percent(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if let (b'%', [high, low, after @ ..]) = (byte, tail)
            && let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low))
        {
            out.push(high * 16 + low);
            rest = after;
        } else {
            out.push(if byte == b'+' { b' ' } else { byte });
        }
    }
    out
}

/// Decodes every sequence of digits from its `start`-th digit on. A digit has `bits` bits, and `group`
/// digits are a unit. A NUL separates the sequences.
pub(super) fn decode_runs(
    text: &[u8],
    start: usize,
    group: usize,
    bits: u32,
    digit: fn(u8) -> Option<u8>,
) -> Vec<u8> {
    let mut out = Vec::new();
    for run in text.split(|byte| digit(*byte).is_none()) {
        let mut buffer = 0_u32;
        let mut buffered_bits = 0;
        for value in run.iter().skip(start).filter_map(|byte| digit(*byte)) {
            buffer = (buffer << bits) + u32::from(value);
            buffered_bits += bits;
            if buffered_bits >= 8 {
                buffered_bits -= 8;
                out.push(u8::try_from(buffer >> buffered_bits & 0xff).unwrap_or_default());
            }
        }
        if run.len() >= group {
            out.push(0);
        }
    }
    out
}

pub(super) fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16)?.try_into().ok()
}

pub(super) fn base64_digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Redactor, SentSecrets};

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
    fn redactor_finds_whole_short_secrets() {
        let redactor = Redactor {
            secrets: vec!["ab", ""],
            ..Redactor::default()
        };
        assert!(redactor.shows_in("cabd") && !redactor.shows_in("acbd"));
    }
}
