//! Tests of the configuration module through its public interface: samples with their exact
//! findings, the typed values of a valid project, and properties of any input.

mod files;
mod names;
mod tables;
mod warnings;
mod yaml_suite;

use crate::support::golden;
use airlift::config::{Code, Finding, LoadOptions, Loaded, config_schema, load};
use airlift::model::{
    Address, Cache, Contract, Mode, Protection, Region, RotationMode, Setting, Status,
};
use proptest::prelude::{ProptestConfig, any, prop, prop_assert, proptest};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The secret in all samples.
const PLANTED: &str = "9f3a71c0";

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

/// Findings as text: location, code, message, path, help, excerpt.
fn findings_text(loaded: &Loaded, prefix: &str) -> String {
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
fn load_invalid_sample_has_exact_findings() {
    let samples = samples("invalid");
    assert!(samples.len() >= 30);
    for path in samples {
        let loaded = load_one(&path);
        assert!(loaded.report.has_errors(), "{}", path.display());
        assert!(loaded.project.is_none());
        let json = serde_json::to_string(&loaded.report).unwrap();
        assert!(!json.contains(PLANTED), "{}: {json}", path.display());
        assert!(!format!("{loaded:?}").contains(PLANTED));
        let findings = Path::new("../..").join(path.with_extension("findings"));
        golden(
            findings.to_str().unwrap(),
            &findings_text(&loaded, "tests/samples/invalid/"),
        );
    }
}

#[test]
fn code_of_any_kind_has_a_sample() {
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
    // These codes need a state of the machine, a variable or an option of the operator, a file too large to commit, or a project
    // without errors.
    let expected = [
        "file_not_found",
        "file_unreadable",
        "file_too_large",
        "unused_pattern",
        "too_many_nodes",
        "too_many_findings",
        "variable_not_allowed",
        "unknown_environment",
    ];
    assert_eq!(unseen, expected);
}

#[test]
fn load_valid_sample_has_no_findings_and_matches_schema() {
    let schema = jsonschema::validator_for(&config_schema()).unwrap();
    for path in samples("valid") {
        let loaded = load_one(&path);
        assert_eq!(findings_text(&loaded, ""), "", "{}", path.display());
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
fn schema_agrees_with_committed_file() {
    let schema = config_schema();
    assert!(jsonschema::meta::is_valid(&schema));
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    golden("../../schemas/config.schema.json", &text);
}

#[test]
fn schema_checks_credentials_of_a_type() {
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
fn load_complete_sample_returns_declared_customers() {
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
        (Some(Region::US), Some(Cache::Inherit), Protection::Full)
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
    assert_eq!(line(Address::customer("acme-corp")), Some(12));
    assert_eq!(
        line(Address::connector("acme-corp", "Acme HubSpot")),
        Some(24)
    );
    assert_eq!(project.stores.as_ref().map(BTreeSet::len), Some(4));
    assert_eq!(project.root, Path::new("tests/samples/valid"));
}

#[test]
fn load_settings_and_rotation_returns_typed_values() {
    let project = load_one("tests/samples/valid/complete.yaml")
        .project
        .unwrap();
    let acme = &project.desired.customers["acme-corp"];
    let slack = &acme.connectors["Acme Slack"];
    assert_eq!(
        slack.credentials.as_ref().unwrap()["bot_key"],
        Setting::from(json!("dummy"))
    );
    let settings = slack.replication_config.as_ref().unwrap();
    assert_eq!(settings["lookback_window"], Setting::from(json!(3)));
    assert_eq!(
        settings["start_date"],
        Setting::from(json!("2026-01-01T00:00:00Z"))
    );
    let rotations = ["Acme GitHub", "Acme HubSpot"].map(|name| acme.connectors[name].rotation);
    assert_eq!(rotations, [RotationMode::Compare, RotationMode::Manual]);
}

#[test]
fn load_definition_id_as_type_checks_its_fields() {
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
fn load_nested_credentials_of_unknown_type_is_accepted() {
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
fn load_more_findings_than_limit_lists_the_first() {
    let text = format!("version: 1\ncustomers:\n{}", "- {nam: x}\n".repeat(3_000));
    let report = load_text(&text).report;
    assert_eq!(report.findings.last().unwrap().code, Code::TooManyFindings);
    assert_eq!((report.findings.len(), report.omitted), (1_001, 2_000));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn load_any_mutation_neither_panics_nor_shows_secret(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8, any::<char>()), 1..4),
    ) {
        let text = include_str!("../../samples/valid/complete.yaml").replace("dummy", PLANTED);
        let mut characters: Vec<char> = text.replace("${env:TOKEN}", &format!("x{PLANTED}")).chars().collect();
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
        prop_assert!(!json.contains(PLANTED), "{}\n{}", text, json);
    }
}

#[test]
fn load_reordered_files_returns_equal_customers() {
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

#[test]
fn load_mask_of_an_excerpt_is_an_error_in_every_spelling() {
    let project = "version: 1\ncustomers:\n  - name: acme\n    connectors:\n      - {name: G, type: TYPE, \
                   credentials: {token: TOKEN}, replication_config: {repositories: [a/b], start_date: 2026-01-01T00:00:00Z}}\n";
    for mask in ["•••", "\"•••\"", "'•••'"] {
        for (kind, token) in [(mask, "\"${env:T}\""), ("github", mask)] {
            let loaded = load_text(&project.replace("TYPE", kind).replace("TOKEN", token));
            assert!(loaded.project.is_none(), "{kind} {token}");
            let findings = loaded.report.findings.iter();
            let masks = findings.filter(|finding| finding.code == Code::InvalidValue);
            assert_eq!(masks.count(), 1, "{}", findings_text(&loaded, ""));
        }
    }
}
