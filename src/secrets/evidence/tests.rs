//! What is told of a connector's secrets, with and without their values.

use super::super::{Fingerprinter, Resolver, Values};
use super::{Comparison, Seen, evidence};
use crate::model::{
    Address, Applied, ConnectorId, DefinitionId, DesiredConnector, Freshness, Kind, OrganizationId,
    Recorded, RecordedConnector, RecordedCustomer, Rotation, SecretRef, SecretValue, Sent, Setting,
    WhyUnverified, WorkspaceId,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

fn fingerprinter(material: &str) -> Fingerprinter {
    Fingerprinter::new(
        &SecretValue::new(material.into()),
        OrganizationId(Uuid::nil()),
    )
}

fn reference() -> SecretRef {
    "${env:X}".parse().unwrap()
}

fn values(value: &str) -> Values {
    BTreeMap::from([(reference(), Arc::new(SecretValue::new(value.into())))])
}

/// A reference under `a` and a literal under `b`, sent as `v` and `plain`.
fn sent(by: &Fingerprinter) -> Sent {
    let (secret, literal) = (Setting::Secret(reference()), Setting::from(json!("plain")));
    let leaves = [("a".to_owned(), &secret), ("b".to_owned(), &literal)];
    let value = SecretValue::new("v".into());
    by.sent(leaves, |_| Some(&value), "salt".into(), "then".into())
}

fn compared(
    rotation: Rotation,
    by: &Fingerprinter,
    sent: &Sent,
    literal: &str,
    values: Option<&Values>,
) -> (Vec<Freshness>, usize) {
    let (secret, literal) = (Setting::Secret(reference()), Setting::from(json!(literal)));
    let one = Comparison {
        leaves: BTreeMap::from([("a".to_owned(), &secret), ("b".to_owned(), &literal)]),
        rotation,
        sent,
        fingerprinter: by,
    };
    let seen = values.map(|values| Seen {
        versions: BTreeMap::new(),
        values: values.clone(),
    });
    (
        one.freshness(seen.as_ref()).into_values().collect(),
        one.wanted().count(),
    )
}

#[test]
fn what_is_told_depends_on_what_is_known() {
    use Freshness::{Changed, Unchanged, Unverified};
    use WhyUnverified::{KeyChanged, Manual, NotAsked, Unavailable};
    let key = fingerprinter("k");
    let sent = sent(&key);
    let told = |values: Option<&Values>| compared(Rotation::Compare, &key, &sent, "plain", values);
    assert_eq!(told(Some(&values("v"))), (vec![Unchanged, Unchanged], 1));
    assert_eq!(told(Some(&values("w"))), (vec![Changed, Unchanged], 1));
    assert_eq!(
        told(Some(&Values::new())),
        (vec![Unverified(Unavailable), Unchanged], 1)
    );
    assert_eq!(told(None), (vec![Unverified(NotAsked), Unchanged], 1));
    let manual = compared(Rotation::Manual, &key, &sent, "other", Some(&values("v")));
    assert_eq!(manual, (vec![Unverified(Manual), Changed], 0));
    let other_key = fingerprinter("other");
    let moved = compared(
        Rotation::Compare,
        &other_key,
        &sent,
        "plain",
        Some(&values("v")),
    );
    assert_eq!(moved, (vec![Unverified(KeyChanged); 2], 0));
    let mut never = sent.clone();
    never.fingerprints.clear();
    let new = compared(Rotation::Compare, &key, &never, "plain", Some(&values("v")));
    assert_eq!(new, (vec![Changed, Changed], 0));
}

#[tokio::test]
async fn evidence_is_gathered_for_what_was_sent() {
    let key = fingerprinter("k");
    let credentials = BTreeMap::from([
        ("a".to_owned(), Setting::Secret(reference())),
        ("b".to_owned(), Setting::from(json!("plain"))),
    ]);
    let declared = DesiredConnector {
        previous_name: None,
        kind: Kind {
            name: "github".into(),
            definition_id: None,
        },
        auth: None,
        template_id: None,
        credentials: Some(credentials.into_iter().collect()),
        readable: BTreeSet::new(),
        credentials_version: None,
        rotation: Rotation::Compare,
        environment: None,
        replication_config: None,
        entities: None,
    };
    let value = SecretValue::new("v".into());
    let leaves = declared.secret_leaves();
    let record = |number: u128, sent| RecordedConnector {
        id: ConnectorId(Uuid::from_u128(number)),
        definition_id: DefinitionId(Uuid::nil()),
        template_id: None,
        sent,
        credentials_version: None,
        applied: Applied::default(),
        updated_at: None,
    };
    let sent = key.sent(leaves, |_| Some(&value), "salt".into(), "then".into());
    let customer = RecordedCustomer {
        connectors: BTreeMap::from([
            ("one".into(), record(1, Some(sent))),
            ("two".into(), record(2, None)),
        ]),
        ..RecordedCustomer::default()
    };
    let recorded = Recorded {
        customers: BTreeMap::from([(WorkspaceId(Uuid::nil()), customer)]),
    };
    let pairs = [1, 2, 3].map(|number| {
        let address = Address::connector("acme", number.to_string());
        (address, &declared, ConnectorId(Uuid::from_u128(number)))
    });
    let none: Option<&Resolver> = None;
    let found = evidence(&pairs, &recorded, &key, none).await.connectors;
    let expected = BTreeMap::from([
        (
            "credentials.a".into(),
            Freshness::Unverified(WhyUnverified::NotAsked),
        ),
        ("credentials.b".into(), Freshness::Unchanged),
    ]);
    assert_eq!(
        found,
        BTreeMap::from([(Address::connector("acme", "1"), expected)])
    );
}
