//! Responsible for edits of the files that are not applied yet, which an accepted change must not overwrite.

use super::drift_acceptance::RefusedChange;
use crate::model::{
    Applied, ConnectorEntry, CustomerEntry, DesiredConnector, DesiredCustomer, Setting, Settings,
    has_same_meaning, same_entities, same_value,
};
use serde_json::{Value, json};

/// What the files have for a setting that others changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum FileValue {
    /// The value of the last apply, which the accepted one replaces.
    Applied,
    /// The accepted value already.
    Accepted,
    /// An edit that is not applied yet.
    Edited,
}

impl FileValue {
    /// Compares a value of the files with the applied and the accepted one. `None` stands for an absent setting.
    pub(super) fn new<T>(
        file: Option<&T>,
        applied: Option<&T>,
        accepted: Option<&T>,
        is_same: fn(&T, &T) -> bool,
    ) -> Self {
        let same = |other: Option<&T>| match (file, other) {
            (Some(file), Some(other)) => is_same(file, other),
            (file, other) => file.is_none() && other.is_none(),
        };
        if same(accepted) {
            Self::Accepted
        } else if same(applied) {
            Self::Applied
        } else {
            Self::Edited
        }
    }

    /// What the files have for a setting of a connector at these keys.
    pub(super) fn of_setting(
        declared: &DesiredConnector,
        applied: &Applied,
        keys: &[String],
        accepted: Option<&Value>,
    ) -> Self {
        let [block, keys @ ..] = keys else {
            return Self::Edited;
        };
        if block == "entities" {
            let value = |entities: &Option<Vec<_>>| entities.as_ref().map(|list| json!(list));
            let (file, applied) = (value(&declared.entities), value(&applied.entities));
            return Self::new(file.as_ref(), applied.as_ref(), accepted, same_lists);
        }
        let file = setting_at(declared.replication_config.as_ref(), keys);
        if file.is_some_and(Setting::holds_secret) {
            return Self::Edited;
        }
        let file = file.and_then(Setting::to_plain);
        let applied = setting_at(applied.replication_config.as_ref(), keys);
        let applied = applied.and_then(Setting::to_plain);
        match Self::new(file.as_ref(), applied.as_ref(), accepted, same_value) {
            Self::Edited if accepted_means(file.as_ref(), accepted) => Self::Accepted,
            value => value,
        }
    }

    /// Refuses the change of a setting whose edit is not applied yet.
    pub(super) fn require_no_edit(self, setting: &str) -> Result<(), RefusedChange> {
        if self != Self::Edited {
            return Ok(());
        }
        let reason = format!(
            "the files have an edit of {setting} that is not applied yet; apply it, or undo it first"
        );
        Err(reason.into())
    }
}

fn accepted_means(file: Option<&Value>, accepted: Option<&Value>) -> bool {
    file.zip(accepted)
        .is_some_and(|(file, accepted)| has_same_meaning(file, accepted))
}

fn same_lists(left: &Value, right: &Value) -> bool {
    let entities = |value: &Value| serde_json::from_value::<Vec<_>>(value.clone());
    match (entities(left), entities(right)) {
        (Ok(left), Ok(right)) => same_entities(&left, &right),
        _ => false,
    }
}

fn setting_at<'a>(settings: Option<&'a Settings>, keys: &[String]) -> Option<&'a Setting> {
    let (first, rest) = keys.split_first()?;
    let setting = settings?.get(first)?;
    match setting {
        _ if rest.is_empty() => Some(setting),
        Setting::Map(fields) => setting_at(Some(fields), rest),
        _ => None,
    }
}

/// Whether the files have edits of a connector that are not applied yet.
pub(super) fn is_edited(declared: &DesiredConnector, recorded: &ConnectorEntry) -> bool {
    let applied = &recorded.applied;
    let differs = |file: &Option<Settings>, applied: &Option<Settings>| {
        let given = |settings: &Option<Settings>| {
            let settings = settings.as_ref();
            settings.filter(|settings| !settings.is_empty()).cloned()
        };
        given(file) != given(applied)
    };
    differs(&declared.environment, &applied.environment)
        || differs(&declared.replication_config, &applied.replication_config)
        || !same_entities(
            declared.entities.as_deref().unwrap_or_default(),
            applied.entities.as_deref().unwrap_or_default(),
        )
}

/// Whether the files have edits of a customer or its connectors that are not applied yet.
pub(super) fn is_customer_edited(declared: &DesiredCustomer, recorded: &CustomerEntry) -> bool {
    let mut connectors = declared.connectors.iter();
    let status = recorded.applied.status;
    status.is_some_and(|status| status != declared.status)
        || connectors.any(|(name, connector)| {
            let entry = recorded.connectors.get(name);
            entry.is_none_or(|entry| is_edited(connector, entry))
        })
}
