//! Tests of the `config` module through its public functions: samples with their exact findings, valid
//! projects, and random input, which must not panic or show a secret.

mod files;

use crate::support::golden;
use airlift::config::{Code, LoadOptions, Loaded, config_schema, load};
use airlift::model::{Address, Cache, Contract, Mode, Region, RotationMode, Setting, Status};
use proptest::prelude::{ProptestConfig, any, prop, prop_assert, proptest};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A part of every secret in the samples. No finding may show it.
const CANARY: &str = "9f3a71c0";

fn load_one(path: impl Into<PathBuf>) -> Loaded {
    load(&[path.into()], &LoadOptions::default())
}

fn load_text(text: &str) -> Loaded {
    let options = LoadOptions {
        stdin: Some(text.into()),
        ..LoadOptions::default()
    };
    load(&["-".into()], &options)
}

/// The findings as text: place, code, message, path, help, excerpt.
fn describe(loaded: &Loaded, prefix: &str) -> String {
    let mut text = String::new();
    for finding in &loaded.report.findings {
        let location = &finding.location;
        let file = &location.file;
        let span = format!(
            "{file}:{}:{}-{}",
            location.line, location.column, location.end_column
        );
        writeln!(
            text,
            "{span} {}: {}",
            finding.code.as_str(),
            finding.message
        )
        .unwrap();
        if let Some(path) = &finding.path {
            writeln!(text, "  path: {path}").unwrap();
        }
        if let Some(help) = &finding.help {
            writeln!(text, "  help: {help}").unwrap();
        }
        if let Some(excerpt) = &finding.excerpt {
            let lead = " ".repeat(excerpt.start as usize);
            let mark = "^".repeat((excerpt.end - excerpt.start).max(1) as usize);
            writeln!(text, "  | {}\n  | {lead}{mark}", excerpt.text).unwrap();
        }
    }
    text.replace(prefix, "")
}

fn samples(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new("tests/samples").join(kind);
    let entries = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = entries
        .filter(|path| path.is_dir() || path.extension().is_some_and(|end| end == "yaml"))
        .collect();
    paths.sort();
    paths
}

#[test]
fn invalid_samples_match_their_findings() {
    let samples = samples("invalid");
    assert!(samples.len() >= 30);
    for path in samples {
        let loaded = load_one(&path);
        assert!(loaded.report.has_errors(), "{}", path.display());
        assert!(loaded.project.is_none());
        let json = serde_json::to_string(&loaded.report).unwrap();
        assert!(!json.contains(CANARY), "{}: {json}", path.display());
        assert!(!format!("{loaded:?}").contains(CANARY));
        let findings = Path::new("../..").join(path.with_extension("findings"));
        golden(
            findings.to_str().unwrap(),
            &describe(&loaded, "tests/samples/invalid/"),
        );
    }
}

#[test]
fn codes_without_sample_are_known() {
    let mut seen = BTreeSet::new();
    for path in samples("invalid") {
        seen.extend(
            load_one(path)
                .report
                .findings
                .iter()
                .map(|finding| finding.code),
        );
    }
    let unseen: Vec<&str> = Code::ALL
        .iter()
        .filter(|code| !seen.contains(code))
        .map(|code| code.as_str())
        .collect();
    // These depend on the machine, or need a file that is too large to commit.
    let expected = [
        "file_not_found",
        "file_unreadable",
        "file_too_large",
        "too_many_nodes",
        "too_many_findings",
    ];
    assert_eq!(unseen, expected);
}

#[test]
fn valid_samples_have_no_findings_and_follow_the_schema() {
    let schema = jsonschema::validator_for(&config_schema()).unwrap();
    for path in samples("valid") {
        let loaded = load_one(&path);
        assert_eq!(describe(&loaded, ""), "", "{}", path.display());
        assert!(loaded.project.is_some());
        let value: Value = serde_yaml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let errors: Vec<String> = schema
            .iter_errors(&value)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        assert_eq!(errors, [""; 0], "{}", path.display());
    }
}

#[test]
fn schema_matches_the_committed_one() {
    let schema = config_schema();
    assert!(jsonschema::meta::is_valid(&schema));
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    golden("../../schemas/config.schema.json", &text);
}

#[test]
fn schema_checks_the_fields_of_a_type() {
    let schema = jsonschema::validator_for(&config_schema()).unwrap();
    let is_valid = |credentials: Value| {
        let connector = json!({"name": "g", "type": "github", "credentials": credentials});
        schema.is_valid(&json!({"customers": [{"name": "a", "connectors": [connector]}]}))
    };
    assert!(is_valid(json!({"token": "${env:X}"})) && is_valid(json!({"token": {"plain": "x"}})));
    assert!(
        !is_valid(json!({"token": "ghp"}))
            && !is_valid(json!({"tokn": "${env:X}"}))
            && !is_valid(json!({}))
    );
}

#[test]
fn project_is_converted_to_desired() {
    let project = load_one("tests/samples/valid/complete.yaml")
        .project
        .unwrap();
    let desired = &project.desired;
    assert_eq!(desired.contract, Contract::ExternalUser);
    assert_eq!(
        (
            desired.guards.max_deletes,
            desired.guards.max_delete_percent
        ),
        (3, 20)
    );
    let acme = &desired.customers["acme-corp"];
    assert_eq!(
        (acme.region, acme.cache, acme.protect),
        (Some(Region::US), Some(Cache::Inherit), true)
    );
    let other = &desired.customers["Ünïcode Company"];
    assert_eq!(
        (other.region, other.cache, other.status),
        (Some(Region::US), Some(Cache::Off), Status::Inactive)
    );
    assert_eq!(
        other.connectors["GitHub"].replication_config,
        acme.connectors["Acme GitHub"].replication_config
    );
    let zendesk = &acme.connectors["Acme Zendesk"];
    let entities = zendesk.entities.as_ref().unwrap();
    assert_eq!(
        (entities[0].entity.as_str(), &entities[1].modes),
        ("articles", &Some(vec![Mode::Read, Mode::Write]))
    );
    assert_eq!(zendesk.template_id, None);
    assert_eq!(
        acme.connectors["Acme HubSpot"].auth.as_deref(),
        Some("oauth2")
    );
    let line = |address| project.origin(&address).map(|location| location.line);
    assert_eq!(line(Address::customer("acme-corp")), Some(10));
    assert_eq!(
        line(Address::connector("acme-corp", "Acme HubSpot")),
        Some(22)
    );
    assert_eq!(project.stores.as_ref().map(BTreeSet::len), Some(4));
    assert_eq!(project.root, Path::new("tests/samples/valid"));
}

#[test]
fn settings_literals_and_rotation_are_typed() {
    let project = load_one("tests/samples/valid/complete.yaml")
        .project
        .unwrap();
    let acme = &project.desired.customers["acme-corp"];
    let slack = &acme.connectors["Acme Slack"];
    assert_eq!(
        slack.credentials.as_ref().unwrap()["bot_key"],
        Setting::Literal(json!("dummy"))
    );
    let settings = slack.replication_config.as_ref().unwrap();
    assert_eq!(settings["lookback_window"], Setting::Literal(json!(3)));
    assert_eq!(
        settings["start_date"],
        Setting::Literal(json!("2026-01-01T00:00:00Z"))
    );
    let rotations = ["Acme GitHub", "Acme HubSpot"].map(|name| acme.connectors[name].rotation);
    assert_eq!(rotations, [RotationMode::Compare, RotationMode::Manual]);
}

#[test]
fn definition_id_is_accepted_as_type() {
    let loaded = load_text(
        "version: 1\ncustomers: [{name: a, connectors: [{name: g, type: ef69ef6e-aa7f-4af1-a01d-ef775033524e, \
         credentials: {tokn: x}}, {name: h, type: 00000000-0000-0000-0000-000000000001, credentials: {x: '${env:X}'}}]}]",
    );
    let codes: Vec<&str> = loaded
        .report
        .findings
        .iter()
        .map(|finding| finding.code.as_str())
        .collect();
    assert!(
        codes.contains(&"unknown_credential") && !codes.contains(&"unknown_type"),
        "{codes:?}"
    );
}

#[test]
fn type_outside_the_catalog_accepts_nested_credentials() {
    let load = |leaf: &str| {
        let credentials = format!("{{auth: {{kind: {{plain: oauth}}, list: [{leaf}]}}}}");
        load_text(&format!(
            "version: 1\ncustomers: [{{name: a, connectors: [{{name: g, type: own, credentials: {credentials}}}]}}]"
        ))
    };
    assert_eq!(load("x").report.errors(), 1);
    let project = load("'${env:X}'").project.unwrap();
    let connector = &project.desired.customers["a"].connectors["g"];
    let expected = json!({"kind": "oauth", "list": [{"$secret": "${env:X}"}]});
    assert_eq!(
        connector.credentials.as_ref().unwrap()["auth"],
        Setting::from(expected)
    );
}

#[test]
fn findings_beyond_the_limit_are_omitted() {
    let text = format!("version: 1\ncustomers:\n{}", "- {nam: x}\n".repeat(3_000));
    let report = load_text(&text).report;
    assert_eq!(report.findings.last().unwrap().code, Code::TooManyFindings);
    assert_eq!((report.findings.len(), report.omitted), (1_001, 5_000));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_project_does_not_panic_or_show_a_secret(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8, any::<char>()), 1..4),
    ) {
        let text = include_str!("../../samples/valid/complete.yaml").replace("dummy", CANARY);
        let mut characters: Vec<char> = text.replace("${env:TOKEN}", &format!("x{CANARY}")).chars().collect();
        for (index, edit, character) in edits {
            let at = index.index(characters.len());
            match edit {
                0 => characters[at] = character,
                1 => characters.insert(at, character),
                2 => characters.truncate(at.max(1)),
                _ => { characters.remove(at); }
            }
        }
        let text: String = characters.into_iter().collect();
        let report = load_text(&text).report;
        let json = serde_json::to_string(&report).unwrap();
        prop_assert!(!json.contains(CANARY), "{}\n{}", text, json);
    }
}

#[test]
fn order_in_the_files_does_not_matter() {
    let customer = |name: &str, connectors: [&str; 2]| {
        let connector = |name: &str| {
            format!(
                "      - name: {name}\n        type: notion\n        credentials: {{token: \"${{env:T}}\"}}\n"
            )
        };
        let connectors = connectors.map(connector).concat();
        format!("  - name: {name}\n    connectors:\n{connectors}")
    };
    let sorted = customer("acme", ["A", "B"]) + &customer("globex", ["C", "D"]);
    let reversed = customer("globex", ["D", "C"]) + &customer("acme", ["B", "A"]);
    let desired = |customers: &str| {
        let loaded = load_text(&format!("version: 1\ncustomers:\n{customers}"));
        loaded.project.unwrap().desired
    };
    assert_eq!(desired(&sorted), desired(&reversed));
}
