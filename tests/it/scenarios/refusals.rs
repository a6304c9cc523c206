//! Runs that do not begin.

use crate::support::TestEnv;

const OTHER: &str = "11111111-2222-4333-8444-555555555555";

fn is_refused(env: &TestEnv, code: i32, complaint: &str) {
    for verb in [&["plan"][..], &["apply", "--auto-approve"]] {
        let (output, traffic) = env.run_seen(verb);
        output.exits(code).complains(complaint);
        traffic.only_reads();
    }
    assert_eq!(env.world().connectors().count(), 0);
}

#[test]
fn another_organization() {
    let mut env = TestEnv::new();
    env.edit(
        "version: 1",
        &format!("version: 1\norganization_id: {OTHER}"),
    );
    is_refused(&env, 3, "error[");
    env.edit(&format!("\norganization_id: {OTHER}"), "");
    env.set("AIRBYTE_ORGANIZATION_ID", OTHER);
    is_refused(&env, 3, "error[");
    let ours = airlift::sandbox::ORGANIZATION_ID;
    env.edit(
        "version: 1",
        &format!("version: 1\norganization_id: {ours}"),
    );
    is_refused(&env, 3, "wrong_organization");
    env.unset("AIRBYTE_ORGANIZATION_ID");
    env.converge(&[]);
}

#[test]
fn a_wrong_client_secret() {
    let mut env = TestEnv::new();
    env.set("AIRBYTE_CLIENT_SECRET", "not-the-secret");
    is_refused(&env, 3, "authentication_failed");
    env.unset("AIRBYTE_CLIENT_SECRET");
    is_refused(&env, 3, "no_credentials");
}

#[test]
fn nobody_to_ask() {
    let env = TestEnv::new();
    let (output, traffic) = env.run_seen(&["apply"]);
    output.exits(64).complains("approval_needed");
    traffic.only_reads();
    // Nothing to approve needs nobody.
    env.converge(&[]);
    env.run(&["apply"]).exits(0);
}

#[test]
fn wrong_command_lines() {
    let env = TestEnv::new();
    for arguments in [
        &[][..],
        &["fly"],
        &["plan", "--nonsense"],
        &["plan", "--format", "xml"],
        &["plan", "--target", ""],
        &["plan", "--parallelism", "0"],
        &["plan", "--allow-delete", "101%"],
        &["apply", "--delete-customers"],
        &["sandbox", "serve"],
        &["explain", "nothing-of-the-kind"],
        &["completions", "dosh"],
    ] {
        let output = env.run(arguments);
        output.exits(64);
        assert_eq!(output.stdout, "", "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn files_with_errors() {
    let env = TestEnv::new();
    env.edit("type: stripe", "typ: stripe");
    let (output, traffic) = env.apply(&[]);
    output.exits(1).complains("invalid_files");
    assert!(traffic.0.is_empty());
    env.run(&["validate"]).exits(1);
    env.run(&["plan", "-f", "nowhere"]).exits(1);
}

#[test]
fn a_remote_that_does_not_answer() {
    let mut env = TestEnv::new();
    // Nobody listens on the discard port.
    env.set("AIRBYTE_API_HOST", "http://127.0.0.1:9");
    env.run(&["plan"]).exits(1).complains("remote_failed");
    env.set("AIRBYTE_API_HOST", "http://api.example");
    env.run(&["plan"]).exits(1).complains("bad_api_host");
}

#[test]
fn an_unreadable_ledger() {
    let env = TestEnv::applied();
    let journals = crate::support::files(&env.path(".airlift"), &|path| {
        path.ends_with("journal.ndjson")
    });
    let [journal] = &journals[..] else {
        panic!("{journals:?}")
    };
    std::fs::write(journal, "not a journal\n").unwrap();
    let (output, traffic) = env.apply(&[]);
    output.exits(1).complains("ledger_failed");
    traffic.only_reads();
}

#[test]
fn a_wait_beyond_all_time() {
    let env = TestEnv::new();
    for flag in ["--delete-timeout", "--settle-timeout"] {
        let endless = u64::MAX.to_string();
        let output = env.run(&["apply", "--auto-approve", flag, &endless]);
        output.exits(64).complains(flag);
    }
}
