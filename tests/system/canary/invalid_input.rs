//! Responsible for the canary tests with invalid files, failing stores and invalid addresses: the
//! messages name the mistake and do not show the secret next to it.

use super::commands::{VERBOSITIES, arguments, formats};
use super::project::CanaryProject;
use super::search::Search;
use super::server::ServerBehavior;
use super::summary::{Summary, print_figures};
use super::values::{Canary, CanaryGenerator, CanaryPattern};
use serde_json::json;

/// A project file with these fields of a connector.
fn project_file(credentials: &str) -> String {
    format!(
        "version: 1\ncustomers:\n  - name: acme\n    connectors:\n      - name: Hub\n        \
         type: github\n        {credentials}\n"
    )
}

/// Invalid credentials, each with a name and a secret.
fn credentials(quoted: &str, line: &str) -> Vec<(&'static str, String)> {
    let inner = &quoted[1..quoted.len() - 1];
    vec![
        ("a literal", format!("credentials: {{token: {quoted}}}")),
        ("an open bracket", format!("credentials: {{token: {quoted}")),
        ("an open quote", format!("credentials: {{token: '{line}")),
        ("text for a mapping", format!("credentials: {quoted}")),
        ("a list", format!("credentials: [{quoted}]")),
        (
            "a list in a field",
            format!("credentials: {{token: [{quoted}]}}"),
        ),
        (
            "a mapping in a field",
            format!("credentials: {{token: {{value: {quoted}}}}}"),
        ),
        ("a key", format!("credentials: {{? {quoted} : x}}")),
        (
            "a key with no value",
            format!("credentials: {{{quoted}: }}"),
        ),
        (
            "twice",
            format!("credentials: {{token: {quoted}, token: {quoted}}}"),
        ),
        (
            "part of a reference",
            format!("credentials: {{token: \"${{env:X}}{inner}\"}}"),
        ),
    ]
}

/// Invalid fields of a connector, each with a name and a secret.
fn connector_fields(value: &str, quoted: &str, line: &str) -> Vec<(&'static str, String)> {
    let block = value.replace('\n', "\n            ");
    let inner = &quoted[1..quoted.len() - 1];
    vec![
        (
            "a reference's store",
            format!("credentials: {{token: \"${{{inner}:X}}\"}}"),
        ),
        (
            "an unknown store",
            format!("credentials: {{token: \"${{op:X}}\", x: {quoted}}}"),
        ),
        ("another field", format!("credentials: {{tokn: {quoted}}}")),
        (
            "a block",
            format!("credentials:\n          token: |\n            {block}\n         x: ["),
        ),
        ("a tag", format!("credentials: {{token: !!int {quoted}}}")),
        (
            "an anchor",
            format!("credentials: {{token: &a {quoted}, more: *b}}"),
        ),
        ("a comment", format!("credentials: {{token: [}} # {line}")),
        ("a tab", format!("credentials:\n\t  token: {quoted}")),
        (
            "a setting",
            format!("replication_config: {{api_token: {quoted}}}"),
        ),
        ("a variable", format!("environment: {{password: {quoted}}}")),
        (
            "a wrong time",
            format!("replication_config: {{start_date: {quoted}}}"),
        ),
        (
            "a method",
            format!("credentials: {{token: \"${{env:X}}\"}}\n        auth: [{quoted}]"),
        ),
    ]
}

/// Invalid files, each with a name.
fn files(value: &str) -> Vec<(&'static str, String)> {
    let quoted = json!(value).to_string();
    let line = value.lines().next().unwrap();
    let mut all = credentials(&quoted, line);
    all.extend(connector_fields(value, &quoted, line));
    for (_, text) in &mut all {
        *text = project_file(text);
    }
    all.extend([
        ("a version", format!("version: [{quoted}]\n")),
        ("customers", format!("version: 1\ncustomers: {quoted}\n")),
        ("an unknown key", format!("version: 1\napi_key: {quoted}\n")),
        ("a document", quoted.clone()),
    ]);
    all
}

#[test]
fn project_file_invalid_next_to_secret_is_reported_without_it() {
    let mut summary = Summary::default();
    let mut generator = CanaryGenerator::new(11);
    let mut project = CanaryProject::new(0, 11);
    let mut count = 0;
    for pattern in CanaryPattern::ALL {
        let canary = generator.canary("a literal", pattern);
        let search = Search::new(vec![canary.clone()]);
        for (name, text) in files(&canary.value) {
            count += 1;
            project
                .harness
                .write_file("project/wrong/airlift.yaml", &text);
            let command = ["validate", "plan", "apply", "rotate --all", "doctor"][count % 5];
            let format = &formats()[count % formats().len()];
            let line = format!("{command} -f wrong");
            let arguments = arguments(&line, format, &VERBOSITIES[2]);
            let run = project.harness.run(&arguments, &[], ServerBehavior::Normal);
            assert_eq!(run.status.code(), Some(1), "{name}: {}", run.output());
            summary.check(&search, &run);
        }
    }
    print_figures(&format!("{count} invalid files"));
    summary.assert_clean("invalid files");
}

/// Prepares stores that contain the secret and cannot resolve these references.
fn prepare_failing_stores(project: &mut CanaryProject, canary: &Canary) -> Vec<&'static str> {
    let value = &canary.value;
    let quoted = json!(value).to_string();
    let harness = &mut project.harness;
    harness.write_file("project/secrets/bad.json", &format!("{{\"k\": {quoted}, x"));
    harness.write_file(
        "project/secrets/list.json",
        &format!("{{\"k\": [{quoted}]}}"),
    );
    harness.write_file(
        "project/secrets/bad.yaml",
        &format!("k: [{quoted}\nx: y\n  z"),
    );
    harness.write_file(
        "project/secrets/twice.yaml",
        &format!("k: {quoted}\nk: {quoted}\n"),
    );
    harness.write_file(
        "project/secrets/bad.env",
        &format!("k=\"{}\\q\n{value}", &value[..4]),
    );
    harness.write_file("project/secrets/control", &format!("{value}\u{7}"));
    harness.vault.put("canaries", "k", value);
    let script = harness.path("home/bin/fails").display().to_string();
    let quoted = value.replace('\'', r"'\''");
    harness.write_file(
        "home/bin/fails",
        &format!("#!/bin/sh\necho '{quoted}'\necho '{quoted}' >&2\nexit 3\n"),
    );
    let config = json!({"exec": {"fails": {"argv": [script]}}}).to_string();
    harness.write_file("home/.config/airlift/config.yaml", &config);
    vec![
        "${env:NOT_SET}",
        "${file:secrets/bad.json#k}",
        "${file:secrets/bad.json#other}",
        "${file:secrets/list.json#k}",
        "${file:secrets/bad.yaml#k}",
        "${file:secrets/twice.yaml#k}",
        "${file:secrets/bad.env#k}",
        "${file:secrets/control}",
        "${vault:kv/canaries#other}",
        "${vault:kv/nothing#k}",
        "${exec:fails}",
        "${exec:unknown}",
    ]
}

#[test]
fn store_failing_next_to_secret_is_reported_without_it() {
    let mut summary = Summary::default();
    let mut project = CanaryProject::new(0, 12);
    for pattern in [
        CanaryPattern::Plain,
        CanaryPattern::Quoted,
        CanaryPattern::Lines,
        CanaryPattern::Unicode,
    ] {
        let canary = CanaryGenerator::new(12).canary("a failing store", pattern);
        let references = prepare_failing_stores(&mut project, &canary);
        let mut canaries = project.search.canaries.clone();
        canaries.push(canary);
        let search = Search::new(canaries);
        for reference in references {
            let text = project_file(&format!("credentials: {{token: \"{reference}\"}}"))
                + "stores: [env, file, vault, exec]\n";
            // The file is in the project's root, because the store `file` resolves paths below it.
            project.harness.write_file("project/failing.yaml", &text);
            let arguments = ["apply", "-f", "failing.yaml", "--auto-approve", "-vv"];
            let run = project.harness.run(&arguments, &[], ServerBehavior::Normal);
            run.assert_exit_code(11);
            summary.check(&search, &run);
            let run = project.harness.run(
                &["doctor", "-f", "failing.yaml"],
                &[],
                ServerBehavior::Normal,
            );
            summary.check(&search, &run);
        }
    }
    summary.assert_clean("failing stores");
}

/// The arguments and the variables of a run.
type RunInput<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)]);

#[test]
fn address_with_password_is_shown_without_it() {
    let mut summary = Summary::default();
    let project = CanaryProject::new(7, 13);
    let password = &project.canary("the proxy's password").value;
    let address = |host: &str| format!("http://user:{password}@{host}");
    let (unreachable, malformed) = (address("127.0.0.1:9"), address("[nonsense"));
    let is_argument =
        |sink: &str, origin: &str| sink == "command line" && origin.starts_with("the proxy");
    let https = unreachable.replace("http:", "https:");
    let cases: [RunInput<'_>; 6] = [
        (
            &["plan", "-vv", "--proxy", &unreachable],
            &[("AIRBYTE_API_HOST", "https://api.example")],
        ),
        (
            &["plan", "-vv", "--proxy", &malformed],
            &[("AIRBYTE_API_HOST", "https://api.example")],
        ),
        (&["apply", "--proxy", &unreachable, "--no-such-flag"], &[]),
        (&["plan", "-vv"], &[("AIRBYTE_API_HOST", &https)]),
        (&["doctor"], &[("AIRBYTE_API_HOST", &https)]),
        (
            &["apply", "--auto-approve", "-vv"],
            &[("VAULT_ADDR", &https)],
        ),
    ];
    for (arguments, variables) in cases {
        let run = project
            .harness
            .run(arguments, variables, ServerBehavior::Normal);
        assert_ne!(run.status.code(), Some(0), "{}", run.output());
        summary.check_except(&project.search, &run, &is_argument);
    }
    summary.assert_clean("addresses with passwords");
}
