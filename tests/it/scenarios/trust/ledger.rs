//! Tests of ledgers that someone else wrote or changed: forged entries, moved entries, old copies, and
//! files of other users.

use super::{assert_code, assert_refused};
use crate::support::{PROJECT, TestEnv, faulty, files};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use uuid::Uuid;

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// A project with other customers in the organization: `victim` has connectors that airlift does not
/// manage.
fn with_victim(env: TestEnv) -> (TestEnv, Vec<Uuid>) {
    let remote = env.remote();
    remote.customer("victim");
    let key = json!({"api_key": "someone's"});
    remote.connector("victim", "Victim prod", "stripe", &key);
    remote.connector("victim", "Victim two", "stripe", &key);
    let world = env.world();
    let connectors = world.workspace("victim").unwrap().connectors.iter();
    let ids = connectors.map(|connector| connector.id).collect();
    (env, ids)
}

/// Commits a ledger entry of version 1, as a pull request could.
fn forge(env: &TestEnv, workspace: Uuid, content: &Value) {
    let organization = airlift::sandbox::ORGANIZATION_ID;
    env.write(
        &format!(".airlift/ledger/{organization}/customers/{workspace}.json"),
        &content.to_string(),
    );
}

#[test]
fn forged_entry_with_leftovers_of_another_customer_deletes_nothing() {
    let (env, ids) = with_victim(TestEnv::new());
    env.remove_lines("- name: globex", None);
    env.remote().customer("acme");
    let acme = env.world().workspace("acme").unwrap().id;
    let content = json!({
        "version": 1, "workspace_id": acme, "name": "acme", "applied": {"status": "active"},
        "unmanaged": [], "connectors": {}, "leaving": ids,
    });
    forge(&env, acme, &content);
    assert_refused(&env, "ledger_unsigned");
}

#[test]
fn forged_entry_that_owns_a_foreign_connector_changes_nothing() {
    let (env, ids) = with_victim(TestEnv::new());
    env.remove_lines("- name: acme", Some("- name: globex"));
    env.remote().customer("globex");
    let globex = env.world().workspace("globex").unwrap().id;
    let stripe = airlift::catalog::find("stripe").unwrap().definition_id;
    let content = json!({
        "version": 1, "workspace_id": globex, "name": "globex", "applied": {"status": "active"},
        "unmanaged": [], "leaving": [],
        "connectors": {"Globex Stripe": {"id": ids[0], "definition_id": stripe, "applied": {}}},
    });
    forge(&env, globex, &content);
    assert_refused(&env, "ledger_unsigned");
}

#[test]
fn forged_entry_of_a_foreign_workspace_deletes_no_customer() {
    let (env, _) = with_victim(TestEnv::new());
    let victim = env.world().workspace("victim").unwrap().id;
    let content = json!({
        "version": 1, "workspace_id": victim, "name": "victim", "applied": {"status": "active"},
        "unmanaged": [], "connectors": {}, "leaving": [],
    });
    forge(&env, victim, &content);
    let before = env.world();
    let all = ["--prune", "--delete-customers", "--allow-delete", "100%"];
    let arguments = [&["apply", "--auto-approve"][..], &all].concat();
    let output = env.run(&arguments);
    assert_code(&output, "ledger_unsigned");
    let (victim, after) = (before.workspace("victim"), env.world());
    assert_eq!(after.workspace("victim"), victim);
}

#[test]
fn entry_with_one_changed_byte_blocks_its_customer() {
    let env = TestEnv::applied();
    let path = env.ledger_entry("acme");
    let text = read(&path);
    std::fs::write(&path, text.replacen("Acme GitHub", "Acme GitHuc", 1)).unwrap();
    env.edit("subdomain: acme", "subdomain: acme-eu");
    assert_refused(&env, "ledger_entry_altered");
    env.run(&["doctor"]).says("ledger_entry_altered");
    std::fs::write(&path, text).unwrap();
    env.edit("subdomain: acme-eu", "subdomain: acme");
    env.assert_converged(&[]);
}

#[test]
fn entry_copied_to_another_workspace_blocks_its_customer() {
    let env = TestEnv::applied();
    let (acme, globex) = (env.ledger_entry("acme"), env.ledger_entry("globex"));
    std::fs::copy(&acme, &globex).unwrap();
    env.remove_lines("- name: globex", None);
    assert_refused(&env, "ledger_entry_");
}

#[test]
fn swapped_entries_block_their_customers() {
    let env = TestEnv::applied();
    let (acme, globex) = (env.ledger_entry("acme"), env.ledger_entry("globex"));
    let (first, second) = (read(&acme), read(&globex));
    std::fs::write(&acme, second).unwrap();
    std::fs::write(&globex, first).unwrap();
    env.edit("subdomain: acme", "subdomain: acme-eu");
    assert_refused(&env, "ledger_");
}

#[test]
fn old_copy_of_an_entry_blocks_its_customer() {
    let mut env = TestEnv::applied();
    let path = env.ledger_entry("acme");
    let old = read(&path);
    env.set("ACME_GITHUB", "another-value");
    env.converge(&[]);
    std::fs::write(&path, old).unwrap();
    env.set("ACME_GITHUB", "a-third-value");
    assert_refused(&env, "ledger_entry_old");
}

#[test]
fn removed_entry_blocks_its_customer() {
    let env = TestEnv::applied();
    std::fs::remove_file(env.ledger_entry("acme")).unwrap();
    env.edit("subdomain: acme", "subdomain: acme-eu");
    assert_refused(&env, "ledger_entry_missing");
}

#[test]
fn removed_head_blocks_all_customers() {
    let env = TestEnv::applied();
    let heads = files(&env.path(".airlift/ledger"), &|path| {
        path.ends_with("head.json")
    });
    assert_eq!(heads.len(), 1);
    std::fs::remove_file(&heads[0]).unwrap();
    env.edit("subdomain: acme", "subdomain: acme-eu");
    assert_refused(&env, "ledger_unverified");
}

#[test]
fn entries_with_another_key_stop_the_run() {
    let mut env = TestEnv::applied();
    env.set("AIRLIFT_LEDGER_KEY", "another-key-of-the-ledger");
    env.edit("subdomain: acme", "subdomain: acme-eu");
    assert_refused(&env, "ledger_key_changed");
}

#[test]
fn entry_of_a_newer_version_is_refused_by_name() {
    let env = TestEnv::applied();
    let path = env.ledger_entry("acme");
    let mut content: Value = serde_json::from_str(&read(&path)).unwrap();
    content["version"] = json!(3);
    std::fs::write(&path, content.to_string()).unwrap();
    assert_refused(&env, "ledger_newer");
}

#[test]
fn journal_of_a_newer_version_is_refused_by_name() {
    let env = TestEnv::applied();
    let path = journal(&env);
    let text = read(&path).replacen("\"version\":2", "\"version\":3", 1);
    std::fs::write(&path, text).unwrap();
    assert_refused(&env, "ledger_newer");
    env.run(&["doctor"]).exits(1).says("ledger_newer");
}

/// The journal of the ledger.
fn journal(env: &TestEnv) -> PathBuf {
    let organization = airlift::sandbox::ORGANIZATION_ID;
    env.path(format!(".airlift/ledger/{organization}/journal.ndjson"))
}

#[test]
fn forged_intent_in_the_journal_owns_nothing() {
    let (env, ids) = with_victim(TestEnv::applied());
    let world = env.world();
    let victim = world.workspace("victim").unwrap();
    let stripe = airlift::catalog::find("stripe").unwrap().definition_id;
    let intent = json!({"intent": {
        "operation": "create_connector", "customer": "victim", "workspace_id": victim.id,
        "name": "Victim prod", "definition_id": stripe, "at": "2026-01-01T00:00:00Z",
    }});
    let done = json!({"deleted": {"id": ids[0]}});
    std::fs::write(journal(&env), format!("{intent}\n{done}\n")).unwrap();
    let before = env.world();
    for arguments in [
        &["plan"][..],
        &[
            "apply",
            "--auto-approve",
            "--prune",
            "--allow-delete",
            "100%",
        ],
    ] {
        let output = env.run(arguments);
        assert_ne!(output.code, Some(0), "{output}");
        assert_code(&output, "ledger_");
        assert_eq!(env.world(), before);
    }
}

/// A creation fails, someone creates the connector by hand, and the outcome is removed from the journal. The journal has
/// its lines because the outcome of another creation is unknown.
#[test]
fn journal_without_an_outcome_makes_no_connector_of_others_managed() {
    let faults =
        "create_integrations_connectors:1:422,create_integrations_connectors:2:reset-before";
    let env = TestEnv::with(PROJECT, faulty(faults));
    env.run(&["apply", "--auto-approve", "--parallelism", "1"])
        .exits(4);
    let key = json!({"token": "someone's"});
    env.remote()
        .connector("acme", "Acme GitHub", "github", &key);
    let complete = read(&journal(&env));
    assert!(complete.contains("\"outcome\":\"failed\""), "{complete}");
    let without: String = complete
        .split_inclusive('\n')
        .filter(|line| !line.contains("failed"))
        .collect();
    std::fs::write(journal(&env), without).unwrap();
    let by_hand = env.connector("Acme GitHub");
    assert_refused(&env, "ledger_unverified");
    assert_eq!(env.connector("Acme GitHub"), by_hand);
    assert!(!read(&env.ledger_entry("acme")).contains(&by_hand.id.to_string()));
    // After signing, the project adopts nothing without `--adopt`.
    env.run(&["ledger", "sign", "--auto-approve"]).exits(0);
    assert_code(&env.run(&["plan"]), "adoption_not_allowed");
}

#[test]
fn head_of_the_run_before_is_refused_until_it_is_signed() {
    let env = TestEnv::applied();
    let head = journal(&env).with_file_name("head.json");
    let old = read(&head);
    env.edit(
        "  - name: acme\n",
        "  - {name: later, connectors: []}\n  - name: acme\n",
    );
    env.converge(&[]);
    std::fs::write(&head, old).unwrap();
    assert_refused(&env, "ledger_head_old");
    env.run(&["doctor"]).exits(1).says("ledger_head_old");
    env.run(&["ledger", "sign", "--auto-approve"]).exits(0);
    env.run(&["plan", "--detailed-exitcode"]).exits(0);
    let shown = env.run(&["ledger", "show"]);
    shown.exits(0).says("later");
}

#[test]
fn old_head_and_old_entry_block_the_other_customers() {
    let mut env = TestEnv::applied();
    let organization = airlift::sandbox::ORGANIZATION_ID;
    let head = env.path(format!(".airlift/ledger/{organization}/head.json"));
    let old = [head, env.ledger_entry("acme")];
    let texts = old.clone().map(|path| read(&path));
    env.set("ACME_GITHUB", "another-value");
    env.converge(&[]);
    env.write("stripe-key", "another-key\n");
    env.converge(&[]);
    for (path, text) in old.iter().zip(texts) {
        std::fs::write(path, text).unwrap();
    }
    env.run(&["doctor"]).exits(1).says("ledger_entry_old");
    assert_refused(&env, "ledger_entry_old");
}

#[test]
fn head_and_entry_removed_block_every_customer() {
    let env = TestEnv::applied();
    let organization = airlift::sandbox::ORGANIZATION_ID;
    let head = env.path(format!(".airlift/ledger/{organization}/head.json"));
    std::fs::remove_file(head).unwrap();
    std::fs::remove_file(env.ledger_entry("acme")).unwrap();
    env.run(&["doctor"]).exits(1).says("ledger_head_missing");
    assert_refused(&env, "ledger_unverified");
    let plan = env.run(&["plan", "--adopt"]);
    plan.exits(4)
        .says("acme [ledger_unverified]")
        .says("globex [ledger_unverified]")
        .says("ledger_head_missing");
    let (apply, traffic) = env.apply(&["--adopt"]);
    apply.exits(1).complains("ledger_unverified");
    traffic.assert_only_reads();
    env.run(&["ledger", "sign", "--auto-approve"]).exits(0);
    env.converge(&["--adopt"]);
}

#[test]
fn forged_rotation_replaces_nothing() {
    let (env, ids) = with_victim(TestEnv::applied());
    let organization = airlift::sandbox::ORGANIZATION_ID;
    let rotation = json!({
        "version": 1, "started_at": "2026-01-01T00:00:00Z", "waves": [],
        "connectors": {"acme/Acme GitHub": {"id": ids[0]}},
    });
    let name = format!(
        ".airlift/ledger/{organization}/rotations/00000000-0000-4000-8000-000000000001.json"
    );
    env.write(&name, &rotation.to_string());
    let before = env.world();
    let output = env.run(&["rotate", "--all", "--resume", "--auto-approve"]);
    assert_ne!(output.code, Some(0), "{output}");
    assert_eq!(env.world(), before);
}

#[test]
fn old_copy_of_the_rotations_replaces_nothing() {
    let mut env = TestEnv::applied();
    let organization = airlift::sandbox::ORGANIZATION_ID;
    let path = env.path(format!(".airlift/ledger/{organization}/rotation.json"));
    let rotate = ["rotate", "--all", "--auto-approve"];
    env.set("ACME_GITHUB", "invalid");
    env.run(&rotate).exits(4);
    let old = read(&path);
    env.set("ACME_GITHUB", "another-value");
    let resume = ["rotate", "--resume", "--auto-approve"];
    env.run(&resume).exits(0);
    assert!(!path.exists());
    std::fs::write(&path, old).unwrap();
    let before = env.world();
    for arguments in [&resume[..], &rotate, &["ledger", "show"]] {
        env.run(arguments).exits(1).complains("ledger_entry_old");
    }
    assert_eq!(env.world(), before);
    env.run(&["doctor"]).exits(1).says("ledger_entry_old");
    env.run(&["ledger", "sign", "--auto-approve"]).exits(0);
    assert!(!path.exists());
    env.run(&resume).exits(64).complains("nothing_to_resume");
}

#[test]
fn ledger_file_that_others_can_write_is_refused() {
    let mut env = TestEnv::applied();
    // Wide enough for the path on one line.
    env.set("COLUMNS", "300");
    let path = env.ledger_entry("acme");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
    env.edit("subdomain: acme", "subdomain: acme-eu");
    let before = env.world();
    for arguments in [
        &["plan"][..],
        &["apply", "--auto-approve", "--allow-replace"],
    ] {
        let output = env.run(arguments);
        output.exits(1).complains("ledger_untrusted");
        let name = path.file_name().unwrap().to_str().unwrap();
        output.complains(name);
        assert_eq!(env.world(), before);
    }
}

#[test]
fn ledger_file_that_is_a_link_is_refused() {
    let env = TestEnv::applied();
    let path = env.ledger_entry("acme");
    let elsewhere = env.path("elsewhere.json");
    std::fs::rename(&path, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
    let text = read(&elsewhere);
    env.edit("subdomain: acme", "subdomain: acme-eu");
    let output = env.run(&["apply", "--auto-approve", "--allow-replace"]);
    output.exits(1).complains("ledger_untrusted");
    assert_eq!(read(&elsewhere), text);
}

#[test]
fn previous_name_does_not_take_a_customer_of_others() {
    let (env, _) = with_victim(TestEnv::applied());
    let before = env.world();
    env.edit(
        "- name: acme\n",
        "- name: acme-2\n    previous_name: victim\n",
    );
    let output = env.run(&["apply", "--auto-approve"]);
    assert_ne!(output.code, Some(0), "{output}");
    let after = env.world();
    assert_eq!(after.workspace("victim"), before.workspace("victim"));
    assert_eq!(after.workspace("acme"), before.workspace("acme"));
}
