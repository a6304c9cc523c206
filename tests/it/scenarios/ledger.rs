//! Tests of ledgers that someone else has changed, and of `ledger sign`.

use crate::support::TestEnv;
use serde_json::json;

#[test]
fn ledger_of_version_1_is_signed_once() {
    let env = TestEnv::applied();
    env.rewrite_ledger(|_| {});
    env.assert_converged(&[]);
    let again = env.run(&["ledger", "sign"]);
    again.exits(0).says("Everything in the ledger is verified.");
}

#[test]
fn ledger_sign_leaves_out_ids_of_other_workspaces() {
    let env = TestEnv::applied();
    let foreign = env.connector("Globex Stripe").id;
    env.rewrite_ledger(|entry| {
        if entry["name"] == "acme" {
            entry["leaving"] = json!([foreign]);
        }
    });
    env.assert_converged(&[]);
    let (apply, traffic) = env.apply(&[]);
    apply.exits(0);
    traffic.assert_only_reads();
    assert_eq!(env.connector("Globex Stripe").id, foreign);
}

#[test]
fn ledger_sign_signs_no_pending_deletion() {
    let env = TestEnv::applied();
    let own = env.connector("Acme GitHub").id;
    env.rewrite_ledger(|entry| {
        if entry["name"] == "acme" {
            entry["connectors"]
                .as_object_mut()
                .unwrap()
                .remove("Acme GitHub");
            entry["leaving"] = json!([own]);
        }
    });
    let (_, traffic) = env.apply(&[]);
    assert_eq!(traffic.count("delete_integrations_connectors_id"), 0);
    assert_eq!(env.connector("Acme GitHub").id, own);
}

#[test]
fn ledger_sign_signs_no_entry_of_other_name() {
    let env = TestEnv::applied();
    env.rewrite_ledger(|entry| {
        if entry["name"] == "globex" {
            entry["name"] = json!("someone");
        }
    });
    let show = env.run(&["ledger", "show"]);
    show.exits(0).says("acme");
    assert!(!show.stdout.contains("globex"), "{show}");
    assert!(!show.stdout.contains("someone"), "{show}");
}

#[test]
fn ledger_forged_owns_nothing() {
    let env = TestEnv::applied();
    let foreign = env.connector("Globex Stripe").id;
    let path = env.ledger_entry("acme");
    let workspace = env.world().workspace("acme").unwrap().id;
    let forged = json!({
        "version": 1, "workspace_id": workspace, "name": "acme", "connectors": {},
        "leaving": [foreign],
    });
    std::fs::write(path, forged.to_string()).unwrap();
    let (_, traffic) = env.apply(&[]);
    assert_eq!(traffic.count("delete_integrations_connectors_id"), 0);
    let doctor = env.run(&["doctor"]);
    doctor.says("[ledger_unsigned]").says("ledger sign`");
}

#[test]
fn ledger_with_other_key_stops_the_run() {
    let mut env = TestEnv::applied();
    env.set("AIRLIFT_LEDGER_KEY", "another key");
    for command in [&["plan"][..], &["apply", "--auto-approve"], &["drift"]] {
        let (output, traffic) = env.run_with_traffic(command);
        output
            .exits(1)
            .complains("ledger_key_changed")
            .complains("ledger rekey`");
        traffic.assert_only_reads();
    }
    let signed = env.run(&["ledger", "sign", "--auto-approve"]);
    signed.exits(0).says("acme");
    // The fingerprints of the other key are not verified, and nothing else has changed.
    env.run(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn ledger_of_newer_version_is_refused_by_name() {
    let env = TestEnv::applied();
    let path = env.ledger_entry("acme");
    let text = std::fs::read_to_string(&path).unwrap();
    let newer = text.replacen("\"version\":2", "\"version\":3", 1);
    std::fs::write(&path, newer).unwrap();
    env.run(&["plan"]).exits(1).complains("ledger_newer");
}

#[cfg(unix)]
#[test]
fn ledger_file_writable_by_others_is_refused_by_name() {
    use std::os::unix::fs::PermissionsExt;
    let env = TestEnv::applied();
    let path = env.ledger_entry("acme");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
    // The first group of the id: lines are wrapped at the others.
    let name = path.file_name().unwrap().to_str().unwrap();
    let (name, _) = name.split_once('-').unwrap();
    env.run(&["plan"])
        .exits(1)
        .complains("ledger_untrusted")
        .complains(name);
}

#[cfg(unix)]
#[test]
fn sandbox_ledger_key_is_random_and_private() {
    use std::os::unix::fs::PermissionsExt;
    let keys = [TestEnv::new(), TestEnv::new()].map(|env| {
        let apply = ["apply", "--auto-approve", "--sandbox"];
        env.run(&apply).exits(0);
        let key = env.path(".airlift/sandbox.key");
        let mode = key.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        // A second run verifies the ledger with the same key.
        env.run(&["plan", "--sandbox", "--detailed-exitcode"])
            .exits(0);
        std::fs::read_to_string(key).unwrap()
    });
    assert!(keys[0] != keys[1] && keys[0].len() == 64);
}

#[test]
fn ledger_key_of_a_file_is_that_of_the_variable() {
    let key = "0123456789abcdef0123456789abcdef";
    let mut env = TestEnv::new();
    env.set("AIRLIFT_LEDGER_KEY", key);
    env.converge(&[]);
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("key");
    std::fs::write(&file, format!("{key}\n")).unwrap();
    env.set("AIRLIFT_LEDGER_KEY_FILE", file.to_str().unwrap());
    env.run(&["plan"]).exits(64).complains("two_ledger_keys");
    env.unset("AIRLIFT_LEDGER_KEY");
    let plan = env.run(&["plan", "--detailed-exitcode"]);
    assert!(!plan.exits(0).stderr.contains("weak_ledger_key"), "{plan}");
    std::fs::remove_file(file).unwrap();
    env.run(&["plan"]).exits(1).complains("bad_ledger_key");
}

#[test]
fn ledger_key_that_is_blank_is_refused_and_a_short_one_reported() {
    let mut env = TestEnv::new();
    env.set("AIRLIFT_LEDGER_KEY", " \t");
    env.run(&["plan"]).exits(1).complains("bad_ledger_key");
    env.set("AIRLIFT_LEDGER_KEY", "short");
    env.run(&["plan"]).exits(0).complains("weak_ledger_key");
    env.run(&["doctor"]).says("weak_ledger_key");
}

#[cfg(unix)]
#[test]
fn sandbox_ledger_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let env = TestEnv::new();
    env.run(&["apply", "--auto-approve", "--sandbox"]).exits(0);
    let key = env.path(".airlift/sandbox.key");
    for mode in [0o644, 0o640, 0o602] {
        std::fs::set_permissions(&key, PermissionsExt::from_mode(mode)).unwrap();
        env.run(&["plan", "--sandbox"])
            .exits(1)
            .complains("ledger_failed")
            .complains("written by other");
    }
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
    env.run(&["plan", "--sandbox", "--detailed-exitcode"])
        .exits(0);
}
