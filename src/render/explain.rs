//! Responsible for the output of `explain`: the text of a topic, and the list of all topics.

use super::{Label, Line, Out, Safe};
use crate::explanations::{self, Topic};
use std::io;

/// The start of a list item in Markdown.
const BULLET: &str = "- ";

/// Writes topics with their texts. Several topics of one kind are written as a list.
pub(crate) fn write(out: &mut Out<'_>, topics: &[Topic]) -> io::Result<()> {
    for (index, topic) in topics.iter().enumerate() {
        if index > 0 {
            out.blank()?;
        }
        let title = Line::at(0).label(Label::Strong, Safe::new(topic.name));
        let kind = Safe::new(format_args!(" ({})", topic.kind));
        out.line(&title.label(Label::Faint, kind))?;
        write_paragraphs(out, topic.text)?;
        write_fields_below(out, topic)?;
    }
    out.flush()
}

/// Writes the names of the fields below a field.
fn write_fields_below(out: &mut Out<'_>, topic: &Topic) -> io::Result<()> {
    let below = explanations::fields_below(topic);
    if below.is_empty() {
        return Ok(());
    }
    out.blank()?;
    let mut names = vec![Line::at(0).text("Fields:")];
    names.extend(
        below
            .iter()
            .map(|name| Line::default().text(Safe::new(name))),
    );
    out.sentences(2, &names)
}

/// Writes the names of all topics, grouped by kind.
pub(crate) fn write_all(out: &mut Out<'_>) -> io::Result<()> {
    for group in explanations::all().chunk_by(|a, b| a.kind == b.kind) {
        let Some(first) = group.first() else {
            continue;
        };
        out.line(&Line::at(0).label(Label::Strong, Safe::new(first.kind)))?;
        let mut names = vec![Line::at(2)];
        names.extend(
            group
                .iter()
                .map(|topic| Line::default().text(Safe::new(topic.name))),
        );
        out.sentences(2, &names)?;
        out.blank()?;
    }
    out.say("Next: airlift explain NAME")?;
    out.flush()
}

/// Writes Markdown paragraphs and lists. A paragraph or a list item becomes one line, wrapped.
fn write_paragraphs(out: &mut Out<'_>, text: &str) -> io::Result<()> {
    for (index, paragraph) in text.split("\n\n").enumerate() {
        if index > 0 {
            out.blank()?;
        }
        for item in items(paragraph) {
            let hang = if item.starts_with(BULLET) { 2 } else { 0 };
            out.line(
                &Line::at(0)
                    .hang(hang)
                    .text(Safe::new(without_emphasis(&item))),
            )?;
        }
    }
    Ok(())
}

/// A text without the marks of Markdown's strong emphasis, which mean nothing on a terminal. Code
/// keeps its characters.
fn without_emphasis(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let parts: Vec<String> = parts
        .map(|(index, part)| match index % 2 {
            0 => part.replace("**", ""),
            _ => part.to_owned(),
        })
        .collect();
    parts.join("`")
}

/// The items of a list, or the paragraph as one item, each without line breaks.
fn items(paragraph: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for line in paragraph.lines() {
        match items.last_mut() {
            Some(item) if !line.starts_with(BULLET) => {
                item.push(' ');
                item.push_str(line.trim());
            }
            _ => items.push(line.to_owned()),
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use crate::apply::{Outcome, StepProblem, StepWarning};
    use crate::config::{Code, config_schema};
    use crate::explanations;
    use crate::failure::Exit;
    use crate::model::{UnresolvedCause, UnverifiedCause, UnverifiedReason};
    use crate::plan::{BlockCode, DriftKind, GuardCode, PlanWarning, Reason};
    use crate::render::{Color, ConnectorState, Out};
    use schemars::{JsonSchema, schema_for};
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};
    use std::collections::BTreeSet;
    use std::fmt::Debug;

    /// The glossary of CONTRIBUTING.
    const CONTRIBUTING: &str = include_str!("../../CONTRIBUTING.md");

    /// The serialized names of an enum's variants.
    fn variants<T: JsonSchema>() -> BTreeSet<String> {
        let schema = schema_for!(T).to_value();
        let definitions = schema["oneOf"].as_array().cloned().unwrap_or_default();
        std::iter::once(schema)
            .chain(definitions)
            .flat_map(|definition| {
                let names = definition["enum"].as_array().cloned().unwrap_or_default();
                [names, vec![definition["const"].clone()]].concat()
            })
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect()
    }

    /// The codes of an enum that is tagged by `code`, out of serde's message about an unknown one.
    fn codes<T: DeserializeOwned + Debug>() -> BTreeSet<String> {
        let error = serde_json::from_value::<T>(json!({"code": "?"})).unwrap_err();
        let message = error.to_string();
        let names = message.split('`').skip(1).step_by(2);
        names
            .filter(|name| *name != "?")
            .map(str::to_owned)
            .collect()
    }

    fn explained(kind: &str) -> BTreeSet<String> {
        explanations::all()
            .iter()
            .filter(|topic| topic.kind == kind)
            .map(|topic| topic.name.to_owned())
            .collect()
    }

    /// The paths of all fields below a schema.
    fn paths(schema: &Value, definition: &Value, prefix: &str, paths: &mut BTreeSet<String>) {
        let Some(fields) = definition["properties"].as_object() else {
            return;
        };
        for (name, field) in fields {
            let path = format!("{prefix}{name}");
            for definition in definitions(schema, field) {
                self::paths(schema, definition, &format!("{path}."), paths);
            }
            paths.insert(path);
        }
    }

    /// The definitions of a field's mapping or of its list's items.
    fn definitions<'a>(schema: &'a Value, field: &'a Value) -> Vec<&'a Value> {
        let alternatives = field["anyOf"].as_array().into_iter().flatten();
        [field, &field["items"], &field["additionalProperties"]]
            .into_iter()
            .chain(alternatives)
            .map(|value| match value["$ref"].as_str() {
                Some(target) => schema.pointer(target.trim_start_matches('#')).unwrap(),
                None => value,
            })
            .collect()
    }

    #[test]
    fn explanations_of_codes_match_the_enums() {
        assert_eq!(explained("reason"), variants::<Reason>());
        assert_eq!(explained("block"), variants::<BlockCode>());
        assert_eq!(explained("drift"), variants::<DriftKind>());
        assert_eq!(explained("guard"), variants::<GuardCode>());
        let unverified = variants::<UnverifiedReason>()
            .into_iter()
            .chain(variants::<UnresolvedCause>());
        assert_eq!(explained("verification"), unverified.collect());
        assert_eq!(explained("outcome"), variants::<Outcome>());
        assert_eq!(explained("state"), variants::<ConnectorState>());
        assert_eq!(explained("problem"), codes::<StepProblem>());
        let warnings = codes::<StepWarning>()
            .into_iter()
            .chain(codes::<PlanWarning>());
        assert_eq!(explained("warning"), warnings.collect());
        let causes = UnverifiedCause::ALL.map(|cause| cause.code().to_owned());
        assert_eq!(explained("ledger"), BTreeSet::from(causes));
        assert!(explained("reason").len() > 10);
    }

    #[test]
    fn explanations_of_findings_match_the_codes() {
        let codes = Code::ALL.iter().map(|code| code.as_str().to_owned());
        assert_eq!(explained("finding"), codes.collect());
    }

    #[test]
    fn explanations_of_exit_codes_match_the_numbers() {
        let numbers = Exit::BY_PRECEDENCE.map(|exit| exit.number().to_string());
        assert_eq!(explained("exit code"), numbers.into_iter().collect());
    }

    #[test]
    fn explanations_of_fields_match_the_schema() {
        let schema = config_schema();
        let mut fields = BTreeSet::new();
        paths(&schema, &schema, "", &mut fields);
        assert_eq!(explained("field"), fields);
    }

    #[test]
    fn explanations_of_concepts_include_the_glossary() {
        let (_, section) = CONTRIBUTING.split_once("## Glossary").unwrap();
        let section = section.split("\n## ").next().unwrap();
        let rows = section.lines().filter(|line| line.starts_with("| "));
        let terms: BTreeSet<String> = rows
            .filter_map(|row| row.split('|').nth(1))
            .map(|term| term.trim().to_owned())
            .filter(|term| term != "term")
            .collect();
        assert_eq!(terms.len(), 15, "{terms:?}");
        let missing: Vec<_> = terms.difference(&explained("concept")).cloned().collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn write_of_a_list_starts_a_line_for_each_item() {
        assert_eq!(super::items("a\nb\nc"), ["a b c"]);
        assert_eq!(super::items("- a\n  b\n- c"), ["- a b", "- c"]);
    }

    #[test]
    fn write_of_a_field_lists_the_fields_below() {
        let mut bytes = Vec::new();
        let topics = explanations::find("customers.connectors");
        super::write(&mut Out::new(&mut bytes, 80, Color::Off), &topics).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (_, fields) = text.split_once("\nFields: ").unwrap();
        assert!(
            fields.contains("customers.connectors.credentials"),
            "{text}"
        );
        assert!(!fields.contains("customers.region"), "{text}");
    }

    #[test]
    fn write_of_strong_text_leaves_the_marks_out() {
        let text = "a **new id**; `a/**/b.yaml` stays";
        assert_eq!(
            super::without_emphasis(text),
            "a new id; `a/**/b.yaml` stays"
        );
    }

    #[test]
    fn write_of_a_topic_joins_and_wraps_its_paragraphs() {
        let mut bytes = Vec::new();
        let topics = explanations::find("guard");
        super::write(&mut Out::new(&mut bytes, 60, Color::Off), &topics).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("guard (concept)\nA limit"), "{text}");
        assert!(text.contains("\n\nNext: "), "{text}");
        assert!(text.lines().all(|line| line.len() <= 60), "{text}");
    }
}
