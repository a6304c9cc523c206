//! Tests of the record of a response to a write of settings.

use super::{Before, Extent, RecordedAnswers, SettingsWrite};
use crate::api::{AnsweredSettings, NewConnector};
use crate::apply::StepWarning;
use crate::model::{
    Action, Address, Answer, Applied, ConnectorBody, ConnectorEntry, ConnectorId, DefinitionId,
    LastWrite, ObservedDetail, PendingEntry, Setting, SettingAnswer, Settings,
};
use crate::plan::{
    ConnectorPatch, ConnectorPrecondition, FieldChange, FieldValue, Operation, Precondition,
    Reason, Step,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

const A: &str = "replication_config.a";
const ID: ConnectorId = ConnectorId(Uuid::from_u128(1));
const TYPE: DefinitionId = DefinitionId(Uuid::from_u128(2));

fn settings(value: &Value) -> Settings {
    match Setting::from(json!({ "a": value })) {
        Setting::Map(fields) => fields,
        other => panic!("not a mapping: {other:?}"),
    }
}

/// A write of the setting `a`.
struct Case {
    body: ConnectorBody,
    previous: Option<(String, Arc<ConnectorEntry>)>,
    step: Step,
    /// `None` for a creation.
    old: Option<Value>,
    response: NewConnector,
}

impl Case {
    fn new(sent: &Value, answered: &Value) -> Self {
        let body = ConnectorBody {
            name: "git".into(),
            kind: "github".into(),
            definition_id: TYPE,
            template_id: None,
            readable: BTreeSet::new(),
            credentials: None,
            credentials_version: None,
            environment: None,
            replication_config: Some(settings(sent)),
            entities: None,
        };
        let config = json!({ "a": answered });
        let response = NewConnector {
            id: ID,
            created_at: Some("created".into()),
            updated_at: Some("now".into()),
            settings: Some(AnsweredSettings {
                name: "git".into(),
                detail: ObservedDetail {
                    replication_config: config.as_object().cloned().unwrap(),
                    entities: Vec::new(),
                },
            }),
        };
        Self {
            step: step(&body, "then"),
            body,
            previous: None,
            old: None,
            response,
        }
    }

    /// An update of the setting from `old`.
    fn update(self, old: &Value) -> Self {
        Self {
            old: Some(old.clone()),
            ..self
        }
    }

    /// The same value was applied before, and answered at `written_at`.
    fn again(mut self, answer: Answer, sends: u32, written_at: &str) -> Self {
        let entry = PendingEntry {
            definition_id: TYPE,
            template_id: None,
            sent: None,
            credentials_version: None,
            applied: Applied {
                replication_config: self.body.replication_config.clone(),
                ..Applied::default()
            },
        };
        let write = LastWrite {
            updated_at: Some(written_at.into()),
            answers: [(A.to_owned(), SettingAnswer { answer, sends })].into(),
            ..LastWrite::default()
        };
        let entry = ConnectorEntry {
            write: Some(Box::new(write)),
            ..entry.with_id(ID)
        };
        self.previous = Some(("git".to_owned(), entry.into()));
        self
    }

    fn record(&self) -> RecordedAnswers {
        let patch = ConnectorPatch {
            replication_config: self.body.replication_config.clone(),
            ..ConnectorPatch::default()
        };
        SettingsWrite {
            body: &self.body,
            sent: None,
            previous: self.previous.as_ref(),
            step: &self.step,
            extent: match &self.old {
                None => Extent::Creation,
                Some(old) => Extent::Update(
                    &patch,
                    Before {
                        values: BTreeMap::from([(A.to_owned(), old.clone())]),
                        updated_at: Some("then".into()),
                    },
                ),
            },
        }
        .record(&self.response)
    }

    /// The answer that the ledger gets, and whether the report names the setting.
    fn assert_answer(&self, answer: Answer, sends: u32, is_reported: bool) {
        let recorded = self.record();
        let write = recorded.write.unwrap_or_default();
        assert_eq!(write.answer(A), SettingAnswer { answer, sends });
        assert_eq!(!recorded.warnings.is_empty(), is_reported);
    }
}

/// An update of `a` that was planned when the connector had this `updated_at`.
fn step(body: &ConnectorBody, observed: &str) -> Step {
    Step {
        address: Address::connector("acme", "git"),
        action: Action::Update,
        reasons: vec![Reason::FieldChanged],
        changes: vec![FieldChange {
            path: A.to_owned(),
            before: FieldValue::Absent,
            after: FieldValue::Absent,
        }],
        precondition: Precondition::Connector(Box::new(ConnectorPrecondition {
            id: ID,
            name: "git".into(),
            definition_id: TYPE,
            updated_at: Some(observed.into()),
            settings: BTreeMap::new(),
            namesakes: BTreeSet::new(),
        })),
        operation: Operation::CreateConnector { body: body.clone() },
    }
}

#[test]
fn record_of_answer_as_sent_is_empty() {
    let recorded = Case::new(&json!(8), &json!(8)).record();
    assert!(recorded.write.is_none() && recorded.warnings.is_empty());
}

#[test]
fn record_of_another_form_is_reported_and_stored() {
    let case = Case::new(&json!(8), &json!("8"));
    case.assert_answer(Answer::Stored(json!("8")), 1, true);
    let paths = vec![A.to_owned()];
    let warning = StepWarning::SettingsStoredDifferently { paths };
    assert_eq!(case.record().warnings, [warning]);
    let update = Case::new(&json!(8), &json!("8")).update(&json!("7"));
    update.assert_answer(Answer::Stored(json!("8")), 1, true);
}

#[test]
fn record_of_same_form_as_before_is_not_reported_again() {
    let case = Case::new(&json!(8), &json!("8")).update(&json!("8"));
    let case = case.again(Answer::Stored(json!("8")), 1, "written");
    case.assert_answer(Answer::Stored(json!("8")), 1, false);
}

#[test]
fn record_of_old_value_is_unknown_unless_it_is_another_form() {
    let case = Case::new(&json!(8), &json!(7)).update(&json!(7));
    case.assert_answer(Answer::Old(json!(7)), 1, true);
    let other_form = Case::new(&json!("ACME"), &json!("acme")).update(&json!("acme"));
    other_form.assert_answer(Answer::Stored(json!("acme")), 1, true);
    // A creation has no old value.
    let creation = Case::new(&json!(8), &json!(null));
    creation.assert_answer(Answer::Stored(json!(null)), 1, true);
}

#[test]
fn record_of_second_send_counts_it_unless_someone_wrote_since() {
    let case = || Case::new(&json!(8), &json!(7)).update(&json!(7));
    let again = case().again(Answer::Old(json!(7)), 1, "then");
    again.assert_answer(Answer::Old(json!(7)), 2, true);
    let after_change = case().again(Answer::Old(json!(7)), 1, "earlier");
    after_change.assert_answer(Answer::Old(json!(7)), 1, true);
    let unchanged = Case::new(&json!(8), &json!(8)).update(&json!(7));
    let unchanged = unchanged.again(Answer::AsSent, 1, "then");
    unchanged.assert_answer(Answer::AsSent, 2, false);
}

#[test]
fn record_of_secret_looking_answer_has_no_value() {
    let case = Case::new(&json!("x"), &json!("ghp_abcdefghijklmnop"));
    case.assert_answer(Answer::Unread, 1, false);
    let masked = Case::new(&json!("x"), &json!("**********"));
    masked.assert_answer(Answer::Stored(json!("**********")), 1, false);
}

#[test]
fn record_of_response_without_settings_is_unanswered() {
    let mut case = Case::new(&json!(8), &json!(8));
    case.response.settings = None;
    let write = case.record().write.unwrap();
    assert!(write.is_unsettled());
    // The connector may have changed since its creation.
    assert_eq!(write.updated_at, None);
    case.response.updated_at = Some("created".into());
    let write = case.record().write.unwrap();
    assert_eq!(write.updated_at.as_deref(), Some("created"));
}

#[test]
fn record_of_response_with_earlier_time_has_no_time() {
    let mut case = Case::new(&json!(8), &json!("8")).update(&json!("7"));
    assert_eq!(
        case.record().write.unwrap().updated_at.as_deref(),
        Some("now")
    );
    case.response.updated_at = Some("then".into());
    assert_eq!(case.record().write.unwrap().updated_at, None);
}

#[test]
fn record_of_update_answered_as_sent_has_its_time() {
    let recorded = Case::new(&json!(8), &json!(8)).update(&json!(7)).record();
    let write = recorded.write.unwrap();
    assert_eq!(write.updated_at.as_deref(), Some("now"));
    assert!(write.answers.is_empty() && recorded.warnings.is_empty());
}
