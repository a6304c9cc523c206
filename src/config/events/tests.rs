//! What the event pass accepts, what it refuses and where, and how long that takes.

use super::{Code, scan};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

fn codes(text: &str) -> Vec<(Code, u32, u32)> {
    let place = |d: super::Defect| (d.code, d.span.start.line, d.span.start.column);
    scan(text).defects.into_iter().map(place).collect()
}

fn json_of(text: &str) -> Value {
    scan(text).tree.unwrap().root().unwrap().to_json()
}

#[test]
fn a_tree_is_what_serde_yaml_reads() {
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
fn refusals_have_their_places() {
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
fn hostile_files_are_refused_at_once() {
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
        let begun = Instant::now();
        assert_eq!(codes(&text)[0].0, code);
        assert!(begun.elapsed() < Duration::from_millis(500));
    }
}
