//! Tests of accepted and refused YAML.

use super::super::defect::Defect;
use super::{Code, parse};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

fn codes(text: &str) -> Vec<(Code, u32, u32)> {
    let position = |d: Defect| (d.code, d.span.start.line, d.span.start.column);
    parse(text, None)
        .defects
        .into_iter()
        .map(position)
        .collect()
}

fn json_of(text: &str) -> Value {
    parse(text, None).tree.unwrap().root().unwrap().to_json()
}

#[test]
fn parse_valid_text_agrees_with_serde_yaml() {
    let text = "a: &x [1, {b: null}]\nc: *x\nd:\n- e: |\n    two\n    lines\n  f: 'q'\ng: !!str\n";
    let text = text.replace("!!str", "~");
    assert_eq!(
        json_of(&text),
        serde_yaml::from_str::<Value>(&text).unwrap()
    );
    assert_eq!(
        json_of("a: *b".replace("*b", "b").as_str()),
        json!({"a": "b"})
    );
}

#[test]
fn parse_unsupported_construct_returns_its_position() {
    assert_eq!(
        codes("a: 1\nb: {c: 1, c: 2}\n"),
        [(Code::DuplicateKey, 2, 10)]
    );
    assert_eq!(
        codes("a: &x {b: 1}\nc:\n  <<: *x\n"),
        [(Code::MergeKey, 3, 2)]
    );
    assert_eq!(codes("a: 1\n---\nb: 2\n")[0].0, Code::MultipleDocuments);
    assert_eq!(codes("a: !!str 1\n")[0].0, Code::YamlTag);
    assert_eq!(codes("a: &x [*x]\n")[0].0, Code::BadAlias);
    assert_eq!(codes("? [a]\n: 1\n")[0].0, Code::ComplexKey);
    assert_eq!(codes("a: .inf\n"), [(Code::InexactNumber, 1, 3)]);
    assert_eq!(codes("a: [1\nb: 2\n")[0].0, Code::YamlSyntax);
    let unquoted = "a: 1\nb: {token: ${env:X}}\n";
    assert_eq!(codes(unquoted), [(Code::UnquotedReference, 2, 11)]);
}

#[test]
fn parse_anchor_name_with_colon_is_accepted() {
    assert_eq!(json_of("- &base: b\n"), json!(["b"]));
    assert_eq!(
        json_of("a: &base-1 b\nc: *base-1\n"),
        json!({"a": "b", "c": "b"})
    );
}

#[test]
fn parse_scalar_starting_with_question_mark_is_text() {
    assert_eq!(json_of("a: [b, ?c]\n"), json!({"a": ["b", "?c"]}));
    for text in ["a: ?c\n", "a: [\"?c\", b?]\n", "- ?c\n"] {
        assert_eq!(codes(text), [], "{text}");
    }
}

#[test]
fn parse_tab_in_indentation_outside_brackets_is_refused() {
    for text in ["-\ta: 1\n", "- a: 1\n-\tb\n", "a:\n  -\t- b\n"] {
        assert_eq!(codes(text)[0].0, Code::YamlSyntax, "{text:?}");
    }
    for text in [
        "---\ta\n",
        "a: |\n  b\n  \tc\n",
        "a: b\t# c\n",
        "a: {b: c,\n \td: e}\n",
    ] {
        assert_eq!(codes(text), [], "{text:?}");
    }
}

#[test]
fn parse_defect_names_field_but_no_secret() {
    let first_defect = |text: &str| {
        let defect = parse(text, None).defects.remove(0);
        (defect.message, defect.path.unwrap_or_default())
    };
    let twice = |key: &str| format!("the key {key} appears twice in the same mapping");
    assert_eq!(
        first_defect("customers:\n- name: a\n- {status: x, status: y}\n"),
        (twice("`status`"), "customers[1].status".into())
    );
    assert_eq!(
        first_defect("a: {b: {hunter: 1, hunter}}\n"),
        (twice("(not shown)"), "a.b.(not shown)".into())
    );
    assert_eq!(
        first_defect("a: {b: {hunter, hunter"),
        (twice("(not shown)"), "a.b.(not shown)".into())
    );
    assert_eq!(first_defect("a:\n- [1, !x 2]\n").1, "a[0][1]");
    assert_eq!(first_defect("a: {b: .inf}\n").1, "a.b");
    assert_eq!(first_defect("a: {<<: {}}\n").1, "a.<<");
}

#[test]
fn parse_hostile_nesting_is_refused_at_once() {
    let mut bomb = String::from("a0: &a0 [x, x]\n");
    for level in 1..40 {
        let below = level - 1;
        writeln!(bomb, "a{level}: &a{level} [*a{below}, *a{below}]").unwrap();
    }
    let mut long = String::from("a: &a {b: 1}\n");
    for index in 0..70 {
        writeln!(
            long,
            "k{index}: &c{} [{}]",
            index + 1,
            if index == 0 {
                "*a".into()
            } else {
                format!("*c{index}")
            }
        )
        .unwrap();
    }
    let nested = [
        (bomb, Code::TooManyNodes),
        (long, Code::TooDeep),
        ("[".repeat(10_000), Code::TooDeep),
        ("- ".repeat(10_000), Code::TooDeep),
        ("{a: ".repeat(10_000), Code::TooDeep),
        ("? ".repeat(10_000), Code::ComplexKey),
    ];
    for (text, code) in nested {
        let start = Instant::now();
        assert_eq!(codes(&text)[0].0, code);
        assert!(start.elapsed() < Duration::from_secs(3));
    }
}
