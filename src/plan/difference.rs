//! Responsible for the differences between a declared connector and the observed one.

use super::baseline::{Baseline, Live};
use super::connector::ConnectorPlanner;
use super::secrets::SecretVerdict;
use super::{ConnectorPatch, FieldChange, FieldValue, Reason, diff, masked};
use crate::model::{
    ConnectorEntry, LastWrite, ObservedConnector, SecretPaths, Setting, Settings, entities_value,
};
use serde_json::Value;

impl ConnectorPlanner<'_> {
    pub(super) fn difference(
        &self,
        observed: &ObservedConnector,
        recorded: &ConnectorEntry,
        verdict: &SecretVerdict,
    ) -> Difference {
        let mut difference = Difference::default();
        let mut baseline = Baseline::new(recorded, observed);
        self.compare_name(observed, &mut baseline, &mut difference);
        self.compare_identity(observed, &mut difference);
        self.compare_environment(recorded, &mut difference);
        self.compare_config(observed, recorded, &mut baseline, &mut difference);
        self.compare_entities(observed, recorded, &mut baseline, &mut difference);
        difference.not_kept = baseline.not_kept();
        difference.write = baseline.updated_write();
        let config_changed = difference.patch.replication_config.is_some();
        let holds_secret = |declared: &Settings| declared.values().any(Setting::holds_secret);
        let masked = observed.detail.as_ref().is_some_and(|detail| {
            let declared = self.declared().replication_config.as_ref();
            masked::holds_masked(&detail.replication_config, declared)
        });
        if config_changed
            && (masked
                || self
                    .declared()
                    .replication_config
                    .as_ref()
                    .is_some_and(holds_secret))
        {
            difference.replace.push(Reason::SecretInConfig);
        }
        difference.changes.extend(verdict.changes.iter().cloned());
        difference
    }

    fn compare_name(
        &self,
        observed: &ObservedConnector,
        baseline: &mut Baseline<'_>,
        difference: &mut Difference,
    ) {
        let name = self.address.connector.clone().unwrap_or_default();
        if observed.name == name {
            return baseline.note_match("name");
        }
        let wanted = Value::from(name.as_str());
        if !self.connector.renamed {
            baseline.add_applied("name", wanted.clone());
        }
        let live = Live {
            value: &Value::from(observed.name.as_str()),
            is_withheld: false,
        };
        let Some(reason) = baseline.judge("name", &wanted, live) else {
            return;
        };
        difference.update.push(if self.connector.renamed {
            Reason::Renamed
        } else {
            reason
        });
        difference.change("name", text(&observed.name), text(&name));
        difference.patch.name = Some(name);
    }

    fn compare_identity(&self, observed: &ObservedConnector, difference: &mut Difference) {
        if observed.definition_id != self.definition {
            difference.replace.push(Reason::TypeChanged);
            let before = observed.kind_name.clone();
            let before = before.unwrap_or_else(|| observed.definition_id.to_string());
            difference.change("type", text(&before), text(&self.declared().kind.name));
        }
        if let Some(template) = self.declared().template_id
            && let Some(present) = observed.template_id
            && template != present
        {
            difference.replace.push(Reason::TemplateChanged);
            difference.change(
                "template_id",
                text(&present.to_string()),
                text(&template.to_string()),
            );
        }
    }

    fn compare_environment(&self, recorded: &ConnectorEntry, difference: &mut Difference) {
        let changes = diff::declared_blocks(
            "environment",
            recorded.applied.environment.as_ref(),
            self.declared().environment.as_ref(),
        );
        if !changes.is_empty() {
            difference.replace.push(Reason::EnvironmentChanged);
            difference.changes.extend(changes);
        }
    }

    fn compare_config(
        &self,
        observed: &ObservedConnector,
        recorded: &ConnectorEntry,
        baseline: &mut Baseline<'_>,
        difference: &mut Difference,
    ) {
        let declared = self.declared().replication_config.as_ref();
        let before = recorded.applied.replication_config.as_ref();
        // Details are not read for a connector without a remote change since the last apply, so the
        // settings applied then are the observed ones.
        if observed.detail.is_none() && declared == before {
            return;
        }
        let applied;
        let live = if let Some(detail) = &observed.detail {
            &detail.replication_config
        } else {
            applied = before.map(diff::plain).unwrap_or_default();
            &applied
        };
        let blocks = declared.into_iter().chain(before);
        let secrets = SecretPaths::new("replication_config", blocks, recorded.sent.as_deref());
        if let Some(before) = before {
            baseline.add_applied_settings(before, live);
        }
        let changed = declared.map_or_else(Vec::new, |keys| {
            baseline.compare_settings(keys, live, &secrets)
        });
        let removed = diff::removed_keys(before, declared, live, &secrets);
        if changed.is_empty() && removed.is_empty() {
            return;
        }
        for (reason, change) in changed {
            difference.update.push(reason);
            difference.changes.push(change);
        }
        if !removed.is_empty() {
            difference.update.push(Reason::KeyRemoved);
        }
        difference.patch.replication_config = Some(declared.cloned().unwrap_or_default());
        for (path, change) in removed {
            difference.changes.push(change);
            difference.patch.removed.push(path);
        }
    }

    fn compare_entities(
        &self,
        observed: &ObservedConnector,
        recorded: &ConnectorEntry,
        baseline: &mut Baseline<'_>,
        difference: &mut Difference,
    ) {
        // As for the settings: unread entities are those applied last.
        let applied = recorded.applied.entities.as_deref().unwrap_or_default();
        let live = observed
            .detail
            .as_ref()
            .map_or(applied, |detail| detail.entities.as_slice());
        let no_longer_declared = recorded.applied.entities.as_ref().map(|_| Vec::new());
        let Some(wanted) = self.declared().entities.clone().or(no_longer_declared) else {
            return;
        };
        let Some(change) = diff::entities(&wanted, live) else {
            return baseline.note_match("entities");
        };
        if let Some(applied) = &recorded.applied.entities {
            baseline.add_applied("entities", entities_value(applied));
        }
        let live = Live {
            value: &entities_value(live),
            is_withheld: change.before == FieldValue::Hidden,
        };
        let Some(reason) = baseline.judge("entities", &entities_value(&wanted), live) else {
            return;
        };
        difference
            .update
            .push(if self.declared().entities.is_some() {
                reason
            } else {
                Reason::KeyRemoved
            });
        difference.changes.push(change);
        difference.patch.entities = Some(wanted);
    }
}

/// The fields that differ, with the reasons that require a replacement and those that an update
/// satisfies.
#[derive(Debug, Default)]
pub(super) struct Difference {
    pub(super) replace: Vec<Reason>,
    pub(super) update: Vec<Reason>,
    pub(super) changes: Vec<FieldChange>,
    pub(super) patch: ConnectorPatch,
    /// Paths of settings that the API does not keep.
    pub(super) not_kept: Vec<String>,
    /// The last write, with what is known now about the answers to it.
    pub(super) write: Option<Box<LastWrite>>,
}

impl Difference {
    pub(super) fn needs_replacement(&self) -> bool {
        !self.replace.is_empty()
    }

    fn change(&mut self, path: &str, before: FieldValue, after: FieldValue) {
        self.changes.push(FieldChange {
            path: path.to_owned(),
            before,
            after,
        });
    }
}

fn text(value: &str) -> FieldValue {
    FieldValue::Value(value.into())
}
