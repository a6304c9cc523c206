//! Responsible for recognizing the encoding of a file that is not UTF-8.

/// The name of the encoding, if the bytes have a byte order mark of UTF-16 or UTF-32, or the zero bytes that Latin
/// letters have in these encodings.
pub(super) fn other_encoding(bytes: &[u8]) -> Option<&'static str> {
    const UTF_16: &str = "UTF-16";
    const UTF_32: &str = "UTF-32";
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => return Some(UTF_32),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Some(UTF_16),
        _ => {}
    }
    let zeros = zeros(bytes);
    // At most a few characters of a line are outside Latin scripts.
    let (few, many) = (zeros.bytes / 10, zeros.bytes / 2);
    let [first, second, third, fourth] = zeros.at;
    let (even, odd) = (first + third, second + fourth);
    if (even <= few && odd * 2 > many) || (odd <= few && even * 2 > many) {
        return Some(UTF_16);
    }
    let is_wide = [first, second, third, fourth]
        .iter()
        .filter(|count| *count * 4 > many)
        .count();
    (is_wide == 3).then_some(UTF_32)
}

/// Zero bytes at the beginning of a file.
struct Zeros {
    /// The number of bytes looked at.
    bytes: usize,
    /// The zero bytes by their position modulo four.
    at: [usize; 4],
}

fn zeros(bytes: &[u8]) -> Zeros {
    const SAMPLE: usize = 1024;
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let mut at = [0; 4];
    for (count, phase) in at.iter_mut().zip(0..) {
        let places = sample.iter().skip(phase).step_by(4);
        *count = places.filter(|byte| **byte == 0).count();
    }
    Zeros {
        bytes: sample.len(),
        at,
    }
}

#[cfg(test)]
mod tests {
    use super::other_encoding;

    const TEXT: &str = "version: 1\ncustomers:\n  - name: Zoë\n";

    #[test]
    fn other_encoding_of_utf_16_is_named_with_and_without_mark() {
        for mark in ["", "\u{feff}"] {
            let units: Vec<u16> = format!("{mark}{TEXT}").encode_utf16().collect();
            let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
            assert_eq!(other_encoding(&little), Some("UTF-16"), "{mark:?}");
            assert_eq!(other_encoding(&big), Some("UTF-16"), "{mark:?}");
        }
    }

    #[test]
    fn other_encoding_of_utf_32_is_named_with_and_without_mark() {
        for mark in ["", "\u{feff}"] {
            let units: Vec<u32> = format!("{mark}{TEXT}").chars().map(u32::from).collect();
            let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
            assert_eq!(other_encoding(&little), Some("UTF-32"), "{mark:?}");
            assert_eq!(other_encoding(&big), Some("UTF-32"), "{mark:?}");
        }
    }

    #[test]
    fn other_encoding_of_utf_8_is_none() {
        for text in ["", "a", TEXT, "token: x\0\n", "\u{feff}a: 1\n", "a\0b: 1\n"] {
            assert_eq!(other_encoding(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(other_encoding(b"name: \xc3\xa4x\xe9\n"), None);
    }
}
