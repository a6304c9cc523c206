//! Responsible for the record of the last write of a connector's settings: what the API answered to
//! it, and how often the same value was sent. A later run compares the API with these answers,
//! because the API may store a setting in another form than it was sent.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// How often the same value of a setting is sent before airlift leaves the setting alone.
pub const MAX_SENDS: u32 = 2;

/// The last write of a connector's settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LastWrite {
    /// The remote `updated_at` that the write set, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
    /// Whether the settings of the response are known.
    #[serde(default, skip_serializing_if = "ResponseSettings::is_known")]
    pub response: ResponseSettings,
    /// Settings by dotted path whose answer is not the value that was sent, and settings whose
    /// value was sent more than once.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, SettingAnswer>,
}

/// Whether the settings of a response are known.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseSettings {
    /// The response had the settings.
    #[default]
    Known,
    /// The response had no settings, or the run was killed before it recorded the response.
    Unknown,
}

impl ResponseSettings {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes what it may skip by reference"
    )]
    fn is_known(&self) -> bool {
        *self == Self::Known
    }
}

/// What happened to a connector since a write, by its `updated_at`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SinceWrite {
    /// Nothing: the observed settings are those that the write left.
    Nothing,
    /// Another write.
    AnotherWrite,
    /// One of the times is unknown.
    Unknown,
}

/// The answer to one setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettingAnswer {
    /// What the response had.
    pub answer: Answer,
    /// How often the same value was sent.
    pub sends: u32,
}

/// What the response to a write had for a setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The value that was sent.
    AsSent,
    /// The value that the API stores instead; null if it stores none.
    Stored(Value),
    /// The value from before the write. Whether the write took effect is unknown.
    Old(Value),
    /// A value that was not read, or that may be a secret.
    Unread,
}

impl LastWrite {
    /// A write whose response is not known.
    pub fn unanswered(updated_at: Option<String>) -> Self {
        Self {
            updated_at,
            response: ResponseSettings::Unknown,
            answers: BTreeMap::new(),
        }
    }

    /// The answer to a setting.
    pub fn answer(&self, path: &str) -> SettingAnswer {
        self.answers.get(path).cloned().unwrap_or(SettingAnswer {
            answer: match self.response {
                ResponseSettings::Known => Answer::AsSent,
                ResponseSettings::Unknown => Answer::Unread,
            },
            sends: 1,
        })
    }

    /// What happened since the write, by the `updated_at` that was observed later.
    pub fn since(&self, observed: Option<&str>) -> SinceWrite {
        match (&self.updated_at, observed) {
            (Some(written), Some(observed)) if written == observed => SinceWrite::Nothing,
            (Some(_), Some(_)) => SinceWrite::AnotherWrite,
            _ => SinceWrite::Unknown,
        }
    }

    /// Whether a read of the connector can tell more about the effect of the write.
    pub fn is_unsettled(&self) -> bool {
        let mut answers = self.answers.values();
        self.response == ResponseSettings::Unknown || answers.any(SettingAnswer::is_unsettled)
    }

    /// The record, if it says more than that the API answered with what was sent.
    pub fn if_needed(self) -> Option<Self> {
        let says_more = self.response == ResponseSettings::Unknown || !self.answers.is_empty();
        says_more.then_some(self)
    }
}

impl SettingAnswer {
    /// The answer with a number of sends.
    #[must_use]
    pub fn with_sends(self, sends: u32) -> Self {
        Self { sends, ..self }
    }

    /// Whether the value of the setting is known to differ from the declared one although the value
    /// was sent as often as it may be.
    pub fn is_not_kept(&self) -> bool {
        match &self.answer {
            Answer::Stored(value) => value.is_null(),
            Answer::Old(_) => self.sends >= MAX_SENDS,
            Answer::AsSent | Answer::Unread => false,
        }
    }

    /// Whether the answer says more than that the API stores what was sent.
    pub fn is_needed(&self) -> bool {
        self.answer != Answer::AsSent || self.sends > 1
    }

    fn is_unsettled(&self) -> bool {
        match self.answer {
            Answer::Old(_) => self.sends < MAX_SENDS,
            Answer::Unread => true,
            Answer::AsSent | Answer::Stored(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, LastWrite, SettingAnswer};
    use serde_json::json;

    fn answer(answer: Answer, sends: u32) -> LastWrite {
        LastWrite {
            answers: [("a".to_owned(), SettingAnswer { answer, sends })].into(),
            ..LastWrite::default()
        }
    }

    #[test]
    fn last_write_without_known_response_is_unsettled() {
        assert!(LastWrite::unanswered(None).is_unsettled());
        assert!(!LastWrite::default().is_unsettled());
        assert_eq!(
            LastWrite::unanswered(None).answer("a").answer,
            Answer::Unread
        );
        assert_eq!(LastWrite::default().answer("a").answer, Answer::AsSent);
    }

    #[test]
    fn last_write_with_old_value_is_unsettled_until_second_send() {
        assert!(answer(Answer::Old(json!(1)), 1).is_unsettled());
        assert!(!answer(Answer::Old(json!(1)), 2).is_unsettled());
        assert!(answer(Answer::Old(json!(1)), 2).answer("a").is_not_kept());
        assert!(!answer(Answer::Stored(json!(1)), 1).is_unsettled());
        assert!(
            answer(Answer::Stored(json!(null)), 1)
                .answer("a")
                .is_not_kept()
        );
    }

    #[test]
    fn last_write_in_json_keeps_answers_and_leaves_out_what_is_usual() {
        assert_eq!(
            serde_json::to_value(LastWrite::default()).unwrap(),
            json!({})
        );
        let write = answer(Answer::Stored(json!("7")), 1);
        let text = serde_json::to_value(&write).unwrap();
        assert_eq!(
            text,
            json!({"answers": {"a": {"answer": {"stored": "7"}, "sends": 1}}})
        );
        assert_eq!(serde_json::from_value::<LastWrite>(text).unwrap(), write);
        let null = answer(Answer::Stored(json!(null)), 1);
        let text = serde_json::to_value(&null).unwrap();
        assert_eq!(serde_json::from_value::<LastWrite>(text).unwrap(), null);
    }
}
