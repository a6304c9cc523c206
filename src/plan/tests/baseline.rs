//! Tests of the comparison of settings with the answers to the last write.

use super::{Scene, detail, id, settings};
use crate::model::{Answer, Entity, LastWrite, ObservedDetail, ResponseSettings, SettingAnswer};
use crate::plan::{PlanWarning, PlanWarningCode, Reason, drift};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// `acme/git` with `a: 1` declared and applied, and another value remotely.
struct Case {
    scene: Scene,
}

impl Case {
    fn new(live: &Value) -> Self {
        let mut scene = Scene::applied();
        let declared = settings(json!({"a": 1}));
        scene.git().replication_config.clone_from(&declared);
        scene.git_recorded().applied.replication_config = declared;
        scene.connectors(1).get_mut(&id(10)).unwrap().detail = detail(json!({"a": live}));
        Self { scene }
    }

    fn answered(mut self, answer: Answer, sends: u32) -> Self {
        self.write().answers = [(
            "replication_config.a".to_owned(),
            SettingAnswer { answer, sends },
        )]
        .into();
        self
    }

    fn unanswered(mut self) -> Self {
        self.write().response = ResponseSettings::Unknown;
        self
    }

    /// Sets the times of the last write and of the observed connector.
    fn times(mut self, written: &str, observed: &str) -> Self {
        self.write().updated_at = Some(written.into());
        let live = self.scene.connectors(1).get_mut(&id(10)).unwrap();
        live.updated_at = Some(observed.into());
        self
    }

    fn write(&mut self) -> &mut LastWrite {
        self.scene.git_recorded().write.get_or_insert_default()
    }

    /// The reasons of the plan's only step, and the codes of the warnings.
    fn planned(&self) -> (Vec<Reason>, Vec<PlanWarningCode>) {
        let plan = self.scene.plan();
        let reasons = plan.steps().flat_map(|step| step.reasons.clone());
        let warnings = plan.warnings.iter().map(PlanWarning::code);
        (reasons.collect(), warnings.collect())
    }

    fn assert_clean(&self) {
        assert_eq!(self.planned(), (vec![], vec![]));
        assert!(!self.has_drift());
    }

    fn assert_not_kept(&self) {
        assert_eq!(
            self.planned(),
            (vec![], vec![PlanWarningCode::SettingNotKept])
        );
        assert!(!self.has_drift());
    }

    fn assert_written(&self, reason: Reason) {
        assert_eq!(self.planned(), (vec![reason], vec![]));
        assert_eq!(self.has_drift(), reason == Reason::FieldChanged);
    }

    fn has_drift(&self) -> bool {
        let scene = &self.scene;
        drift(&scene.recorded, &scene.observed, &scene.policy).has_changes()
    }

    /// The ledger's record after the next apply, which needs no write.
    fn updated_write(&self) -> Option<LastWrite> {
        let plan = self.scene.plan();
        let updates = &plan.customers[0].ledger_updates.connectors;
        let [update] = updates.as_slice() else {
            panic!("no ledger update: {plan:#?}")
        };
        update.write.as_deref().cloned()
    }
}

fn stored(value: Value) -> Answer {
    Answer::Stored(value)
}

#[test]
fn setting_as_answered_is_clean() {
    Case::new(&json!("1"))
        .answered(stored(json!("1")), 1)
        .assert_clean();
    let later = Case::new(&json!("1")).answered(stored(json!("1")), 1);
    later.times("then", "now").assert_clean();
}

#[test]
fn setting_unlike_its_answer_is_changed() {
    for value in [json!("2"), json!(2), json!(null)] {
        let case = Case::new(&value).answered(stored(json!("1")), 1);
        case.assert_written(Reason::FieldChanged);
        case.times("then", "now")
            .assert_written(Reason::FieldChanged);
    }
}

#[test]
fn setting_as_declared_is_clean_whatever_the_answer() {
    let case = Case::new(&json!(1)).answered(stored(json!("1")), 1);
    case.assert_clean();
    assert_eq!(case.updated_write(), None);
}

#[test]
fn setting_edited_to_another_value_than_applied_is_written() {
    let mut case = Case::new(&json!("1")).answered(stored(json!("1")), 1);
    case.scene.git().replication_config = settings(json!({"a": 2}));
    assert_eq!(case.planned(), (vec![Reason::FieldChanged], vec![]));
    case.scene.git().replication_config = settings(json!({"a": "1"}));
    assert_eq!(case.planned(), (vec![], vec![]));
    assert_eq!(case.updated_write(), None);
}

#[test]
fn setting_answered_with_old_value_is_sent_a_second_time() {
    let case = || Case::new(&json!(7)).answered(Answer::Old(json!(7)), 1);
    case().assert_written(Reason::WriteUnconfirmed);
    case()
        .times("then", "now")
        .assert_written(Reason::WriteUnconfirmed);
    let sent_twice = Case::new(&json!(7)).answered(Answer::Old(json!(7)), 2);
    sent_twice.assert_not_kept();
}

#[test]
fn setting_read_as_the_write_left_it_gets_a_baseline() {
    let old = Case::new(&json!(7)).answered(Answer::Old(json!(7)), 1);
    let old = old.times("then", "then");
    old.assert_not_kept();
    assert!(!old.updated_write().unwrap().is_unsettled());
    let unanswered = Case::new(&json!("1")).unanswered().times("then", "then");
    unanswered.assert_clean();
    let answer = unanswered
        .updated_write()
        .unwrap()
        .answer("replication_config.a");
    assert_eq!(answer.answer, stored(json!("1")));
}

#[test]
fn setting_without_answer_and_written_since_has_no_baseline() {
    let unanswered = Case::new(&json!("1")).unanswered();
    unanswered
        .times("then", "now")
        .assert_written(Reason::FieldChanged);
    Case::new(&json!("1")).assert_written(Reason::FieldChanged);
}

#[test]
fn setting_read_in_another_form_after_a_write_by_others_is_clean() {
    let later = Case::new(&json!("1")).answered(Answer::AsSent, 1);
    let later = later.times("then", "now");
    later.assert_clean();
    assert!(later.updated_write().is_some());
    let other_value = Case::new(&json!("2")).answered(Answer::AsSent, 1);
    other_value
        .times("then", "now")
        .assert_written(Reason::FieldChanged);
}

#[test]
fn setting_read_in_another_case_after_a_write_by_others_is_changed() {
    let mut case = Case::new(&json!("acme/api")).answered(Answer::AsSent, 1);
    let declared = settings(json!({"a": "Acme/Api"}));
    case.scene.git().replication_config.clone_from(&declared);
    case.scene.git_recorded().applied.replication_config = declared;
    let case = case.times("then", "now");
    case.assert_written(Reason::FieldChanged);
}

#[test]
fn setting_read_in_another_form_than_answered_is_clean_as_the_write_left_it() {
    let as_written = Case::new(&json!("1")).answered(Answer::AsSent, 1);
    let as_written = as_written.times("then", "then");
    as_written.assert_clean();
    assert!(as_written.updated_write().is_some());
    let other_value = Case::new(&json!(2)).answered(Answer::AsSent, 1);
    other_value
        .times("then", "then")
        .assert_written(Reason::FieldChanged);
    let mut created = Case::new(&json!("1"));
    created.scene.git_recorded().updated_at = Some("then".into());
    let live = created.scene.connectors(1).get_mut(&id(10)).unwrap();
    live.updated_at = Some("then".into());
    created.assert_clean();
    assert!(created.updated_write().is_some());
}

#[test]
fn setting_sent_twice_without_another_write_is_not_kept() {
    let case = || Case::new(&json!(7)).answered(Answer::AsSent, 2);
    case().assert_not_kept();
    case().times("then", "then").assert_not_kept();
    case()
        .times("then", "now")
        .assert_written(Reason::FieldChanged);
}

#[test]
fn setting_that_was_not_read_keeps_its_warning() {
    let mut case = Case::new(&json!(null)).answered(stored(json!(null)), 1);
    case.assert_not_kept();
    case.scene.connectors(1).get_mut(&id(10)).unwrap().detail = None;
    case.assert_not_kept();
}

#[test]
fn setting_that_looks_secret_is_not_recorded() {
    let mut case = Case::new(&json!("ghp_abcdefghijklmnop")).unanswered();
    case = case.times("then", "then");
    case.assert_clean();
    let write = case.updated_write();
    assert!(!format!("{write:?}").contains("ghp_"));
}

#[test]
fn replacement_of_settings_with_reference_follows_the_answer() {
    let mut case = Case::new(&json!("1")).answered(stored(json!("1")), 1);
    let declared = settings(json!({"a": 1, "key": {"$secret": "${env:K}"}}));
    case.scene.git().replication_config.clone_from(&declared);
    case.scene.git_recorded().applied.replication_config = declared;
    let sent = Arc::make_mut(case.scene.git_recorded().sent.as_mut().unwrap());
    let path = "replication_config.key";
    sent.fingerprints.insert(path, "f".into());
    sent.references.insert(path, "${env:K}".into());
    case.assert_clean();
    let live = case.scene.connectors(1).get_mut(&id(10)).unwrap();
    live.detail = detail(json!({"a": "2"}));
    assert_eq!(
        case.planned().0,
        [Reason::SecretInConfig, Reason::FieldChanged]
    );
}

#[test]
fn name_and_entities_as_answered_are_clean() {
    let mut scene = Scene::applied();
    let entity = |entity: &str| Entity {
        entity: entity.into(),
        modes: None,
    };
    scene.git().entities = Some(vec![entity("Issues")]);
    scene.git_recorded().applied.entities = Some(vec![entity("Issues")]);
    let live = scene.connectors(1).get_mut(&id(10)).unwrap();
    live.name = "GIT".into();
    live.detail = Some(Box::new(ObservedDetail {
        replication_config: Map::new(),
        entities: vec![entity("issues")],
    }));
    let case = Case { scene };
    assert_eq!(case.planned().0, [Reason::FieldChanged]);
    assert!(case.has_drift());
    let mut case = case;
    case.write().answers = [
        ("name", json!("GIT")),
        ("entities", json!([{"entity": "issues"}])),
    ]
    .map(|(path, value)| {
        let answer = stored(value);
        (path.to_owned(), SettingAnswer { answer, sends: 1 })
    })
    .into();
    case.assert_clean();
}
