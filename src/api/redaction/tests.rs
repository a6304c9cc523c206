//! Tests of each decoder by itself, byte by byte.

use super::decoders::{
    BASE32, BASE64, HEX, base32_digit, base64_digit, decode_byte_list, decode_runs, hex_digit,
    plus_as_blank, unescape_html, unescape_json, unescape_percent,
};
use super::decodings::any_decoding;
use super::secrets_in_text::{
    FOLDED_WINDOW, LETTERS_WINDOW, Redactor, TOKEN_WINDOW, WINDOW, contains,
};

#[test]
fn hex_and_base64_digits_have_their_values() {
    let hex: Vec<u8> = b"0123456789abcdefABCDEF"
        .iter()
        .filter_map(|b| hex_digit(*b))
        .collect();
    let expected = (0..16).chain(10..16).collect::<Vec<u8>>();
    assert_eq!(hex, expected);
    for byte in *b"/:@G`g" {
        assert_eq!(hex_digit(byte), None);
    }
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let base64: Vec<u8> = digits.iter().filter_map(|b| base64_digit(*b)).collect();
    assert_eq!(base64, (0..64).collect::<Vec<u8>>());
    assert_eq!(
        (base64_digit(b'-'), base64_digit(b'_')),
        (Some(62), Some(63))
    );
    for byte in *b"=.@[`{: " {
        assert_eq!(base64_digit(byte), None);
    }
}

#[test]
fn unescape_json_decodes_all_escapes() {
    let decoded = |text: &str| String::from_utf8(unescape_json(text.as_bytes())).unwrap();
    assert_eq!(decoded(r#"a\n\t\r\b\f\"\\\/z"#), "a\n\t\r\u{8}\u{c}\"\\/z");
    assert_eq!(decoded(r"\u0041\u00e9\u20AC1"), "A\u{e9}\u{20ac}1");
    // Half of a surrogate pair, an invalid number, and an incomplete escape.
    assert_eq!(decoded(r"\ud83dx\u00g0y"), "\u{fffd}x\u{fffd}y");
    assert_eq!(decoded(r"\u004"), "u004");
    assert_eq!(decoded("end\\"), "end\\");
    assert_eq!(decoded(r"\x41\u{42}\u{1F600}"), "AB\u{1f600}");
    assert_eq!(decoded(r"\xg1\u{"), "xg1u{");
    assert_eq!(decoded(r"\101\0421\08\777"), "A\"108777");
}

#[test]
fn unescape_html_decodes_numbers_and_names() {
    let decoded = |text: &str| String::from_utf8(unescape_html(text.as_bytes())).unwrap();
    assert_eq!(decoded("&#65;&#x42;&#0067&amp;&lt;x&quot"), "ABC&<x\"");
    assert_eq!(
        decoded("a & b &#; &#x; &unknown;"),
        "a & b &#; &#x; &unknown;"
    );
    assert_eq!(decoded("&#99999999;&#8364;"), "&#99999999;\u{20ac}");
}

#[test]
fn decode_byte_list_reads_numbers_of_bytes() {
    let decimal = |text: &str| decode_byte_list(text.as_bytes(), 10);
    assert_eq!(decimal("[65, 66,67] 256 68"), b"ABC\0D");
    assert_eq!(decimal("x 65"), b"\0A");
    let hexadecimal = |text: &str| decode_byte_list(text.as_bytes(), 16);
    assert_eq!(hexadecimal("41:42 0x43,x44"), b"ABCD");
    assert_eq!(hexadecimal("0041 004 4 44"), b"A\0\0D");
}

#[test]
fn base32_digits_have_their_values() {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let values: Vec<u8> = digits.iter().filter_map(|b| base32_digit(*b)).collect();
    assert_eq!(values, (0..32).collect::<Vec<u8>>());
    assert_eq!(base32_digit(b'a'), Some(0));
    for byte in *b"018=@[`{" {
        assert_eq!(base32_digit(byte), None);
    }
}

#[test]
fn unescape_percent_decodes_valid_escapes() {
    let decoded = |text: &str| unescape_percent(text.as_bytes());
    assert_eq!(decoded("a%2fb%C3%A9+c%"), "a/b\u{e9}+c%".as_bytes());
    assert_eq!(decoded("%4g%g4%%41%7"), b"%4g%g4%A%7");
    assert_eq!(plus_as_blank(b"a+b"), b"a b");
}

#[test]
fn decode_runs_starts_at_the_given_digit() {
    let hex = |text: &str, start| decode_runs(text.as_bytes(), start, HEX);
    assert_eq!(hex("414243 zz 6", 0), b"ABC\0");
    assert_eq!(hex("x414243", 0), b"ABC\0");
    assert_eq!(hex("041424", 1), b"AB\0");
    let base64 = |text: &str, start| decode_runs(text.as_bytes(), start, BASE64);
    assert_eq!(base64("QUJD=RUY", 0), b"ABC\0EF");
    assert_eq!(base64("xQUJDRA==", 1), b"ABCD\0");
    assert_eq!(base64("_-_-", 0), [0xff, 0xef, 0xfe, 0]);
    let base32 = |text: &str, start| decode_runs(text.as_bytes(), start, BASE32);
    assert_eq!(base32("IFBEGRCF", 0), b"ABCDE\0");
    assert_eq!(base32("xifbegrcf=", 1), b"ABCDE\0");
}

#[test]
fn decodings_contain_every_encoding() {
    let count = |text: &[u8]| {
        let all = std::cell::Cell::new(0);
        any_decoding(text, |_| {
            all.set(all.get() + 1);
            false
        });
        all.get()
    };
    // Nothing is encoded.
    assert_eq!(count(b"x"), 1);
    // Two starts of hex, eight of base32 and four of base64, five of base85 in three alphabets, and the text backwards.
    assert_eq!(count(b"ABCDEFAB"), 31);
    assert!(any_decoding(br"\\\\u0041", |decoding| decoding == b"A"));
}

#[test]
fn shows_in_depends_on_window_sizes() {
    let shows = |redactor: &Redactor<'_>, text: &str| redactor.shows_in(text);
    let secret = Redactor {
        secrets: vec!["q!w?e"],
        ..Redactor::default()
    };
    assert_eq!(WINDOW, 4);
    assert!(shows(&secret, "q!w?") && shows(&secret, "x!w?ex") && !shows(&secret, "q!w w?e"));
    let token = Redactor {
        bearer: Some("q!w?e;r,t"),
        ..Redactor::default()
    };
    assert_eq!(TOKEN_WINDOW, 8);
    assert!(shows(&token, "q!w?e;r,") && !shows(&token, "q!w?e;r"));
    let short = Redactor {
        secrets: vec!["?!", ""],
        ..Redactor::default()
    };
    assert!(shows(&short, "a?!b") && !shows(&short, "a? !b"));
    let exact = Redactor {
        secrets: vec!["q!w?"],
        ..Redactor::default()
    };
    assert!(shows(&exact, "a q!w? b") && !shows(&exact, "q!w"));
    let literal = Redactor {
        literals: vec!["q!w?e", "x!y"],
        ..Redactor::default()
    };
    assert!(shows(&literal, "-q!w?e-") && !shows(&literal, "q!w?") && !shows(&literal, "x!y"));
    let least = Redactor {
        literals: vec!["q!w?"],
        ..Redactor::default()
    };
    assert!(shows(&least, "-q!w?-"));
    assert!(contains(b"abc", b"bc") && !contains(b"abc", b"cb"));
    assert_eq!((FOLDED_WINDOW, LETTERS_WINDOW), (6, 8));
    let folded = Redactor {
        secrets: vec!["q!w?e;r,t"],
        ..Redactor::default()
    };
    assert!(shows(&folded, "Q!W?E;") && !shows(&folded, "Q!W?E"));
    let letters = Redactor {
        secrets: vec!["abcdefghi"],
        ..Redactor::default()
    };
    assert!(shows(&letters, "A b c d e f g h") && !shows(&letters, "A b c d e f g"));
}
