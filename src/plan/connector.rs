//! Responsible for planning one declared connector: adopt, create, update or replace it, or correct
//! its ledger entry.

use super::difference::Difference;
use super::matching::{ConnectorMatch, MatchedConnector};
use super::secrets::{SecretVerdict, creation_fields, judge};
use super::{
    Action, ConnectorUpdate, FieldChange, FieldValue, Operation, PlanWarning, Precondition, Reason,
    SecretNeed, Step, Unverified, UnverifiedSecret, Waiting,
};
use crate::model::{
    Address, Applied, ConnectorBody, ConnectorEntry, ConnectorId, DefinitionId, DesiredConnector,
    ObservedConnector, SecretStatuses, UnverifiedReason, filled,
};
use std::collections::{BTreeMap, BTreeSet};

/// Plans one declared connector of a known type.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConnectorPlanner<'a> {
    pub(super) address: &'a Address,
    pub(super) connector: &'a MatchedConnector<'a>,
    pub(super) definition: DefinitionId,
    pub(super) secrets: SecretStatuses<'a>,
    /// Store versions that the ledger does not have yet, by path.
    pub(super) versions: Option<&'a BTreeMap<String, String>>,
    pub(super) rotate: bool,
}

/// The result of planning one connector.
#[derive(Debug, Default)]
pub(super) struct Decision {
    pub(super) steps: Vec<Step>,
    pub(super) unverified: Vec<Unverified>,
    pub(super) ledger_update: Option<ConnectorUpdate>,
    pub(super) warning: Option<PlanWarning>,
}

impl Decision {
    pub(super) fn adopts_and_changes(&self) -> bool {
        let is_adoption = |step: &Step| step.action == Action::Adopt;
        self.steps.iter().any(is_adoption) && !self.steps.iter().all(is_adoption)
    }
}

impl ConnectorPlanner<'_> {
    pub(super) fn declared(&self) -> &DesiredConnector {
        self.connector.declared
    }

    /// What the connector waits for, if it does not exist and only its customer's consent creates it.
    pub(super) fn waiting(&self) -> Option<Waiting> {
        let declared = self.declared();
        let is_absent = matches!(self.connector.matched, ConnectorMatch::Absent(_));
        (declared.consent.is_some() && is_absent).then(|| Waiting {
            address: self.address.clone(),
            kind: declared.kind.name.clone(),
            definition_id: self.definition,
            entities: declared.entities.clone(),
        })
    }

    /// Plans the connector. The caller blocks ambiguous matches.
    pub(super) fn decide(&self) -> Decision {
        match self.connector.matched {
            ConnectorMatch::Live {
                id,
                observed,
                recorded,
            } => self.decide_live(id, observed, recorded),
            ConnectorMatch::Absent(reason) => self.create(reason),
            ConnectorMatch::Ambiguous => Decision::default(),
        }
    }

    fn create(&self, reason: Reason) -> Decision {
        let step = self.step(
            Action::Create,
            vec![reason],
            Vec::new(),
            Operation::CreateConnector { body: self.body() },
        );
        Decision {
            steps: vec![step],
            ..Decision::default()
        }
    }

    fn decide_live(
        &self,
        id: ConnectorId,
        observed: &ObservedConnector,
        recorded: Option<&ConnectorEntry>,
    ) -> Decision {
        let mut decision = Decision::default();
        let adopted = self.as_adopted(id, observed);
        if recorded.is_none() {
            decision.steps.push(self.step(
                Action::Adopt,
                vec![Reason::FoundByName],
                Vec::new(),
                Operation::AdoptConnector {
                    id,
                    body: self.body(),
                    replaces: None,
                },
            ));
        }
        let is_recorded = recorded.is_some();
        let recorded = recorded.unwrap_or(&adopted);
        let verdict = judge(self.declared(), recorded, self.secrets, self.rotate);
        let difference = self.difference(observed, recorded, &verdict);
        if difference.needs_replacement() || !verdict.reasons.is_empty() {
            decision.steps.push(self.replace(id, difference, verdict));
            return decision;
        }
        decision.unverified = self.unverified(&verdict);
        if !difference.not_kept.is_empty() {
            decision.warning = Some(PlanWarning::SettingNotKept {
                address: self.address.clone(),
                paths: difference.not_kept.clone(),
            });
        }
        let write = difference.write.clone();
        if let Some(step) = self.update(id, difference) {
            decision.steps.push(step);
        } else if is_recorded
            && (write != recorded.write || self.needs_ledger_update(observed, recorded, &verdict))
        {
            let updated_at = observed.updated_at.as_ref().map(String::from);
            decision.ledger_update = Some(ConnectorUpdate {
                body: self.body(),
                updated_at,
                versions: self.versions.cloned().unwrap_or_default(),
                write,
            });
        }
        decision
    }

    /// The ledger entry of a connector after its adoption. The declaration counts as applied, except
    /// for secrets, because airlift has not sent them.
    fn as_adopted(&self, id: ConnectorId, observed: &ObservedConnector) -> ConnectorEntry {
        ConnectorEntry {
            id,
            definition_id: observed.definition_id,
            template_id: self.declared().template_id,
            sent: None,
            credentials_version: self.declared().credentials_version,
            applied: Applied {
                environment: self.declared().environment.clone(),
                ..Applied::default()
            },
            updated_at: None,
            write: None,
        }
    }

    fn replace(&self, id: ConnectorId, difference: Difference, verdict: SecretVerdict) -> Step {
        let action = if difference.needs_replacement() {
            Action::Replace
        } else {
            Action::Rotate
        };
        let mut reasons = difference.replace;
        reasons.extend(verdict.reasons);
        reasons.extend(difference.update);
        let mut changes = difference.changes;
        let body = self.body();
        for field in creation_fields(&body) {
            let is_secret = matches!(field.after, FieldValue::Reference(_));
            if is_secret && !changes.iter().any(|change| change.path == field.path) {
                changes.push(FieldChange {
                    before: FieldValue::Unreadable,
                    ..field
                });
            }
        }
        self.step(
            action,
            reasons,
            changes,
            Operation::ReplaceConnector { id, body },
        )
    }

    fn update(&self, id: ConnectorId, difference: Difference) -> Option<Step> {
        if difference.update.is_empty() {
            return None;
        }
        let only_the_name = difference.update == [Reason::Renamed];
        let action = if only_the_name {
            Action::Rename
        } else {
            Action::Update
        };
        let operation = Operation::UpdateConnector {
            id,
            patch: difference.patch.into(),
            body: self.body(),
        };
        Some(self.step(action, difference.update, difference.changes, operation))
    }

    /// Whether the ledger entry is outdated although no request is needed.
    fn needs_ledger_update(
        &self,
        observed: &ObservedConnector,
        recorded: &ConnectorEntry,
        verdict: &SecretVerdict,
    ) -> bool {
        let read_again = observed.detail.is_some() && observed.updated_at != recorded.updated_at;
        verdict.reference_text_changed
            || read_again
            || self.versions.is_some()
            || filled(recorded.applied.replication_config.as_ref())
                != filled(self.declared().replication_config.as_ref())
            || recorded.applied.entities != self.declared().entities
            || recorded.credentials_version != self.declared().credentials_version
            || filled(recorded.applied.environment.as_ref())
                != filled(self.declared().environment.as_ref())
    }

    fn unverified(&self, verdict: &SecretVerdict) -> Vec<Unverified> {
        let entry = |(why, secrets): (&UnverifiedReason, &Vec<UnverifiedSecret>)| Unverified {
            address: self.address.clone(),
            why: *why,
            cause: None,
            secrets: secrets.clone(),
            need: SecretNeed::ToCompare,
        };
        verdict.unverified.iter().map(entry).collect()
    }

    fn step(
        &self,
        action: Action,
        reasons: Vec<Reason>,
        mut changes: Vec<FieldChange>,
        operation: Operation,
    ) -> Step {
        let mut distinct = Vec::new();
        for reason in reasons {
            if !distinct.contains(&reason) {
                distinct.push(reason);
            }
        }
        changes.sort_by(|left, right| left.path.cmp(&right.path));
        Step {
            address: self.address.clone(),
            action,
            reasons: distinct,
            precondition: self.precondition(&changes, &operation),
            changes,
            operation,
        }
    }

    fn precondition(&self, changes: &[FieldChange], operation: &Operation) -> Precondition {
        let ConnectorMatch::Live { id, observed, .. } = self.connector.matched else {
            return Precondition::Absent;
        };
        let namesakes = match operation {
            Operation::ReplaceConnector { .. } => {
                self.connector.namesakes.iter().copied().collect()
            }
            _ => BTreeSet::new(),
        };
        Precondition::connector(id, observed, changes, namesakes)
    }

    fn body(&self) -> ConnectorBody {
        ConnectorBody {
            name: self.address.connector.clone().unwrap_or_default(),
            kind: self.declared().kind.name.clone(),
            definition_id: self.definition,
            template_id: self.declared().template_id,
            credentials: self.declared().credentials.clone(),
            readable: self.declared().readable.clone(),
            credentials_version: self.declared().credentials_version,
            environment: self.declared().environment.clone(),
            replication_config: self.declared().replication_config.clone(),
            entities: self.declared().entities.clone(),
        }
    }
}
