//! Export: what exists as files, which are valid and which nothing has to be done for.

use crate::support::{ESTATE, Output, TestEnv, options};
use serde_json::{Value, json};

/// Exports to stdout, with reads alone.
pub(super) fn export(env: &TestEnv, more: &[&str]) -> Output {
    let (output, traffic) = env.run_seen(&[&["export"], more].concat());
    output.exits(0);
    traffic.only_reads();
    output
}

/// The text is valid, and a project of its own that consists of it has nothing to change.
pub(super) fn adopts_everything(env: &TestEnv, text: &str) {
    env.write("elsewhere/airlift.yaml", text);
    let arguments = |verb| [verb, "-f", "elsewhere"];
    env.run(&arguments("validate")).exits(0);
    let (plan, traffic) = env.run_seen(&["plan", "-f", "elsewhere", "--detailed-exitcode"]);
    plan.exits(0);
    traffic.only_reads();
    assert!(!plan.stdout.contains("Blocked"), "{plan}");
}

fn stripe() -> Value {
    json!({"api_key": "somebody's"})
}

#[test]
fn an_applied_estate_comes_back_with_its_references() {
    let env = TestEnv::applied();
    let output = export(&env, &[]);
    for part in [
        "token: \"${env:ACME_GITHUB}\"",
        "api_key: \"${file:stripe-key}\"",
        "email: ops@acme.example",
        "subdomain: acme",
        "repositories: [acme/api]",
    ] {
        output.says(part);
    }
    output.complains("default is left out");
    assert!(!output.stdout.contains("placeholder"), "{output}");
    env.write("airlift.yaml", &output.stdout);
    env.run(&["validate"]).exits(0);
    env.is_converged(&[]);
    assert_eq!(export(&env, &[]).stdout, output.stdout);
}

#[test]
fn without_a_ledger_placeholders_stand_for_credentials() {
    let env = TestEnv::applied();
    let output = export(&env, &["--ledger", "none"]);
    for part in [
        "token: \"${env:ACME_ACME_GITHUB_TOKEN}\"",
        "api_key: \"${env:GLOBEX_GLOBEX_STRIPE_API_KEY}\"",
        "# A guess; or githubOAuth.",
        "# The API does not return `environment`",
    ] {
        output.says(part);
    }
    output.complains("placeholders to be filled in before the next apply: 4");
    assert!(!output.stdout.contains("ops@acme.example"));
    adopts_everything(&env, &output.stdout);
}

#[test]
fn no_project_is_needed() {
    let env = TestEnv::applied();
    std::fs::create_dir(env.path("empty")).unwrap();
    let mut command = env.command(&["export"]);
    command.current_dir(env.path("empty"));
    let output = Output::of(&mut command, std::time::Duration::from_secs(30));
    output.exits(0).says("name: Acme GitHub");
    assert!(!env.path("empty/.airlift").exists());
}

const ODD: [&str; 15] = [
    "it's \"quoted\": {yes}, [no]",
    "- dash",
    "# hash",
    "${env:HOME}",
    "a ${env:HOME} b",
    "日本 Zoë 😀",
    "::error::pwned",
    "##[error]##vso[task.setvariable]pwned",
    "true",
    "null",
    "0123",
    "a: b",
    "../../etc/passwd",
    "%YAML 1.2",
    "*alias &anchor !!tag | > ` @",
];

#[test]
fn odd_names_come_back_as_they_are() {
    let env = TestEnv::with("version: 1\n", options());
    let remote = env.remote();
    for name in ODD {
        remote.customer(name);
        remote.connector(name, name, "stripe", &stripe());
    }
    let output = export(&env, &[]);
    let read: Value = serde_yaml::from_str(&output.stdout).unwrap();
    let customers = read["customers"].as_array().unwrap();
    let mut names: Vec<&str> = ODD.to_vec();
    names.sort_unstable();
    let read: Vec<&str> = customers
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(read, names);
    for stream in [&output.stdout, &output.stderr] {
        assert!(
            !stream.contains("##[") && !stream.contains("##vso["),
            "{output}"
        );
        assert!(
            !stream
                .lines()
                .any(|line| line.trim_start().starts_with("::"))
        );
    }
    adopts_everything(&env, &output.stdout);
    let files = env.run(&["export", "--out", "odd"]);
    files.exits(0).says("wrote 16 files below odd");
    env.run(&["plan", "-f", "odd", "--detailed-exitcode"])
        .exits(0);
    assert!(!env.path("etc").exists());
}

#[test]
fn what_no_file_can_declare_is_named_and_kept_as_a_comment() {
    let env = TestEnv::with("version: 1\n", options());
    let remote = env.remote();
    remote.customer("acme");
    remote.customer(" padded");
    for name in ["Twin", "Twin", "Alone", "alone", "zero\u{200b}width"] {
        remote.connector("acme", name, "stripe", &stripe());
    }
    let output = export(&env, &[]);
    output
        .says("# - name: Twin")
        .says("      - name: Alone")
        .says("# - name: alone")
        .says("# - name: \"zero\\U0000200Bwidth\"")
        .says("# \" padded\" (workspace ")
        .complains("2 connectors of this customer carry this name")
        .complains(" padded is left out")
        .complains("default is left out");
    adopts_everything(&env, &output.stdout);
    let alone = "      - name: Alone";
    assert_eq!(
        output.stdout.matches("      - name: ").count(),
        1,
        "{alone}"
    );
}

#[test]
fn the_one_of_two_that_the_ledger_knows_is_declared() {
    let env = TestEnv::applied();
    env.remote()
        .connector("globex", "Globex Stripe", "stripe", &stripe());
    let output = export(&env, &[]);
    output
        .says("      - name: Globex Stripe")
        .says("      # - name: Globex Stripe");
    env.write("airlift.yaml", &output.stdout);
    env.is_converged(&[]);
}

#[test]
fn states_of_customers_come_back() {
    let env = TestEnv::with(ESTATE, options());
    env.edit(
        "  - name: acme\n",
        "  - name: acme\n    status: inactive\n    cache: false\n    protect: true\n",
    );
    env.converge(&[]);
    let output = export(&env, &[]);
    output.says("    status: inactive\n    cache: false\n    protect: true\n");
    env.write("airlift.yaml", &output.stdout);
    env.is_converged(&[]);
}

#[test]
fn secrets_in_the_settings_are_not_written() {
    let env = TestEnv::applied();
    let remote = env.remote();
    let github = env.connector("Acme GitHub");
    let mut config = github.replication_config;
    config.insert("access_password".into(), json!("hunter2-hunter2"));
    config["start_date"] = json!("ghp_hunter2");
    remote.change_connector(github.id, &json!({"replication_config": config}));
    for more in [&[][..], &["--ledger", "none"], &["--format", "json"]] {
        let output = export(&env, more);
        assert!(!output.to_string().contains("hunter2"), "{output}");
        output.says("acme/api");
    }
}

#[test]
fn a_reference_in_the_settings_comes_back_as_one() {
    let mut env = TestEnv::new();
    env.edit(
        "start_date: 2026-01-01T00:00:00Z",
        "start_date: \"${env:START}\"",
    );
    env.set("START", "2026-04-04T04:04:04Z");
    env.converge(&[]);
    let output = export(&env, &[]);
    output.says("start_date: \"${env:START}\"");
    assert!(!output.to_string().contains("04:04:04"), "{output}");
    env.write("airlift.yaml", &output.stdout);
    env.is_converged(&[]);
}

/// Settings of a type about which the catalog knows nothing, so that anything may stand there.
fn hostile() -> Value {
    let deep = (0..40).fold(json!("bottom"), |inner, _| json!({"a": inner}));
    json!({
        "reference": "${env:AIRBYTE_CLIENT_SECRET}",
        "half": "x ${ y",
        "$secret": "${env:AIRBYTE_CLIENT_SECRET}",
        "<<": {"merged": 1},
        "deep": deep,
        "lines": "one\n::error::two\u{2028}three\u{1b}[31m\u{feff}",
        "command": "##[error]##vso[task.complete]",
        "numbers": [0, -1, 1.5, 1e300, 18_446_744_073_709_551_615_u64],
        "words": ["no", "null", "~", "", " ", "- a", "a: b", "#", "0x1f", "2026-01-01", "!!tag"],
        "nested": {"": [], "empty": {}, "~": null, "a: b": {"- c": ["d", {"e": [[]]}]}},
        "a".repeat(2_000): 1,
        "\u{202e}key": true,
        "wide": vec!["a word that takes its room"; 20],
        "nothing": null,
    })
}

#[test]
fn whatever_the_settings_hold_the_file_is_valid_and_says_the_same() {
    let env = TestEnv::applied();
    let remote = env.remote();
    let zendesk = env.connector("Acme Zendesk").id;
    let config = hostile();
    remote.change_connector(zendesk, &json!({"replication_config": config}));
    let output = export(&env, &[]);
    assert!(!output.stdout.contains("AIRBYTE_CLIENT_SECRET"), "{output}");
    assert!(!output.stdout.contains("##["), "{output}");
    let read: Value = serde_yaml::from_str(&output.stdout).unwrap();
    let settings = &read["customers"][0]["connectors"][1]["replication_config"];
    for key in [
        "lines",
        "command",
        "numbers",
        "words",
        "nested",
        "wide",
        "\u{202e}key",
    ] {
        assert_eq!(settings[key], config[key], "{key}");
    }
    assert_eq!(settings.as_object().unwrap().len(), 7, "{output}");
    adopts_everything(&env, &export(&env, &["--ledger", "none"]).stdout);
    env.write("airlift.yaml", &output.stdout);
    env.run(&["validate"]).exits(0);
    env.is_converged(&[]);
}

#[test]
fn a_project_is_written_and_nothing_is_overwritten() {
    let env = TestEnv::applied();
    let arguments = ["export", "--out", "estate"];
    env.run(&arguments)
        .exits(0)
        .says("wrote 3 files below estate");
    let read = |name: &str| std::fs::read_to_string(env.path(name)).unwrap();
    assert!(read("estate/airlift.yaml").contains("include: [customers/*.yaml]"));
    assert!(read("estate/customers/acme.yaml").contains("name: Acme Zendesk"));
    env.run(&["validate", "-f", "estate"]).exits(0);
    env.run(&["plan", "-f", "estate", "--detailed-exitcode"])
        .exits(0);
    let before = read("estate/airlift.yaml");
    env.run(&arguments).exits(1).complains("file_exists");
    assert_eq!(read("estate/airlift.yaml"), before);
    std::fs::remove_file(env.path("estate/airlift.yaml")).unwrap();
    env.run(&arguments)
        .exits(1)
        .complains("customers/acme.yaml");
    assert!(!env.path("estate/airlift.yaml").exists());
}

#[test]
fn the_same_world_gives_the_same_bytes_and_parts_of_it_can_be_had() {
    let env = TestEnv::applied();
    let first = export(&env, &["--parallelism", "1"]);
    for _ in 0..3 {
        assert_eq!(export(&env, &["--parallelism", "32"]).stdout, first.stdout);
    }
    let only = export(&env, &["--target", "globex"]);
    only.says("- name: globex");
    assert!(
        !only.stdout.contains("acme") && !only.stderr.contains("default"),
        "{only}"
    );
    let json = export(&env, &["--format", "json"]).json();
    let yaml: Value = serde_yaml::from_str(&first.stdout).unwrap();
    assert_eq!(json, yaml);
    for (arguments, word) in [
        (&["--target", "nobody"][..], "unknown_selector"),
        (&["--target", "acme/Acme GitHub"], "whole customers"),
        (&["--out", "x", "--format", "json"], "--out"),
    ] {
        let arguments = [&["export"], arguments].concat();
        env.run(&arguments).exits(64).complains(word);
    }
    assert!(!env.path("x").exists());
}

#[test]
fn an_organization_without_customers_gives_an_empty_project() {
    let env = TestEnv::with("version: 1\n", options());
    let output = export(&env, &[]);
    output.says("customers: []");
    env.run(&["export", "--out", "none"]).exits(0);
    env.run(&["validate", "-f", "none"]).exits(0);
}
