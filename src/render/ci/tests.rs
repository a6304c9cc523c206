//! Tests of the formats of CI systems.

use super::{Problem, Problems, annotations, junit, sarif};
use crate::config::diagnostic::{Location, Severity};
use crate::render::{Color, Out, Safe, sample};
use std::io;

fn problem(file: &str, line: u32, message: &str) -> Problem {
    Problem {
        severity: if line == 7 {
            Severity::Warning
        } else {
            Severity::Error
        },
        code: "unknown_field".to_owned(),
        message: Safe::new(message),
        location: Some(Location {
            file: file.to_owned(),
            line,
            column: 3,
            end_column: 9,
        }),
    }
}

fn problems() -> Problems {
    Problems {
        command: "validate",
        entries: vec![
            problem(
                "./customers/a b,c:d.yaml",
                4,
                "a <b> & \"c\" 50%\n::error::x",
            ),
            problem("b.yaml", 7, "looks odd"),
            problem("c.yaml", 0, "cannot be read"),
        ],
    }
}

fn written(write: impl Fn(&mut Out<'_>) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut Out::new(&mut bytes, 80, Color::Off)).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn sarif_has_rules_levels_and_regions() {
    let document = sarif::document(&problems());
    let run = &document["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "unknown_field");
    let first = &run["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(
        first["artifactLocation"]["uri"],
        "customers/a%20b%2Cc%3Ad.yaml"
    );
    assert_eq!(first["region"]["startLine"], 4);
    assert_eq!(run["results"][1]["level"], "warning");
    let whole = &run["results"][2]["locations"][0]["physicalLocation"];
    assert!(whole.get("region").is_none());
}

#[test]
fn junit_escapes_text_and_counts_errors() {
    let text = written(|out| junit(out, &problems()));
    assert!(text.contains("tests=\"3\" failures=\"2\""), "{text}");
    assert!(
        text.contains("a &lt;b&gt; &amp; &quot;c&quot; 50%"),
        "{text}"
    );
    assert!(
        text.contains("<system-out>b.yaml:7:3: warning: looks odd"),
        "{text}"
    );
    let empty = Problems {
        command: "plan",
        entries: Vec::new(),
    };
    let text = written(|out| junit(out, &empty));
    assert!(
        text.contains("<testcase classname=\"airlift\" name=\"plan\"/>"),
        "{text}"
    );
}

#[test]
fn annotation_of_hostile_text_stays_one_command() {
    let text = written(|out| annotations(out, &problems()));
    assert_eq!(text.lines().count(), 3);
    let first = text.lines().next().unwrap();
    let place = "::error file=customers/a b%2Cc%3Ad.yaml,line=4,col=3,title=unknown_field::";
    assert!(first.starts_with(place), "{first}");
    assert!(first.contains("50%25"), "{first}");
}

#[test]
fn annotations_of_equal_problems_are_one_with_the_count_of_the_others() {
    let entries = (1..=500).map(|line| problem("a.yaml", line * 10, "unknown field"));
    let problems = Problems {
        command: "validate",
        entries: entries.chain([problem("b.yaml", 1, "other")]).collect(),
    };
    let text = written(|out| annotations(out, &problems));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].contains("line=10,") && lines[0].ends_with("(and 499 more like this)"));
    assert!(lines[1].ends_with("::other"), "{text}");
}

#[test]
fn problems_of_a_plan_are_refusals_blocks_and_warnings() {
    let plan = sample::rich();
    let problems = Problems::from_plan(&plan, |_| None);
    let count = plan.refusals.len() + plan.blocked.len() + plan.warnings.len();
    assert_eq!(problems.entries.len(), count);
    assert!(count > 0);
}
