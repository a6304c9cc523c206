//! Tests of ledgers that someone else wrote or changed: forged entries, moved entries, old copies, and
//! files of other users.

use super::{assert_code, assert_refused};
use crate::support::TestEnv;
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
fn ledger_file_that_is_too_large_is_refused() {
    let env = TestEnv::applied();
    let path = env.ledger_entry("acme");
    std::fs::write(&path, " ".repeat(9 * 1024 * 1024)).unwrap();
    env.run(&["plan"]).exits(1).complains("error[ledger_");
}
