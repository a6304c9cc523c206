//! Tests of the comparison of a connector's secrets, with and without their values.

use super::super::{Fingerprinter, Values};
use super::{Comparison, CurrentSecrets, compare};
use crate::model::{
    Address, Applied, Completeness, ConnectorEntry, ConnectorId, CustomerEntry, DefinitionId,
    Desired, DesiredConnector, DesiredCustomer, Kind, LedgerState, Observed, ObservedConnector,
    ObservedCustomer, ObservedStatus, OrganizationId, OrganizationListing, RotationMode, SecretRef,
    SecretStatus, SecretValue, SentFingerprints, Setting, TemplateId, UnverifiedReason,
    WorkspaceId,
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

/// Fingerprints of a reference under `a` with the value `v` and of a literal under `b` with the value `plain`.
fn sent(key: &Fingerprinter) -> SentFingerprints {
    let (secret, literal) = (Setting::secret(reference()), Setting::from(json!("plain")));
    let leaves = [("a".to_owned(), &secret), ("b".to_owned(), &literal)];
    let value = SecretValue::new("v".into());
    key.fingerprint_leaves(leaves, |_| Some(&value), "salt".into(), "then".into())
}

/// The statuses of `a` and `b`, and the number of references that are read.
fn compared(
    rotation: RotationMode,
    key: &Fingerprinter,
    sent: &SentFingerprints,
    literal: &str,
    values: Option<&Values>,
) -> (Vec<SecretStatus>, usize) {
    let (secret, literal) = (Setting::secret(reference()), Setting::from(json!(literal)));
    let comparison = Comparison {
        leaves: BTreeMap::from([("a".to_owned(), &secret), ("b".to_owned(), &literal)]),
        rotation,
        sent,
        fingerprinter: key,
    };
    let current = values.map(|values| CurrentSecrets {
        versions: BTreeMap::new(),
        values: values.clone(),
        unresolved: Vec::new(),
    });
    (
        comparison
            .statuses(current.as_ref())
            .into_values()
            .collect(),
        comparison.unverified().count(),
    )
}

#[test]
fn statuses_compare_current_values_with_fingerprints() {
    use SecretStatus::{Changed, Unchanged, Unverified};
    use UnverifiedReason::{NotAsked, Unavailable};
    let key = fingerprinter("k");
    let sent = sent(&key);
    let statuses =
        |values: Option<&Values>| compared(RotationMode::Compare, &key, &sent, "plain", values);
    let same = statuses(Some(&values("v")));
    assert_eq!(same, (vec![Unchanged, Unchanged], 1));
    let other = statuses(Some(&values("w")));
    assert_eq!(other, (vec![Changed, Unchanged], 1));
    let unavailable = statuses(Some(&Values::new()));
    assert_eq!(unavailable, (vec![Unverified(Unavailable), Unchanged], 1));
    let without_resolver = statuses(None);
    assert_eq!(without_resolver, (vec![Unverified(NotAsked), Unchanged], 1));
}

#[test]
fn statuses_manual_rotation_compares_literals_only() {
    let key = fingerprinter("k");
    let sent = sent(&key);
    let manual = compared(
        RotationMode::Manual,
        &key,
        &sent,
        "other",
        Some(&values("v")),
    );
    let unverified = SecretStatus::Unverified(UnverifiedReason::Manual);
    assert_eq!(manual, (vec![unverified, SecretStatus::Changed], 0));
}

#[test]
fn statuses_other_key_reads_and_compares_nothing() {
    let sent = sent(&fingerprinter("k"));
    let other_key = fingerprinter("other");
    let current = values("v");
    let compared = compared(
        RotationMode::Compare,
        &other_key,
        &sent,
        "plain",
        Some(&current),
    );
    let unverified = SecretStatus::Unverified(UnverifiedReason::KeyChanged);
    assert_eq!(compared, (vec![unverified; 2], 0));
}

#[test]
fn statuses_without_fingerprints_are_changed() {
    let key = fingerprinter("k");
    let mut sent = sent(&key);
    sent.fingerprints.clear();
    let never_sent = compared(
        RotationMode::Compare,
        &key,
        &sent,
        "plain",
        Some(&values("v")),
    );
    assert_eq!(never_sent, (vec![SecretStatus::Changed; 2], 0));
}

#[test]
fn changed_fields_with_new_version_has_its_field() {
    let key = fingerprinter("k");
    let mut sent = sent(&key);
    sent.versions.insert("a", "1".into());
    let secret = Setting::secret(reference());
    let comparison = Comparison {
        leaves: BTreeMap::from([("a".to_owned(), &secret)]),
        rotation: RotationMode::Compare,
        sent: &sent,
        fingerprinter: &key,
    };
    let value = SecretValue::new("w".into()).with_version(Some("2".into()));
    let current = CurrentSecrets {
        versions: BTreeMap::from([(reference(), "2".to_owned())]),
        values: BTreeMap::from([(reference(), Arc::new(value))]),
        unresolved: Vec::new(),
    };
    let statuses = comparison.statuses(Some(&current));
    assert_eq!(statuses.get("a"), Some(&SecretStatus::NewVersion));
    let removed_and_changed = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
    assert_eq!(
        comparison.changed_fields(Some(&current)),
        removed_and_changed
    );
}

#[tokio::test]
async fn compare_skips_connectors_without_fingerprints() {
    let key = fingerprinter("k");
    let declared = declared();
    let value = SecretValue::new("v".into());
    let leaves = declared.secret_leaves();
    let sent = key.fingerprint_leaves(leaves, |_| Some(&value), "salt".into(), "then".into());
    let customer = CustomerEntry {
        connectors: BTreeMap::from([
            ("one".into(), record(1, Some(sent)).into()),
            ("two".into(), record(2, None).into()),
        ]),
        name: "acme".into(),
        ..CustomerEntry::default()
    };
    let workspace = WorkspaceId(Uuid::nil());
    let recorded = LedgerState {
        customers: BTreeMap::from([(workspace, customer)]),
        ..LedgerState::default()
    };
    let observed = observed(workspace, [1, 2, 3]);
    let desired = Desired {
        customers: BTreeMap::from([(
            "acme".to_owned(),
            DesiredCustomer {
                connectors: ["one", "two", "three"]
                    .map(|name| (name.to_owned(), declared.clone().into()))
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
            SecretStatus::Unverified(UnverifiedReason::NotAsked),
        ),
        ("credentials.b".into(), SecretStatus::Unchanged),
    ]);
    assert_eq!(
        compared,
        BTreeMap::from([(Address::connector("acme", "one"), expected)])
    );
}

fn record(number: u128, sent: Option<SentFingerprints>) -> ConnectorEntry {
    ConnectorEntry {
        id: ConnectorId(Uuid::from_u128(number)),
        definition_id: DefinitionId(Uuid::nil()),
        template_id: None,
        sent: sent.map(Arc::new),
        credentials_version: None,
        applied: Applied::default(),
        updated_at: None,
        write: None,
    }
}

/// A workspace named `acme` with these connectors.
fn observed(workspace: WorkspaceId, connectors: [u128; 3]) -> Observed {
    let connector = |number: u128| ObservedConnector {
        name: number.to_string().into(),
        definition_id: DefinitionId(Uuid::nil()),
        kind_name: None,
        template_id: Some(TemplateId(Uuid::nil())),
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
                .map(|number| {
                    (
                        ConnectorId(Uuid::from_u128(number)),
                        connector(number).into(),
                    )
                })
                .into(),
        ),
    };
    Observed {
        organization_id: OrganizationId(Uuid::nil()),
        customers: BTreeMap::from([(workspace, customer)]),
        completeness: Completeness::Complete,
        kinds: BTreeMap::new(),
        foreign: BTreeMap::new(),
        unreadable: BTreeMap::new(),
        organization_listing: OrganizationListing::default(),
    }
}

/// A connector with a reference under `a` and a literal under `b`.
fn declared() -> DesiredConnector {
    let credentials = BTreeMap::from([
        ("a".to_owned(), Setting::secret(reference())),
        ("b".to_owned(), Setting::from(json!("plain"))),
    ]);
    DesiredConnector {
        previous_name: None,
        kind: Kind {
            name: "github".into(),
            definition_id: None,
        },
        auth: None,
        consent: None,
        template_id: None,
        credentials: Some(credentials.into_iter().collect()),
        readable: BTreeSet::new(),
        credentials_version: None,
        rotation: RotationMode::Compare,
        environment: None,
        replication_config: None,
        entities: None,
    }
}
