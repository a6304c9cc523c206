//! Tests of the part of a plan that an earlier plan contains.

use super::{Scene, id, live_connector, settings, token, workspace};
use crate::model::{Address, DesiredConnector};
use crate::plan::tests::{declared, recorded};
use crate::plan::{ApprovedPart, Plan, StaleCause, approved_part};
use serde_json::json;

/// `acme` with one connector that differs from the files, `git`, and one that is new, `issues`.
fn scene() -> Scene {
    let mut scene = Scene::applied();
    scene.git().replication_config = settings(json!({"start_date": "2026-01-01"}));
    let issues = DesiredConnector {
        credentials: token(),
        ..*declared()
    };
    scene
        .declare("acme")
        .connectors
        .insert("issues", issues.into());
    scene
}

fn part(approved: &Plan, scene: &Scene) -> ApprovedPart {
    approved_part(approved, scene.plan(), &scene.recorded, |_| true)
}

fn addresses(plan: &Plan) -> Vec<String> {
    plan.steps().map(|step| step.address.to_string()).collect()
}

fn stale(part: &ApprovedPart) -> Vec<(String, StaleCause)> {
    part.stale
        .iter()
        .map(|step| (step.address.to_string(), step.cause))
        .collect()
}

#[test]
fn unchanged_state_approves_every_step() {
    let scene = scene();
    let approved = scene.plan();
    let part = part(&approved, &scene);
    assert_eq!(part.plan.customers, approved.customers);
    assert_eq!(part.plan.summary, approved.summary);
    assert!(part.stale.is_empty() && part.satisfied.is_empty() && part.unapproved.is_empty());
}

#[test]
fn step_of_an_object_that_others_changed_is_stale_and_the_rest_is_approved() {
    let mut scene = scene();
    let approved = scene.plan();
    scene.connectors(1).get_mut(&id(10)).unwrap().updated_at = Some("later".into());
    let part = part(&approved, &scene);
    assert_eq!(addresses(&part.plan), ["acme/issues"]);
    assert_eq!(stale(&part), [("acme/git".into(), StaleCause::Object)]);
}

#[test]
fn step_whose_object_exists_as_approved_is_satisfied() {
    let mut scene = scene();
    let approved = scene.plan();
    scene
        .connectors(1)
        .insert(id(11), live_connector("issues").into());
    let acme = scene.recorded_customer(1, "acme");
    acme.connectors.insert("issues".into(), recorded(11));
    let part = part(&approved, &scene);
    assert_eq!(addresses(&part.plan), ["acme/git"]);
    let satisfied: Vec<String> = part.satisfied.iter().map(|(a, _)| a.to_string()).collect();
    assert_eq!(satisfied, ["acme/issues"]);
}

#[test]
fn step_that_the_files_no_longer_declare_is_stale() {
    let mut scene = scene();
    let approved = scene.plan();
    scene.declare("acme").connectors.remove("issues");
    let issues = Address::connector("acme", "issues");
    let part = approved_part(&approved, scene.plan(), &scene.recorded, |address| {
        *address != issues
    });
    assert_eq!(stale(&part), [("acme/issues".into(), StaleCause::Files)]);
    assert_eq!(addresses(&part.plan), ["acme/git"]);
}

#[test]
fn step_that_was_not_approved_is_left_out() {
    let mut scene = scene();
    let approved = scene.plan();
    let new = scene.declare("acme").connectors["issues"].clone();
    scene.declare("acme").connectors.insert("more", new);
    scene.declare("globex");
    let part = part(&approved, &scene);
    assert_eq!(addresses(&part.plan), ["acme/git", "acme/issues"]);
    let left_out: Vec<String> = part.unapproved.iter().map(|(a, _)| a.to_string()).collect();
    assert_eq!(left_out, ["acme/more", "globex"]);
    assert_eq!(part.plan.summary.add, 1);
}

#[test]
fn part_takes_its_share_of_the_time_of_the_whole() {
    let mut scene = scene();
    let approved = scene.plan();
    scene.declare("globex");
    let mut present = scene.plan();
    present.summary.forecast = present.summary.forecast.within(Some(1));
    let whole = present.summary.forecast;
    let part = approved_part(&approved, present, &scene.recorded, |_| true);
    let part = part.plan.summary.forecast;
    assert!(part.requests < whole.requests);
    assert_eq!(whole.seconds, 100 * whole.requests);
    assert_eq!(part.seconds, 100 * part.requests);
}

#[test]
fn customer_with_another_workspace_or_a_new_step_of_its_own_is_stale_as_a_whole() {
    let mut scene = scene();
    let approved = scene.plan();
    let mut moved = scene.clone();
    let entry = moved.recorded.customers.remove(&workspace(1)).unwrap();
    let customer = moved.observed.customers.remove(&workspace(1)).unwrap();
    moved.recorded.customers.insert(workspace(2), entry);
    moved.observed.customers.insert(workspace(2), customer);
    scene.declare("acme").status = crate::model::Status::Inactive;
    for scene in [moved, scene] {
        let part = part(&approved, &scene);
        assert!(addresses(&part.plan).is_empty(), "{part:#?}");
        let causes: Vec<StaleCause> = part.stale.iter().map(|step| step.cause).collect();
        assert_eq!(causes, [StaleCause::Customer; 2]);
    }
}

#[test]
fn steps_of_a_customer_that_others_renamed_are_stale_and_not_done() {
    let mut scene = scene();
    let approved = scene.plan();
    scene.workspace(1, "").name = "acme inc".into();
    let part = part(&approved, &scene);
    assert_eq!(part.satisfied, []);
    let cause = StaleCause::Customer;
    let expected = [("acme/git".into(), cause), ("acme/issues".into(), cause)];
    assert_eq!(stale(&part), expected);
}

#[test]
fn step_that_would_send_another_secret_is_skipped() {
    let scene = scene();
    let approved = scene.plan();
    let issues = Address::connector("acme", "issues");
    let part = part(&approved, &scene).without(&[issues].into());
    assert_eq!(addresses(&part.plan), ["acme/git"]);
    assert_eq!(stale(&part), [("acme/issues".into(), StaleCause::Secret)]);
    assert_eq!((part.plan.summary.add, part.plan.summary.change), (0, 1));
}

#[test]
fn rotation_that_the_present_plan_does_not_see_is_stale_until_the_id_changed() {
    let mut scene = Scene::applied();
    scene.change_token();
    let approved = scene.plan();
    assert_eq!(addresses(&approved), ["acme/git"]);
    scene.secrets.connectors.clear();
    assert_eq!(
        stale(&part(&approved, &scene)),
        [("acme/git".into(), StaleCause::Secret)]
    );
    scene.git_recorded().id = id(11);
    let connector = scene.connectors(1).remove(&id(10)).unwrap();
    scene.connectors(1).insert(id(11), connector);
    let part = part(&approved, &scene);
    assert!(
        part.stale.is_empty() && part.satisfied.len() == 1,
        "{part:#?}"
    );
}

#[test]
fn deletion_that_another_ledger_does_not_see_is_stale() {
    let mut scene = Scene::applied();
    scene.policy.prune = true;
    scene.declare("acme").connectors.clear();
    let approved = scene.plan();
    assert_eq!(addresses(&approved), ["acme/git"]);
    scene.recorded.customers.clear();
    let part = part(&approved, &scene);
    assert!(part.satisfied.is_empty(), "{part:#?}");
    scene.connectors(1).clear();
    scene.recorded_customer(1, "acme");
    let part = self::part(&approved, &scene);
    assert!(
        part.stale.is_empty() && part.satisfied.len() == 1,
        "{part:#?}"
    );
}
