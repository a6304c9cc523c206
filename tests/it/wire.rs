//! Tests of requests and responses against `schemas/api`. Every scenario checks its own traffic (see
//! `RecordedRequests::assert_contract`).

use crate::support::{TestEnv, options};
use airlift::sandbox::ApiContract;
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;

const CONNECTORS: &str = "/api/v1/integrations/connectors";

#[test]
fn contract_check_finds_violations() {
    let contract = ApiContract::load().unwrap();
    let valid = json!({"client_id": "a", "client_secret": "b"});
    let token = "/api/v1/account/applications/token";
    assert!(
        contract
            .check_request("POST", token, Some(&valid))
            .is_empty()
    );
    let unknown_field = json!({"client_id": "a", "client_secret": "b", "extra": 1});
    for (method, target, body) in [
        ("POST", token, Some(&unknown_field)),
        ("POST", token, None),
        ("GET", token, None),
        ("GET", "/api/v1/nothing", None),
        ("GET", "/api/v1/workspaces?limit=1000", None),
        ("GET", "/api/v1/workspaces?nonsense=1", None),
    ] {
        let violations = contract.check_request(method, target, body);
        assert!(!violations.is_empty(), "{method} {target}");
    }
    let response = json!({"access_token": 1});
    assert!(
        !contract
            .check_response("POST", token, 200, &response)
            .is_empty()
    );
}

#[test]
fn requests_of_a_run_follow_the_contract() {
    let env = TestEnv::new();
    let (_, traffic) = env.converge(&[]);
    let contract = ApiContract::load().unwrap();
    for request in traffic.0.iter().filter(|request| request.method == "GET") {
        let violations = contract.check_request("GET", &request.target, None);
        assert!(violations.is_empty(), "{request:#?}: {violations:?}");
    }
    let used: BTreeSet<_> = traffic
        .0
        .iter()
        .filter_map(|request| request.operation.as_deref())
        .collect();
    let known: BTreeSet<_> = contract.operation_ids().into_iter().collect();
    assert!(used.is_subset(&known));
    // The fields of each creation under the newest contract.
    for request in traffic.0.iter().filter(|request| request.credentials) {
        let fields: BTreeSet<&str> = request.fields.iter().map(String::as_str).collect();
        for field in ["workspace_name", "name", "definition_id", "credentials"] {
            assert!(fields.contains(field), "{request:#?}");
        }
    }
}

#[test]
fn responses_of_the_sandbox_follow_the_contract() {
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
        let response = remote.send(Method::GET, &target, None);
        let violations = contract.check_response("GET", &target, 200, &response);
        assert!(violations.is_empty(), "{target}: {violations:?}");
        let text = response.to_string();
        assert!(!text.contains("value-of"), "{target} shows a credential");
    }
}

#[test]
fn listing_with_several_pages_is_read_to_its_end() {
    let mut options = options();
    options.page_size_max = 1;
    let env = TestEnv::with(crate::support::PROJECT, options);
    let (_, traffic) = env.converge(&[]);
    assert!(traffic.count("list_workspaces") >= 1);
    let (_, traffic) = env.run_with_traffic(&["plan"]);
    // Two customers, and the default workspace of every organization.
    assert_eq!(traffic.count("list_workspaces"), 3);
    assert!(
        traffic
            .0
            .iter()
            .any(|request| request.target.contains("cursor="))
    );
}
