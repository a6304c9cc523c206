//! Responsible for drift of one connector: the settings that others changed since the last write.

use super::baseline::{Baseline, Live};
use super::{FieldChange, FieldValue, Reason, diff, drift};
use crate::model::{
    ConnectorEntry, ObservedConnector, ObservedDetail, SecretPaths, entities_value,
};

/// Compares a recorded connector with the observed one.
pub(super) fn connector_fields(
    recorded_name: &str,
    recorded: &ConnectorEntry,
    observed: &ObservedConnector,
) -> Vec<FieldChange> {
    let mut fields = Vec::new();
    let secrets = SecretPaths::new(
        "replication_config",
        &recorded.applied.replication_config,
        recorded.sent.as_deref(),
    );
    let mut baseline = Baseline::new(recorded, observed);
    baseline.add_applied("name", recorded_name.into());
    let live_name = Live {
        value: &observed.name.as_str().into(),
        is_withheld: false,
    };
    if observed.name != recorded_name
        && is_foreign(baseline.judge("name", &recorded_name.into(), live_name))
    {
        drift::name(recorded_name, &observed.name, &mut fields);
    }
    if let Some(detail) = &observed.detail {
        let mut changes = settings_changes(recorded, detail, &mut baseline, &secrets);
        // A plan's change goes from observed to declared; drift goes from applied to observed.
        for change in &mut changes {
            std::mem::swap(&mut change.before, &mut change.after);
        }
        fields.extend(changes);
    }
    for field in &mut fields {
        hide(field, &secrets);
    }
    fields.sort_by(|left, right| left.path.cmp(&right.path));
    fields
}

/// The recorded settings that others changed since the last write.
fn settings_changes(
    recorded: &ConnectorEntry,
    detail: &ObservedDetail,
    baseline: &mut Baseline<'_>,
    secrets: &SecretPaths,
) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    if let Some(applied) = &recorded.applied.replication_config {
        let live = &detail.replication_config;
        baseline.add_applied_settings(applied, live);
        let settings = baseline.compare_settings(applied, live, secrets);
        let foreign = settings
            .into_iter()
            .filter(|(reason, _)| is_foreign(Some(*reason)));
        changes.extend(foreign.map(|(_, change)| change));
    }
    if let Some(wanted) = &recorded.applied.entities {
        let value = entities_value(wanted);
        baseline.add_applied("entities", value.clone());
        let live = Live {
            value: &entities_value(&detail.entities),
            is_withheld: false,
        };
        let change = diff::entities(wanted, &detail.entities);
        changes.extend(change.filter(|_| is_foreign(baseline.judge("entities", &value, live))));
    }
    changes
}

/// Whether a setting differs because someone else changed it, and not because a write of airlift had
/// no effect.
fn is_foreign(reason: Option<Reason>) -> bool {
    reason.is_some_and(|reason| reason != Reason::WriteUnconfirmed)
}

/// Hides both values of a field if one of them may be a secret.
pub(super) fn hide(field: &mut FieldChange, secrets: &SecretPaths) {
    let is_hidden = |value: &FieldValue| match value {
        FieldValue::Hidden => true,
        FieldValue::Value(value) => secrets.withholds(&field.path, value),
        _ => false,
    };
    if field.path != "name" && (is_hidden(&field.before) || is_hidden(&field.after)) {
        field.before = FieldValue::Hidden;
        field.after = FieldValue::Hidden;
    }
}
