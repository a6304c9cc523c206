//! Tests of decoding responses of all forms, and of errors that do not quote them.

use crate::api::CheckStatus;
use crate::api::wire::{
    CheckResponse, ConnectorResponse, DefinitionList, ResponseBody, TokenResponse, WorkspacePage,
    WorkspaceResponse, decode,
};
use crate::model::{Mode, ObservedStatus};
use serde_json::{Value, json};

fn read<T: ResponseBody>(value: &Value) -> T {
    decode(value.to_string().as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

fn fails<T: ResponseBody>(body: &str) -> String {
    match decode::<T>(body.as_bytes()) {
        Ok(_) => panic!("decoded {body}"),
        Err(reason) => reason,
    }
}

const ID: &str = "00000000-0000-0000-0000-000000000001";

#[test]
fn decode_error_does_not_quote_response() {
    for body in [
        r#"{"data":"hunter2"}"#,
        r#"{"data":[{"id":"hunter2","name":"x"}]}"#,
        r#"{"data":[{"id":{"hunter2":1}}]}"#,
        r#"{"data":["hunter2"],"data":[]}"#,
        "hunter2",
        r#"{"data":[],"next":{"hunter2":true}}"#,
        r#"{"data":"hunter2"#,
        r#"{"data":[{"id":"missing field `hunter2`"}]}"#,
    ] {
        let reason = fails::<WorkspacePage>(body);
        assert!(!reason.contains("hunter2"), "{body}: {reason}");
        assert!(
            reason.starts_with("expected a page of workspaces"),
            "{reason}"
        );
    }
    let reason = fails::<TokenResponse>(r#"{"access_token":{"hunter2":1}}"#);
    assert!(!reason.contains("hunter2"), "{reason}");
    assert_eq!(
        fails::<TokenResponse>("{}"),
        "expected an application token, but the body has other fields or types (no `access_token`) at line 1 column 2"
    );
    assert!(fails::<TokenResponse>("").contains("ends early"));
}

#[test]
fn token_lifetime_is_clamped() {
    let life = |value: Value| {
        read::<TokenResponse>(&json!({"access_token": "t", "expires_in": value})).life()
    };
    let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
    assert!(close(life(json!(900)), 900.0) && close(life(json!("60")), 60.0));
    assert!(close(life(json!(-5)), 1.0) && close(life(json!(1e30)), 86_400.0));
    assert!(close(life(json!(null)), 900.0) && close(life(json!("soon")), 900.0));
}

#[test]
fn workspace_with_unknown_values_is_decoded() {
    let workspace = |status: &str, tombstone: Value| {
        let value =
            json!({"id": ID, "name": "a", "status": status, "tombstone": tombstone, "new": 1});
        read::<WorkspaceResponse>(&value).into_live()
    };
    assert_eq!(
        workspace("active", json!(null)).unwrap().status,
        ObservedStatus::Active
    );
    assert_eq!(
        workspace("paused", json!(false)).unwrap().status,
        ObservedStatus::Other("paused".into())
    );
    assert!(workspace("active", json!(true)).is_none());
}

#[test]
fn connector_of_list_and_detail_is_decoded() {
    let listed = json!({"id": ID, "name": "a", "updated_at": null,
        "summarized_source_template": {"id": ID, "name": "t", "icon": null, "actor_definition_id": ID, "connector_name": "github"}});
    let ConnectorResponse(connector) = read(&listed);
    assert_eq!(connector.observed.kind_name.as_deref(), Some("github"));
    assert!(connector.observed.detail.is_none());
    let detailed = json!({"id": ID, "name": "a", "replication_config": {"k": 1},
        "entities": [{"entity": "e", "modes": ["write", "admin", "read"]}, {"entity": "f"}],
        "source_template": {"id": ID, "name": "t", "source_definition_id": ID}});
    let ConnectorResponse(connector) = read(&detailed);
    let detail = connector.observed.detail.unwrap();
    assert_eq!(
        detail.entities[0].modes,
        Some(vec![Mode::Read, Mode::Write])
    );
    assert_eq!(detail.entities[1].modes, None);
    let bare = json!({"id": ID, "name": "hunter2"}).to_string();
    assert!(!fails::<ConnectorResponse>(&bare).contains("hunter2"));
}

#[test]
fn check_without_result_is_inconclusive() {
    for status in [json!(null), json!("inconclusive")] {
        let response: CheckResponse = read(&json!({"id": ID, "status": status}));
        assert_eq!(response.status(), CheckStatus::Inconclusive);
    }
    let later: CheckResponse = read(&json!({"id": ID, "status": "later"}));
    assert_eq!(later.status(), CheckStatus::Other);
    for incomplete in [json!({}), json!({"status": "succeeded"})] {
        fails::<CheckResponse>(&incomplete.to_string());
    }
}

#[test]
fn definition_without_source_id_is_left_out() {
    let list: DefinitionList = read(&json!({"definitions": [
        {"name": "GitHub", "sourceDefinitionId": ID}, {"name": "Odd"}, {"name": "Bad", "sourceDefinitionId": "x"}]}));
    assert_eq!(list.definitions().len(), 1);
}
