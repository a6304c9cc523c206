//! Responsible for every decoding of a text, nested ones included, and for the forms in which a decoding is compared
//! with a secret. The work is bounded.

use super::base85;
use super::decoders::{
    BASE32, BASE64, Digits, HEX, decode_byte_list, decode_runs, plus_as_blank, unescape_html,
    unescape_json, unescape_percent,
};
use crate::model::is_invisible;
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// How often nested encodings are decoded.
const NESTING: usize = 3;
/// The bytes that are decoded for each byte of a text, and for any text. Ordinary texts take a tenth of that.
const WORK_FOR_BYTE: usize = 256;
const WORK: usize = 64 * 1024;
/// The shortest printable part of decoded bytes that is decoded again. Bytes that were decoded from ordinary words
/// rarely have one.
const PRINTABLE: usize = 8;
/// The most bytes of a group of letters that separators surround.
const LONGEST_GROUP: usize = 4;
/// The fewest bytes that a sequence of digits must encode.
const DECODED: usize = 4;

/// Whether a predicate holds for the text or for one of its decodings. Also true if the text takes too much work.
pub(super) fn any_decoding(text: &[u8], holds: impl Fn(&[u8]) -> bool) -> bool {
    let mut work = WORK + WORK_FOR_BYTE * text.len();
    let mut left = vec![(text.to_vec(), 0)];
    while let Some((decoding, depth)) = left.pop() {
        let Some(rest) = work.checked_sub(decoding.len()) else {
            return true;
        };
        work = rest;
        if holds(&decoding) {
            return true;
        }
        if depth == 0 {
            add_outermost(&decoding, &mut left);
        }
        if depth < NESTING {
            add_unescaped(&decoding, depth, &mut left);
            add_decoded(&decoding, depth, &mut left);
        }
    }
    false
}

type Decodings = Vec<(Vec<u8>, usize)>;

/// Adds the text backwards and from base85. Only the text itself is decoded so, because these encodings are rare and
/// decode almost any text.
fn add_outermost(text: &[u8], all: &mut Decodings) {
    if text.len() < DECODED {
        return;
    }
    all.push((text.iter().rev().copied().collect(), NESTING));
    for digit in base85::ALPHABETS {
        let is_long = |run: &[u8]| run.len() >= base85::GROUP;
        if text.split(|byte| digit(*byte).is_none()).any(is_long) {
            let starts = 0..base85::GROUP;
            all.extend(starts.map(|start| (base85::decode(text, start, digit), NESTING)));
        }
    }
}

/// Adds the text without escapes, and with characters that look the same as one: without characters that have no width
/// of their own, too.
fn add_unescaped(text: &[u8], depth: usize, all: &mut Decodings) {
    if text.contains(&b'+') {
        all.push((plus_as_blank(text), NESTING));
    }
    if text.iter().any(|byte| b"\\%&".contains(byte)) {
        let inner = unescape_html(&unescape_percent(&unescape_json(text)));
        if inner != text {
            all.push((inner, depth + 1));
        }
    }
    if !text.is_ascii() {
        let letters: String = String::from_utf8_lossy(text).nfkc().collect();
        let bare: String = letters
            .nfkd()
            .filter(|letter| !is_combining_mark(*letter) && !is_invisible(*letter))
            .collect();
        for letters in [letters, bare] {
            if letters.as_bytes() != text {
                all.push((letters.into_bytes(), depth + 1));
            }
        }
    }
}

/// Adds what sequences of digits and lists of numbers encode.
fn add_decoded(text: &[u8], depth: usize, all: &mut Decodings) {
    for digits in [HEX, BASE32, BASE64] {
        let joined = joined_digits(text, digits);
        let texts = has_long_run(text, digits).then_some(text);
        for text in texts.into_iter().chain(joined.as_deref()) {
            for start in 0..digits.group {
                add_bytes(decode_runs(text, start, digits), depth, all);
            }
        }
    }
    for radix in [10, 16] {
        let bytes = decode_byte_list(text, radix);
        if bytes
            .split(|byte| *byte == 0)
            .any(|list| list.len() >= DECODED)
        {
            add_bytes(bytes, depth, all);
        }
    }
}

fn has_long_run(text: &[u8], Digits { bits, digit, .. }: Digits) -> bool {
    let shortest = DECODED * 8 / bits as usize;
    text.split(|byte| digit(*byte).is_none())
        .any(|run| run.len() >= shortest)
}

/// The digits of a text without what separates them, such as blanks between groups. `None` if nothing separates them.
fn joined_digits(text: &[u8], digits: Digits) -> Option<Vec<u8>> {
    let is_digit = |byte: &u8| (digits.digit)(*byte).is_some();
    let joined: Vec<u8> = text.iter().copied().filter(is_digit).collect();
    let inner = text.iter().position(is_digit)?..=text.iter().rposition(is_digit)?;
    (text[inner].len() > joined.len() && has_long_run(&joined, digits)).then_some(joined)
}

/// Adds decoded bytes, and their printable parts to be decoded again.
fn add_bytes(bytes: Vec<u8>, depth: usize, all: &mut Decodings) {
    let is_printable = |byte: &u8| (b' '..=b'~').contains(byte);
    let parts: Vec<&[u8]> = bytes
        .split(|byte| !is_printable(byte))
        .filter(|part| part.len() >= PRINTABLE)
        .collect();
    if !parts.is_empty() {
        all.push((parts.join(&0), depth + 1));
    }
    all.push((bytes, NESTING));
}

/// Forms in which a text is compared with a secret.
pub(super) struct Forms<'a> {
    /// The text in lower case.
    pub(super) folded: Cow<'a, [u8]>,
    /// Letters and digits without the separators between them.
    pub(super) letters: Vec<u8>,
}

impl<'a> Forms<'a> {
    pub(super) fn of_secret(secret: &'a [u8]) -> Self {
        Self {
            folded: folded(secret),
            letters: letters(secret),
        }
    }

    /// The forms of a text. Of its letters, only those in short groups are joined, as in `a-b-c` and
    /// `abcd efgh`, because ordinary words would look like a secret of words.
    pub(super) fn of_text(text: &'a [u8]) -> Self {
        let mut joined = Vec::new();
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
        let groups = text
            .split(|byte| !is_word(byte))
            .filter(|group| !group.is_empty());
        for group in groups {
            let group = letters(group);
            if group.len() <= LONGEST_GROUP {
                joined.extend(group);
            } else if joined.last().is_some_and(|last| *last != 0) {
                joined.push(0);
            }
        }
        Self {
            folded: folded(text),
            letters: joined,
        }
    }
}

fn folded(text: &[u8]) -> Cow<'_, [u8]> {
    if text.iter().any(u8::is_ascii_uppercase) {
        text.to_ascii_lowercase().into()
    } else {
        text.into()
    }
}

fn letters(text: &[u8]) -> Vec<u8> {
    if text.is_ascii() {
        let letters = text.iter().filter(|byte| byte.is_ascii_alphanumeric());
        return letters.map(u8::to_ascii_lowercase).collect();
    }
    let text = String::from_utf8_lossy(text);
    let letters = text.nfkc().filter(|letter| letter.is_alphanumeric());
    letters
        .flat_map(char::to_lowercase)
        .collect::<String>()
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::{Forms, any_decoding};

    fn decodes(text: &str, wanted: &[u8]) -> bool {
        any_decoding(text.as_bytes(), |decoding| {
            decoding.windows(wanted.len()).any(|part| part == wanted)
        })
    }

    #[test]
    fn any_decoding_decodes_nested_encodings() {
        for text in [
            "s-q!w?e",
            "cy1xIXc/ZQ==",
            // Base64 of base64, and of hex, with a byte before each.
            "eGN5MXhJWGMvWlE9PQ==",
            "eDczMmQ3MTIxNzczZjY1",
            "&#x63;y1xIXc&#47;ZQ",
            "\\u0026#115;\\u0026#45;q!w?e",
            "%2526%23115%3B-q!w?e",
            "OMWXCILXH5SQ====",
            "omwxcilxh5sq",
            "[115, 45, 113, 33, 119, 63, 101]",
            "115 45 113 33 119 63 101",
            "73:2d:71:21:77:3f:65",
            "0x73, 0x2D, 0x71, 0x21, 0x77, 0x3f, 0x65",
            "\\x73\\x2d\\x71\\x21\\x77\\x3f\\x65",
            "U+0073 U+002D U+0071 U+0021 U+0077 U+003F U+0065",
            "ｓ－ｑ！ｗ？ｅ",
            // Characters without width, and marks, between the letters.
            "s-q\u{2060}!\u{200b}w\u{301}?\u{ad}e",
            // Groups of base64, of hex and of base32.
            "value: cy1x IXc/ ZQ==",
            "cy1x\\nIXc/\\nZQ==",
            "732d 7121 773f 65",
            "OMWX CILX H5SQ",
            "\\163\\055\\161\\041\\167\\077\\145",
            "e?w!q-s",
            "F\"MATG<]Y#",
            "b1iWpcRyu2",
        ] {
            assert!(decodes(text, b"q!w?"), "{text}");
        }
        assert!(!decodes("an ordinary text of [3, 4, 5, 6] words", b"q!w?"));
    }

    #[test]
    fn any_decoding_of_ordinary_text_is_found_without_exhausting_the_work() {
        let long = "Credentials do not match any auth scheme. ".repeat(200);
        let digits = "QUJDREVGR0hJSktMTU5P".repeat(400);
        for text in [long, digits, "%41&#66;\\u0043 ".repeat(400)] {
            assert!(!decodes(&text, b"q!w?"), "{text}");
        }
    }

    #[test]
    fn forms_ignore_case_separators_and_width() {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        for (input, of_secret, of_text) in [
            ("a-B c.1_Ü", "abc1ü", "abc1ü"),
            ("ＡＢ—ｃ", "abc", "abc"),
            (
                "abcd-EFGH longer words, x y",
                "abcdefghlongerwordsxy",
                "abcdefgh\0xy",
            ),
        ] {
            let secret = Forms::of_secret(input.as_bytes());
            assert_eq!(text(&secret.letters), of_secret, "{input}");
            let forms = Forms::of_text(input.as_bytes());
            assert_eq!(text(&forms.letters), of_text, "{input}");
            assert_eq!(forms.folded, input.to_ascii_lowercase().as_bytes());
        }
    }
}
