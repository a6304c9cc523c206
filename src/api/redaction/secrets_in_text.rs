//! Responsible for finding any part of a secret in a text, plain or encoded: servers repeat what
//! they were sent in their error messages. Keeps no copy of a secret.

use super::SentSecrets;
use std::collections::BTreeSet;

/// Bytes of a secret in a row that count as showing it.
pub(super) const WINDOW: usize = 4;
/// The same for the bearer token: it goes with every request, and at four characters ordinary
/// words would match it.
pub(super) const TOKEN_WINDOW: usize = 8;
/// How often escapes inside escapes are undone.
const NESTING: usize = 3;

/// What was sent and must not be shown.
#[derive(Default)]
pub(in crate::api) struct Redactor<'a> {
    /// Resolved references: no four bytes of them are shown.
    pub(in crate::api) secrets: Vec<&'a str>,
    /// Literals in a place for secrets, which the user wrote down on purpose (an account's
    /// mail address): not shown as a whole.
    pub(in crate::api) literals: Vec<&'a str>,
    /// The token of the request.
    pub(in crate::api) bearer: Option<&'a str>,
    /// What went with other requests.
    pub(in crate::api) sent: Option<&'a SentSecrets>,
}

impl Redactor<'_> {
    /// Whether `text` shows any of it.
    pub(in crate::api) fn shows_in(&self, text: &str) -> bool {
        let decodings = decodings(text.as_bytes());
        let secrets = windows(self.secrets.iter().copied(), WINDOW);
        let tokens = windows(self.bearer.into_iter(), TOKEN_WINDOW);
        decodings.iter().any(|decoding| {
            any_window(decoding, &secrets, WINDOW)
                || any_window(decoding, &tokens, TOKEN_WINDOW)
                || self.whole(decoding)
                || self.sent.is_some_and(|sent| sent.shows_in(decoding))
        })
    }

    /// A secret that is shorter than the window, or a literal.
    fn whole(&self, decoding: &[u8]) -> bool {
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

/// The text as it stands and as it reads with each encoding undone.
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

/// Decodes every unbroken run of digits from its `start`-th digit on, `group` digits of `bits`
/// bits at a time; runs are set apart by a NUL.
pub(super) fn decode_runs(
    text: &[u8],
    start: usize,
    group: usize,
    bits: u32,
    digit: fn(u8) -> Option<u8>,
) -> Vec<u8> {
    let mut out = Vec::new();
    for run in text.split(|byte| digit(*byte).is_none()) {
        let mut held = 0_u32;
        let mut have = 0;
        for value in run.iter().skip(start).filter_map(|byte| digit(*byte)) {
            held = (held << bits) + u32::from(value);
            have += bits;
            if have >= 8 {
                have -= 8;
                out.push(u8::try_from(held >> have & 0xff).unwrap_or_default());
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
    fn every_encoding_is_seen() {
        for text in [
            "value zK\"9 is bad".to_owned(),
            format!("got {}", serde_json::to_string(SECRET).unwrap()),
            format!("{:?}", serde_json::to_string(SECRET).unwrap()),
            "x=zK%229%2Fq+%C3%BC".to_owned(),
            "0x7a4B2239".to_owned(),
            "a7a4b2239".to_owned(),
            // "zK\"9/q" in Base64, at each of the three alignments.
            "got eksiOS9x".to_owned(),
            "eHpLIjkvcQ".to_owned(),
            "eHh6SyI5L3E=".to_owned(),
            "\\u007aK\\u00229".to_owned(),
        ] {
            assert!(shows(&text), "{text}");
        }
    }

    #[test]
    fn ordinary_words_are_not() {
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
    fn literals_and_tokens_count_as_a_whole() {
        assert!(shows("no account ops@acme.example"));
        assert!(shows("bad token eyJhbGciOi..."));
    }

    #[test]
    fn what_went_before_is_seen_in_every_encoding_too() {
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
    fn short_secrets_count_as_they_are() {
        let redactor = Redactor {
            secrets: vec!["ab", ""],
            ..Redactor::default()
        };
        assert!(redactor.shows_in("cabd") && !redactor.shows_in("acbd"));
    }
}
