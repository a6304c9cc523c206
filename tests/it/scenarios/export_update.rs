//! Tests of exports into edited files, and of the placeholders that exports write.

use crate::support::{Output, PROJECT, TestEnv, options};
use serde_json::{Value, json};

fn stripe() -> Value {
    json!({"api_key": "someone's"})
}

#[test]
fn placeholder_skips_only_the_connector_that_would_send_it() {
    let project = PROJECT.replace("${env:ACME_GITHUB}", "${unbound:ACME_GITHUB}");
    let env = TestEnv::with(&project, options());
    env.run(&["validate"]).exits(0).says("unbound_secret");
    env.run(&["plan"])
        .exits(0)
        .says("Connectors with placeholders for secrets are skipped.");
    let (output, traffic) = env.apply(&[]);
    output.exits(4).says("secret_unresolved");
    assert_eq!(traffic.count("create_integrations_connectors"), 2);
    env.edit("${unbound:ACME_GITHUB}", "${env:ACME_GITHUB}");
    let (_, traffic) = env.converge(&[]);
    assert_eq!(traffic.count("create_integrations_connectors"), 1);
}

#[test]
fn placeholder_of_existing_connector_is_not_verified() {
    let project = PROJECT.replace("${file:stripe-key}", "${unbound:STRIPE_KEY}");
    let env = TestEnv::with(&project, options());
    let remote = env.remote();
    remote.customer("globex");
    remote.connector("globex", "Globex Stripe", "stripe", &stripe());
    env.converge(&["--target", "globex"]);
    env.run(&["plan", "--target", "globex", "--detailed-exitcode"])
        .exits(0)
        .says("Not verified (1 connector)");
}

#[test]
fn placeholder_of_wrong_form_is_refused() {
    let project = PROJECT.replace("${env:ACME_GITHUB}", "${unbound:ACME#a}");
    let env = TestEnv::with(&project, options());
    env.run(&["validate"]).exits(1).says("invalid_reference");
}

#[test]
fn export_update_keeps_comments_references_and_order_of_edited_files() {
    let env = TestEnv::applied();
    env.edit(
        "  - name: globex\n",
        "  # Our first customer.\n  - name: globex\n",
    );
    env.edit(
        "repositories: [acme/api]\n",
        "repositories: [acme/api]  # all of them\n",
    );
    let remote = env.remote();
    remote.connector("globex", "Trial", "stripe", &stripe());
    remote.customer("hooli");
    let changed = json!({"replication_config": {
        "repositories": ["acme/api", "acme/web"], "start_date": "2026-01-01T00:00:00Z",
    }});
    remote.change_connector(env.connector("Acme GitHub").id, &changed);
    let update = || {
        let (output, traffic) = env.run_with_traffic(&["export", "--update"]);
        output.exits(0);
        traffic.assert_only_reads();
        (
            output,
            std::fs::read_to_string(env.path("airlift.yaml")).unwrap(),
        )
    };
    let (_, text) = update();
    for part in [
        "# Our first customer.",
        "# all of them",
        "${file:stripe-key}",
        "${env:ACME_GITHUB}",
        "acme/web",
        "- name: Trial",
        "${unbound:GLOBEX_TRIAL_API_KEY}",
        "- name: hooli",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.find("name: acme").unwrap() < text.find("name: globex").unwrap());
    let (output, again) = update();
    output.complains("the files are as before");
    assert_eq!(again, text);
    let (plan, traffic) = env.run_with_traffic(&["plan"]);
    plan.exits(0);
    traffic.assert_only_reads();
    env.converge(&[]);
}

#[test]
fn export_update_without_files_is_a_usage_error() {
    let env = TestEnv::applied();
    let empty = tempfile::tempdir().unwrap();
    let mut command = env.command(&["export", "--update"]);
    command.current_dir(empty.path());
    let output = Output::run(&mut command, std::time::Duration::from_secs(30));
    output.exits(64).complains("there is none here");
}

/// Runs `export --update`, and asserts that the plan after it has no change.
fn update(env: &TestEnv, more: &[&str]) -> (Output, String) {
    let output = env.run(&[&["export", "--update"], more].concat());
    output.exits(0);
    env.assert_converged(&[]);
    let text = std::fs::read_to_string(env.path("airlift.yaml")).unwrap();
    (output, text)
}

#[test]
fn export_update_takes_over_names_that_others_changed() {
    let env = TestEnv::applied();
    let remote = env.remote();
    let acme = env.world().workspace("acme").unwrap().id;
    remote.change_customer(acme, &json!({"name": "acme-corp"}));
    let globex = env.world().workspace("globex").unwrap().id;
    let suspended = json!({"status": "inactive", "cache_enabled": false});
    remote.change_customer(globex, &suspended);
    for (name, new) in [("Acme GitHub", "GitHub EU"), ("Acme Zendesk", "Help desk")] {
        remote.change_connector(env.connector(name).id, &json!({"name": new}));
    }
    env.run(&["export", "--update", "--target", "globex"])
        .exits(0);
    let (output, text) = update(&env, &["--target", "acme"]);
    assert!(text.contains("status: inactive"), "{text}");
    assert!(!text.contains("cache"), "{text}");
    output
        .complains("acme is acme-corp now: others renamed it")
        .complains("acme/Acme GitHub is GitHub EU now");
    assert!(!output.stderr.contains("left alone"), "{output}");
    assert!(!output.stderr.contains("placeholders"), "{output}");
    assert_eq!(text.matches("type: github").count(), 1, "{text}");
    assert!(text.contains("previous_name: Acme GitHub"), "{text}");
    let (output, again) = update(&env, &[]);
    output.complains("the files are as before");
    assert_eq!(again, text);
    env.converge(&[]);
}

#[test]
fn export_update_keeps_a_rename_of_the_files_that_is_not_applied() {
    let env = TestEnv::applied();
    env.edit(
        "- name: globex",
        "- name: globex-eu\n    previous_name: globex",
    );
    env.edit(
        "- name: Acme GitHub",
        "- name: Code\n        previous_name: Acme GitHub",
    );
    let before = std::fs::read_to_string(env.path("airlift.yaml")).unwrap();
    env.run(&["export", "--update"])
        .exits(0)
        .complains("the files are as before");
    let after = std::fs::read_to_string(env.path("airlift.yaml")).unwrap();
    assert_eq!(after, before);
}

#[test]
fn export_update_names_what_is_gone() {
    let env = TestEnv::applied();
    let remote = env.remote();
    remote.delete_connector(env.connector("Globex Stripe").id);
    let globex = env.world().workspace("globex").unwrap().id;
    remote.send(
        reqwest::Method::DELETE,
        &format!("/api/v1/workspaces/{globex}"),
        None,
    );
    remote.delete_connector(env.connector("Acme Zendesk").id);
    env.edit("  - name: globex\n", "  - name: hooli\n  - name: globex\n");
    let output = env.run(&["export", "--update"]);
    output
        .exits(0)
        .complains("globex is left alone: it is in the ledger and does not exist any more")
        .complains("acme/Acme Zendesk is left alone: it is in the ledger")
        .complains("hooli is left alone: it is declared and does not exist");
    let output = env.run(&["export", "--update", "--target", "acme"]);
    output.exits(0);
    assert!(!output.stderr.contains("globex"), "{output}");
}

#[test]
fn export_update_leaves_an_object_whose_name_another_had_until_the_next_apply() {
    let env = TestEnv::applied();
    let remote = env.remote();
    let acme = env.world().workspace("acme").unwrap().id;
    remote.change_customer(acme, &json!({"name": "acme-x"}));
    remote.customer("acme");
    let moved = env.connector("Globex Stripe").id;
    remote.change_connector(moved, &json!({"name": "Stripe EU"}));
    remote.connector("globex", "Globex Stripe", "stripe", &stripe());
    for _ in 0..2 {
        let (output, text) = update(&env, &[]);
        output
            .complains("acme is left alone: the files or the ledger have its name")
            .complains("Globex Stripe is left alone: the files or the ledger have its name");
        for part in ["- name: acme-x", "- name: Stripe EU"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    env.converge(&[]);
    let output = env.run(&["export", "--update"]);
    output.exits(0);
    assert!(!output.stderr.contains("acme is left alone"), "{output}");
    let text = std::fs::read_to_string(env.path("airlift.yaml")).unwrap();
    assert!(text.contains("- name: acme\n"), "{text}");
}
