//! Tests of the files with the cases of yaml-test-suite.

use super::load_text;
use crate::support::{AIRLIFT, Output};
use airlift::config::Code;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The directory with the suite's branch `data`.
const SUITE: &str = "AIRLIFT_TEST_YAML_SUITE";

/// Valid cases in which a tab stands before the first character of a line. airlift refuses tabs there, because the width
/// of a tab is a matter of the editor.
const TABS: [&str; 6] = ["6BCT", "6CA3", "A2M4", "DK95/00", "Q5MG", "Y79Y/010"];

/// An invalid case whose error is in the second document, before which airlift stops.
const SECOND_DOCUMENT: &str = "QLJ7";

/// The directories of the cases.
fn cases(directory: &Path) -> Vec<PathBuf> {
    if directory.join("in.yaml").exists() {
        return vec![directory.to_owned()];
    }
    let mut entries: Vec<PathBuf> = directory
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        // The suite also lists its cases by name and by tag.
        .filter(|path| path.is_dir() && !path.ends_with("name") && !path.ends_with("tags"))
        .filter(|path| !path.ends_with(".git"))
        .collect();
    entries.sort();
    entries.iter().flat_map(|path| cases(path)).collect()
}

#[test]
#[ignore = "needs the data of yaml-test-suite in a directory"]
fn validate_finds_a_syntax_error_exactly_in_invalid_cases() {
    let suite = PathBuf::from(std::env::var_os(SUITE).expect(SUITE));
    let cases = cases(&suite);
    assert_eq!(cases.len(), 402);
    for case in cases {
        let mut command = Command::new(AIRLIFT);
        command.args(["validate", "--format", "json", "-f"]);
        command.arg(case.join("in.yaml"));
        let output = Output::run(&mut command, Duration::from_secs(10));
        let name = case.strip_prefix(&suite).unwrap().to_str().unwrap();
        assert!(matches!(output.code, Some(0 | 1)), "{name}: {output}");
        let report = output.json();
        let findings = report["findings"].as_array().unwrap();
        let is_refused = findings.iter().any(|it| it["code"] == "yaml_syntax");
        let is_invalid = case.join("error").exists();
        let is_different = TABS.contains(&name) || name == SECOND_DOCUMENT;
        assert_eq!(is_refused, is_invalid != is_different, "{name}: {output}");
    }
}

/// The kinds of the cases in which airlift differs from the suite.
#[test]
fn load_of_texts_that_differ_from_the_suite_has_one_error() {
    let tabs = ["\t{}\n", "a:\n \tb\n", "{\n\ta: b\n}\n[\n\tc\n]\n"];
    for text in tabs {
        let report = load_text(text).report;
        let codes: Vec<Code> = report.findings.iter().map(|it| it.code).collect();
        assert!(codes.contains(&Code::YamlSyntax), "{text:?}: {codes:?}");
    }
    let text = "%TAG !p! tag:example.com,2026:\n---\na: b\n---\nc: !p!x d\n";
    let report = load_text(text).report;
    let codes: Vec<Code> = report.findings.iter().map(|it| it.code).collect();
    assert!(codes.contains(&Code::MultipleDocuments), "{codes:?}");
    assert!(!codes.contains(&Code::YamlSyntax), "{codes:?}");
}
