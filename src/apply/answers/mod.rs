//! Responsible for the record of what the API answered to a write of a connector's settings.
//!
//! Does not decide what is written next; the planner does.

use super::StepWarning;
use super::ledger_entry::Previous;
use crate::api::{NewConnector, Replication, is_replaced};
use crate::model::{
    Answer, ConnectorBody, LastWrite, SecretPaths, SentFingerprints, SettingAnswer, SinceWrite,
    entities_value, is_mask, is_other_form, pair_plain_settings, same_entities, same_value,
};
use crate::plan::{ConnectorPatch, Precondition, Step};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A write of a connector's settings.
pub(super) struct SettingsWrite<'a> {
    pub(super) body: &'a ConnectorBody,
    pub(super) sent: Option<&'a SentFingerprints>,
    /// The ledger record of the connector, or of the connector that it replaces.
    pub(super) previous: Option<&'a Previous>,
    pub(super) step: &'a Step,
    pub(super) extent: Extent<'a>,
}

/// What a write sends.
pub(super) enum Extent<'a> {
    /// The whole declaration.
    Creation,
    /// The fields of a patch.
    Update(&'a ConnectorPatch, Before),
}

/// The settings before an update.
pub(super) struct Before {
    values: BTreeMap<String, Value>,
    updated_at: Option<String>,
}

/// What the ledger and the report get of a response.
#[derive(Debug, Default)]
pub(super) struct RecordedAnswers {
    pub(super) write: Option<Box<LastWrite>>,
    pub(super) warnings: Vec<StepWarning>,
}

/// A setting that was sent, and the response's value of it.
struct SettingResponse {
    path: String,
    wanted: Value,
    /// Null if the response has no value.
    stored: Value,
    equality: Equality,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Equality {
    Same,
    Different,
}

impl Before {
    pub(super) fn new(replication: &Replication, body: &ConnectorBody) -> Self {
        let declared = body.replication_config.as_ref();
        Self {
            values: declared.map_or_else(BTreeMap::new, |declared| replication.values(declared)),
            updated_at: replication.updated_at.clone(),
        }
    }
}

impl SettingsWrite<'_> {
    /// The record of the response.
    pub(super) fn record(&self, response: &NewConnector) -> RecordedAnswers {
        let Some(settings) = &response.settings else {
            return self.record_unanswered(response);
        };
        let config = &settings.detail.replication_config;
        let applied = self.applied(config);
        let mut answered = self.answered_config(config);
        let (name, stored) = (Value::from(self.body.name.as_str()), &settings.name);
        answered.push(SettingResponse::scalar(
            "name",
            name,
            Value::from(stored.as_str()),
        ));
        answered.extend(self.answered_entities(&settings.detail.entities));
        let mut answers = BTreeMap::new();
        let (mut not_kept, mut stored_differently) = (Vec::new(), Vec::new());
        for setting in &answered {
            let answer = self.answer(setting, &applied);
            if self.is_not_kept(&answer, setting) {
                not_kept.push(setting.path.clone());
            } else if self.is_news(&answer, setting, &applied) {
                stored_differently.push(setting.path.clone());
            }
            if answer.is_needed() {
                answers.insert(setting.path.clone(), answer);
            }
        }
        let write = LastWrite {
            updated_at: self.updated_at(response),
            answers,
            ..LastWrite::default()
        };
        let write = match self.extent {
            // The ledger entry has the time of a creation.
            Extent::Creation => write.if_needed(),
            Extent::Update(..) => Some(write),
        };
        RecordedAnswers {
            write: write.map(Box::new),
            warnings: warnings(not_kept, stored_differently),
        }
    }

    /// The record of a response without settings.
    fn record_unanswered(&self, response: &NewConnector) -> RecordedAnswers {
        if self.body.replication_config.is_none() && self.body.entities.is_none() {
            return RecordedAnswers::default();
        }
        let applied = self.applied(&Map::new());
        let mut write = LastWrite::unanswered(self.updated_at(response));
        for setting in self.answered_config(&Map::new()) {
            let sends = self.sends(&setting, &applied);
            if sends > 1 {
                let answer = Answer::Unread;
                write
                    .answers
                    .insert(setting.path, SettingAnswer { answer, sends });
            }
        }
        RecordedAnswers {
            write: Some(Box::new(write)),
            warnings: Vec::new(),
        }
    }

    /// The values of the last apply, by path.
    fn applied(&self, live: &Map<String, Value>) -> BTreeMap<String, Value> {
        let mut values = BTreeMap::new();
        let Some((name, previous)) = self.previous else {
            return values;
        };
        values.insert("name".to_owned(), Value::from(name.as_str()));
        if let Some(entities) = &previous.applied.entities {
            values.insert("entities".to_owned(), entities_value(entities));
        }
        if let Some(applied) = &previous.applied.replication_config {
            pair_plain_settings(applied, live, &mut |path, value, _| {
                values.insert(path, value);
            });
        }
        values
    }

    fn answered_config(&self, config: &Map<String, Value>) -> Vec<SettingResponse> {
        let mut answered = Vec::new();
        if let Some(declared) = &self.body.replication_config {
            pair_plain_settings(declared, config, &mut |path, wanted, stored| {
                let stored = stored.cloned().unwrap_or_default();
                answered.push(SettingResponse::scalar(&path, wanted, stored));
            });
        }
        answered
    }

    fn answered_entities(&self, stored: &[crate::model::Entity]) -> Option<SettingResponse> {
        let wanted = self.body.entities.as_ref()?;
        Some(SettingResponse {
            path: "entities".to_owned(),
            wanted: entities_value(wanted),
            stored: entities_value(stored),
            equality: if same_entities(wanted, stored) {
                Equality::Same
            } else {
                Equality::Different
            },
        })
    }

    fn answer(
        &self,
        setting: &SettingResponse,
        applied: &BTreeMap<String, Value>,
    ) -> SettingAnswer {
        let sends = self.sends(setting, applied);
        let earlier = self.earlier(setting, applied);
        let answer = match earlier.answer {
            _ if setting.equality == Equality::Same => Answer::AsSent,
            unsent if !self.sends_field(&setting.path) => unsent,
            Answer::Stored(stored) if same_value(&stored, &setting.stored) => {
                Answer::Stored(stored)
            }
            _ if self.may_be_secret(setting) => Answer::Unread,
            _ if self.is_old(setting) => Answer::Old(setting.stored.clone()),
            _ => Answer::Stored(setting.stored.clone()),
        };
        SettingAnswer { answer, sends }
    }

    /// The answer to the same value at the last write.
    fn earlier(
        &self,
        setting: &SettingResponse,
        applied: &BTreeMap<String, Value>,
    ) -> SettingAnswer {
        let is_unchanged = applied
            .get(&setting.path)
            .is_some_and(|applied| same_value(applied, &setting.wanted));
        let write = self.previous.and_then(|(_, entry)| entry.write.as_ref());
        let same = write.filter(|_| is_unchanged);
        same.map_or_else(
            || LastWrite::default().answer(&setting.path),
            |write| write.answer(&setting.path),
        )
    }

    /// How often the value was sent, with this write, since it was declared or since someone else
    /// changed the connector.
    fn sends(&self, setting: &SettingResponse, applied: &BTreeMap<String, Value>) -> u32 {
        let earlier = self.earlier(setting, applied).sends;
        let applied = applied.get(&setting.path);
        let is_unchanged = applied.is_some_and(|applied| same_value(applied, &setting.wanted));
        let is_reason = self
            .step
            .changes
            .iter()
            .any(|change| change.path == setting.path);
        if !(is_unchanged && is_reason) {
            return earlier;
        }
        match self.since_last_write() {
            SinceWrite::AnotherWrite => 1,
            SinceWrite::Nothing | SinceWrite::Unknown => earlier + 1,
        }
    }

    fn since_last_write(&self) -> SinceWrite {
        let write = self.previous.and_then(|(_, entry)| entry.write.as_ref());
        let observed = match &self.step.precondition {
            Precondition::Connector(connector) => connector.updated_at.as_deref(),
            Precondition::Absent | Precondition::Customer { .. } => None,
        };
        write.map_or(SinceWrite::Unknown, |write| write.since(observed))
    }

    /// Whether the request has the field that holds a setting.
    fn sends_field(&self, path: &str) -> bool {
        match &self.extent {
            Extent::Creation => true,
            Extent::Update(changes, _) => match path {
                "name" => changes.name.is_some(),
                "entities" => changes.entities.is_some(),
                _ => changes.replication_config.is_some(),
            },
        }
    }

    /// Whether the response has the value from before the write, and this value is not another form
    /// of the one that was sent.
    fn is_old(&self, setting: &SettingResponse) -> bool {
        let Extent::Update(_, before) = &self.extent else {
            return false;
        };
        before
            .values
            .get(&setting.path)
            .is_some_and(|old| same_value(old, &setting.stored))
            && !is_other_form(&setting.wanted, &setting.stored)
    }

    /// Whether the ledger must not have the value of the response.
    fn may_be_secret(&self, setting: &SettingResponse) -> bool {
        let declared = self.body.replication_config.iter();
        let applied = self
            .previous
            .and_then(|(_, entry)| entry.applied.replication_config.as_ref());
        let secrets = SecretPaths::new("replication_config", declared.chain(applied), self.sent);
        let is_stars = |text: &str| text.chars().all(|c| c == '*');
        holds_replaced(&setting.stored)
            || (secrets.withholds(&setting.path, &setting.stored)
                && !setting.stored.as_str().is_some_and(is_stars))
    }

    /// Whether the request had the setting, and the response has the old value or none.
    fn is_not_kept(&self, answer: &SettingAnswer, setting: &SettingResponse) -> bool {
        self.sends_field(&setting.path)
            && match &answer.answer {
                Answer::Old(_) => true,
                Answer::Stored(value) => value.is_null(),
                Answer::AsSent | Answer::Unread => false,
            }
    }

    /// Whether the user has not been told yet that the API stores the setting in this form.
    fn is_news(
        &self,
        answer: &SettingAnswer,
        setting: &SettingResponse,
        applied: &BTreeMap<String, Value>,
    ) -> bool {
        let is_masked = setting.stored.as_str().is_some_and(is_mask);
        matches!(answer.answer, Answer::Stored(_))
            && !is_masked
            && self.earlier(setting, applied).answer != answer.answer
    }

    /// The `updated_at` of the write, if the response has it: a response with the time of an earlier
    /// write does not show this one.
    fn updated_at(&self, response: &NewConnector) -> Option<String> {
        let updated_at = response.updated_at.clone();
        match &self.extent {
            Extent::Creation if response.settings.is_none() => {
                updated_at.filter(|time| Some(time) == response.created_at.as_ref())
            }
            Extent::Creation => updated_at,
            Extent::Update(patch, before) => {
                let is_whole = patch.replication_config.is_some();
                updated_at.filter(|time| is_whole && Some(time) != before.updated_at.as_ref())
            }
        }
    }
}

fn warnings(not_kept: Vec<String>, stored_differently: Vec<String>) -> Vec<StepWarning> {
    let not_kept =
        (!not_kept.is_empty()).then_some(StepWarning::SettingsNotKept { paths: not_kept });
    let stored_differently =
        (!stored_differently.is_empty()).then_some(StepWarning::SettingsStoredDifferently {
            paths: stored_differently,
        });
    not_kept.into_iter().chain(stored_differently).collect()
}

impl SettingResponse {
    fn scalar(path: &str, wanted: Value, stored: Value) -> Self {
        Self {
            path: path.to_owned(),
            equality: if same_value(&wanted, &stored) {
                Equality::Same
            } else {
                Equality::Different
            },
            wanted,
            stored,
        }
    }
}

/// Whether a text in the value was replaced because it repeats a secret.
fn holds_replaced(value: &Value) -> bool {
    match value {
        Value::String(text) => is_replaced(text),
        Value::Array(items) => items.iter().any(holds_replaced),
        Value::Object(fields) => fields.values().any(holds_replaced),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
