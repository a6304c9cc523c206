//! Tests of APIs that store or return settings in another form than they were sent, or do not keep
//! them: no endless plan, no drift, no replacement, and changes by others are found.

use crate::support::{Output, RecordedRequests, TestEnv, faulty, options};
use airlift::sandbox::Options;
use serde_json::{Value, json};

/// Two connectors with literal settings, and one whose settings hold a reference, so that a change of
/// its settings would replace it.
const SETTINGS: &str = r#"version: 1
customers:
  - name: acme
    connectors:
      - name: Code
        type: github
        credentials: {token: "${env:ACME_GITHUB}"}
        replication_config:
          repositories: [Acme/Web, Acme/Api]
          start_date: 2026-01-01T00:00:00Z
      - name: Chat
        type: slack
        credentials: {bot_key: "${env:ACME_GITHUB}"}
        replication_config: {start_date: 2026-01-01T00:00:00Z, lookback_window: 7, join_channels: false}
      - name: Secret Chat
        type: slack
        credentials: {bot_key: "${env:ACME_GITHUB}"}
        replication_config: {start_date: "${env:START}", lookback_window: 14, join_channels: true}
"#;

const FORMS: [&[&str]; 9] = [
    &["sort-lists"],
    &["lower-case"],
    &["numbers-as-text"],
    &["utc-offset"],
    &["add-defaults"],
    &["verbatim"],
    &["ignore=start_date"],
    &[
        "sort-lists",
        "lower-case",
        "numbers-as-text",
        "utc-offset",
        "add-defaults",
    ],
    &["sort-lists", "lower-case", "numbers-as-text", "reads-only"],
];

fn with_behaviors(behaviors: &[&str], options: Options) -> TestEnv {
    let behaviors = behaviors.iter().map(|text| text.parse().unwrap()).collect();
    let options = Options {
        behaviors,
        ..options
    };
    let mut env = TestEnv::with(SETTINGS, options);
    env.set("START", "2026-01-02T00:00:00Z");
    env
}

/// Asserts that nothing is left to do, and that nothing changed out of band.
fn assert_settled(env: &TestEnv, behaviors: &[&str]) {
    for refresh in ["lean", "full"] {
        env.assert_converged(&["--refresh", refresh]);
    }
    let drift = env.run(&["drift", "--detailed-exitcode"]);
    assert_eq!(drift.code, Some(0), "{behaviors:?} {drift}");
    let (apply, traffic) = env.apply(&["--refresh", "full"]);
    apply.exits(0);
    traffic.assert_only_reads();
}

/// Standard output without line breaks.
fn unwrapped(output: &Output) -> String {
    let words: Vec<&str> = output.stdout.split_whitespace().collect();
    words.join(" ")
}

fn updates(traffic: &RecordedRequests) -> usize {
    traffic.count("update_integrations_connectors_id")
}

#[test]
fn settings_in_another_form_settle_after_apply_and_after_edit() {
    for behaviors in FORMS {
        let env = with_behaviors(behaviors, options());
        env.converge(&[]);
        assert_settled(&env, behaviors);
        env.edit("lookback_window: 7", "lookback_window: 8");
        env.edit("Acme/Api", "Acme/Cli");
        let (_, traffic) = env.converge(&[]);
        assert_eq!(
            traffic.write_operations(),
            ["update_integrations_connectors_id"; 2],
            "{behaviors:?}"
        );
        assert!(traffic.0.iter().all(|request| !request.credentials));
        assert_settled(&env, behaviors);
        let chat = env.connector("Chat").replication_config;
        assert_eq!(chat["lookback_window"], 8, "{behaviors:?}");
    }
}

#[test]
fn settings_in_another_form_changed_by_others_are_found_and_corrected() {
    for behaviors in FORMS {
        let env = with_behaviors(behaviors, options());
        env.converge(&[]);
        assert_settled(&env, behaviors);
        for (name, key, value) in [
            ("Chat", "join_channels", json!(true)),
            ("Chat", "lookback_window", json!(9)),
            ("Code", "repositories", json!(["acme/web"])),
        ] {
            let connector = env.connector(name);
            let mut config = connector.replication_config;
            let declared = config.insert(key.to_owned(), value);
            env.remote()
                .change_connector(connector.id, &json!({"replication_config": config}));
            let drift = env.run(&["drift", "--detailed-exitcode", "--format", "json"]);
            drift.exits(2);
            let fields = &drift.json()["changes"][0]["fields"];
            assert_eq!(fields.as_array().unwrap().len(), 1, "{behaviors:?} {drift}");
            assert_eq!(fields[0]["path"], format!("replication_config.{key}"));
            env.run(&["plan", "--detailed-exitcode"]).exits(2);
            let (_, traffic) = env.converge(&[]);
            assert_eq!(updates(&traffic), 1, "{behaviors:?}");
            assert_eq!(
                env.connector(name).replication_config.get(key),
                declared.as_ref()
            );
            assert_settled(&env, behaviors);
        }
    }
}

#[test]
fn setting_changed_by_others_again_and_again_is_corrected_each_time() {
    let env = with_behaviors(&["numbers-as-text"], options());
    env.converge(&[]);
    for _ in 0..4 {
        let chat = env.connector("Chat");
        let mut config = chat.replication_config;
        config.insert("lookback_window".into(), json!(9));
        env.remote()
            .change_connector(chat.id, &json!({"replication_config": config}));
        let (_, traffic) = env.converge(&[]);
        assert_eq!(updates(&traffic), 1);
        assert_eq!(
            env.connector("Chat").replication_config["lookback_window"],
            7
        );
    }
}

#[test]
fn setting_in_another_form_is_reported_once() {
    let env = with_behaviors(&["numbers-as-text"], options());
    let (apply, _) = env.apply(&["--target", "acme/Chat"]);
    apply.exits(0);
    let text = "the API stores replication_config.lookback_window in another form";
    assert!(unwrapped(&apply).contains(text), "{apply}");
    let plan = env.run(&["plan", "--refresh", "full", "--target", "acme/Chat"]);
    assert!(!unwrapped(&plan).contains("another form"), "{plan}");
    env.edit("join_channels: false", "join_channels: true");
    let (apply, traffic) = env.apply(&["--target", "acme/Chat"]);
    assert_eq!(updates(&traffic), 1);
    assert!(!unwrapped(&apply).contains("another form"), "{apply}");
    let report = with_behaviors(&["numbers-as-text"], options())
        .run(&[
            "apply",
            "--auto-approve",
            "--format",
            "json",
            "--target",
            "acme/Chat",
        ])
        .json();
    let operations = report["operations"].as_array().unwrap();
    let warnings: Vec<&Value> = operations
        .iter()
        .filter_map(|operation| operation["warnings"].as_array())
        .flatten()
        .collect();
    let [warning] = warnings.as_slice() else {
        panic!("{report:#}")
    };
    let warning = warning.as_str().unwrap();
    assert!(warning.contains("settings_stored_differently"), "{warning}");
}

#[test]
fn setting_that_the_api_ignores_is_sent_at_most_twice() {
    let env = with_behaviors(&["ignore=lookback_window"], options());
    let (apply, _) = env.apply(&[]);
    assert!(
        unwrapped(&apply).contains("warning[setting_not_kept]"),
        "{apply}"
    );
    apply.exits(0).says("replication_config.lookback_window");
    let plan = env.run(&["plan", "--detailed-exitcode"]);
    plan.exits(0).says("setting_not_kept").says("acme/Chat");
    env.edit("lookback_window: 7", "lookback_window: 8");
    let (mut sent, mut credentials) = (0, 0);
    for n in 0..4 {
        let (apply, traffic) = env.apply(&["--refresh", "full", "--allow-replace"]);
        apply.exits(0);
        if n == 0 {
            apply.says("warning[setting_not_kept]");
        }
        sent += updates(&traffic);
        credentials += traffic.count("create_integrations_connectors");
    }
    assert!((1..=2).contains(&sent), "{sent}");
    assert_eq!(credentials, 0);
    for refresh in ["lean", "full"] {
        let plan = env.run(&["plan", "--detailed-exitcode", "--refresh", refresh]);
        plan.exits(0).says("No changes.").says("setting_not_kept");
    }
    env.run(&["drift", "--detailed-exitcode"]).exits(0);
    let document = env.run(&["plan", "--format", "json"]).json();
    assert_eq!(document["warnings"][0]["code"], "setting_not_kept");
}

#[test]
fn settings_after_creation_without_response_settle() {
    for fault in ["close-after", "504-after", "cut"] {
        let faults = faulty(&format!("create_integrations_connectors:*:{fault}"));
        let env = with_behaviors(&["lower-case", "numbers-as-text"], faults);
        let (apply, _) = env.apply(&[]);
        assert!(matches!(apply.code, Some(0 | 4 | 7)), "{apply}");
        let (again, traffic) = env.apply(&[]);
        again.exits(0);
        assert_eq!(traffic.write_operations(), Vec::<&str>::new(), "{fault}");
        assert_settled(&env, &[fault]);
    }
}

#[test]
fn settings_after_update_without_response_settle() {
    for fault in ["close-after", "504-after", "cut"] {
        let faults = faulty(&format!("update_integrations_connectors_id:1:{fault}"));
        let env = with_behaviors(&["lower-case", "numbers-as-text"], faults);
        env.converge(&[]);
        env.edit("lookback_window: 7", "lookback_window: 8");
        let (_, _) = env.apply(&[]);
        let (again, _) = env.apply(&[]);
        again.exits(0);
        assert_settled(&env, &[fault]);
    }
}

#[test]
fn adopted_connector_with_settings_in_another_form_settles_after_one_write() {
    let env = with_behaviors(&["lower-case"], options());
    env.converge(&[]);
    std::fs::remove_dir_all(env.path(".airlift")).unwrap();
    let (apply, traffic) =
        env.apply(&["--adopt", "--target", "acme/Code", "--target", "acme/Chat"]);
    apply.exits(0);
    // Only the repositories have another form.
    assert_eq!(
        traffic.write_operations(),
        ["update_integrations_connectors_id"]
    );
    let (apply, _) = env.apply(&["--target", "acme/Code", "--target", "acme/Chat"]);
    apply.exits(0);
    let selected = ["--target", "acme/Code", "--target", "acme/Chat"];
    env.assert_converged(&selected);
    env.run(&["drift", "--detailed-exitcode", "--target", "acme/Code"])
        .exits(0);
}
