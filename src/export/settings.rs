//! Responsible for a connector's replication settings as they are, less what no file may hold: secrets, masks, and
//! text that a file would take for a reference.

use super::names::Names;
use super::subject::{DeclaredBlock, Subject};
use crate::catalog::Field;
use crate::model::{Setting, looks_secret, names_secret};
use serde_json::Value;
use std::collections::BTreeMap;

/// The most levels inside one setting, and characters of its name.
const DEEPEST: usize = 16;
const LONGEST_KEY: usize = 100;

/// What a value comes to.
enum Fate {
    /// It is written as it is.
    Plain(Setting),
    /// It is a secret, or looks like one.
    Secret,
    /// A file would read something else.
    Unwritable(&'static str),
}

pub(super) fn of(subject: &Subject<'_>, names: &mut Names) -> DeclaredBlock {
    let mut made = DeclaredBlock::default();
    let Some(detail) = &subject.observed.detail else {
        return made;
    };
    let known = subject.kind.map(|kind| &kind.replication_config);
    // A type without fields in the catalog is one about which nothing is known.
    let known = known.filter(|known| !known.is_empty());
    // Where a reference was sent, what is there is that secret, shown or not.
    let sent = applied(subject).filter(|(_, setting)| setting.holds_secret());
    made.settings = sent
        .map(|(key, setting)| (key.clone(), setting.clone()))
        .collect();
    let mut unknown = Vec::new();
    for (key, value) in &detail.replication_config {
        if known.is_some_and(|known| !known.contains_key(key)) {
            unknown.push(short(key));
            continue;
        }
        if made.settings.contains_key(key) {
            continue;
        }
        made.take(subject, key, value, names);
    }
    if !unknown.is_empty() {
        let unknown = unknown.join(", ");
        made.remarks.push(format!(
            "`replication_config` without what the catalog does not know: {unknown}."
        ));
    }
    without_gaps(made, known)
}

impl DeclaredBlock {
    /// Takes one setting in, as far as a file may hold it.
    fn take(&mut self, subject: &Subject<'_>, key: &str, value: &Value, names: &mut Names) {
        match fate(key, value, names_secret(key), 0) {
            // A field that is null is a field left out.
            Fate::Plain(Setting::Literal(Value::Null)) => {}
            Fate::Plain(setting) => drop(self.settings.insert(key.to_owned(), setting)),
            Fate::Unwritable(why) => self.remarks.push(format!(
                "`replication_config` without {}: {why}.",
                short(key)
            )),
            Fate::Secret if is_foreign(subject, key) => {
                self.remarks.push(format!(
                    "`replication_config` without {}: it holds a secret that airlift never sent.",
                    short(key)
                ));
            }
            Fate::Secret => {
                self.placeholders += 1;
                let setting = subject.placeholder(key, names);
                self.settings.insert(key.to_owned(), setting);
                self.remarks.push(format!(
                    "A secret is in {}: fill in where it is read from.",
                    short(key)
                ));
            }
        }
    }
}

/// A field's name for a remark.
fn short(key: &str) -> String {
    const LONGEST: usize = 40;
    let mut short: String = key.chars().take(LONGEST).collect();
    if short.len() < key.len() {
        short.push('…');
    }
    short
}

/// A block that lacks a required field is no valid one; without it nothing is compared.
fn without_gaps(mut made: DeclaredBlock, known: Option<&BTreeMap<String, Field>>) -> DeclaredBlock {
    let required = known
        .into_iter()
        .flatten()
        .filter(|(_, field)| field.required);
    let missing = required
        .map(|(name, _)| name)
        .find(|name| !made.settings.contains_key(name));
    if let Some(missing) = missing
        && !made.settings.is_empty()
    {
        let names: Vec<String> = std::mem::take(&mut made.settings)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        made.placeholders = 0;
        made.remarks.push(format!(
            "`replication_config` is left out, because {missing} is required and not there: {}.",
            names.join(", ")
        ));
    }
    made
}

fn applied<'a>(subject: &Subject<'a>) -> impl Iterator<Item = (&'a String, &'a Setting)> {
    let recorded = subject.recorded.into_iter();
    recorded.flat_map(|recorded| recorded.applied.replication_config.iter().flatten())
}

/// Whether a reference in this place would be taken for a secret that has yet to be sent.
fn is_foreign(subject: &Subject<'_>, key: &str) -> bool {
    let sent = subject
        .recorded
        .is_some_and(|recorded| recorded.sent.is_some());
    sent && !applied(subject).any(|(name, _)| name == key)
}

fn fate(key: &str, value: &Value, secret: bool, depth: usize) -> Fate {
    if depth > DEEPEST {
        return Fate::Unwritable("it nests too deep");
    }
    if key.chars().count() > LONGEST_KEY || key == "$secret" || key == "<<" {
        return Fate::Unwritable("a file cannot hold such a name");
    }
    match value {
        Value::String(text) if secret && !text.is_empty() => Fate::Secret,
        Value::String(text) if looks_secret(key, text) => Fate::Secret,
        Value::String(text) if text.contains("${") => {
            Fate::Unwritable("a file would take it for a reference")
        }
        Value::Array(items) => {
            let items = items.iter().map(|item| fate(key, item, secret, depth + 1));
            let items = items.map(|fate| ((), fate));
            gather(items)
                .map(|items| Setting::List(items.into_iter().map(|((), item)| item).collect()))
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, field)| {
                let secret = secret || names_secret(name);
                (name.clone(), fate(name, field, secret, depth + 1))
            });
            gather(fields).map(|fields| Setting::Map(fields.into_iter().collect()))
        }
        scalar => Fate::Plain(Setting::Literal(scalar.clone())),
    }
}

/// All of the parts, or what is wrong with one of them.
fn gather<K>(parts: impl Iterator<Item = (K, Fate)>) -> Gathered<K> {
    let mut plain = Vec::new();
    for (key, part) in parts {
        match part {
            Fate::Plain(setting) => plain.push((key, setting)),
            other => return Gathered::Not(other),
        }
    }
    Gathered::All(plain)
}

enum Gathered<K> {
    All(Vec<(K, Setting)>),
    Not(Fate),
}

impl<K> Gathered<K> {
    fn map(self, make: impl FnOnce(Vec<(K, Setting)>) -> Setting) -> Fate {
        match self {
            Self::All(parts) => Fate::Plain(make(parts)),
            Self::Not(fate) => fate,
        }
    }
}
