//! Responsible for the three-way comparison of settings: a setting is clean if the files are as last
//! applied and the API has what it answered to that write. Limits how often a value is sent that the
//! API does not keep.

use super::{FieldChange, Reason, diff};
use crate::model::{
    Answer, ConnectorEntry, LastWrite, MAX_SENDS, ObservedConnector, ResponseSettings, SecretPaths,
    SettingAnswer, Settings, SinceWrite, has_same_meaning, is_other_form, pair_plain_settings,
    same_value,
};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What the ledger knows about a connector's settings, and what their comparison found.
#[derive(Debug)]
pub(super) struct Baseline<'a> {
    write: Option<&'a LastWrite>,
    since: SinceWrite,
    is_read: bool,
    /// The values at the last apply, by path.
    applied: BTreeMap<String, Value>,
    /// The answers after the comparison, by path. `None` for a setting that the API has as declared.
    answers: BTreeMap<String, Option<SettingAnswer>>,
    /// Paths of settings that the API does not keep.
    not_kept: BTreeSet<String>,
}

/// An observed value, and whether the ledger and output may have it.
#[derive(Clone, Copy)]
pub(super) struct Live<'v> {
    pub(super) value: &'v Value,
    pub(super) is_withheld: bool,
}

impl<'a> Baseline<'a> {
    pub(super) fn new(recorded: &'a ConnectorEntry, observed: &ObservedConnector) -> Self {
        let write = recorded.write.as_deref();
        let mut baseline = Self {
            write,
            since: since_write(recorded, observed),
            is_read: observed.detail.is_some(),
            applied: BTreeMap::new(),
            answers: BTreeMap::new(),
            not_kept: BTreeSet::new(),
        };
        if !baseline.is_read {
            baseline.add_unread();
        }
        baseline
    }

    /// Settings that were not read are as at the last apply.
    fn add_unread(&mut self) {
        let answers = self.write.into_iter().flat_map(|write| &write.answers);
        let not_kept = answers.filter(|(path, answer)| *path != "name" && answer.is_not_kept());
        self.not_kept = not_kept.map(|(path, _)| path.clone()).collect();
    }

    /// Adds a value of the last apply.
    pub(super) fn add_applied(&mut self, path: &str, value: Value) {
        self.applied.insert(path.to_owned(), value);
    }

    /// Adds the replication settings of the last apply.
    pub(super) fn add_applied_settings(&mut self, applied: &Settings, live: &Map<String, Value>) {
        pair_plain_settings(applied, live, &mut |path, value, _| {
            self.applied.insert(path, value);
        });
    }

    /// Compares declared replication settings with the observed ones, key by key. Returns the
    /// changes that require a write, and why. Skips references, because the secret comparison covers
    /// them.
    pub(super) fn compare_settings(
        &mut self,
        declared: &Settings,
        live: &Map<String, Value>,
        secrets: &SecretPaths,
    ) -> Vec<(Reason, FieldChange)> {
        let mut changes = Vec::new();
        pair_plain_settings(declared, live, &mut |path, wanted, remote| {
            let value = remote.unwrap_or(&Value::Null);
            if same_value(&wanted, value) {
                return self.note_match(&path);
            }
            let is_withheld = remote.is_some_and(|value| secrets.withholds(&path, value));
            let live = Live { value, is_withheld };
            if let Some(reason) = self.judge(&path, &wanted, live) {
                changes.push((reason, diff::setting(path, wanted, remote, secrets)));
            }
        });
        changes
    }

    /// Notes that the API has a setting as declared.
    pub(super) fn note_match(&mut self, path: &str) {
        // Unread settings count as applied, so their comparison tells nothing new.
        if self.is_read || path == "name" {
            self.answers.insert(path.to_owned(), None);
        }
    }

    /// Why a setting has to be written whose observed value is not the declared one. `None` if the
    /// API stores the declared value in this form, or does not keep it.
    pub(super) fn judge(&mut self, path: &str, wanted: &Value, live: Live<'_>) -> Option<Reason> {
        let answer = match self.answer(path, wanted, live) {
            Ok(answer) => answer,
            Err(reason) => return Some(reason),
        };
        if answer.is_not_kept() {
            self.not_kept.insert(path.to_owned());
        }
        self.answers.insert(path.to_owned(), Some(answer));
        None
    }

    fn answer(&self, path: &str, wanted: &Value, live: Live<'_>) -> Result<SettingAnswer, Reason> {
        let applied = self.applied.get(path);
        if !applied.is_some_and(|applied| same_value(applied, wanted)) {
            return Err(Reason::FieldChanged);
        }
        let recorded = self.write.cloned().unwrap_or_default().answer(path);
        let is_as_written = self.since == SinceWrite::Nothing;
        match &recorded.answer {
            Answer::Stored(stored) if same_value(stored, live.value) => Ok(recorded),
            Answer::Old(old) if same_value(old, live.value) => {
                if is_as_written || recorded.sends >= MAX_SENDS {
                    Ok(recorded.with_sends(MAX_SENDS))
                } else {
                    Err(Reason::WriteUnconfirmed)
                }
            }
            Answer::Old(_) | Answer::Unread if is_as_written => Ok(live.stored(recorded)),
            // The API shows another form when it is read than in the response to the write. Another
            // value is a change by others that did not change `updated_at`.
            _ if is_as_written && is_other_form(wanted, live.value) => Ok(live.stored(recorded)),
            // After a write by others, the first read may show the API's own form, too.
            Answer::AsSent
                if self.since == SinceWrite::AnotherWrite
                    && has_same_meaning(wanted, live.value) =>
            {
                Ok(live.stored(recorded))
            }
            _ if self.since != SinceWrite::AnotherWrite && recorded.sends >= MAX_SENDS => {
                Ok(live.not_kept(recorded))
            }
            _ => Err(Reason::FieldChanged),
        }
    }

    /// Paths of settings that the API does not keep, in order.
    pub(super) fn not_kept(&self) -> Vec<String> {
        self.not_kept.iter().cloned().collect()
    }

    /// The last write, with what the comparison found out about the answers to it.
    pub(super) fn updated_write(&self) -> Option<Box<LastWrite>> {
        let mut write = self.write.cloned().unwrap_or_default();
        for (path, answer) in &self.answers {
            match answer {
                Some(answer) => drop(write.answers.insert(path.clone(), answer.clone())),
                None => drop(write.answers.remove(path)),
            }
        }
        if self.is_read {
            write.response = ResponseSettings::Known;
        }
        write.if_needed().map(Box::new)
    }
}

/// What happened since the last write, or since a run found the connector as declared.
fn since_write(recorded: &ConnectorEntry, observed: &ObservedConnector) -> SinceWrite {
    let observed = observed.updated_at.as_deref();
    if observed.is_some() && observed == recorded.updated_at.as_deref() {
        return SinceWrite::Nothing;
    }
    let write = recorded.write.as_deref();
    write.map_or(SinceWrite::Unknown, |write| write.since(observed))
}

impl Live<'_> {
    /// The answer after a read of the connector as the write left it.
    fn stored(self, recorded: SettingAnswer) -> SettingAnswer {
        self.known_as(Answer::Stored, recorded)
    }

    /// The answer after the value was sent as often as it may be.
    fn not_kept(self, recorded: SettingAnswer) -> SettingAnswer {
        self.known_as(Answer::Old, recorded)
    }

    /// The ledger does not get a value that may be a secret.
    fn known_as(self, form: fn(Value) -> Answer, recorded: SettingAnswer) -> SettingAnswer {
        if self.is_withheld {
            return recorded;
        }
        SettingAnswer {
            answer: form(self.value.clone()),
            ..recorded
        }
    }
}
