//! Responsible for problems as SARIF 2.1.0.

use super::{Problem, Problems};
use crate::config::diagnostic::{Location, Severity};
use crate::explanations;
use crate::render::{Out, json};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io;

/// What a relative reference to a file escapes.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Writes problems as SARIF.
pub fn sarif(out: &mut Out<'_>, problems: &Problems) -> io::Result<()> {
    json::document(out, &document(problems))
}

pub(super) fn document(problems: &Problems) -> Value {
    let codes: BTreeSet<&str> = problems.entries.iter().map(|p| p.code.as_str()).collect();
    let rules: Vec<Value> = codes.iter().map(|code| rule(code)).collect();
    let results: Vec<Value> = problems.entries.iter().map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "airlift",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(code: &str) -> Value {
    let topics = explanations::find(code);
    let text = topics.first().map_or(code, |topic| topic.text.trim());
    let (summary, _) = text.split_once("\n\n").unwrap_or((text, ""));
    json!({
        "id": code,
        "shortDescription": {"text": summary.replace('\n', " ")},
        "help": {"text": text},
    })
}

fn result(problem: &Problem) -> Value {
    let level = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut result = json!({
        "ruleId": problem.code,
        "level": level,
        "message": {"text": problem.message.as_str()},
    });
    if let Some(location) = &problem.location {
        result["locations"] = json!([{"physicalLocation": physical(location)}]);
    }
    result
}

fn physical(location: &Location) -> Value {
    let uri = utf8_percent_encode(location.file.trim_start_matches("./"), PATH).to_string();
    let mut physical = json!({"artifactLocation": {"uri": uri}});
    if location.line > 0 {
        physical["region"] = json!({
            "startLine": location.line,
            "startColumn": location.column.max(1),
            "endColumn": location.end_column.max(location.column.max(1)),
        });
    }
    physical
}
