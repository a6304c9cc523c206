//! Tests of export: the exported files are valid, and a plan for them is empty.

use crate::support::{Output, PROJECT, TestEnv, options};
use serde_json::{Value, json};

/// Exports to stdout, and asserts that the command only reads.
pub(super) fn export(env: &TestEnv, more: &[&str]) -> Output {
    let (output, traffic) = env.run_with_traffic(&[&["export"], more].concat());
    output.exits(0);
    traffic.assert_only_reads();
    output
}

/// Asserts that the text is a valid project, and that a plan for it in a new directory is empty.
pub(super) fn assert_adopts_everything(env: &TestEnv, text: &str) {
    env.write("elsewhere/airlift.yaml", text);
    env.run(&["validate", "-f", "elsewhere"]).exits(0);
    let (plan, traffic) = env.run_with_traffic(&["plan", "-f", "elsewhere", "--detailed-exitcode"]);
    plan.exits(0);
    traffic.assert_only_reads();
    assert!(!plan.stdout.contains("Blocked"), "{plan}");
}

fn stripe() -> Value {
    json!({"api_key": "someone's"})
}

#[test]
fn export_of_applied_project_keeps_references() {
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
    env.assert_converged(&[]);
    assert_eq!(export(&env, &[]).stdout, output.stdout);
}

#[test]
fn export_beside_empty_file_reads_no_project() {
    let env = TestEnv::applied();
    env.write("airlift.yaml", "");
    export(&env, &[]).says("name: acme");
}

#[test]
fn export_to_directory_counts_references_to_files() {
    let env = TestEnv::applied();
    export(&env, &["--out", "exported"])
        .complains("references to files, which are now relative to exported: 1");
}

#[test]
fn export_without_ledger_writes_placeholders() {
    let env = TestEnv::applied();
    let output = export(&env, &["--ledger", "none"]);
    for part in [
        "token: \"${unbound:ACME_ACME_GITHUB_TOKEN}\"",
        "api_key: \"${unbound:GLOBEX_GLOBEX_STRIPE_API_KEY}\"",
        "# Assumed method; the others are githubOAuth.",
        "# The API does not return `environment`",
    ] {
        output.says(part);
    }
    output.complains("placeholders to replace before the next apply: 4");
    assert!(!output.stdout.contains("ops@acme.example"));
    assert_adopts_everything(&env, &output.stdout);
}

#[test]
fn export_without_project_works() {
    let env = TestEnv::applied();
    std::fs::create_dir(env.path("empty")).unwrap();
    let mut command = env.command(&["export"]);
    command.current_dir(env.path("empty"));
    let output = Output::run(&mut command, std::time::Duration::from_secs(30));
    output.exits(0).says("name: Acme GitHub");
    assert!(!env.path("empty/.airlift").exists());
}

/// Names that need quoting in YAML or have a meaning elsewhere.
const UNUSUAL_NAMES: [&str; 15] = [
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
fn export_keeps_unusual_names() {
    let env = TestEnv::with("version: 1\n", options());
    let remote = env.remote();
    for name in UNUSUAL_NAMES {
        remote.customer(name);
        remote.connector(name, name, "stripe", &stripe());
    }
    let output = export(&env, &[]);
    let read: Value = serde_yaml::from_str(&output.stdout).unwrap();
    let customers = read["customers"].as_array().unwrap();
    let mut names: Vec<&str> = UNUSUAL_NAMES.to_vec();
    names.sort_unstable();
    let written = customers
        .iter()
        .map(|customer| customer["name"].as_str().unwrap());
    // A literal `${` is written as `$${`.
    let read: Vec<String> = written.map(|name| name.replace("$${", "${")).collect();
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
    assert_adopts_everything(&env, &output.stdout);
    let files = env.run(&["export", "--out", "unusual"]);
    files.exits(0).says("wrote 16 files below unusual");
    env.run(&["plan", "-f", "unusual", "--detailed-exitcode"])
        .exits(0);
    assert!(!env.path("etc").exists());
}

#[test]
fn export_writes_undeclarable_objects_as_comments() {
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
        .complains("2 connectors of this customer have this name")
        .complains("\" padded\" is left out")
        .complains("default is left out");
    assert_adopts_everything(&env, &output.stdout);
    let alone = "      - name: Alone";
    assert_eq!(
        output.stdout.matches("      - name: ").count(),
        1,
        "{alone}"
    );
}

#[test]
fn export_of_duplicates_declares_the_recorded_one() {
    let env = TestEnv::applied();
    env.remote()
        .connector("globex", "Globex Stripe", "stripe", &stripe());
    let output = export(&env, &[]);
    output
        .says("      - name: Globex Stripe")
        .says("      # - name: Globex Stripe");
    env.write("airlift.yaml", &output.stdout);
    env.assert_converged(&[]);
}

#[test]
fn export_keeps_customer_settings() {
    let env = TestEnv::with(PROJECT, options());
    env.edit(
        "  - name: acme\n",
        "  - name: acme\n    status: inactive\n    cache: false\n    protect: true\n",
    );
    env.converge(&[]);
    let output = export(&env, &[]);
    output.says("    status: inactive\n    cache: false\n    protect: true\n");
    env.write("airlift.yaml", &output.stdout);
    env.assert_converged(&[]);
}

#[test]
fn export_does_not_write_secrets_in_settings() {
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
fn export_keeps_reference_in_settings() {
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
    env.assert_converged(&[]);
}

/// Settings of a type without a known schema, with values that are difficult to write as YAML.
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
        "wide": vec!["a word that takes its space"; 20],
        "nothing": null,
    })
}

#[test]
fn export_of_hostile_settings_is_valid_and_equal() {
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
    // A literal `${` is escaped.
    assert_eq!(settings["half"], "x $${ y");
    assert_eq!(settings.as_object().unwrap().len(), 8, "{output}");
    assert_adopts_everything(&env, &export(&env, &["--ledger", "none"]).stdout);
    env.write("airlift.yaml", &output.stdout);
    env.run(&["validate"]).exits(0);
    env.assert_converged(&[]);
}

#[test]
fn export_to_directory_overwrites_nothing() {
    let env = TestEnv::applied();
    let arguments = ["export", "--out", "exported"];
    env.run(&arguments)
        .exits(0)
        .says("wrote 3 files below exported");
    let read = |name: &str| std::fs::read_to_string(env.path(name)).unwrap();
    assert!(read("exported/airlift.yaml").contains("include: [customers/*.yaml]"));
    assert!(read("exported/customers/acme.yaml").contains("name: Acme Zendesk"));
    env.run(&["validate", "-f", "exported"]).exits(0);
    env.run(&["plan", "-f", "exported", "--detailed-exitcode"])
        .exits(0);
    let before = read("exported/airlift.yaml");
    env.run(&arguments).exits(1).complains("file_exists");
    assert_eq!(read("exported/airlift.yaml"), before);
    std::fs::remove_file(env.path("exported/airlift.yaml")).unwrap();
    env.run(&arguments)
        .exits(1)
        .complains("customers/acme.yaml");
    assert!(!env.path("exported/airlift.yaml").exists());
}

#[test]
fn export_is_deterministic_and_accepts_targets() {
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
        (&["--target", "missing"][..], "unknown_selector"),
        (&["--target", "acme/Acme GitHub"], "export writes whole"),
        (&["--out", "x", "--format", "json"], "--out"),
    ] {
        let arguments = [&["export"], arguments].concat();
        env.run(&arguments).exits(64).complains(word);
    }
    assert!(!env.path("x").exists());
}

#[test]
fn export_without_customers_is_an_empty_project() {
    let env = TestEnv::with("version: 1\n", options());
    let output = export(&env, &[]);
    output.says("customers: []");
    env.run(&["export", "--out", "none"]).exits(0);
    env.run(&["validate", "-f", "none"]).exits(0);
}

#[cfg(unix)]
#[test]
fn export_out_directory_with_committed_link_writes_nothing_outside() {
    let env = TestEnv::applied();
    let outside = tempfile::tempdir().unwrap();
    let link = |path: &str| std::os::unix::fs::symlink(outside.path(), env.path(path)).unwrap();
    std::fs::create_dir(env.path("real")).unwrap();
    link("real/customers");
    link("linked");
    let absolute = env.path("linked");
    for out in ["real", "linked", "linked/below", absolute.to_str().unwrap()] {
        let output = env.run(&["export", "--out", out]);
        output.exits(1).complains("follows no links");
        assert_eq!(outside.path().read_dir().unwrap().count(), 0, "{out}");
    }
    assert!(!env.path("real/airlift.yaml").exists());
}
