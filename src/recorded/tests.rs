//! What the disk side does at its edges: files that are not what they should be, and creations
//! of a killed run that may or may not have had their effect.

use super::{Intent, Journal, Ledger, RecordError, Rotation, Rotations, files, settle};
use crate::model::{
    Address, Applied, Completeness, ConnectorId, DefinitionId, Observed, ObservedConnector,
    ObservedCustomer, ObservedStatus, OrganizationId, Recorded, RecordedConnector,
    RecordedCustomer, TemplateId, WorkspaceId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use uuid::Uuid;

const HERE: WorkspaceId = WorkspaceId(Uuid::from_u128(1));
const KIND: DefinitionId = DefinitionId(Uuid::from_u128(2));

fn id(number: u128) -> ConnectorId {
    ConnectorId(Uuid::from_u128(number))
}

fn line_of(error: &RecordError) -> usize {
    match error {
        RecordError::Unreadable { line, .. } => *line,
        other => panic!("readable: {other}"),
    }
}

#[test]
fn what_is_no_file_is_not_taken_for_an_absent_one() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(files::read(&dir.path().join("none")), Ok(None)));
    assert!(files::remove(&dir.path().join("none")).is_ok());
    assert!(files::read(dir.path()).is_err());
    assert!(files::remove(dir.path()).is_err());
    assert!(files::sync_dir(&dir.path().join("none")).is_err());
}

#[test]
fn a_journal_tells_the_line_it_cannot_read() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::start(dir.path()).unwrap();
    for customer in ["a", "b"] {
        let customer = customer.to_owned();
        journal.begin(Intent::CreateCustomer { customer }).unwrap();
    }
    let path = dir.path().join("journal.ndjson");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text + "planted\n").unwrap();
    let error = Journal::unsettled(dir.path()).unwrap_err();
    assert_eq!(line_of(&error), 3);
    assert!(!error.to_string().contains("planted"));
    // Starting is what forgets them, once they are settled.
    Journal::start(dir.path()).unwrap();
    assert!(Journal::unsettled(dir.path()).unwrap().is_empty());
}

fn ledger_with(dir: &Path, name: &str, text: &str) -> Ledger {
    let ledger = Ledger::new(dir, OrganizationId(Uuid::nil()));
    ledger.save(HERE, &RecordedCustomer::default()).unwrap();
    std::fs::write(ledger.dir().join("customers").join(name), text).unwrap();
    ledger
}

#[test]
fn a_ledger_file_has_its_version_and_its_name() {
    let text = |version: u32| {
        format!(
            "{{\"version\":{version},\"workspace_id\":\"{}\",\"name\":\"a\"}}",
            HERE.0
        )
    };
    let read = |name: &str, text: &str| {
        let dir = tempfile::tempdir().unwrap();
        ledger_with(dir.path(), name, text).load()
    };
    let own = format!("{}.json", HERE.0);
    assert_eq!(read(&own, &text(1)).unwrap().customers[&HERE].name, "a");
    assert_eq!(line_of(&read(&own, &text(2)).unwrap_err()), 1);
    assert_eq!(line_of(&read("other.json", &text(1)).unwrap_err()), 1);
    assert_eq!(line_of(&read(&own, "{\n\n\"version\"").unwrap_err()), 3);
    // What is no ledger file is none of ours.
    assert_eq!(read("notes.txt", "x").unwrap().customers.len(), 1);
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::new(dir.path(), OrganizationId(Uuid::nil()));
    std::fs::create_dir_all(ledger.dir()).unwrap();
    std::fs::write(ledger.dir().join("customers"), "a file").unwrap();
    assert!(ledger.load().is_err());
}

#[test]
fn rotations_have_their_version() {
    let dir = tempfile::tempdir().unwrap();
    let write = |text: &str| std::fs::write(dir.path().join("rotation.json"), text).unwrap();
    write(r#"{"version":1,"rotations":[]}"#);
    assert!(Rotations::load(dir.path()).unwrap().open().is_empty());
    write(r#"{"version":2,"rotations":[]}"#);
    assert_eq!(line_of(&Rotations::load(dir.path()).unwrap_err()), 1);
    write("{\n\"version\":");
    assert_eq!(line_of(&Rotations::load(dir.path()).unwrap_err()), 2);
}

#[test]
fn rotations_are_told_apart_by_their_selector() {
    let dir = tempfile::tempdir().unwrap();
    let selector = |name: &str| BTreeSet::from([Address::customer(name)]);
    let rotation = |name: &str, started_at: &str| Rotation {
        selector: selector(name),
        started_at: started_at.into(),
        before: BTreeSet::from([id(1)]),
    };
    let mut rotations = Rotations::load(dir.path()).unwrap();
    for (name, at) in [("a", "1"), ("b", "2"), ("a", "3")] {
        rotations.begin(rotation(name, at)).unwrap();
    }
    assert_eq!(rotations.open(), [rotation("b", "2"), rotation("a", "3")]);
    assert_eq!(rotations.of(&selector("b")), Some(&rotation("b", "2")));
    assert_eq!(rotations.of(&selector("c")), None);
    rotations.end(&selector("b")).unwrap();
    assert_eq!(
        Rotations::load(dir.path()).unwrap().open(),
        [rotation("a", "3")]
    );
}

fn there(name: &str) -> ObservedConnector {
    ObservedConnector {
        name: name.into(),
        definition_id: KIND,
        kind_name: None,
        template_id: TemplateId(Uuid::nil()),
        created_at: None,
        updated_at: None,
        detail: None,
    }
}

/// Workspaces by their names, each with these connectors.
fn observed(names: &[&str], connectors: &[(u128, ObservedConnector)]) -> Observed {
    let connectors: BTreeMap<_, _> = connectors
        .iter()
        .map(|(number, one)| (id(*number), one.clone()))
        .collect();
    let customers = names.iter().zip(1..).map(|(name, number)| {
        let customer = ObservedCustomer {
            name: (*name).into(),
            status: ObservedStatus::Active,
            cache: None,
            created_at: String::new(),
            connectors: Some(connectors.clone()),
        };
        (WorkspaceId(Uuid::from_u128(number)), customer)
    });
    Observed {
        organization_id: OrganizationId(Uuid::nil()),
        customers: customers.collect(),
        completeness: Completeness::Complete,
        kinds: BTreeMap::new(),
    }
}

fn record(number: u128) -> RecordedConnector {
    RecordedConnector {
        id: id(number),
        definition_id: KIND,
        template_id: None,
        sent: None,
        credentials_version: None,
        applied: Applied::default(),
        updated_at: None,
    }
}

fn ledger(connectors: &[(&str, u128)], leaving: &[u128]) -> Recorded {
    let connectors = connectors
        .iter()
        .map(|(name, number)| ((*name).into(), record(*number)));
    let customer = RecordedCustomer {
        name: "acme".into(),
        connectors: connectors.collect(),
        leaving: leaving.iter().copied().map(id).collect(),
        ..RecordedCustomer::default()
    };
    Recorded {
        customers: BTreeMap::from([(HERE, customer)]),
    }
}

#[test]
fn a_customer_that_was_made_is_taken_in() {
    let intents = [Intent::CreateCustomer {
        customer: "acme".into(),
    }];
    let settled =
        |recorded: Recorded, names: &[&str]| settle(recorded, &intents, &observed(names, &[]));
    let made = settled(Recorded::default(), &["acme", "globex"]);
    assert_eq!(made.recorded, ledger(&[], &[]));
    assert_eq!(made.changed, BTreeSet::from([HERE]));
    // Nothing was made, or nobody can tell which, or it is known.
    for names in [&[][..], &["globex"], &["acme", "acme"]] {
        let unsettled = settled(Recorded::default(), names);
        assert_eq!(
            (unsettled.recorded, unsettled.changed.len()),
            (Recorded::default(), 0)
        );
    }
    let known = settled(ledger(&[("git", 10)], &[]), &["acme"]);
    assert_eq!(
        (known.recorded, known.changed.len()),
        (ledger(&[("git", 10)], &[]), 0)
    );
}

fn creation(known: &[u128], replaces: Option<u128>) -> Intent {
    Intent::CreateConnector {
        customer: "acme".into(),
        workspace_id: HERE,
        name: "git".into(),
        definition_id: KIND,
        known: known.iter().copied().map(id).collect(),
        replaces: replaces.map(id),
        record: Box::new(record(0)),
    }
}

#[test]
fn a_connector_that_was_made_is_taken_in() {
    let settled = |recorded, intent, there: &[(u128, ObservedConnector)]| {
        settle(recorded, &[intent], &observed(&["acme"], there))
    };
    let made = settled(
        Recorded::default(),
        creation(&[], None),
        &[(10, there("git"))],
    );
    assert_eq!(made.recorded, ledger(&[("git", 10)], &[]));
    assert_eq!(made.changed, BTreeSet::from([HERE]));
    let beside = settled(
        ledger(&[("hub", 9)], &[]),
        creation(&[9], None),
        &[(9, there("hub")), (10, there("git"))],
    );
    assert_eq!(beside.recorded, ledger(&[("git", 10), ("hub", 9)], &[]));
    let replaced = settled(
        ledger(&[("git", 9)], &[]),
        creation(&[9], Some(9)),
        &[(9, there("git")), (10, there("git"))],
    );
    assert_eq!(replaced.recorded, ledger(&[("git", 10)], &[9]));
}

#[test]
fn what_cannot_be_the_new_connector_is_left_alone() {
    let other_kind = ObservedConnector {
        definition_id: DefinitionId(Uuid::nil()),
        ..there("git")
    };
    for (recorded, known, connectors) in [
        (ledger(&[], &[]), &[][..], vec![]),
        (ledger(&[], &[]), &[], vec![(10, there("hub"))]),
        (ledger(&[], &[]), &[], vec![(10, other_kind)]),
        (ledger(&[], &[]), &[10], vec![(10, there("git"))]),
        (ledger(&[("git", 10)], &[]), &[], vec![(10, there("git"))]),
        (ledger(&[], &[10]), &[], vec![(10, there("git"))]),
        (
            ledger(&[], &[]),
            &[],
            vec![(10, there("git")), (11, there("git"))],
        ),
    ] {
        let settled = settle(
            recorded.clone(),
            &[creation(known, None)],
            &observed(&["acme"], &connectors),
        );
        assert_eq!((settled.recorded, settled.changed.len()), (recorded, 0));
    }
}

#[test]
fn writes_by_id_are_left_to_the_plan() {
    let intent = Intent::Write {
        address: Address::customer("acme"),
        operation: "x".into(),
    };
    let settled = settle(ledger(&[], &[]), &[intent], &observed(&["acme"], &[]));
    assert_eq!(
        (settled.recorded, settled.changed.len()),
        (ledger(&[], &[]), 0)
    );
}
