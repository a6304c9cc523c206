//! Tests of `--listing organization`: fewer requests, and a plan that says what was not compared.

use crate::support::{TestEnv, faulty};
use serde_json::json;

const LIST: &str = "list_integrations_connectors";
const LIST_ALL: &str = "list_organizations_credentials";

#[test]
fn plan_by_organization_lists_no_unchanged_customer() {
    let env = TestEnv::applied();
    let (output, traffic) = env.run_with_traffic(&["plan", "--listing", "organization"]);
    output.exits(0).says("No changes.");
    output.says("were not compared");
    assert_eq!((traffic.count(LIST), traffic.count(LIST_ALL)), (0, 1));
    traffic.assert_contract();
    let plan = env.run(&["plan", "--listing", "organization", "--format", "json"]);
    let plan = plan.exits(0).json();
    let customers = &plan["summary"]["customers_declared"];
    assert_eq!(&plan["summary"]["customers_not_compared"], customers);
}

#[test]
fn plan_by_organization_notices_connectors_of_others_and_deletions() {
    let env = TestEnv::applied();
    let credentials = json!({"token": "x"});
    env.remote()
        .connector("acme", "Another", "github", &credentials);
    let (output, traffic) = env.run_with_traffic(&["plan", "--listing", "organization"]);
    output.exits(0).says("Another");
    assert_eq!(traffic.count(LIST), 1);
    env.remote()
        .delete_connector(env.connector("Globex Stripe").id);
    env.wait_for("the deletion", |env| {
        let plan = env.run(&["plan", "--listing", "organization"]);
        plan.stdout.contains("+ globex/Globex Stripe")
    });
}

#[test]
fn apply_by_organization_of_changed_files_converges() {
    let env = TestEnv::applied();
    env.write("stripe-key", "another value");
    env.converge(&["--listing", "organization"]);
}

#[test]
fn plan_by_organization_without_the_operation_lists_each_customer() {
    let env = TestEnv::with(
        crate::support::PROJECT,
        faulty("list_organizations_credentials:*:403"),
    );
    env.converge(&[]);
    let (output, traffic) = env.run_with_traffic(&["plan", "--listing", "organization"]);
    output
        .exits(0)
        .complains("--listing organization has no effect");
    assert!(traffic.count(LIST) > 1);
}

#[test]
fn drift_and_full_refresh_list_each_customer() {
    let env = TestEnv::applied();
    let full = ["plan", "--listing", "organization", "--refresh", "full"];
    let (output, traffic) = env.run_with_traffic(&full);
    output.exits(0);
    assert!(traffic.count(LIST) > 1 && traffic.count(LIST_ALL) == 0);
    env.run(&["drift", "--listing", "organization"]).exits(64);
}
