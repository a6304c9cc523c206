//! Tests of what a recovered connector says about the creation that may have created it.

use super::recover;
use super::tests::{WORKSPACE, creation, id, observed, recorded};
use crate::ledger::journal::Intent;
use crate::model::{ObservedConnector, ObservedDetail, Setting, Settings};
use serde_json::json;

/// The salt of the fingerprints after recovery of a creation with the settings `{"a": "Sent"}`, and
/// whether the connector's settings count as those that the creation left.
fn recovered_secrets(change: impl Fn(&mut ObservedConnector)) -> (Option<String>, bool) {
    let mut creation = creation(1, &[], None);
    let Intent::CreateConnector { record, .. } = &mut creation.intent else {
        unreachable!("the intent is a creation")
    };
    let sent = Setting::Literal("Sent".into());
    record.applied.replication_config = Some(Settings::from_iter([("a", sent)]));
    let mut observed = observed(&[(11, "new", "10:00:01")]);
    let customer = observed.customers.get_mut(&WORKSPACE).unwrap();
    let listed = customer.connectors.as_mut().unwrap().get_mut(&id(11));
    let listed = listed.unwrap();
    listed.updated_at.clone_from(&listed.created_at);
    set_detail(listed, &json!({"a": "sent", "other": 1}));
    change(listed);
    let recovered = recover(recorded(&[]), &[creation], &observed);
    let entry = &recovered.recorded.customers[&WORKSPACE].connectors["new"];
    let is_as_written = entry.write.as_ref().unwrap().updated_at.is_some();
    (
        entry.sent.as_ref().map(|sent| sent.salt.clone()),
        is_as_written,
    )
}

fn set_detail(listed: &mut ObservedConnector, settings: &serde_json::Value) {
    listed.detail = Some(Box::new(ObservedDetail {
        replication_config: settings.as_object().unwrap().clone(),
        entities: Vec::new(),
    }));
}

#[test]
fn recover_connector_as_sent_has_the_secrets_of_the_intent() {
    let secrets = Some("1".to_owned());
    assert_eq!(recovered_secrets(|_| {}), (secrets.clone(), true));
    // The list of this API has no settings and no times.
    let without_detail = recovered_secrets(|listed| listed.detail = None);
    assert_eq!(without_detail, (secrets.clone(), true));
    let without_time = recovered_secrets(|listed| listed.updated_at = None);
    assert_eq!(without_time, (secrets, false));
}

#[test]
fn recover_connector_that_differs_from_the_intent_has_no_verified_secrets() {
    let changed = recovered_secrets(|listed| listed.updated_at = Some("later".into()));
    assert_eq!(changed, (None, false));
    for settings in [json!({"a": "other"}), json!({})] {
        let other = recovered_secrets(|listed| set_detail(listed, &settings));
        assert_eq!(other, (None, false), "{settings}");
    }
    // One hour after the intent.
    let late = recovered_secrets(|listed| {
        listed.created_at = Some("2026-05-01T11:00:00Z".into());
        listed.updated_at.clone_from(&listed.created_at);
    });
    assert_eq!(late, (None, true));
}
