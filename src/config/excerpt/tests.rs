//! Tests of masked lines and their columns.

use super::super::diagnostic::Location;
use super::super::yaml::parse;
use super::Masked;

/// The masked line of a text, and the new columns of the original columns `from..to`.
fn shown(text: &str, line: u32, from: u32, to: u32) -> (String, u32, u32) {
    let tree = parse(text, None).tree.unwrap();
    let source = text.lines().nth(line as usize - 1).unwrap();
    masked_span(Masked::by_tree(source, &tree, line), line, from, to)
}

fn by_key(line: &str, from: u32, to: u32) -> (String, u32, u32) {
    masked_span(Masked::by_key(line), 1, from, to)
}

fn masked_span(masked: Masked, line: u32, column: u32, end_column: u32) -> (String, u32, u32) {
    let excerpt = masked.excerpt(&Location {
        line,
        column,
        end_column,
        ..Location::default()
    });
    assert_eq!(excerpt.line, line);
    (excerpt.text, excerpt.start, excerpt.end)
}

#[test]
fn mask_of_any_value_has_fixed_width() {
    let line = "name: ab # c";
    assert_eq!(shown(line, 1, 1, 5), ("name: ab •••".into(), 0, 4));
    assert_eq!(shown(line, 1, 7, 9), ("name: ab •••".into(), 6, 8));
    let line = "token: hunter2hunter2";
    assert_eq!(shown(line, 1, 8, 22), ("token: •••".into(), 7, 10));
    assert_eq!(shown(line, 1, 10, 12), ("token: •••".into(), 7, 7));
    let line = "{token: x, name: y, token2: 'a # b'}";
    assert_eq!(
        shown(line, 1, 12, 16),
        ("{token: •••, name: y, token2: •••}".into(), 13, 17)
    );
    assert_eq!(
        shown(line, 1, 36, 37),
        ("{token: •••, name: y, token2: •••}".into(), 33, 34)
    );
    // Beyond the line.
    assert_eq!(shown("a: 1", 1, 90, 99), ("a: •••".into(), 6, 6));
    assert_eq!(shown("a: 1", 1, 0, 0), ("a: •••".into(), 0, 0));
}

#[test]
fn mask_of_multiline_value_covers_each_line() {
    let text = "token: \"one\n  two\n  three\"\nname: b\n";
    assert_eq!(shown(text, 1, 1, 6), ("token: •••".into(), 0, 5));
    assert_eq!(shown(text, 2, 1, 6).0, "•••");
    assert_eq!(shown(text, 3, 1, 6).0, "•••");
    assert_eq!(shown(text, 4, 7, 8), ("name: b".into(), 6, 7));
    let block = "token: |\n  one - two\nname: b\n";
    assert_eq!(shown(block, 2, 1, 2).0, "  •••");
    // A harmless value over several lines is masked, too.
    assert_eq!(shown("name: \"one\n  two\"\n", 2, 1, 2).0, "  •••");
}

#[test]
fn mask_keeps_punctuation_outside_values_only() {
    assert_eq!(shown("- [a-b, {c: d}]", 1, 1, 2).0, "- [•••, {c: •••}]");
    assert_eq!(shown("a: &x b", 1, 1, 2).0, "a: •••");
    assert_eq!(shown("a:  \tb", 1, 1, 2).0, "a:   •••");
    assert_eq!(shown("a: 1   ", 1, 8, 9), ("a: •••".into(), 6, 6));
}

#[test]
fn mask_without_tree_shows_first_key_only() {
    assert_eq!(
        by_key("  - token: x: y", 5, 10),
        ("  - token: •••".into(), 4, 9)
    );
    assert_eq!(by_key("token:x", 1, 6), ("token:•••".into(), 0, 5));
    assert_eq!(by_key("token:  x", 1, 6).0, "token: •••");
    assert_eq!(by_key("ghp_12345: x", 1, 2).0, "•••");
    assert_eq!(by_key("\t- x", 1, 2).0, " - •••");
    assert_eq!(by_key("é: x y", 1, 2).0, "•••");
}

#[test]
fn mask_without_tree_shows_words_of_the_grammar_and_types() {
    for line in [
        "    type: zendesk-support",
        "  - type: github",
        "  region: us",
        "protect: true",
    ] {
        assert_eq!(by_key(line, 1, 2).0, line);
    }
    for line in [
        "type: githubs",
        "token: us x",
        "type:github",
        "type: github # x",
    ] {
        assert!(by_key(line, 1, 2).0.ends_with("•••"), "{line}");
    }
}
