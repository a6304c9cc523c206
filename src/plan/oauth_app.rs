//! Responsible for changes of the organization's own OAuth apps. The API never returns an app, so that the ledger
//! says which apps airlift set.

use crate::model::{
    DefinitionId, DesiredOauthApp, RecordedOauthApp, SecretRef, Settings, references,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A change of the OAuth app of a connector type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OauthAppChange {
    /// The type's name.
    pub kind: String,
    /// The type's definition.
    pub definition_id: DefinitionId,
    /// What apply does.
    pub action: OauthAppAction,
    /// The names of the fields that changed; all of them for an app that is new or removed.
    pub fields: BTreeSet<String>,
    /// The app as declared; `None` if it is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Settings>,
}

/// What apply does with an OAuth app.
#[derive(
    Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum OauthAppAction {
    /// Set an app that airlift has not set before. It replaces one that somebody else set.
    Set,
    /// Set an app again whose fields changed.
    Change,
    /// Remove an app that is no longer in the files.
    Remove,
}

impl OauthAppChange {
    /// The references whose values the change sends.
    pub fn references(&self) -> BTreeSet<&SecretRef> {
        references(&self.declared)
    }
}

/// Plans the apps. `changed` has the fields of recorded apps whose values differ from those last sent.
pub fn oauth_app_changes(
    declared: &BTreeMap<DefinitionId, DesiredOauthApp>,
    recorded: &BTreeMap<DefinitionId, RecordedOauthApp>,
    changed: &BTreeMap<DefinitionId, BTreeSet<String>>,
) -> Vec<OauthAppChange> {
    let set = declared.iter().filter_map(|(definition, app)| {
        let all = || app.leaves().into_keys().collect();
        let (action, fields) = match recorded.get(definition) {
            None => (OauthAppAction::Set, all()),
            Some(_) => (OauthAppAction::Change, changed.get(definition)?.clone()),
        };
        (!fields.is_empty()).then(|| OauthAppChange {
            kind: app.kind.to_string(),
            definition_id: *definition,
            action,
            fields,
            declared: Some(app.fields.clone()),
        })
    });
    let removed = recorded
        .iter()
        .filter(|(definition, _)| !declared.contains_key(*definition))
        .map(|(definition, app)| OauthAppChange {
            kind: app.kind.clone(),
            definition_id: *definition,
            action: OauthAppAction::Remove,
            fields: app.sent.fingerprints.keys().map(str::to_owned).collect(),
            declared: None,
        });
    let mut planned: Vec<OauthAppChange> = set.chain(removed).collect();
    planned.sort_by(|left, right| left.kind.cmp(&right.kind));
    planned
}

#[cfg(test)]
mod tests {
    use super::{OauthAppAction, OauthAppChange, Settings};
    use serde_json::{from_value, json};
    use std::collections::BTreeSet;

    #[test]
    fn references_in_lists_and_maps_are_those_of_the_change() {
        let declared: Settings = from_value(json!({
            "id": {"$secret": "${env:A}"},
            "keys": [{"$secret": "${env:B}"}, {"next": {"$secret": "${env:C}"}}],
        }))
        .unwrap();
        let change = OauthAppChange {
            kind: "github".to_owned(),
            definition_id: "ef69ef6e-aa7f-4af1-a01d-ef775033524e".parse().unwrap(),
            action: OauthAppAction::Set,
            fields: BTreeSet::new(),
            declared: Some(declared),
        };
        let references: Vec<String> = change
            .references()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(references, ["${env:A}", "${env:B}", "${env:C}"]);
    }
}
