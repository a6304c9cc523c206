//! Responsible for the forms in which a secret could leak: encoded, escaped, digested or shortened.
//!
//! A form is the start of the encoded value, so that a truncated leak is found, too. It is long
//! enough to be unique.

use sha2::Digest;

/// The number of characters of a value that are encoded. More characters would find no more leaks.
const PIECE: usize = 24;
/// The number of leading characters that identify a value.
pub(crate) const HEAD: usize = 8;
/// The number of trailing characters that a hint such as `…a1b2` would show.
pub(crate) const TAIL: usize = 4;
/// The same two for values of digits only. They are longer, because times and ids consist of digits, too.
pub(crate) const DIGITS: usize = 12;

/// The name of a form, and the bytes to search for.
pub(crate) type Form = (&'static str, Vec<u8>);

/// Every form of a value.
pub(crate) fn forms(value: &str) -> Vec<Form> {
    let mut all = texts(value);
    all.extend(ends(value));
    all.extend(bytes(value));
    all.extend(digests(value));
    all
}

/// The text, reversed or with some characters escaped.
fn texts(value: &str) -> Vec<Form> {
    let piece: String = value.chars().take(PIECE).collect();
    let json = |text: &str| {
        let quoted = serde_json::to_string(text).unwrap();
        quoted[1..quoted.len() - 1].to_owned()
    };
    let debug = format!("{piece:?}");
    let texts = [
        ("raw", piece.clone()),
        ("reversed", piece.chars().rev().collect()),
        ("url", percent(&piece, "%20", false)),
        ("url lower", percent(&piece, "%20", true)),
        ("form", percent(&piece, "+", false)),
        ("json", json(&piece)),
        ("json twice", json(&json(&piece))),
        ("json ascii", ascii(&json(&piece))),
        ("xml", mapped(&piece, xml)),
        ("shell '…'", piece.replace('\'', r"'\''")),
        ("shell $'…'", mapped(&piece, ansi)),
        ("yaml '…'", piece.replace('\'', "''").replace('\n', "\n\n")),
        ("yaml \"…\"", mapped(&piece, yaml)),
        ("debug", debug[1..debug.len() - 1].to_owned()),
        ("escaped", piece.escape_default().to_string()),
        ("html decimal", html_decimal(&piece)),
        (
            "html hexadecimal",
            each(&piece, |c| format!("&#x{:x};", u32::from(c))),
        ),
        ("dashes", separated(&piece, "-")),
        ("blanks", separated(&piece, " ")),
        ("full width", full_width(&piece)),
        ("upper case", piece.to_uppercase()),
    ];
    texts.map(|(name, text)| (name, text.into_bytes())).into()
}

/// The start of each line, because output may wrap or show single lines, and the end of the value.
fn ends(value: &str) -> Vec<Form> {
    let numeric = value.bytes().all(|byte| byte.is_ascii_digit());
    let (head, tail) = if numeric {
        (DIGITS, DIGITS)
    } else {
        (HEAD, TAIL)
    };
    let first = |line: &str| line.chars().take(head).collect::<String>().into_bytes();
    let mut all: Vec<Form> = value.lines().map(|line| ("head", first(line))).collect();
    let characters: Vec<char> = value.chars().collect();
    let last: String = characters[characters.len() - tail..].iter().collect();
    all.push(("tail", last.into_bytes()));
    all
}

/// Encodings of the bytes.
fn bytes(value: &str) -> Vec<Form> {
    let piece: String = value.chars().take(PIECE).collect();
    let wide = |order: fn(u16) -> [u8; 2]| piece.encode_utf16().flat_map(order).collect();
    let mut all: Vec<Form> = vec![
        ("hex", hex(piece.as_bytes()).into_bytes()),
        ("HEX", hex(piece.as_bytes()).to_uppercase().into_bytes()),
        ("list of bytes", byte_list(&piece).into_bytes()),
        ("base32", base32(piece.as_bytes()).into_bytes()),
        (
            "base64 twice",
            base64(&base64(piece.as_bytes(), *b"+/"), *b"+/"),
        ),
        ("utf-16le", wide(u16::to_le_bytes)),
        ("utf-16be", wide(u16::to_be_bytes)),
    ];
    let names = [
        ["base64", "base64 after one", "base64 after two"],
        ["base64url", "base64url after one", "base64url after two"],
    ];
    for (names, alphabet) in names.into_iter().zip([*b"+/", *b"-_"]) {
        for (before, name) in names.into_iter().enumerate() {
            // The base64 form of a text depends on how many bytes precede it, modulo three.
            let inner = &piece.as_bytes()[(3 - before) % 3..];
            let whole = &inner[..inner.len() / 3 * 3];
            all.push((name, base64(whole, alphabet)));
        }
    }
    all
}

/// Unkeyed digests of the value, with and without a newline at its end.
fn digests(value: &str) -> Vec<Form> {
    let mut all = Vec::new();
    for (line, text) in [(false, value.to_owned()), (true, format!("{value}\n"))] {
        let name = |plain: &'static str, with_newline: &'static str| {
            if line { with_newline } else { plain }
        };
        let digests = [
            (name("md5", "md5 of line"), md5::Md5::digest(&text).to_vec()),
            (
                name("sha1", "sha1 of line"),
                sha1::Sha1::digest(&text).to_vec(),
            ),
            (
                name("sha256", "sha256 of line"),
                sha2::Sha256::digest(&text).to_vec(),
            ),
            (
                name("sha512", "sha512 of line"),
                sha2::Sha512::digest(&text).to_vec(),
            ),
        ];
        for (name, digest) in digests {
            all.push((name, hex(&digest).into_bytes()));
            all.push((name, base64(&digest[..digest.len() / 3 * 3], *b"+/")));
            all.push((name, digest));
        }
    }
    all
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    let pair = |byte: &u8| [digit(byte >> 4), digit(byte & 15)];
    bytes.iter().flat_map(pair).collect()
}

/// Encodes whole groups of three bytes only, so that padding cannot prevent a match.
pub(crate) fn base64(bytes: &[u8], last: [u8; 2]) -> Vec<u8> {
    let digit = |six: u32| match u8::try_from(six & 63).unwrap() {
        low @ 0..26 => b'A' + low,
        low @ 26..52 => b'a' + (low - 26),
        low @ 52..62 => b'0' + (low - 52),
        62 => last[0],
        _ => last[1],
    };
    let group = |three: &[u8]| {
        let bits = three
            .iter()
            .fold(0, |bits, byte| bits << 8 | u32::from(*byte));
        [18, 12, 6, 0].map(|shift| digit(bits >> shift))
    };
    bytes.chunks_exact(3).flat_map(group).collect()
}

/// Encodes whole groups of five bytes only.
pub(crate) fn base32(bytes: &[u8]) -> String {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let group = |five: &[u8]| {
        let bits = five
            .iter()
            .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        [35, 30, 25, 20, 15, 10, 5, 0]
            .map(|shift| char::from(digits[usize::try_from(bits >> shift & 31).unwrap()]))
    };
    bytes.chunks_exact(5).flat_map(group).collect()
}

pub(crate) fn byte_list(text: &str) -> String {
    let list: Vec<String> = text.bytes().map(|byte| byte.to_string()).collect();
    list.join(", ")
}

pub(crate) fn html_decimal(text: &str) -> String {
    each(text, |c| format!("&#{};", u32::from(c)))
}

fn each(text: &str, form: impl Fn(char) -> String) -> String {
    let characters: Vec<String> = text.chars().map(form).collect();
    characters.concat()
}

pub(crate) fn separated(text: &str, separator: &str) -> String {
    let characters: Vec<String> = text.chars().map(String::from).collect();
    characters.join(separator)
}

/// The characters of ASCII as East Asian texts write them.
pub(crate) fn full_width(text: &str) -> String {
    let wide = |c: char| match c {
        '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap(),
        other => other,
    };
    text.chars().map(wide).collect()
}

pub(crate) fn percent(text: &str, space: &str, lower: bool) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        b' ' => space.to_owned(),
        other if lower => format!("%{other:02x}"),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(escape).collect()
}

fn mapped(text: &str, escape: fn(char) -> Option<&'static str>) -> String {
    text.chars()
        .map(|c| escape(c).map_or_else(|| c.to_string(), str::to_owned))
        .collect()
}

/// Characters outside ASCII as `\uXXXX`.
fn ascii(text: &str) -> String {
    let escape = |c: char| {
        if c.is_ascii() {
            return c.to_string();
        }
        let mut units = [0; 2];
        let units = c.encode_utf16(&mut units).iter();
        let units: Vec<String> = units.map(|unit| format!("\\u{unit:04x}")).collect();
        units.concat()
    };
    text.chars().map(escape).collect()
}

fn xml(c: char) -> Option<&'static str> {
    Some(match c {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '"' => "&quot;",
        '\'' => "&#39;",
        _ => return None,
    })
}

/// The escapes of a shell's `%q`.
fn ansi(c: char) -> Option<&'static str> {
    Some(match c {
        '\'' => r"\'",
        '\\' => r"\\",
        '\n' => r"\n",
        '\t' => r"\t",
        _ => return None,
    })
}

fn yaml(c: char) -> Option<&'static str> {
    Some(match c {
        '"' => "\\\"",
        '\\' => r"\\",
        '\n' => r"\n",
        '\t' => r"\t",
        _ => return None,
    })
}
