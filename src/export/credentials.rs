//! Responsible for declaring a connector's credentials: the references in the ledger, else a
//! placeholder for each required field of the authentication method.

use super::facts::{ConnectorFacts, DeclaredBlock};
use super::names::GeneratedNames;
use crate::catalog::{self, AuthMethod, ConnectorType};
use crate::model::{SentFingerprints, Setting};

/// The method's name if the type has several, a comment on it, and the block.
pub(super) fn declare(
    facts: &ConnectorFacts<'_>,
    names: &mut GeneratedNames,
) -> (Option<String>, Option<String>, DeclaredBlock) {
    let sent = facts.recorded.and_then(|recorded| recorded.sent.as_deref());
    let given: Vec<&str> = sent.map(sent_fields).unwrap_or_default();
    match (facts.kind, sent) {
        (_, Some(sent)) if !given.is_empty() => {
            let auth = facts.kind.and_then(|kind| method_of(facts, kind, &given));
            (auth, None, from_ledger(facts, sent, &given, names))
        }
        (None, _) => {
            let remark =
                "The type is not in the catalog, so the fields of `credentials` are unknown.";
            let block = DeclaredBlock {
                remarks: vec![remark.to_owned()],
                ..DeclaredBlock::default()
            };
            (None, None, block)
        }
        (Some(kind), _) => with_placeholders(facts, kind, names),
    }
}

/// The top-level fields that were last sent.
fn sent_fields(sent: &SentFingerprints) -> Vec<&str> {
    let fields = sent.fingerprints.keys();
    let fields = fields.filter_map(|path| path.strip_prefix("credentials."));
    fields.filter(|name| !name.contains(['.', '['])).collect()
}

fn method_of(
    facts: &ConnectorFacts<'_>,
    kind: &'static ConnectorType,
    given: &[&str],
) -> Option<String> {
    let named = facts.declared.and_then(|declared| declared.auth.as_deref());
    let choice = catalog::choose_method(kind, named, given);
    let choice = choice
        .or_else(|_| catalog::choose_method(kind, None, given))
        .ok()?;
    (kind.methods.len() > 1 && choice.certain).then(|| choice.method.name.clone())
}

/// The block from the ledger's references and the files' literals.
fn from_ledger(
    facts: &ConnectorFacts<'_>,
    sent: &SentFingerprints,
    given: &[&str],
    names: &mut GeneratedNames,
) -> DeclaredBlock {
    let mut block = DeclaredBlock::default();
    let declared = |field: &str| {
        let declared = facts.declared?;
        let literal = declared.credentials.as_ref()?.get(field)?;
        let readable = declared.readable.contains(field) && !literal.holds_secret();
        readable.then(|| literal.clone())
    };
    for field in given {
        let reference = sent.references.get(&format!("credentials.{field}"));
        let reference = reference.and_then(|text| text.parse().ok());
        let setting = reference.map(Setting::secret).or_else(|| declared(field));
        let setting = setting.unwrap_or_else(|| {
            block.placeholders += 1;
            facts.placeholder(field, names)
        });
        block.settings.insert((*field).into(), setting);
    }
    if block.placeholders > 0 {
        let remark =
            "Some credentials were literals when they were last sent: fill in their references.";
        block.remarks.push(remark.to_owned());
    }
    block
}

fn with_placeholders(
    facts: &ConnectorFacts<'_>,
    kind: &'static ConnectorType,
    names: &mut GeneratedNames,
) -> (Option<String>, Option<String>, DeclaredBlock) {
    // Prefers tokens and keys, which a customer can hand over, to OAuth, which needs a client.
    let by_hand = kind.methods.iter().find(|method| method.kind != "oauth2");
    let Some(method) = by_hand.or(kind.methods.first()) else {
        return (None, None, DeclaredBlock::default());
    };
    let mut block = placeholders(facts, method, names);
    block
        .remarks
        .push("Placeholders: replace them by references to the secrets.".to_owned());
    let others: Vec<&str> = kind
        .methods
        .iter()
        .map(|other| other.name.as_str())
        .filter(|other| *other != method.name)
        .collect();
    if others.is_empty() {
        return (None, None, block);
    }
    let remark = format!("Assumed method; the others are {}.", others.join(", "));
    (Some(method.name.clone()), Some(remark), block)
}

fn placeholders(
    facts: &ConnectorFacts<'_>,
    method: &AuthMethod,
    names: &mut GeneratedNames,
) -> DeclaredBlock {
    let mut block = DeclaredBlock::default();
    let required = method.fields.iter().filter(|(_, field)| field.required);
    for (field, _) in required {
        block.placeholders += 1;
        let setting = facts.placeholder(field, names);
        block.settings.insert(field.into(), setting);
    }
    block
}
