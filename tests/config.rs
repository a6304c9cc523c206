//! The configuration room from outside: samples with their exact findings, what a valid project
//! becomes, and that nothing ever panics or tells a secret.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use airlift::config::{Code, LoadOptions, config_schema};
use airlift::desired::{Loaded, load};
use airlift::model::{Address, Cache, Contract, Mode, Region, Rotation, Setting, Status};
use proptest::prelude::{ProptestConfig, any, prop, prop_assert, proptest};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What every sample plants where a secret may be pasted.
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

/// Findings as a text to compare: place, code, message, path, help, excerpt.
fn told(loaded: &Loaded, prefix: &str) -> String {
    let mut text = String::new();
    for finding in &loaded.report.findings {
        let place = &finding.location;
        let file = &place.file;
        let span = format!(
            "{file}:{}:{}-{}",
            place.line, place.column, place.end_column
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

/// Compares with a committed file, or rewrites it under `BLESS=1`.
fn golden(path: &Path, actual: &str) {
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(expected, actual, "{}: BLESS=1 rewrites it", path.display());
}

#[test]
fn invalid_samples_have_exactly_these_findings() {
    let samples = samples("invalid");
    assert!(samples.len() >= 30);
    for path in samples {
        let loaded = load_one(&path);
        assert!(loaded.report.has_errors(), "{}", path.display());
        assert!(loaded.project.is_none());
        let json = serde_json::to_string(&loaded.report).unwrap();
        assert!(!json.contains(PLANTED), "{}: {json}", path.display());
        assert!(!format!("{loaded:?}").contains(PLANTED));
        golden(
            &path.with_extension("findings"),
            &told(&loaded, "tests/samples/invalid/"),
        );
    }
}

#[test]
fn most_codes_have_a_sample() {
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
    // These need a state of the machine, or a file too large to commit.
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
fn valid_samples_have_no_findings_and_fit_the_schema() {
    let schema = jsonschema::validator_for(&config_schema()).unwrap();
    for path in samples("valid") {
        let loaded = load_one(&path);
        assert_eq!(told(&loaded, ""), "", "{}", path.display());
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
fn the_schema_is_the_committed_one() {
    let schema = config_schema();
    assert!(jsonschema::meta::is_valid(&schema));
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    golden(Path::new("schemas/config.schema.json"), &text);
}

#[test]
fn the_schema_knows_the_fields_of_a_type() {
    let schema = jsonschema::validator_for(&config_schema()).unwrap();
    let fits = |credentials: Value| {
        let connector = json!({"name": "g", "type": "github", "credentials": credentials});
        schema.is_valid(&json!({"customers": [{"name": "a", "connectors": [connector]}]}))
    };
    assert!(fits(json!({"token": "${env:X}"})) && fits(json!({"token": {"plain": "x"}})));
    assert!(
        !fits(json!({"token": "ghp"})) && !fits(json!({"tokn": "${env:X}"})) && !fits(json!({}))
    );
}

#[test]
fn a_project_becomes_what_is_desired() {
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
    assert_eq!(rotations, [Rotation::Compare, Rotation::Manual]);
    assert_eq!(project.stores.as_ref().map(BTreeSet::len), Some(4));
    assert_eq!(project.origins[&Address::customer("acme-corp")].line, 10);
    assert_eq!(
        project.origins[&Address::connector("acme-corp", "Acme HubSpot")].line,
        22
    );
    assert_eq!(project.root, Path::new("tests/samples/valid"));
}

#[test]
fn a_definition_id_is_a_type() {
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
fn a_type_outside_the_catalog_may_nest_its_credentials() {
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
fn files_are_found_as_they_are_named() {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "airlift.yaml",
        "version: 1\ninclude: ['customers/**/*.yaml', customers/b.yaml]\n",
    );
    write("customers/b.yaml", "customers: [{name: b}]\n");
    write("customers/deep/a.yaml", "customers: [{name: a}]\n");
    write("customers/.hidden.yaml", "customers: [{name: hidden}]\n");
    write("more/c.yaml", "customers: [{name: c}]\n");
    write("more/d.yaml", "version: 1\ncustomers: [{name: d}]\n");
    write("more/e.yml", "customers: [{name: e}]\n");
    let inputs = [
        home.path().to_owned(),
        home.path().join("more"),
        home.path().join("airlift.yaml"),
    ];
    let project = load(&inputs, &LoadOptions::default()).project.unwrap();
    let names: Vec<&str> = project
        .desired
        .customers
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
    assert_eq!(
        (project.files.len(), project.root.as_path()),
        (5, home.path())
    );

    let missing = load_one(home.path().join("nothing.yaml"));
    assert_eq!(missing.report.findings[0].code, Code::FileNotFound);
}

#[test]
fn references_and_aliases_may_stand_where_values_do() {
    let text = "version: 1
customers:
- name: a
  connectors:
  - name: g
    previous_name: h
    type: github
    credentials: {token: &token \"${env:X}\"}
    replication_config: {repositories: [\"${env:REPO}\"], start_date: \"${env:START}\"}
  - name: i
    type: github
    credentials: {token: *token}
    replication_config: {repositories: [a/b], start_date: 2026-01-01T00:00:00Z}
  - name: z
    type: zendesk-support
    environment: {subdomain: \"${env:SUB}\"}
    credentials: &z {email: {plain: ops@acme.example}, api_token: *token}
  - {name: y, type: zendesk-support, environment: {subdomain: acme}, credentials: *z}
";
    let loaded = load_text(text);
    assert_eq!(loaded.report.errors(), 0, "{}", told(&loaded, ""));
    let acme = &loaded.project.unwrap().desired.customers["a"];
    let secret = |name: &str| Setting::Secret(format!("${{env:{name}}}").parse().unwrap());
    let credentials = |name: &str| acme.connectors[name].credentials.clone().unwrap();
    assert_eq!(credentials("i")["token"], secret("X"));
    assert_eq!(credentials("y"), credentials("z"));
    assert_eq!(credentials("y")["api_token"], secret("X"));
    let connector = &acme.connectors["g"];
    assert_eq!(connector.previous_name.as_deref(), Some("h"));
    let settings = connector.replication_config.as_ref().unwrap();
    assert_eq!(settings["start_date"], secret("START"));
    assert_eq!(
        settings["repositories"],
        Setting::List(vec![secret("REPO")])
    );
    let environment = acme.connectors["z"].environment.as_ref().unwrap();
    assert_eq!(environment["subdomain"], secret("SUB"));
}

#[test]
fn several_inputs_are_one_project() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name);
    let options = LoadOptions::default();
    std::fs::create_dir(path("more")).unwrap();
    std::fs::write(path("customers.yaml"), "customers: [{name: a}]\n").unwrap();
    std::fs::write(path("more/b.yaml"), "customers: [{name: b}]\n").unwrap();
    std::fs::write(
        path("project.yaml"),
        "version: 1\nguards: {max_deletes: 2}\n",
    )
    .unwrap();
    // In any order, and a directory among files.
    for names in [
        ["customers.yaml", "project.yaml", "more"],
        ["more", "customers.yaml", "project.yaml"],
    ] {
        let loaded = load(&names.map(path), &options);
        assert_eq!(told(&loaded, ""), "");
        let project = loaded.project.unwrap();
        assert_eq!(project.desired.customers.len(), 2);
        assert_eq!(project.desired.guards.max_deletes, 2);
        assert_eq!(project.root, home.path());
    }
}

#[test]
fn an_include_of_standard_input_starts_at_the_current_directory() {
    let loaded = load_text("version: 1\ninclude: [tests/samples/valid/comp*.yaml]\n");
    // The included file holds keys of a project, which tells that it was found and read.
    let found = &loaded.report.findings[0];
    assert_eq!(found.code, Code::ProjectKeyElsewhere);
    assert_eq!(found.location.file, "tests/samples/valid/complete.yaml");
    let nothing = load_text("version: 1\ninclude: [nothing/*.yaml]\n");
    assert_eq!(
        nothing.report.findings[0].message,
        "no file matches include `nothing/*.yaml`"
    );
    assert_eq!(
        nothing.report.findings[0].path.as_deref(),
        Some("include[0]")
    );
}

#[test]
fn bytes_that_are_no_text_have_a_place() {
    let place = |bytes: &[u8]| {
        let options = LoadOptions {
            stdin: Some(bytes.to_vec()),
            ..LoadOptions::default()
        };
        let report = load(&["-".into()], &options).report;
        let found = &report.findings[0];
        let excerpt = found.excerpt.as_ref().unwrap().text.clone();
        assert_eq!(found.code, Code::NotText);
        (found.location.line, found.location.column, excerpt)
    };
    assert_eq!(
        place(b"a: 1\nname: \xc3\xa4x\xe9\n"),
        (2, 9, "name: •••".into())
    );
    assert_eq!(
        place(b"\xef\xbb\xbfa: 1\r\ntoken: x\0\n"),
        (2, 9, "token: •••".into())
    );
    assert_eq!(place(b"\xff\xfea\0"), (1, 1, "•••".into()));
}

#[test]
fn tabs_are_told_on_their_own_lines() {
    let place = |text: &str| {
        let report = load_text(text).report;
        let mut findings = report.findings.iter();
        let found = findings.find(|found| found.message.contains("tabs cannot indent"));
        let found = found.unwrap_or_else(|| panic!("{text:?}"));
        (found.location.line, found.location.column)
    };
    assert_eq!(place("customers:\n- name: acme\n\tregion: us\n"), (3, 1));
    assert_eq!(place("customers:\n  - name: a\n  \tregion: us\n"), (3, 3));
    assert_eq!(place("customers:\n\t- name: acme\n"), (2, 1));
    assert_eq!(place("customers:\n-\tname: acme\n"), (2, 2));
    assert_eq!(place("a: {\n\tb: 1\n}\nc: \"x\n\ty\"\n"), (2, 1));
    assert_eq!(place("guards:\n  max_deletes: 1\n\n\tx: 1\n"), (4, 1));
    assert_eq!(place("a: |\n\tb\n"), (2, 1));
    assert_eq!(place("a: \"x\n\ty\"\n"), (2, 1));
}

#[cfg(unix)]
#[test]
fn links_do_not_lead_out_of_a_project() {
    let (home, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(outside.path().join("a.yaml"), "customers: []\n").unwrap();
    std::os::unix::fs::symlink(outside.path().join("a.yaml"), home.path().join("a.yaml")).unwrap();
    std::fs::write(
        home.path().join("airlift.yaml"),
        "version: 1\ninclude: [a.yaml]\n",
    )
    .unwrap();
    let loaded = load_one(home.path());
    assert_eq!(loaded.report.findings[0].code, Code::IncludeOutside);
    let device = load_one("/dev/zero");
    assert_eq!(device.report.findings[0].code, Code::FileUnreadable);
}

#[test]
fn hostile_files_are_refused_at_once() {
    let mut bomb = String::from("a0: &a0 [x, x]\n");
    for level in 1..40 {
        writeln!(bomb, "a{level}: &a{level} [*a{0}, *a{0}]", level - 1).unwrap();
    }
    let indented = |depth: usize| -> String {
        (0..depth).fold(String::new(), |text, level| {
            text + &" ".repeat(level) + "a:\n"
        })
    };
    let keys = |count: usize| -> String {
        (0..count).fold(String::new(), |text, at| {
            text + "k" + &at.to_string() + ": 1\n"
        })
    };
    let texts = [
        keys(10_000),
        bomb,
        "[".repeat(10_000),
        "- ".repeat(10_000),
        "{a: ".repeat(10_000),
        indented(2_000),
        "? ".repeat(10_000),
    ];
    for text in texts {
        let begun = Instant::now();
        assert!(load_text(&text).report.has_errors());
        assert!(begun.elapsed() < Duration::from_secs(5), "{}", &text[..20]);
    }
    let large = load_text(&"#".repeat(8 * 1024 * 1024 + 1));
    assert_eq!(large.report.findings[0].code, Code::FileTooLarge);
}

#[test]
fn a_long_list_of_findings_is_cut() {
    let text = format!("version: 1\ncustomers:\n{}", "- {nam: x}\n".repeat(3_000));
    let report = load_text(&text).report;
    assert_eq!(report.findings.last().unwrap().code, Code::TooManyFindings);
    assert_eq!((report.findings.len(), report.omitted), (1_001, 5_000));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mutation_panics_or_tells_a_secret(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8, any::<char>()), 1..4),
    ) {
        let text = include_str!("samples/valid/complete.yaml").replace("dummy", PLANTED);
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
