//! Tests of secret values that cannot be right, and of references that cannot be resolved: `doctor`,
//! `plan` and `apply` name the reference and its cause.

use crate::support::{CLIENT, Output, PROJECT, TestEnv, options};
use serde_json::{Value, json};

/// Variables whose values have leftovers of editors, shells, templates and CI systems.
const BROKEN: [(&str, &str); 9] = [
    ("BLANK", " \t "),
    ("NEWLINE", "tok-0123456789\n"),
    ("WINDOWS", "tok-0123456789\r\n"),
    ("SPACE", "tok-0123456789 "),
    ("QUOTED", "\"tok-0123456789\""),
    ("OF_CI", "$(GITHUB_PRODUCTION)"),
    ("OF_TEMPLATE", "{{ github.production }}"),
    ("ANGLES", "<github-production>"),
    ("FILLER", "changeme"),
];

/// One customer with a GitHub connector for each reference.
fn project<'a>(references: impl IntoIterator<Item = &'a str>) -> String {
    let connector = |(number, reference): (usize, &str)| {
        format!(
            "      - {{name: Hub {number}, type: github, credentials: {{token: \"{reference}\"}}}}\n"
        )
    };
    let connectors: String = references.into_iter().enumerate().map(connector).collect();
    format!("version: 1\ncustomers:\n  - name: acme\n    connectors:\n{connectors}")
}

fn broken_project() -> TestEnv {
    let references = BROKEN.map(|(name, _)| format!("${{env:{name}}}"));
    let references = references.iter().map(String::as_str);
    let mut env = TestEnv::with(&project(references), options());
    for (name, value) in BROKEN {
        env.set(name, value);
    }
    env
}

fn assert_names_references_only(output: &Output) {
    let text = format!("{}{}", output.stdout, output.stderr);
    for (name, value) in BROKEN {
        assert!(text.contains(&format!("env:{name}")), "{name}: {output}");
        let is_shown = !value.trim().is_empty() && text.contains(value.trim());
        assert!(!is_shown, "{name}: {output}");
    }
}

#[test]
fn secret_with_broken_form_is_refused_before_any_write() {
    let env = broken_project();
    let doctor = env.run(&["doctor"]);
    doctor.exits(1);
    assert_names_references_only(&doctor);
    let plan = env.run(&["plan", "-v"]);
    plan.exits(0).says("[secret_broken]");
    assert_names_references_only(&plan);
    let (apply, traffic) = env.apply(&[]);
    apply.exits(11).complains("secret_unresolved");
    assert_names_references_only(&apply);
    traffic.assert_only_reads();
}

#[test]
fn secret_with_broken_form_is_sent_if_the_project_lists_it() {
    let mut env = broken_project();
    // The API refuses a blank credential.
    env.set("BLANK", "`tok-0123456789`");
    let text = std::fs::read_to_string(env.path("airlift.yaml")).unwrap();
    env.write(
        "airlift.yaml",
        &text.replace(
            "version: 1\n",
            "version: 1\nunchecked_secrets: [\"env:*\"]\n",
        ),
    );
    env.converge(&[]);
}

#[test]
fn secret_of_field_with_broken_form_is_refused() {
    let references = [
        "${file:a.json#quoted}",
        "${file:a.env#TEMPLATE}",
        "${file:a.json#no}",
        "${file:a.json#list}",
    ];
    let env = TestEnv::with(&project(references), options());
    env.write("a.json", r#"{"quoted": "'tok-0123456789'", "list": [1]}"#);
    env.write("a.env", "TEMPLATE='${GITHUB_PRODUCTION}'\n");
    let doctor = env.run(&["doctor", "--format", "json"]);
    doctor.exits(1);
    for reference in references {
        assert!(doctor.stdout.contains(reference), "{reference}: {doctor}");
    }
    // Only the form of a text can be left unchecked.
    let checks = doctor.json()["checks"].clone();
    let check = |detail: &str| {
        let mut checks = checks.as_array().unwrap().iter();
        checks
            .find(|check| check["detail"].as_str().unwrap().contains(detail))
            .unwrap()["hint"]
            .clone()
    };
    assert!(
        check("a.json#quoted")
            .as_str()
            .unwrap()
            .contains("unchecked_secrets")
    );
    assert!(
        !check("a.json#list")
            .as_str()
            .unwrap()
            .contains("unchecked_secrets")
    );
    env.apply(&[])
        .0
        .exits(11)
        .complains("${file:a.json#quoted}");
}

#[test]
fn secret_with_byte_order_mark_is_sent_without_it() {
    let env = TestEnv::with(&project(["${file:token}"]), options());
    env.write("token", "\u{feff}tok-0123456789\r\n");
    env.converge(&[]);
    // The fingerprint is that of the value without the mark.
    env.write("token", "tok-0123456789");
    env.assert_converged(&[]);
}

fn plan_json(env: &TestEnv, more: &[&str]) -> Value {
    let arguments = [&["plan", "--format", "json"], more].concat();
    let output = env.run(&arguments);
    output.exits(0);
    output.json()
}

#[test]
fn plan_with_missing_secret_of_new_connector_says_so() {
    let mut env = TestEnv::new();
    env.unset("ACME_GITHUB");
    env.run(&["plan"])
        .exits(0)
        .says("[secret_missing]")
        .says("${env:ACME_GITHUB}: the environment variable is not set")
        .says("Apply would stop");
    let plan = plan_json(&env, &[]);
    assert_eq!(plan["applyable"], json!(false));
    assert_eq!(
        plan["unverified"],
        json!([{
            "address": "acme/Acme GitHub",
            "why": "unavailable",
            "cause": "secret_missing",
            "stops_apply": true,
            "paths": ["credentials.token"],
            "references": [{
                "reference": "${env:ACME_GITHUB}",
                "problem": "the environment variable is not set",
            }],
        }])
    );
    assert_eq!(
        plan_json(&env, &["--no-secrets"])["applyable"],
        json!("unknown")
    );
    env.apply(&[]).0.exits(11).complains("secret_unresolved");
    env.set("ACME_GITHUB", "");
    let cause = &plan_json(&env, &[])["unverified"][0]["cause"];
    assert_eq!(cause, "secret_empty");
    env.set("ACME_GITHUB", "value-of-acme-github");
    assert_eq!(plan_json(&env, &[])["applyable"], json!(true));
}

#[test]
fn plan_with_many_missing_secrets_groups_them_by_cause() {
    let references: Vec<String> = (0..40).map(|n| format!("${{env:ABSENT_{n}}}")).collect();
    let references = references.iter().map(String::as_str);
    let env = TestEnv::with(&project(references), options());
    let plan = env.run(&["plan", "--target", "acme"]);
    plan.exits(0).says("Not verified (40 connectors)");
    assert_eq!(plan.stdout.matches("is not set").count(), 5, "{plan}");
    let doctor = env.run(&["doctor"]);
    doctor.exits(1).says("and 35 more");
    assert_eq!(doctor.stdout.matches("is not set").count(), 1, "{doctor}");
}

#[test]
fn plan_with_changed_reference_that_cannot_be_resolved_says_so() {
    let env = TestEnv::applied();
    let changed = PROJECT.replace("${env:ACME_GITHUB}", "${env:ABSENT}");
    env.write("airlift.yaml", &changed);
    env.run(&["plan"])
        .exits(0)
        .says("[reference_changed]")
        .says("${env:ABSENT}: the environment variable is not set");
    assert_eq!(plan_json(&env, &[])["applyable"], json!(false));
    let (apply, traffic) = env.apply(&[]);
    apply.exits(11).complains("${env:ABSENT}");
    traffic.assert_only_reads();
}

#[test]
fn secret_with_a_new_value_that_may_not_be_sent_stops_apply() {
    let env = TestEnv::applied();
    for (content, cause) in [("", "secret_empty"), ("'quoted'", "secret_broken")] {
        env.write("stripe-key", content);
        env.run(&["plan", "--detailed-exitcode"])
            .exits(0)
            .says(&format!("[{cause}]"))
            .says("${file:stripe-key}")
            .says("Apply would stop: it needs secrets that cannot be resolved.");
        let plan = plan_json(&env, &[]);
        assert_eq!(plan["applyable"], json!(false));
        let unverified = &plan["unverified"][0];
        assert_eq!(unverified["address"], "globex/Globex Stripe");
        assert_eq!(unverified["cause"], cause);
        assert_eq!(unverified["stops_apply"], json!(true));
        let (apply, traffic) = env.apply(&[]);
        apply.exits(11).complains("secret_unresolved");
        traffic.assert_only_reads();
        let (apply, _) = env.apply(&["--keep-going", "--format", "json"]);
        apply.exits(4);
        assert_eq!(apply.json()["unverified"][0]["cause"], cause);
        env.run(&["doctor"]).exits(1).says("${file:stripe-key}");
    }
}

#[test]
fn secret_that_disappears_is_named_in_plan_and_report() {
    let env = TestEnv::applied();
    std::fs::remove_file(env.path("stripe-key")).unwrap();
    env.run(&["plan", "--detailed-exitcode"])
        .exits(0)
        .says("[secret_missing]")
        .says("${file:stripe-key}");
    let (apply, _) = env.apply(&["--format", "json"]);
    apply.exits(0);
    let unverified = &apply.json()["unverified"][0];
    assert_eq!(unverified["address"], "globex/Globex Stripe");
    assert_eq!(unverified["cause"], "secret_missing");
    assert_eq!(unverified["stops_apply"], json!(false));
}

#[test]
fn client_credentials_with_line_breaks_are_trimmed() {
    let mut env = TestEnv::new();
    env.set("AIRBYTE_CLIENT_ID", &format!("{}\n", CLIENT.0));
    env.set("AIRBYTE_CLIENT_SECRET", &format!("{}\r\n", CLIENT.1));
    let organization = plan_json(&env, &[])["organization_id"].clone();
    let organization = organization.as_str().unwrap();
    env.set("AIRBYTE_ORGANIZATION_ID", &format!("{organization}\n"));
    env.converge(&[]);
}
