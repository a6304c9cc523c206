//! Tests of recovery from the intents of earlier runs.

use super::{Recovered, is_unresolved, recover};
use crate::ledger::journal::{Intent, IntentOutcome, JournalEntry};
use crate::model::{
    Applied, Completeness, ConnectorEntry, ConnectorId, CustomerEntry, DefinitionId, Fields,
    LedgerState, Observed, ObservedConnector, ObservedCustomer, ObservedStatus, OrganizationId,
    OrganizationListing, SentFingerprints, TemplateId, WorkspaceId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

pub(in crate::ledger) const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(1));
pub(in crate::ledger) const KIND: DefinitionId = DefinitionId(Uuid::from_u128(2));
const AT: &str = "2026-05-01T10:00:00Z";

pub(super) fn id(n: u128) -> ConnectorId {
    ConnectorId(Uuid::from_u128(n))
}

pub(in crate::ledger) fn record(n: u128) -> ConnectorEntry {
    let sent = SentFingerprints {
        key_id: "".into(),
        salt: n.to_string(),
        fingerprints: Fields::new(),
        references: Fields::new(),
        versions: Fields::new(),
        at: "".into(),
    };
    ConnectorEntry {
        id: id(n),
        definition_id: KIND,
        template_id: None,
        sent: Some(Arc::new(sent)),
        credentials_version: None,
        applied: Applied::default(),
        updated_at: None,
        write: None,
    }
}

/// A connector that was created on the day of the intents.
fn listed(name: &str, time: &str) -> ObservedConnector {
    ObservedConnector {
        name: name.into(),
        definition_id: KIND,
        kind_name: None,
        template_id: Some(TemplateId(Uuid::nil())),
        created_at: Some(format!("2026-05-01T{time}Z").into()),
        updated_at: None,
        detail: None,
    }
}

pub(super) fn observed(connectors: &[(u128, &str, &str)]) -> Observed {
    let connectors = connectors
        .iter()
        .map(|(n, name, time)| (id(*n), listed(name, time).into()));
    let customer = ObservedCustomer {
        name: "acme".into(),
        status: ObservedStatus::Active,
        cache: None,
        created_at: String::new(),
        connectors: Some(connectors.collect()),
    };
    Observed {
        organization_id: OrganizationId(Uuid::nil()),
        customers: BTreeMap::from([(WORKSPACE, customer)]),
        completeness: Completeness::Complete,
        kinds: BTreeMap::new(),
        foreign: BTreeMap::new(),
        unreadable: BTreeMap::new(),
        organization_listing: OrganizationListing::default(),
    }
}

pub(super) fn recorded(connectors: &[(&str, ConnectorEntry)]) -> LedgerState {
    let connectors = connectors.iter().cloned();
    let ledger = CustomerEntry {
        name: "acme".into(),
        connectors: connectors
            .map(|(name, entry)| (name.into(), Arc::new(entry)))
            .collect(),
        ..CustomerEntry::default()
    };
    LedgerState {
        customers: BTreeMap::from([(WORKSPACE, ledger)]),
        ..LedgerState::default()
    }
}

/// A creation of the connector `new`. The salt identifies its entry.
pub(in crate::ledger) fn creation(
    salt: u128,
    known: &[u128],
    outcome: Option<IntentOutcome>,
) -> JournalEntry {
    JournalEntry {
        intent: Intent::CreateConnector {
            customer: "acme".into(),
            workspace_id: WORKSPACE,
            name: "new".into(),
            definition_id: KIND,
            known: known.iter().map(|n| id(*n)).collect(),
            replaces: known.first().map(|n| id(*n)),
            record: Box::new(record(salt).into()),
        },
        at: Some(AT.into()),
        outcome,
    }
}

/// The id and the salt of the connector recorded as `new`, and the pending deletions.
fn result(recovered: &Recovered) -> (Option<(ConnectorId, String)>, Vec<ConnectorId>) {
    let after = &recovered.recorded.customers[&WORKSPACE];
    let new = after.connectors.get("new");
    let salt = |entry: &ConnectorEntry| entry.sent.as_ref().map(|sent| sent.salt.clone());
    let new = new.map(|entry| (entry.id, salt(entry).unwrap_or_default()));
    (new, after.pending_deletion.iter().copied().collect())
}

#[test]
fn recover_replacement_under_new_name_removes_old_entry() {
    let before = recorded(&[("old", record(10))]);
    let observed = observed(&[(10, "old", "09:00:00"), (11, "new", "10:00:01")]);
    let recovered = recover(before, &[creation(1, &[10], None)], &observed);
    let after = &recovered.recorded.customers[&WORKSPACE];
    assert_eq!(after.connectors.len(), 1);
    let new = Some((id(11), "1".to_owned()));
    assert_eq!(result(&recovered), (new, vec![id(10)]));
    assert!(recovered.changed.contains(&WORKSPACE) && recovered.open.is_empty());
}

#[test]
fn recover_creation_that_is_not_listed_stays_open() {
    let (before, intent) = (
        recorded(&[]),
        creation(1, &[], Some(IntentOutcome::Unknown)),
    );
    assert!(is_unresolved(&intent, &before));
    let recovered = recover(
        before.clone(),
        std::slice::from_ref(&intent),
        &observed(&[]),
    );
    assert_eq!(
        (&recovered.recorded, recovered.open),
        (&before, vec![intent.clone()])
    );
    // A connector that existed before was not created by the intent.
    let mut intent = intent;
    if let Intent::CreateConnector { known, .. } = &mut intent.intent {
        known.insert(id(10));
    }
    let observed = observed(&[(10, "new", "09:00:00")]);
    assert_eq!(recover(before, &[intent], &observed).open.len(), 1);
}

#[test]
fn recover_creation_in_ledger_changes_nothing() {
    let before = recorded(&[("new", record(11))]);
    let intent = creation(1, &[], None);
    assert!(!is_unresolved(&intent, &before));
    let recovered = recover(before, &[intent], &observed(&[(11, "new", "10:00:01")]));
    assert!(recovered.open.is_empty() && recovered.changed.is_empty());
}

#[test]
fn recover_late_creation_keeps_the_oldest() {
    let late = |before: &ConnectorEntry, made: &str, now: &str| {
        let before = recorded(&[("new", before.clone())]);
        let observed = observed(&[(11, "new", made), (12, "new", now)]);
        let intent = creation(1, &[], Some(IntentOutcome::Missing));
        result(&recover(before, &[intent], &observed))
    };
    let recorded_as = |n, salt: &str| Some((id(n), salt.to_owned()));
    // The oldest stays.
    let expected = (recorded_as(11, "1"), vec![id(12)]);
    assert_eq!(late(&record(12), "10:00:01", "10:01:00"), expected);
    let expected = (recorded_as(12, "12"), vec![id(11)]);
    assert_eq!(late(&record(12), "10:02:00", "10:01:00"), expected);
    // An entry with other settings does not replace the recorded one.
    let mut other = record(12);
    other.credentials_version = Some(2);
    assert_eq!(late(&other, "10:00:01", "10:01:00"), expected);
    // Connectors that were created too late or too early do not match.
    let expected = (recorded_as(12, "12"), vec![]);
    assert_eq!(late(&record(12), "10:30:00", "10:01:00"), expected);
    assert_eq!(late(&record(12), "09:30:00", "10:01:00"), expected);
}

#[test]
fn recover_beside_adopted_connector_keeps_the_adopted() {
    let adopted = ConnectorEntry {
        sent: None,
        ..record(12)
    };
    let before = recorded(&[("new", adopted)]);
    let observed = observed(&[(11, "new", "10:00:01"), (12, "new", "10:01:00")]);
    let intent = creation(1, &[], Some(IntentOutcome::Missing));
    let recovered = recover(before, &[intent], &observed);
    let after = &recovered.recorded.customers[&WORKSPACE];
    assert_eq!(after.connectors["new"].id, id(12));
    assert_eq!(after.pending_deletion, BTreeSet::from([id(11)]));
}

#[test]
fn recover_more_matches_than_attempts_keeps_the_oldest_unverified() {
    let twice = [
        creation(1, &[], Some(IntentOutcome::Unknown)),
        creation(2, &[], None),
    ];
    let three = [
        (11, "new", "10:00:01"),
        (12, "new", "10:00:02"),
        (13, "new", "10:00:03"),
    ];
    let recovered = recover(recorded(&[]), &twice, &observed(&three[..2]));
    let expected = (Some((id(11), "1".to_owned())), vec![id(12)]);
    assert_eq!(result(&recovered), expected);
    assert!(recovered.open.is_empty());
    let recovered = recover(recorded(&[]), &twice, &observed(&three));
    // Some belong to other runs, so none is deleted.
    let expected = (Some((id(11), String::new())), vec![]);
    assert_eq!((result(&recovered), recovered.open.len()), (expected, 0));
    let address = crate::model::Address::connector("acme", "new");
    let others = BTreeSet::from([id(12), id(13)]);
    assert_eq!(
        recovered.uncertain_duplicates,
        BTreeMap::from([(address, others)])
    );
    // A recorded connector stays.
    let before = recorded(&[("new", record(14))]);
    let four = [&three[..], &[(14, "new", "10:00:04")]].concat();
    let recovered = recover(before, &twice[..1], &observed(&four));
    let expected = (Some((id(14), "14".to_owned())), vec![]);
    assert_eq!((result(&recovered), recovered.open.len()), (expected, 0));
    assert!(recovered.changed.is_empty() && recovered.uncertain_duplicates.is_empty());
}

#[test]
fn recover_unchecked_creation_prefers_older_duplicate() {
    let own = |time: &str, rival: &str, known: &[u128]| {
        let before = recorded(&[("new", record(12))]);
        let observed = observed(&[(11, "new", rival), (12, "new", time), (13, "old", rival)]);
        result(&recover(before, &[creation(1, known, None)], &observed))
    };
    let recorded_as = |n, salt: &str| Some((id(n), salt.to_owned()));
    let (early, late) = ("10:00:01", "10:00:02");
    assert_eq!(own(late, early, &[]), (recorded_as(11, ""), vec![id(12)]));
    assert_eq!(own(early, late, &[]), (recorded_as(12, "12"), vec![]));
    // The update time of the created connector is not copied to the other one.
    let mut with_update_time = record(12);
    with_update_time.updated_at = Some("2026-05-01T10:00:03Z".into());
    let both = observed(&[(11, "new", early), (12, "new", late)]);
    let recovered = recover(
        recorded(&[("new", with_update_time)]),
        &[creation(1, &[], None)],
        &both,
    );
    let entry = &recovered.recorded.customers[&WORKSPACE].connectors["new"];
    assert_eq!((entry.id, &entry.updated_at), (id(11), &None));
    // At the same time the smaller id is used.
    assert_eq!(own(late, late, &[]), (recorded_as(11, ""), vec![id(12)]));
    // A connector that existed before is no duplicate.
    assert_eq!(own(late, early, &[11]), (recorded_as(12, "12"), vec![]));
    // The duplicate has a pending deletion, or the created connector is not listed.
    let mut before = recorded(&[("new", record(12))]);
    let customer = before.customers.get_mut(&WORKSPACE).unwrap();
    customer.pending_deletion.insert(id(11));
    let both = observed(&[(11, "new", early), (12, "new", late)]);
    let recovered = recover(before, &[creation(1, &[], None)], &both);
    assert_eq!(result(&recovered), (recorded_as(12, "12"), vec![id(11)]));
    let rival = observed(&[(11, "new", early)]);
    let recovered = recover(
        recorded(&[("new", record(12))]),
        &[creation(1, &[], None)],
        &rival,
    );
    assert_eq!(result(&recovered), (recorded_as(12, "12"), vec![]));
    assert!(recovered.changed.is_empty());
}

#[test]
fn intent_does_not_match_connector_of_another_day() {
    let long_ago = JournalEntry {
        at: Some("2026-04-29T10:00:00Z".into()),
        ..creation(1, &[], None)
    };
    let connector = listed("new", "10:00:00");
    let matches = |entry: &JournalEntry| {
        entry
            .matches_intent(WORKSPACE, id(20), &connector)
            .is_some()
    };
    assert!(!matches(&long_ago));
    // The intent matches although a clock is wrong by hours.
    for at in ["2026-05-01T20:00:00Z", "2026-04-30T12:00:00Z", "no time"] {
        assert!(
            matches(&JournalEntry {
                at: Some(at.into()),
                ..long_ago.clone()
            }),
            "{at}"
        );
    }
}

#[test]
fn observed_created_with_or_without_offset_is_read() {
    let created = |text: &str| {
        let mut connector = listed("git", "10:00:00");
        connector.created_at = Some(text.into());
        connector.created().map(|at| at.to_string())
    };
    let expected = Some("2026-05-01T10:00:00.5Z".to_owned());
    assert_eq!(created("2026-05-01T12:00:00.5+02:00"), expected);
    assert_eq!(created("2026-05-01T10:00:00.500"), expected);
    assert_eq!(created("yesterday"), None);
}

#[test]
fn recover_customer_records_no_workspace_older_than_the_request() {
    let request = JournalEntry {
        intent: Intent::CreateCustomer {
            customer: "acme".into(),
        },
        at: Some(AT.into()),
        outcome: None,
    };
    for (created_at, is_recorded) in [
        ("2026-05-01T10:00:01Z", true),
        ("2026-05-01T09:31:00Z", true),
        ("2026-05-01T09:29:00Z", false),
        ("2025-05-01T10:00:01Z", false),
    ] {
        let mut observed = observed(&[]);
        let workspace = observed.customers.get_mut(&WORKSPACE).unwrap();
        created_at.clone_into(&mut workspace.created_at);
        let recovered = recover(
            LedgerState::default(),
            std::slice::from_ref(&request),
            &observed,
        );
        let is_changed = recovered.changed.contains(&WORKSPACE);
        assert_eq!(is_changed, is_recorded, "{created_at}");
        assert_eq!(recovered.recorded.customers.len(), usize::from(is_changed));
    }
}
