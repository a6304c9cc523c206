//! Responsible for references for a connector's credentials: those that the ledger remembers, else a placeholder
//! for each required field of the method that is meant or guessed.

use super::names::Names;
use super::subject::{DeclaredBlock, Subject};
use crate::catalog::{self, AuthMethod, ConnectorType};
use crate::model::{SentFingerprints, Setting};

/// The method's name where the type has several, a remark on it, and the block.
pub(super) fn of(
    subject: &Subject<'_>,
    names: &mut Names,
) -> (Option<String>, Option<String>, DeclaredBlock) {
    let sent = subject.recorded.and_then(|recorded| recorded.sent.as_ref());
    let given: Vec<&str> = sent.map(given).unwrap_or_default();
    match (subject.kind, sent) {
        (_, Some(sent)) if !given.is_empty() => {
            let auth = subject
                .kind
                .and_then(|kind| method_of(subject, kind, &given));
            (auth, None, remembered(subject, sent, &given, names))
        }
        (None, _) => {
            let remark =
                "The type is not in the catalog, so nothing tells what `credentials` takes.";
            let made = DeclaredBlock {
                remarks: vec![remark.to_owned()],
                ..DeclaredBlock::default()
            };
            (None, None, made)
        }
        (Some(kind), _) => guessed(subject, kind, names),
    }
}

/// The fields that were last sent. A nested one has no name of its own.
fn given(sent: &SentFingerprints) -> Vec<&str> {
    let fields = sent.fingerprints.keys();
    let fields = fields.filter_map(|path| path.strip_prefix("credentials."));
    fields.filter(|name| !name.contains(['.', '['])).collect()
}

fn method_of(
    subject: &Subject<'_>,
    kind: &'static ConnectorType,
    given: &[&str],
) -> Option<String> {
    let named = subject
        .declared
        .and_then(|declared| declared.auth.as_deref());
    let choice = catalog::choose(kind, named, given);
    let choice = choice
        .or_else(|_| catalog::choose(kind, None, given))
        .ok()?;
    (kind.methods.len() > 1 && choice.certain).then(|| choice.method.name.clone())
}

/// What the ledger remembers: a reference by its text, a literal by what the files say.
fn remembered(
    subject: &Subject<'_>,
    sent: &SentFingerprints,
    given: &[&str],
    names: &mut Names,
) -> DeclaredBlock {
    let mut made = DeclaredBlock::default();
    let declared = |field: &str| {
        let declared = subject.declared?;
        let literal = declared.credentials.as_ref()?.get(field)?;
        let readable = declared.readable.contains(field) && !literal.holds_secret();
        readable.then(|| literal.clone())
    };
    for field in given {
        let reference = sent.references.get(&format!("credentials.{field}"));
        let reference = reference.and_then(|text| text.parse().ok());
        let setting = reference.map(Setting::Secret).or_else(|| declared(field));
        let setting = setting.unwrap_or_else(|| {
            made.placeholders += 1;
            subject.placeholder(field, names)
        });
        made.settings.insert((*field).to_owned(), setting);
    }
    if made.placeholders > 0 {
        let remark = "Some were written out when they were last sent: fill in where they are read \
                      from now.";
        made.remarks.push(remark.to_owned());
    }
    made
}

fn guessed(
    subject: &Subject<'_>,
    kind: &'static ConnectorType,
    names: &mut Names,
) -> (Option<String>, Option<String>, DeclaredBlock) {
    // What a person can be handed comes first; an OAuth client is somebody's own.
    let by_hand = kind.methods.iter().find(|method| method.kind != "oauth2");
    let Some(method) = by_hand.or(kind.methods.first()) else {
        return (None, None, DeclaredBlock::default());
    };
    let mut made = placeholders(subject, method, names);
    made.remarks
        .push("Placeholders: fill in where each is read from.".to_owned());
    let others: Vec<&str> = kind
        .methods
        .iter()
        .map(|other| other.name.as_str())
        .filter(|other| *other != method.name)
        .collect();
    if others.is_empty() {
        return (None, None, made);
    }
    let remark = format!("A guess; or {}.", others.join(", "));
    (Some(method.name.clone()), Some(remark), made)
}

fn placeholders(subject: &Subject<'_>, method: &AuthMethod, names: &mut Names) -> DeclaredBlock {
    let mut made = DeclaredBlock::default();
    let required = method.fields.iter().filter(|(_, field)| field.required);
    for (field, _) in required {
        made.placeholders += 1;
        let setting = subject.placeholder(field, names);
        made.settings.insert(field.clone(), setting);
    }
    made
}
