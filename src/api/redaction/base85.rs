//! Responsible for decoding base85 in its three common alphabets: Ascii85, RFC 1924 and Z85.

/// The value of a digit in one alphabet.
type Digit = fn(u8) -> Option<u32>;

pub(super) const ALPHABETS: [Digit; 3] = [ascii85_digit, rfc1924_digit, z85_digit];
/// The digits of four bytes.
pub(super) const GROUP: usize = 5;

const RFC1924: &[u8; 85] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
const Z85: &[u8; 85] =
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/// Decodes every sequence of digits from its `start`-th digit on. A NUL separates the sequences. A group that encodes no
/// four bytes is left out.
pub(super) fn decode(text: &[u8], start: usize, digit: Digit) -> Vec<u8> {
    let mut out = Vec::new();
    for run in text.split(|byte| digit(*byte).is_none()) {
        let digits: Vec<u32> = run
            .iter()
            .skip(start)
            .filter_map(|byte| digit(*byte))
            .collect();
        for group in digits.chunks_exact(GROUP) {
            let value = group.iter().try_fold(0_u32, |value, digit| {
                value.checked_mul(85)?.checked_add(*digit)
            });
            out.extend(value.into_iter().flat_map(u32::to_be_bytes));
        }
        if run.len() >= GROUP {
            out.push(0);
        }
    }
    out
}

fn ascii85_digit(byte: u8) -> Option<u32> {
    (b'!'..=b'u')
        .contains(&byte)
        .then(|| u32::from(byte - b'!'))
}

fn rfc1924_digit(byte: u8) -> Option<u32> {
    position(RFC1924, byte)
}

fn z85_digit(byte: u8) -> Option<u32> {
    position(Z85, byte)
}

fn position(alphabet: &[u8; 85], byte: u8) -> Option<u32> {
    let position = alphabet.iter().position(|digit| *digit == byte)?;
    u32::try_from(position).ok()
}

#[cfg(test)]
mod tests {
    use super::{ascii85_digit, decode, rfc1924_digit, z85_digit};

    #[test]
    fn decode_reads_each_alphabet_from_any_digit() {
        for (text, start, digit) in [
            ("F\"MATG<]Y#", 0, ascii85_digit as super::Digit),
            ("b1iWpcRyu2", 0, rfc1924_digit),
            ("x=b1iWpcRyu2", 2, rfc1924_digit),
        ] {
            let decoded = decode(text.as_bytes(), start, digit);
            assert_eq!(decoded, b"s-q!w?e;\0", "{text}");
        }
        assert_eq!(
            decode(b"HelloWorld", 0, z85_digit),
            [0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b, 0]
        );
        // The largest group is above 32 bits.
        assert_eq!(decode(b"uuuuu", 0, ascii85_digit), [0]);
    }
}
