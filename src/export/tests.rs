//! Tests of exports of states that no file can declare.

use super::{Exported, Sources, document, export};
use crate::config::{Code, LoadOptions, PathStep, Problem};
use crate::model::{
    Completeness, ConnectorId, DefinitionId, Desired, LedgerState, Observed, ObservedConnector,
    ObservedCustomer, ObservedDetail, ObservedStatus, OrganizationId, OrganizationListing,
    TemplateId, WorkspaceId,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

fn connector(name: &str, kind: &str, config: &Value) -> ObservedConnector {
    let known = crate::catalog::find(kind).map(|known| known.definition_id);
    ObservedConnector {
        name: name.into(),
        definition_id: known.unwrap_or(DefinitionId(Uuid::from_u128(77))),
        kind_name: Some("Strange Kind".into()),
        template_id: Some(TemplateId(Uuid::nil())),
        created_at: None,
        updated_at: None,
        detail: Some(Box::new(ObservedDetail {
            replication_config: config.as_object().cloned().unwrap_or_default(),
            entities: Vec::new(),
        })),
    }
}

fn world(customers: &[(&str, Vec<ObservedConnector>)]) -> Exported {
    let customer = |(at, (name, connectors)): (usize, &(&str, Vec<ObservedConnector>))| {
        let number = |inner: usize| Uuid::from_u128((at * 100 + inner) as u128);
        let connectors = connectors.iter().enumerate();
        let connectors = connectors
            .map(|(at, connector)| (ConnectorId(number(at + 1)), connector.clone().into()));
        let customer = ObservedCustomer {
            name: (*name).into(),
            status: ObservedStatus::Active,
            cache: None,
            created_at: String::new(),
            connectors: Some(connectors.collect()),
        };
        (WorkspaceId(number(0)), customer)
    };
    let observed = Observed {
        organization_id: OrganizationId(Uuid::nil()),
        customers: customers.iter().enumerate().map(customer).collect(),
        completeness: Completeness::Complete,
        kinds: BTreeMap::new(),
        foreign: BTreeMap::new(),
        unreadable: BTreeMap::new(),
        organization_listing: OrganizationListing::default(),
    };
    let sources = Sources {
        observed: &observed,
        recorded: &LedgerState::default(),
        declared: &Desired::default(),
    };
    export(sources, &BTreeSet::new())
}

#[test]
fn export_of_secret_or_reference_like_setting_is_not_copied() {
    let config = json!({
        "repositories": ["${env:AIRBYTE_CLIENT_SECRET}"],
        "password": "hunter2",
        "nested": {"api_token": "hunter2"},
        "list": [{"deep": {"client_secret": "hunter2"}}],
        "masked": "****",
        "jwt": "eyJhunter2",
        "credentials": {"anything": "hunter2"},
        "harmless": {"a": [1, null, "x"]},
    });
    let exported = world(&[("acme", vec![connector("Odd", "outside", &config)])]);
    let connector = &exported.customers[0].connectors[0];
    let settings = serde_json::to_string(&connector.replication_config).unwrap();
    assert!(
        !settings.contains("hunter2") && !settings.contains("AIRBYTE_"),
        "{settings}"
    );
    let harmless = serde_json::to_value(&connector.replication_config["harmless"]).unwrap();
    assert_eq!(harmless, json!({"a": [1, null, "x"]}));
    assert_eq!(connector.placeholders, 6);
    assert_eq!(connector.kind, Uuid::from_u128(77).to_string());
    let remarks = format!("{:?}", connector.remarks);
    assert!(remarks.contains("field repositories is left out") && !remarks.contains("hunter2"));
}

#[test]
fn export_of_undeclarable_object_is_marked_left_out() {
    let none = json!({});
    let exported = world(&[
        ("Default", vec![connector("A", "github", &none)]),
        (
            "acme",
            vec![
                connector("", "github", &none),
                connector("Same", "github", &none),
                connector("Same", "stripe", &none),
                connector("Alone", "github", &none),
            ],
        ),
        ("Globex", Vec::new()),
        ("globex", Vec::new()),
    ]);
    let left_out: Vec<bool> = exported
        .customers
        .iter()
        .map(|item| item.left_out.is_some())
        .collect();
    let names: Vec<&str> = exported
        .customers
        .iter()
        .map(|item| item.name.as_str())
        .collect();
    assert_eq!(names, ["Default", "Globex", "acme", "globex"]);
    assert_eq!(left_out, [true, true, false, true]);
    let acme = &exported.customers[2];
    assert_eq!(acme.connectors.len(), 4);
    let declared: Vec<&str> = acme.declared().map(|item| item.name.as_str()).collect();
    assert_eq!(declared, ["Alone"]);
}

#[test]
fn omit_of_problem_removes_its_part_only() {
    let config = json!({"a": "x", "b": "y"});
    let outside = |name| connector(name, "outside", &config);
    let mut exported = world(&[
        ("acme", vec![outside("A"), outside("B"), outside("C")]),
        ("beta", Vec::new()),
        ("gamma", vec![outside("D")]),
    ]);
    let problem = |path: &str| Problem {
        steps: path
            .split('.')
            .map(|step| match step.parse() {
                Ok(position) => PathStep::Item(position),
                Err(_) => PathStep::Field {
                    position: 0,
                    name: step.to_owned(),
                },
            })
            .collect(),
        code: Code::InvalidValue,
        message: "no".to_owned(),
    };
    exported.customers[0].omit(&[
        problem("connectors.0.name"),
        problem("connectors.0.type"),
        problem("connectors.1.replication_config.a.0.x"),
        problem("connectors.2.replication_config"),
    ]);
    exported.customers[1].omit(&[problem("name")]);
    exported.customers[2].omit(&[problem("connectors.0.entities")]);
    let acme = &exported.customers[0];
    let left_out: Vec<bool> = acme
        .connectors
        .iter()
        .map(|item| item.left_out.is_some())
        .collect();
    assert_eq!(left_out, [true, false, false]);
    assert_eq!(acme.connectors[1].replication_config.len(), 1);
    assert!(acme.connectors[2].replication_config.is_empty());
    assert!(exported.customers[1].left_out.is_some());
    assert!(exported.customers[2].left_out.is_none());
}

#[test]
fn omit_invalid_result_agrees_with_its_files() {
    let config = json!({"repositories": ["a/b"], "start_date": "soon"});
    let mut exported = world(&[
        (
            "acme",
            vec![
                connector("A", "github", &config),
                connector(" B", "github", &config),
            ],
        ),
        (" padded", Vec::new()),
    ]);
    exported.omit_invalid(&LoadOptions::default());
    let acme = exported
        .customers
        .iter()
        .find(|item| item.name == "acme")
        .unwrap();
    let declared: Vec<&str> = acme.declared().map(|item| item.name.as_str()).collect();
    assert_eq!(declared, ["A"]);
    let settings: Vec<&str> = acme
        .connectors
        .iter()
        .find(|item| item.name == "A")
        .unwrap()
        .replication_config
        .keys()
        .collect();
    assert!(!settings.contains(&"start_date"), "{settings:?}");
    assert!(exported.customers[0].left_out.is_some());
    let read: Value = serde_yaml::from_str(&document(&exported)).unwrap();
    assert_eq!(read, exported.to_value());
}
