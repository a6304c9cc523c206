//! Responsible for the differences between a declared connector and the observed one.

use super::connector::ConnectorPlanner;
use super::secrets::SecretVerdict;
use super::{ConnectorPatch, FieldChange, FieldValue, Reason, diff, masked};
use crate::model::{ConnectorEntry, ObservedConnector, SecretPaths, Setting, Settings};

impl ConnectorPlanner<'_> {
    pub(super) fn difference(
        &self,
        observed: &ObservedConnector,
        recorded: &ConnectorEntry,
        verdict: &SecretVerdict,
    ) -> Difference {
        let mut difference = Difference::default();
        self.compare_identity(observed, &mut difference);
        self.compare_environment(recorded, &mut difference);
        self.compare_config(observed, recorded, &mut difference);
        self.compare_entities(observed, recorded, &mut difference);
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

    fn compare_identity(&self, observed: &ObservedConnector, difference: &mut Difference) {
        let name = self.address.connector.clone().unwrap_or_default();
        if observed.name != name {
            let renamed = if self.connector.renamed {
                Reason::Renamed
            } else {
                Reason::FieldChanged
            };
            difference.update.push(renamed);
            difference.change("name", text(&observed.name), text(&name));
            difference.patch.name = Some(name);
        }
        if observed.definition_id != self.definition {
            difference.replace.push(Reason::TypeChanged);
            let before = observed.kind_name.clone();
            let before = before.unwrap_or_else(|| observed.definition_id.to_string());
            difference.change("type", text(&before), text(&self.declared().kind.name));
        }
        if let Some(template) = self.declared().template_id
            && template != observed.template_id
        {
            difference.replace.push(Reason::TemplateChanged);
            difference.change(
                "template_id",
                text(&observed.template_id.to_string()),
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
        difference: &mut Difference,
    ) {
        let declared = self.declared().replication_config.as_ref();
        let before = recorded.applied.replication_config.as_ref();
        // Details are not read for a connector without a remote change since the last apply, so the
        // settings applied then are the observed ones.
        let applied;
        let live = if let Some(detail) = &observed.detail {
            &detail.replication_config
        } else {
            applied = before.map(diff::plain).unwrap_or_default();
            &applied
        };
        let blocks = declared.into_iter().chain(before);
        let secrets = SecretPaths::new("replication_config", blocks, recorded.sent.as_ref());
        let changed =
            declared.map_or_else(Vec::new, |keys| diff::declared_keys(keys, live, &secrets));
        let removed = diff::removed_keys(before, declared, live, &secrets);
        if changed.is_empty() && removed.is_empty() {
            return;
        }
        if !changed.is_empty() {
            difference.update.push(Reason::FieldChanged);
        }
        if !removed.is_empty() {
            difference.update.push(Reason::KeyRemoved);
        }
        difference.changes.extend(changed);
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
        if let Some(change) = diff::entities(&wanted, live) {
            difference
                .update
                .push(if self.declared().entities.is_some() {
                    Reason::FieldChanged
                } else {
                    Reason::KeyRemoved
                });
            difference.changes.push(change);
            difference.patch.entities = Some(wanted);
        }
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
