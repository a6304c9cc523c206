//! What is told of a connector's secrets, with and without their values.

use super::super::{Fingerprinter, Values};
use super::{Comparison, Seen, compare};
use crate::model::{
    Address, Applied, Completeness, ConnectorId, DefinitionId, Desired, DesiredConnector,
    DesiredCustomer, Kind, Observed, ObservedConnector, ObservedCustomer, ObservedStatus,
    OrganizationId, Recorded, RecordedConnector, RecordedCustomer, Rotation, SecretRef,
    SecretStatus, SecretValue, Sent, Setting, TemplateId, WhyUnverified, WorkspaceId,
};
use crate::plan::match_resources;
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
) -> (Vec<SecretStatus>, usize) {
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
        one.statuses(seen.as_ref()).into_values().collect(),
        one.wanted().count(),
    )
}

#[test]
fn what_is_told_depends_on_what_is_known() {
    use SecretStatus::{Changed, Unchanged, Unverified};
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
async fn only_what_was_sent_is_compared() {
    let key = fingerprinter("k");
    let declared = declared();
    let value = SecretValue::new("v".into());
    let leaves = declared.secret_leaves();
    let sent = key.sent(leaves, |_| Some(&value), "salt".into(), "then".into());
    let customer = RecordedCustomer {
        connectors: BTreeMap::from([
            ("one".into(), record(1, Some(sent))),
            ("two".into(), record(2, None)),
        ]),
        name: "acme".into(),
        ..RecordedCustomer::default()
    };
    let workspace = WorkspaceId(Uuid::nil());
    let recorded = Recorded {
        customers: BTreeMap::from([(workspace, customer)]),
    };
    let observed = observed(workspace, [1, 2, 3]);
    let desired = Desired {
        customers: BTreeMap::from([(
            "acme".to_owned(),
            DesiredCustomer {
                connectors: ["one", "two", "three"]
                    .map(|name| (name.to_owned(), declared.clone()))
                    .into(),
                ..DesiredCustomer::default()
            },
        )]),
        ..Desired::default()
    };
    let matches = match_resources(&desired, &observed, &recorded);
    let compared = compare(&matches, &key, None).await.connectors;
    let expected = BTreeMap::from([
        (
            "credentials.a".into(),
            SecretStatus::Unverified(WhyUnverified::NotAsked),
        ),
        ("credentials.b".into(), SecretStatus::Unchanged),
    ]);
    assert_eq!(
        compared,
        BTreeMap::from([(Address::connector("acme", "one"), expected)])
    );
}

fn record(number: u128, sent: Option<Sent>) -> RecordedConnector {
    RecordedConnector {
        id: ConnectorId(Uuid::from_u128(number)),
        definition_id: DefinitionId(Uuid::nil()),
        template_id: None,
        sent,
        credentials_version: None,
        applied: Applied::default(),
        updated_at: None,
    }
}

/// A workspace named `acme` with these connectors.
fn observed(workspace: WorkspaceId, connectors: [u128; 3]) -> Observed {
    let connector = |number: u128| ObservedConnector {
        name: number.to_string(),
        definition_id: DefinitionId(Uuid::nil()),
        kind_name: None,
        template_id: TemplateId(Uuid::nil()),
        created_at: None,
        updated_at: None,
        detail: None,
    };
    let customer = ObservedCustomer {
        name: "acme".into(),
        status: ObservedStatus::Active,
        cache: None,
        created_at: String::new(),
        connectors: Some(
            connectors
                .map(|number| (ConnectorId(Uuid::from_u128(number)), connector(number)))
                .into(),
        ),
    };
    Observed {
        organization_id: OrganizationId(Uuid::nil()),
        customers: BTreeMap::from([(workspace, customer)]),
        completeness: Completeness::Complete,
        kinds: BTreeMap::new(),
    }
}

/// A connector with a reference under `a` and a literal under `b`.
fn declared() -> DesiredConnector {
    let credentials = BTreeMap::from([
        ("a".to_owned(), Setting::Secret(reference())),
        ("b".to_owned(), Setting::from(json!("plain"))),
    ]);
    DesiredConnector {
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
    }
}
