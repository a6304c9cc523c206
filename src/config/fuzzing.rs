//! Responsible for the invariants of reading YAML files that must hold for any input, such as no panic.
//! `crate::fuzzing` passes them random input.

#![expect(
    clippy::missing_panics_doc,
    reason = "a property panics when it does not hold"
)]

use super::yaml::{self, NodeRef};
use super::{Finding, LoadOptions, Loaded, diagnostic, limits, load, read};
use crate::fuzzing::SAMPLE_SECRET;
use serde_json::Value;

fn load_text(bytes: &[u8]) -> Loaded {
    let options = LoadOptions {
        stdin: Some(bytes.to_vec()),
        ..LoadOptions::default()
    };
    load(&["-".into()], &options)
}

/// Any bytes give findings at valid locations, or a project. No finding contains a secret of the
/// file.
pub fn config(data: &[u8]) {
    let Loaded {
        report, project, ..
    } = load_text(data);
    assert!(report.findings.len() <= limits::FINDINGS + limits::WARNINGS + limits::GROUPS + 1);
    assert_ne!(project.is_some(), report.has_errors());
    let text = String::from_utf8_lossy(data);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    for finding in &report.findings {
        location_is_valid(finding, text);
    }
    literal_secret_is_masked(text);
}

fn location_is_valid(finding: &Finding, text: &str) {
    let diagnostic::Location {
        line,
        column,
        end_column,
        ..
    } = finding.location;
    if line == 0 {
        return assert_eq!((column, end_column), (0, 0), "{finding:?}");
    }
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = lines.split('\n').collect();
    // A missing closing bracket is reported after the last line.
    let here = lines.get(line as usize - 1).copied().unwrap_or("");
    assert!(line as usize <= lines.len() + 1, "{finding:?}");
    let width = u32::try_from(here.chars().count()).unwrap_or(u32::MAX);
    assert!(
        1 <= column && column <= width + 1 && column < end_column,
        "{finding:?} of {width} columns"
    );
    if let Some(excerpt) = &finding.excerpt {
        let width = excerpt.text.chars().count();
        assert_eq!(excerpt.line, line);
        assert!(excerpt.start <= excerpt.end, "{finding:?}");
        assert!(excerpt.end as usize <= width, "{finding:?}");
        assert!(!excerpt.text.chars().any(char::is_control));
    }
}

/// No finding contains a literal secret that stands before text that may break the file.
fn literal_secret_is_masked(rest: &str) {
    let secret: String = SAMPLE_SECRET
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let frame = "customers:\n- name: a\n  connectors:\n  - name: c\n    type: github\n    credentials:\n      token: ";
    // An alias or a second copy of the secret may be in a place that excerpts show.
    if rest.contains(&secret) || rest.contains('*') {
        return;
    }
    let report = load_text(format!("{frame}{secret}\n{rest}").as_bytes()).report;
    let shown = serde_json::to_string(&report).unwrap_or_default();
    assert!(!shown.contains(&secret), "{shown}");
}

/// The parser and `serde_yaml` read an accepted text alike.
pub fn yaml(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    // The readers disagree about a block that ends without a line break at the end of the file,
    // about anchors such as `&a:`, and about a text in brackets that begins with `?`.
    let disputed = !text.ends_with('\n') || text.contains(['&', '?']);
    if disputed || text.contains(read::is_unprintable) {
        return;
    }
    let parsed = yaml::parse(text, None);
    let Some(tree) = parsed.tree.filter(|_| parsed.defects.is_empty()) else {
        return;
    };
    let actual = tree.root().map_or(Value::Null, NodeRef::to_json);
    // The readers disagree about a comment at the end of a block that is the whole file. Such a file
    // is refused later, because it is not a mapping.
    if actual.is_string() {
        return;
    }
    if let Ok(expected) = serde_yaml::from_str::<Value>(text) {
        assert_eq!(actual, expected);
    }
}
