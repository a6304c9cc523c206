//! Explanations, offline: of every code a plan, a report or a failure can carry, of exit codes,
//! and of the files' fields.
//!
//! The codes of findings bring their own explanations.

use super::topics::{FIELDS, Topic, topics};
use super::{Label, Line, Out, Safe};
use std::io;

/// The topic that lists all exit codes.
const EXIT_CODES: &str = "exit-codes";
/// How alike a name must be to be suggested.
const ALIKE: f32 = 0.6;

/// Explains a code or a field; a field may be named by its end, such as `credentials`.
pub fn explain(what: &str) -> Option<String> {
    if what == EXIT_CODES {
        let codes = topics().filter(|(group, _, _)| *group == "exit code");
        let lines = codes.map(|(_, name, text)| format!("{name:>2}  {text}"));
        return Some(lines.collect::<Vec<_>>().join("\n"));
    }
    let exact = topics().find(|(_, name, _)| *name == what);
    let (group, name, text) = exact.or_else(|| by_end(what))?;
    Some(format!("{name} ({group})\n{text}"))
}

/// The one field that ends so.
fn by_end(what: &str) -> Option<&'static Topic> {
    let is_end = |name: &str| {
        name.strip_suffix(what)
            .is_some_and(|rest| rest.ends_with('.'))
    };
    let mut found = FIELDS.iter().filter(|(_, name, _)| is_end(name));
    found.next().filter(|_| found.next().is_none())
}

/// Every name that [`explain`] knows, with its group, in order.
pub fn known() -> impl Iterator<Item = (&'static str, &'static str)> {
    let all = ("list", EXIT_CODES);
    topics()
        .map(|(group, name, _)| (*group, *name))
        .chain([all])
}

/// The name that was probably meant, among those known here and `more` names.
pub fn suggestion<'a>(what: &str, more: &[&'a str]) -> Option<&'a str> {
    let names: Vec<&'a str> = known()
        .map(|(_, name)| name)
        .chain(more.iter().copied())
        .collect();
    let found = similar::get_close_matches(what, &names, 1, ALIKE);
    found.first().copied()
}

/// Writes an explanation, wrapped.
pub fn write(out: &mut Out<'_>, text: &str) -> io::Result<()> {
    for line in text.lines() {
        let blanks = line.len() - line.trim_start().len();
        let hang = if line.contains("  ") { 4 } else { 0 };
        out.line(
            &Line::at(blanks)
                .hang(hang)
                .text(Safe::new(line.trim_start())),
        )?;
    }
    Ok(())
}

/// Writes all that is known: group by group, as many names on a line as fit.
pub fn write_known(out: &mut Out<'_>, known: &[(&str, &str)]) -> io::Result<()> {
    for (index, group) in known.chunk_by(|a, b| a.0 == b.0).enumerate() {
        if index > 0 {
            out.blank()?;
        }
        let Some((title, _)) = group.first() else {
            continue;
        };
        out.line(&Line::at(0).label(Label::Strong, Safe::new(title)))?;
        let mut names = vec![Line::at(2)];
        let parts = group
            .iter()
            .map(|(_, name)| Line::default().text(Safe::new(name)));
        names.extend(parts);
        out.sentences(2, &names)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{explain, known, suggestion, topics};
    use crate::apply::Outcome;
    use crate::failure::Exit;
    use crate::model::UnverifiedReason;
    use crate::plan::{BlockCode, DriftKind, GuardCode, Reason};
    use schemars::{JsonSchema, schema_for};
    use std::collections::BTreeSet;

    /// The names of an enum's variants, as its schema has them.
    fn variants<T: JsonSchema>() -> BTreeSet<String> {
        let schema = schema_for!(T);
        let listed = schema.get("oneOf").and_then(|all| all.as_array()).cloned();
        let names = listed.unwrap_or_default().into_iter().flat_map(|one| {
            let several = one["enum"].as_array().cloned().unwrap_or_default();
            several.into_iter().chain(one.get("const").cloned())
        });
        names
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect()
    }

    fn explained(wanted: &str) -> BTreeSet<String> {
        let group = topics().filter(|(group, _, _)| *group == wanted);
        group.map(|(_, name, _)| (*name).to_owned()).collect()
    }

    #[test]
    fn every_code_has_an_explanation_and_nothing_else_has() {
        assert_eq!(explained("reason"), variants::<Reason>());
        assert_eq!(explained("block"), variants::<BlockCode>());
        assert_eq!(explained("drift"), variants::<DriftKind>());
        assert_eq!(explained("guard"), variants::<GuardCode>());
        assert_eq!(explained("verification"), variants::<UnverifiedReason>());
        assert_eq!(explained("outcome"), variants::<Outcome>());
        let numbers = Exit::BY_PRECEDENCE.map(|exit| exit.number().to_string());
        assert_eq!(explained("exit code"), numbers.into_iter().collect());
        assert!(explained("reason").len() > 10);
    }

    #[test]
    fn names_are_unique() {
        let names: Vec<_> = known().map(|(_, name)| name).collect();
        let unique: BTreeSet<_> = names.iter().collect();
        assert_eq!(names.len(), unique.len());
        assert!(topics().all(|(_, _, text)| text.ends_with('.')));
    }

    #[test]
    fn fields_are_found_by_their_end_and_typos_by_likeness() {
        assert!(
            explain("credentials")
                .unwrap()
                .starts_with("customers.connectors.credentials")
        );
        assert!(explain("name").is_none() && explain("nonsense").is_none());
        assert_eq!(suggestion("secret_rotatd", &[]), Some("secret_rotated"));
        assert_eq!(
            suggestion("duplicate_kye", &["duplicate_key"]),
            Some("duplicate_key")
        );
        assert_eq!(suggestion("zzzzzz", &[]), None);
        assert!(explain("exit-codes").unwrap().lines().count() > 10);
    }
}
