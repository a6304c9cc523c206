//! Tests of ledger files that are none that airlift writes: no JSON, no UTF-8, cut, empty, too large.

use super::assert_refused;
use crate::support::{TestEnv, files};
use std::path::PathBuf;

/// Contents that no run writes.
fn contents(complete: &[u8]) -> Vec<Vec<u8>> {
    vec![
        Vec::new(),
        b"\0\0\0".to_vec(),
        b"{".to_vec(),
        b"[1, 2]".to_vec(),
        b"{\"version\":2,\"n\":\"\xc3\"}".to_vec(),
        b"{\"version\":2,\"generation\":\"x\",\"mac\":1}".to_vec(),
        complete[..complete.len() / 2].to_vec(),
        [b"<<<<<<< HEAD\n", complete].concat(),
        b" ".repeat(9 << 20),
    ]
}

/// A file of the ledger of the only organization.
fn ledger_file(env: &TestEnv, name: &str) -> PathBuf {
    let mut files = files(&env.path(".airlift/ledger"), &|path| path.ends_with(name));
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

#[test]
fn entry_damaged_blocks_its_customer() {
    let env = TestEnv::applied();
    let path = env.ledger_entry("acme");
    let complete = std::fs::read(&path).unwrap();
    env.edit("subdomain: acme", "subdomain: acme-eu");
    for content in contents(&complete) {
        std::fs::write(&path, &content).unwrap();
        assert_refused(&env, "ledger_entry_damaged");
        env.run(&["doctor"]).exits(1).says("ledger_entry_damaged");
        env.run(&["status"]).says("ledger_entry_damaged");
    }
    std::fs::write(&path, complete).unwrap();
    env.converge(&["--allow-replace"]);
}

#[test]
fn entry_damaged_leaves_the_other_customers_alone() {
    let env = TestEnv::applied();
    std::fs::write(env.ledger_entry("acme"), "{").unwrap();
    let stray = env.ledger_entry("globex").with_file_name("notes.json");
    std::fs::write(stray, "{").unwrap();
    let before = env.world();
    env.write("stripe-key", "another-key\n");
    let (apply, _) = env.apply(&[]);
    apply.exits(4).says("ledger_entry_damaged");
    let after = env.world();
    assert_eq!(after.workspace("acme"), before.workspace("acme"));
    assert_ne!(after.workspace("globex"), before.workspace("globex"));
    let sign = env.run(&["ledger", "sign", "--auto-approve"]);
    sign.exits(0).says("ledger_entry_damaged");
    env.converge(&["--adopt"]);
}

#[test]
fn head_damaged_stops_the_run_and_signing_is_the_way_back() {
    let env = TestEnv::applied();
    let path = ledger_file(&env, "head.json");
    let complete = std::fs::read(&path).unwrap();
    env.edit("subdomain: acme", "subdomain: acme-eu");
    for content in contents(&complete) {
        std::fs::write(&path, &content).unwrap();
        assert_refused(&env, "ledger_failed");
        let words = env.run(&["plan"]).stderr;
        let words: Vec<&str> = words.split_whitespace().collect();
        let message = words.join(" ");
        assert!(message.contains("restore the file"), "{message}");
        assert!(message.contains("ledger sign`"), "{message}");
        assert!(!message.contains("let this user"), "{message}");
    }
    std::fs::remove_file(path).unwrap();
    env.run(&["ledger", "sign", "--auto-approve"]).exits(0);
    env.converge(&["--adopt", "--allow-replace"]);
}

#[test]
fn rotations_damaged_stop_only_the_commands_that_need_them() {
    let env = TestEnv::applied();
    let head = ledger_file(&env, "head.json");
    let path = head.with_file_name("rotation.json");
    for content in contents(&std::fs::read(head).unwrap()) {
        std::fs::write(&path, &content).unwrap();
        env.run(&["plan"]).exits(0);
        env.run(&["doctor"]).exits(1).says("ledger_failed");
        let rotate = env.run(&["rotate", "--resume", "--auto-approve"]);
        rotate.exits(1).complains("ledger_failed");
    }
    env.run(&["ledger", "sign", "--auto-approve"]).exits(0);
    assert!(!path.exists());
}
