//! Tests of impact, and of the guard on id changes.

use super::{OTHER_TYPE, Scene, id, live_connector, recorded};
use crate::model::DesiredConnector;
use crate::plan::{AllowedIdChanges, Impact, ImpactCounts, LimitSource, Refusal, approved_part};

/// `acme` with a connector whose secret changed, and one whose type changed.
fn changed_ids() -> Scene {
    let mut scene = Scene::applied();
    scene.change_token();
    let mut other = DesiredConnector::clone(scene.git());
    other.kind.definition_id = Some(OTHER_TYPE);
    scene
        .declare("acme")
        .connectors
        .insert("other", other.into());
    let acme = scene.recorded_customer(1, "acme");
    acme.connectors.insert("other".into(), recorded(11));
    scene
        .connectors(1)
        .insert(id(11), live_connector("other").into());
    scene
}

fn refusal(scene: &Scene) -> Option<Refusal> {
    scene.plan().refusals.pop()
}

fn too_many(allowed: u64, source: LimitSource) -> Refusal {
    Refusal::TooManyIdChanges {
        id_changes: 2,
        allowed,
        source,
    }
}

#[test]
fn impact_of_rotation_and_replacement_is_id_changes() {
    let scene = changed_ids();
    let plan = scene.plan();
    let impacts: Vec<(Impact, bool)> = plan
        .steps()
        .map(|step| (step.impact(), step.is_secret_only()))
        .collect();
    assert_eq!(
        impacts,
        [(Impact::IdChanges, true), (Impact::IdChanges, false)]
    );
    let counts = ImpactCounts {
        id_changes: 2,
        secret_only: 1,
        ..ImpactCounts::default()
    };
    assert_eq!(plan.summary.impact, counts);
}

#[test]
fn impact_of_new_customer_with_a_later_update_is_new_once() {
    let mut scene = Scene::empty();
    scene.declare("globex").status = crate::model::Status::Inactive;
    let plan = scene.plan();
    assert!(plan.steps().count() > 1);
    let counts = ImpactCounts {
        new: 1,
        ..ImpactCounts::default()
    };
    assert_eq!(plan.summary.impact, counts);
}

#[test]
fn guard_on_id_changes_is_that_of_the_flag_or_the_files_below_the_policy() {
    let mut scene = changed_ids();
    assert_eq!((refusal(&scene), scene.plan().id_changes), (None, None));
    scene.desired.guards.max_id_changes = Some(1);
    assert_eq!(refusal(&scene), Some(too_many(1, LimitSource::Files)));
    scene.policy.allow_id_changes = Some(2);
    let allowed = AllowedIdChanges {
        id_changes: 2,
        allowed: 2,
        source: LimitSource::AllowIdChanges,
    };
    assert_eq!(
        (refusal(&scene), scene.plan().id_changes),
        (None, Some(allowed))
    );
    scene.policy.ceiling.max_id_changes = Some(0);
    assert_eq!(refusal(&scene), Some(too_many(0, LimitSource::Policy)));
    scene.policy.allow_id_changes = None;
    scene.desired.guards.max_id_changes = None;
    assert_eq!(refusal(&scene), Some(too_many(0, LimitSource::Policy)));
}

#[test]
fn guards_of_an_approved_part_count_only_its_steps() {
    let mut scene = changed_ids();
    scene.desired.guards.max_id_changes = Some(1);
    let mut approved = scene.plan();
    let customer = &mut approved.customers[0];
    customer
        .steps
        .retain(|step| step.address.connector.as_deref() == Some("git"));
    let part = approved_part(&approved, scene.plan(), &scene.recorded, |_| true);
    assert_eq!(part.plan.refusals, []);
    assert_eq!(
        part.plan.id_changes.map(|allowed| allowed.id_changes),
        Some(1)
    );
    let part = approved_part(&scene.plan(), scene.plan(), &scene.recorded, |_| true);
    assert_eq!(part.plan.refusals.len(), 1);
}

#[test]
fn rotation_with_a_change_of_settings_is_not_of_secrets_only() {
    let mut scene = Scene::applied();
    scene.change_token();
    assert!(scene.plan().steps().all(crate::plan::Step::is_secret_only));
    let mut changed = DesiredConnector::clone(scene.git());
    changed.replication_config = super::settings(serde_json::json!({"a": 1}));
    scene
        .declare("acme")
        .connectors
        .insert("git", changed.into());
    let plan = scene.plan();
    assert!(!plan.steps().any(crate::plan::Step::is_secret_only));
    assert_eq!(
        (
            plan.summary.impact.id_changes,
            plan.summary.impact.secret_only
        ),
        (1, 0)
    );
}
