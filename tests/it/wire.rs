//! Both sides of the wire against `schemas/api`. Every scenario checks its own traffic (see
//! `Traffic::keeps_the_contract`); here stands what that leaves open.

use crate::support::{TestEnv, options};
use airlift::sandbox::ApiContract;
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;

const CONNECTORS: &str = "/api/v1/integrations/connectors";

#[test]
fn the_contract_is_checked_at_all() {
    let contract = ApiContract::load().unwrap();
    let fine = json!({"client_id": "a", "client_secret": "b"});
    let token = "/api/v1/account/applications/token";
    assert!(
        contract
            .check_request("POST", token, Some(&fine))
            .is_empty()
    );
    let more = json!({"client_id": "a", "client_secret": "b", "extra": 1});
    for (method, target, body) in [
        ("POST", token, Some(&more)),
        ("POST", token, None),
        ("GET", token, None),
        ("GET", "/api/v1/nothing", None),
        ("GET", "/api/v1/workspaces?limit=1000", None),
        ("GET", "/api/v1/workspaces?nonsense=1", None),
    ] {
        let found = contract.check_request(method, target, body);
        assert!(!found.is_empty(), "{method} {target}");
    }
    let answer = json!({"access_token": 1});
    assert!(
        !contract
            .check_response("POST", token, 200, &answer)
            .is_empty()
    );
}

#[test]
fn what_a_run_sends_is_of_the_contract() {
    let env = TestEnv::new();
    let (_, traffic) = env.converge(&[]);
    let contract = ApiContract::load().unwrap();
    for one in traffic.0.iter().filter(|one| one.method == "GET") {
        let found = contract.check_request("GET", &one.target, None);
        assert!(found.is_empty(), "{one:#?}: {found:?}");
    }
    let used: BTreeSet<_> = traffic
        .0
        .iter()
        .filter_map(|one| one.operation.as_deref())
        .collect();
    let known: BTreeSet<_> = contract.operation_ids().into_iter().collect();
    assert!(used.is_subset(&known));
    // Fields of each creation, by the names of the newest contract.
    for one in traffic.0.iter().filter(|one| one.credentials) {
        let fields: BTreeSet<&str> = one.fields.iter().map(String::as_str).collect();
        for field in ["workspace_name", "name", "definition_id", "credentials"] {
            assert!(fields.contains(field), "{one:#?}");
        }
    }
}

#[test]
fn what_the_sandbox_answers_is_of_the_contract() {
    let env = TestEnv::applied();
    let contract = ApiContract::load().unwrap();
    let remote = env.remote();
    let id = env.connector("Acme GitHub").id;
    let workspace = env.world().workspace("acme").unwrap().id;
    for target in [
        "/api/v1/workspaces?limit=1".to_owned(),
        "/api/v1/workspaces/stats".to_owned(),
        format!("/api/v1/workspaces/{workspace}"),
        format!("{CONNECTORS}?workspace_name=acme"),
        format!("{CONNECTORS}/{id}"),
        format!("{CONNECTORS}/{id}/inspect"),
        "/api/v1/integrations/definitions/sources".to_owned(),
        "/api/v1/integrations/templates/sources".to_owned(),
    ] {
        let answer = remote.ask(Method::GET, &target, None);
        let found = contract.check_response("GET", &target, 200, &answer);
        assert!(found.is_empty(), "{target}: {found:?}");
        let text = answer.to_string();
        assert!(!text.contains("value-of"), "{target} shows a credential");
    }
}

#[test]
fn a_listing_is_followed_to_its_end() {
    let mut options = options();
    options.page_size_max = 1;
    let env = TestEnv::with(crate::support::ESTATE, options);
    let (_, traffic) = env.converge(&[]);
    assert!(traffic.count("list_workspaces") >= 1);
    let (_, traffic) = env.run_seen(&["plan"]);
    // Ours and the one that every organization has.
    assert_eq!(traffic.count("list_workspaces"), 3);
    assert!(traffic.0.iter().any(|one| one.target.contains("cursor=")));
}
