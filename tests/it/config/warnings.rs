//! Tests of literal texts, of warnings, and of files that are named twice or not read.

use super::*;

#[test]
fn load_literal_text_removes_the_escape() {
    let project = load_one("tests/samples/valid/literal_text.yaml")
        .project
        .unwrap();
    let connector = &project.desired.customers["acme"].connectors["Custom"];
    let settings = connector.replication_config.as_ref().unwrap();
    let json = |name: &str| serde_json::to_value(&settings[name]).unwrap();
    assert_eq!(json("namespace_format"), json!("${SOURCE_NAMESPACE}"));
    assert_eq!(json("list"), json!(["a ${B}", {"deep": "$${C}"}]));
    assert_eq!(json("template"), json!("${SOURCE_NAMESPACE}"));
    assert_eq!(json("map"), json!({"plain": "text"}));
    let credentials = connector.credentials.as_ref().unwrap();
    assert_eq!(credentials["prefix"], Setting::from(json!("${A}")));
    let environment = connector.environment.as_ref().unwrap();
    assert_eq!(environment["host"], Setting::from(json!("${HOST}.example")));
}

#[test]
fn load_plain_reference_in_settings_stays_a_reference() {
    let text = "version: 1
customers:
- name: a
  connectors:
  - name: c
    type: 0b5c6f0e-6a51-4f2f-9d0e-0a8a5f4b7c11
    replication_config: {auth: {plain: \"${env:X}\"}}
";
    let project = load_text(text).project.unwrap();
    let connector = &project.desired.customers["a"].connectors["c"];
    let settings = connector.replication_config.as_ref().unwrap();
    assert!(settings["auth"].holds_secret());
}

#[test]
fn load_replication_config_of_wrong_form_names_the_keyword() {
    for value in ["nothing", "[]", "1"] {
        let text = format!(
            "version: 1\ncustomers: [{{name: a, connectors: [{{name: c, type: x, replication_config: {value}}}]}}]\n"
        );
        let report = load_text(&text).report;
        let error = report
            .findings
            .iter()
            .find(|finding| finding.code == Code::WrongType);
        assert!(error.is_some(), "{value}: {report:?}");
    }
}

/// A project of so many connectors without replication settings.
fn silent_connectors(count: usize) -> String {
    let mut text = "version: 1\ncustomers:\n- name: a\n  connectors:\n".to_owned();
    for index in 0..count {
        writeln!(
            text,
            "  - {{name: c{index}, type: stripe, credentials: {{api_key: \"${{env:X}}\"}}}}"
        )
        .unwrap();
    }
    text
}

#[test]
fn load_many_warnings_has_no_error_and_hides_none() {
    let text = silent_connectors(3_000);
    let loaded = load_text(&text);
    let report = &loaded.report;
    assert!(loaded.project.is_some(), "{:?}", report.findings.first());
    assert_eq!((report.errors(), report.warnings()), (0, 3_000));
    assert_eq!((report.findings.len(), report.omitted), (1_000, 2_000));
    let more = "- {name: \u{430}cme}\n- {name: acme, status: odd}\n";
    let loaded = load_text(&format!("{text}{more}"));
    let codes: BTreeSet<Code> = loaded.report.findings.iter().map(|f| f.code).collect();
    assert!(loaded.project.is_none());
    let expected = [
        Code::InvalidValue,
        Code::DeceptiveName,
        Code::MissingReplicationConfig,
    ];
    assert_eq!(codes, BTreeSet::from(expected));
    assert_eq!(loaded.report.errors(), 1);
}

#[test]
fn load_file_named_twice_is_a_warning() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name);
    std::fs::write(path("airlift.yaml"), "version: 1\ncustomers: []\n").unwrap();
    std::fs::write(path("more.yaml"), "customers: [{name: a}]\n").unwrap();
    let codes = |inputs: &[PathBuf]| -> Vec<Code> {
        let loaded = load(inputs, &LoadOptions::default());
        assert!(loaded.project.is_some());
        loaded.report.findings.iter().map(|f| f.code).collect()
    };
    let (project, more) = (path("airlift.yaml"), path("more.yaml"));
    assert_eq!(codes(&[project.clone(), more.clone()]), []);
    let twice = [project.clone(), more.clone(), more.clone()];
    assert_eq!(codes(&twice), [Code::FileRepeated]);
    let directory = home.path().to_owned();
    let with_directory = [directory.clone(), project.clone(), more.clone()];
    assert_eq!(codes(&with_directory), [Code::FileRepeated]);
    std::fs::write(&project, "version: 1\ninclude: ['*.yaml']\n").unwrap();
    assert_eq!(codes(std::slice::from_ref(&directory)), []);
    assert_eq!(codes(std::slice::from_ref(&project)), []);
    assert_eq!(codes(&[project, more]), [Code::FileRepeated]);
}

#[test]
fn load_directory_of_other_names_says_which_name_to_use() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("airlift.yml"), "version: 1\n").unwrap();
    let report = load_one(home.path()).report;
    assert_eq!(report.findings[0].code, Code::NoFiles);
    let help = report.findings[0].help.as_deref().unwrap();
    assert!(help.contains("airlift.yml"), "{help}");
}

#[test]
fn load_directory_with_a_saved_plan_says_where_a_project_comes_from() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("plan.json"), "{}").unwrap();
    let report = load_one(home.path()).report;
    assert_eq!(report.findings[0].code, Code::NoFiles);
    let help = report.findings[0].help.as_deref().unwrap();
    assert!(
        help.contains("airlift init") && !help.contains("plan.json"),
        "{help}"
    );
}

#[test]
fn unused_pattern_of_unchecked_secrets_is_reported() {
    let codes = |pattern: &str| -> Vec<Code> {
        let loaded = load_text(&format!(
            "version: 1\nunchecked_secrets: [\"{pattern}\"]\ncustomers:\n- name: a\n  connectors:\n  - {{name: g, type: \
             github, credentials: {{token: \"${{env:X}}\"}}, replication_config: none}}\n"
        ));
        assert!(loaded.project.is_some());
        let findings = loaded.report.findings.iter();
        findings.map(|finding| finding.code).collect()
    };
    assert_eq!(codes("env:Y*"), [Code::UnusedPattern]);
    assert_eq!(codes("env:X"), []);
}
