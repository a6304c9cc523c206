//! Responsible for the encodings in which a credential of this run can stand in the value of a reference: base64, hex and
//! the escapes of URLs.
//!
//! Does not find a credential that is encoded twice, compressed or encrypted.

use crate::model::SecretValue;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

/// The texts of which an encoded value contains one.
#[derive(Debug)]
pub(super) struct Encodings {
    base64: Vec<SecretValue>,
    /// In lower case.
    hex: SecretValue,
}

impl Encodings {
    pub(super) fn new(credential: &str) -> Self {
        let alphabets = [STANDARD_NO_PAD, URL_SAFE_NO_PAD];
        let base64 = alphabets
            .iter()
            .flat_map(|alphabet| (0..3).map(|before| base64_after(before, credential, alphabet)))
            .collect();
        let mut hex = String::with_capacity(2 * credential.len());
        for byte in credential.bytes() {
            let digits = [byte >> 4, byte & 15].map(u32::from);
            hex.extend(
                digits
                    .iter()
                    .filter_map(|digit| char::from_digit(*digit, 16)),
            );
        }
        Self {
            base64,
            hex: SecretValue::new(hex),
        }
    }

    /// Whether a text contains one of the encodings. Line breaks and blanks in the text are left out.
    pub(super) fn are_in(&self, text: &str) -> bool {
        let mut joined = Zeroizing::new(String::with_capacity(text.len()));
        joined.extend(text.chars().filter(|letter| !letter.is_whitespace()));
        if self
            .base64
            .iter()
            .any(|part| joined.contains(part.expose()))
        {
            return true;
        }
        joined.make_ascii_lowercase();
        joined.contains(self.hex.expose())
    }
}

/// The characters of base64 that a text decides, if this number of bytes stands before it.
fn base64_after(
    before: usize,
    text: &str,
    alphabet: &base64::engine::GeneralPurpose,
) -> SecretValue {
    let mut bytes = Zeroizing::new(vec![0; before]);
    bytes.reserve_exact(text.len());
    bytes.extend_from_slice(text.as_bytes());
    let encoded = Zeroizing::new(alphabet.encode(&*bytes));
    let (first, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
    SecretValue::new(encoded[first..end].to_owned())
}

/// The text with the escapes of URLs decoded.
pub(super) fn without_escapes(text: &str) -> Zeroizing<String> {
    let decoded = percent_decode_str(text).decode_utf8_lossy();
    Zeroizing::new(decoded.into_owned())
}
