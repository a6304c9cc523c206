//! Tests of customers and connectors with each name of the Big List of Naughty Strings.

use crate::support::{Output, TestEnv, options};
use naughty_strings::BLNS;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// What the files say about a name that cannot be used.
const REFUSED: [&str; 4] = [
    "invalid_name",
    "reserved_name",
    "duplicate_customer",
    "similar_name",
];

/// A text in YAML, with an escape for each character outside ASCII.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            ' '..='~' => quoted.push(character),
            other => write!(quoted, "\\U{:08X}", u32::from(other)).unwrap(),
        }
    }
    quoted + "\""
}

/// A project with a customer and a connector of each name, one customer per line from the third line on.
fn project(names: &[&str]) -> String {
    let mut text = "version: 1\ncustomers:\n".to_owned();
    for name in names {
        let name = quoted(name);
        writeln!(
            text,
            "- {{name: {name}, connectors: [{{name: {name}, type: stripe, credentials: {{api_key: \
             \"${{file:stripe-key}}\"}}, replication_config: none}}]}}"
        )
        .unwrap();
    }
    text
}

fn assert_no_control_character(output: &Output) {
    let is_control = |c: char| c.is_control() && c != '\n';
    for stream in [&output.stdout, &output.stderr] {
        let place = stream.find(is_control);
        assert_eq!(place, None, "{output}");
    }
}

/// The names that the files accept.
fn accepted(env: &TestEnv) -> Vec<&'static str> {
    env.write("airlift.yaml", &project(BLNS));
    let output = env.run(&["validate", "--format", "json"]);
    assert_no_control_character(output.exits(1));
    assert_no_control_character(&env.run(&["validate", "-v"]));
    let report = output.json();
    let mut refused = BTreeSet::new();
    for finding in report["findings"].as_array().unwrap() {
        if finding["severity"] == "error" {
            let code = finding["code"].as_str().unwrap();
            assert!(REFUSED.contains(&code), "{finding}");
            refused.insert(usize::try_from(finding["line"].as_u64().unwrap()).unwrap() - 3);
        }
    }
    BLNS.iter()
        .enumerate()
        .filter(|(position, _)| !refused.contains(position))
        .map(|(_, name)| *name)
        .collect()
}

/// Asserts that a Markdown text becomes no other elements than those of plans. Without `cmark-gfm`, this is skipped.
fn assert_inert(markdown: &str) {
    let mut command = Command::new("cmark-gfm");
    command.args([
        "--unsafe",
        "-e",
        "autolink",
        "-e",
        "table",
        "-e",
        "strikethrough",
    ]);
    let renderer = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut renderer) = renderer else {
        return;
    };
    let mut input = renderer.stdin.take().unwrap();
    let text = markdown.to_owned();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let page = renderer.wait_with_output().unwrap().stdout;
    writer.join().unwrap().unwrap();
    let page = String::from_utf8(page).unwrap();
    let elements = page.split('<').skip(1);
    let elements: BTreeSet<&str> = elements
        .map(|rest| rest.split('>').next().unwrap())
        .collect();
    let known = [
        "code", "details", "h2", "h3", "li", "p", "strong", "summary", "ul",
    ];
    for element in elements {
        let name = element.trim_start_matches('/');
        assert!(
            known.contains(&name) || element == "!-- airlift plan --",
            "<{element}>"
        );
    }
}

#[test]
fn naughty_names_are_applied_exported_and_planned_as_they_are() {
    let env = TestEnv::with("version: 1\n", options());
    let names = accepted(&env);
    assert!(names.len() > 400, "{}", names.len());
    env.write("airlift.yaml", &project(&names));
    assert_inert(
        &env.run(&["plan", "--format", "markdown", "--comment", "gitlab"])
            .exits(0)
            .stdout,
    );
    for arguments in [
        &["validate", "-v"][..],
        &["plan"],
        &["apply", "--auto-approve"],
        &["plan", "--detailed-exitcode", "-v"],
    ] {
        let output = env.run(arguments);
        assert_no_control_character(output.exits(0));
    }
    let remote = env.world();
    let remote: BTreeSet<&str> = remote.connectors().map(|c| c.name.as_str()).collect();
    assert_eq!(remote, names.iter().copied().collect());
    let export = env.run(&["export"]);
    assert_no_control_character(export.exits(0));
    env.write("airlift.yaml", &export.stdout);
    assert_no_control_character(env.run(&["validate"]).exits(0));
    env.assert_converged(&[]);
}
