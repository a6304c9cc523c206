//! Responsible for decoding a text from one encoding: escapes of JSON, URLs and HTML, digits of hex, base32
//! and base64, and lists of the numbers of bytes. Decodes what it can and keeps the rest.

/// Digits of an encoding: `bits` for each digit, and `group` digits for each unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Digits {
    pub(super) group: usize,
    pub(super) bits: u32,
    pub(super) digit: fn(u8) -> Option<u8>,
}

pub(super) const HEX: Digits = Digits {
    group: 2,
    bits: 4,
    digit: hex_digit,
};
pub(super) const BASE32: Digits = Digits {
    group: 8,
    bits: 5,
    digit: base32_digit,
};
pub(super) const BASE64: Digits = Digits {
    group: 4,
    bits: 6,
    digit: base64_digit,
};

/// Named characters of HTML, without those that services escape rarely.
const ENTITIES: [(&[u8], u8); 15] = [
    (b"amp", b'&'),
    (b"apos", b'\''),
    (b"colon", b':'),
    (b"commat", b'@'),
    (b"dollar", b'$'),
    (b"equals", b'='),
    (b"excl", b'!'),
    (b"gt", b'>'),
    (b"lt", b'<'),
    (b"lowbar", b'_'),
    (b"num", b'#'),
    (b"percnt", b'%'),
    (b"plus", b'+'),
    (b"quot", b'"'),
    (b"sol", b'/'),
];
/// The most digits of a numeric character of HTML that are read, leading zeros included.
const ENTITY_DIGITS: usize = 12;

pub(super) fn unescape_json(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        if let Some((byte, after)) = octal_byte(tail) {
            out.push(byte);
            rest = after;
        } else if let Some((letter, after)) = escaped_number(tail) {
            push_char(&mut out, letter.unwrap_or('\u{fffd}'));
            rest = after;
        } else if let Some((&escaped, after)) = tail.split_first() {
            out.push(match escaped {
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                b'b' => 8,
                b'f' => 12,
                other => other,
            });
            rest = after;
        } else {
            out.push(byte);
        }
    }
    out
}

/// The byte of three octal digits at the start of a text, and the rest of the text.
fn octal_byte(text: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, after) = text.split_at_checked(3)?;
    let byte = number(digits, 8)?.try_into().ok()?;
    Some((byte, after))
}

/// The character of `uXXXX`, `u{X}` or `xXX` at the start of a text, and the rest of the text. The character
/// is `None` if the number is that of no character.
fn escaped_number(text: &[u8]) -> Option<(Option<char>, &[u8])> {
    let (digits, after) = match text {
        [b'u', b'{', after @ ..] => {
            let end = after.iter().take(8).position(|byte| *byte == b'}')?;
            (&after[..end], &after[end + 1..])
        }
        [b'u', after @ ..] => after.split_at_checked(4)?,
        [b'x', after @ ..] => {
            let (digits, after) = after.split_at_checked(2)?;
            // `\x` is an escape of other languages than JSON.
            number(digits, 16)?;
            (digits, after)
        }
        _ => return None,
    };
    Some((number(digits, 16).and_then(char::from_u32), after))
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let text = std::str::from_utf8(digits).ok()?;
    let is_number = !text.is_empty() && text.chars().all(|digit| digit.is_digit(radix));
    u32::from_str_radix(text, radix).ok().filter(|_| is_number)
}

fn push_char(out: &mut Vec<u8>, letter: char) {
    out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Decodes `%XX`. Keeps `+`, which is a blank in forms only.
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
            out.push(byte);
        }
    }
    out
}

pub(super) fn plus_as_blank(text: &[u8]) -> Vec<u8> {
    let blank = |byte: &u8| if *byte == b'+' { b' ' } else { *byte };
    text.iter().map(blank).collect()
}

/// Decodes characters of HTML: `&#115;`, `&#x73;` and some names. The semicolon may be missing.
pub(super) fn unescape_html(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        let entity = (byte == b'&').then(|| entity(tail)).flatten();
        if let Some((letter, length)) = entity {
            push_char(&mut out, letter);
            let after = &tail[length..];
            rest = after.strip_prefix(b";").unwrap_or(after);
        } else {
            out.push(byte);
        }
    }
    out
}

/// The character after `&`, and the length of its name or number.
fn entity(text: &[u8]) -> Option<(char, usize)> {
    let (start, radix) = match text {
        [b'#', b'x' | b'X', ..] => (2, 16),
        [b'#', ..] => (1, 10),
        _ => {
            let named = ENTITIES.iter().find(|(name, _)| text.starts_with(name));
            return named.map(|(name, byte)| (char::from(*byte), name.len()));
        }
    };
    let digits = text[start..].iter().take(ENTITY_DIGITS);
    let count = digits
        .take_while(|byte| char::from(**byte).is_digit(radix))
        .count();
    let code = number(&text[start..start + count], radix)?;
    Some((char::from_u32(code)?, start + count))
}

/// Decodes every sequence of digits from its `start`-th digit on. A NUL separates the sequences.
pub(super) fn decode_runs(text: &[u8], start: usize, digits: Digits) -> Vec<u8> {
    let Digits { group, bits, digit } = digits;
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

/// Decodes lists of the numbers of bytes, such as `[115, 101]` or `73:65`. A NUL separates the lists.
pub(super) fn decode_byte_list(text: &[u8], radix: u32) -> Vec<u8> {
    let mut out = Vec::new();
    for token in text.split(|byte| !byte.is_ascii_alphanumeric()) {
        match listed_byte(token, radix) {
            Some(byte) => out.push(byte),
            // Two separators follow each other, as in `, `. A `U` belongs to `U+0073`.
            None if token.is_empty() || token.eq_ignore_ascii_case(b"u") => {}
            None => out.push(0),
        }
    }
    out
}

fn listed_byte(token: &[u8], radix: u32) -> Option<u8> {
    let digits = match token {
        [b'0', b'x' | b'X', digits @ ..] | [b'x', digits @ ..] if radix == 16 => digits,
        // The number of a character, as in `U+0073`.
        [b'0', b'0', digits @ ..] if radix == 16 && digits.len() == 2 => digits,
        digits => digits,
    };
    let is_byte = radix == 10 || digits.len() == 2;
    let value = number(digits, radix).filter(|_| is_byte)?;
    value.try_into().ok()
}

pub(super) fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16)?.try_into().ok()
}

pub(super) fn base32_digit(byte: u8) -> Option<u8> {
    match byte.to_ascii_uppercase() {
        upper @ b'A'..=b'Z' => Some(upper - b'A'),
        digit @ b'2'..=b'7' => Some(digit - b'2' + 26),
        _ => None,
    }
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
