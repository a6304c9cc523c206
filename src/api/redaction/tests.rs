//! Each way of undoing an encoding by itself, to the byte.

use super::secrets_in_text::{
    Redactor, TOKEN_WINDOW, WINDOW, base64_digit, contains, decode_runs, decodings, hex_digit,
    unescape_json, unescape_percent,
};

#[test]
fn digits_have_their_values() {
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
fn json_escapes_are_undone() {
    let undone = |text: &str| String::from_utf8(unescape_json(text.as_bytes())).unwrap();
    assert_eq!(undone(r#"a\n\t\r\b\f\"\\\/z"#), "a\n\t\r\u{8}\u{c}\"\\/z");
    assert_eq!(undone(r"\u0041\u00e9\u20AC1"), "A\u{e9}\u{20ac}1");
    // A half of a pair, what is no number, and what ends early.
    assert_eq!(undone(r"\ud83dx\u00g0y"), "\u{fffd}x\u{fffd}y");
    assert_eq!(undone(r"\u004"), "u004");
    assert_eq!(undone("end\\"), "end\\");
}

#[test]
fn percent_escapes_are_undone() {
    let undone = |text: &str| unescape_percent(text.as_bytes());
    assert_eq!(undone("a%2fb%C3%A9+c%"), "a/b\u{e9} c%".as_bytes());
    assert_eq!(undone("%4g%g4%%41%7"), b"%4g%g4%A%7");
}

#[test]
fn runs_of_digits_are_decoded_from_each_start() {
    let hex = |text: &str, start| decode_runs(text.as_bytes(), start, 2, 4, hex_digit);
    assert_eq!(hex("414243 zz 6", 0), b"ABC\0");
    assert_eq!(hex("x414243", 0), b"ABC\0");
    assert_eq!(hex("041424", 1), b"AB\0");
    let base64 = |text: &str, start| decode_runs(text.as_bytes(), start, 4, 6, base64_digit);
    assert_eq!(base64("QUJD=RUY", 0), b"ABC\0EF");
    assert_eq!(base64("xQUJDRA==", 1), b"ABCD\0");
    assert_eq!(base64("_-_-", 0), [0xff, 0xef, 0xfe, 0]);
}

#[test]
fn a_text_is_read_in_every_way() {
    let all = decodings(b"x");
    // As it stands, two starts of hex and four of Base64: there are no escapes to undo.
    assert_eq!(all.len(), 7);
    let nested = decodings(br"\\\\u0041");
    assert_eq!(nested.len(), 10);
    assert!(nested.iter().any(|reading| reading == b"A"));
}

#[test]
fn windows_are_as_short_as_documented() {
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
}
