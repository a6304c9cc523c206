//! Tests of runs that stop before the first change.

use crate::support::TestEnv;
use std::io::{Read as _, Write as _};

const OTHER: &str = "11111111-2222-4333-8444-555555555555";

fn assert_refused(env: &TestEnv, code: i32, message: &str) {
    for arguments in [&["plan"][..], &["apply", "--auto-approve"]] {
        let (output, traffic) = env.run_with_traffic(arguments);
        output.exits(code).complains(message);
        traffic.assert_only_reads();
    }
    assert_eq!(env.world().connectors().count(), 0);
}

#[test]
fn organization_of_another_token_is_refused() {
    let mut env = TestEnv::new();
    env.edit(
        "version: 1",
        &format!("version: 1\norganization_id: {OTHER}"),
    );
    assert_refused(&env, 3, "wrong_organization");
    env.edit(&format!("\norganization_id: {OTHER}"), "");
    env.set("AIRBYTE_ORGANIZATION_ID", OTHER);
    assert_refused(&env, 3, "wrong_organization");
    let organization = airlift::sandbox::ORGANIZATION_ID;
    env.edit(
        "version: 1",
        &format!("version: 1\norganization_id: {organization}"),
    );
    assert_refused(&env, 3, "wrong_organization");
    env.unset("AIRBYTE_ORGANIZATION_ID");
    env.converge(&[]);
}

#[test]
fn client_secret_that_is_wrong_is_refused() {
    let mut env = TestEnv::new();
    env.set("AIRBYTE_CLIENT_SECRET", "not-the-secret");
    assert_refused(&env, 3, "authentication_failed");
    env.unset("AIRBYTE_CLIENT_SECRET");
    assert_refused(&env, 3, "no_credentials");
}

/// A server on this machine that gives one answer to every request.
fn server_of(answer: &'static str) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // The request fits into the buffer.
            let _ = stream.read(&mut [0; 16384]).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    address
}

#[test]
fn server_that_is_not_the_api_is_told_from_wrong_credentials() {
    const CLOSE: &str = "content-length: 6\r\nconnection: close\r\n\r\n";
    let mut env = TestEnv::new();
    for status in [
        "200 OK",
        "302 Found",
        "401 Unauthorized",
        "403 Forbidden",
        "404 Not Found",
    ] {
        let answer = format!(
            "HTTP/1.1 {status}\r\nlocation: /login\r\ncontent-type: text/html\r\n{CLOSE}<html>"
        );
        env.set("AIRBYTE_API_HOST", &server_of(answer.leak()));
        let plan = env.run(&["plan"]);
        plan.complains("cannot log in to http://127.0.0.1");
        let words: Vec<&str> = plan.stderr.split_whitespace().collect();
        let message = words.join(" ");
        assert!(message.contains("did not answer as the API does"), "{plan}");
        assert!(
            message.contains("takes the address of the API alone"),
            "{plan}"
        );
        assert!(!message.contains("check AIRBYTE_CLIENT_ID"), "{plan}");
    }
}

#[test]
fn apply_without_terminal_needs_auto_approve() {
    let env = TestEnv::new();
    let (output, traffic) = env.run_with_traffic(&["apply"]);
    output.exits(64).complains("approval_needed");
    traffic.assert_only_reads();
    // A plan without changes needs no approval.
    env.converge(&[]);
    env.run(&["apply"]).exits(0);
}

#[test]
fn command_line_that_is_wrong_exits_64() {
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
        // Options without effect.
        &["adopt", "--out", "new.csv", "--auto-approve"],
        &["token", "app", "--reveal", "--replace"],
        &["connect", "--needed", "--timeout", "5"],
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
fn files_with_errors_stop_before_first_request() {
    let env = TestEnv::new();
    env.edit("type: stripe", "typ: stripe");
    let (output, traffic) = env.apply(&[]);
    output.exits(1).complains("invalid_files");
    assert!(traffic.0.is_empty());
    env.run(&["validate"])
        .exits(1)
        .complains("airlift explain CODE");
    env.run(&["plan", "-f", "nowhere"]).exits(1);
}

#[test]
fn api_without_response_fails() {
    let mut env = TestEnv::new();
    // No process listens on the discard port.
    env.set("AIRBYTE_API_HOST", "http://127.0.0.1:9");
    env.run(&["plan"]).exits(1).complains("remote_failed");
    env.set("AIRBYTE_API_HOST", "http://api.example");
    env.run(&["plan"]).exits(1).complains("bad_api_host");
}

#[test]
fn ledger_that_is_unreadable_stops_before_first_write() {
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
    traffic.assert_only_reads();
}

#[test]
fn refusal_of_guard_is_worded_once() {
    let env = TestEnv::applied();
    let id = env.world().workspace("acme").unwrap().id;
    env.remote()
        .change_customer(id, &serde_json::json!({"name": "emca"}));
    let sentence = "which is now named \"emca\"";
    let (output, _) = env.apply(&[]);
    output.exits(5).complains("guard_refused");
    output.complains("recorded_id_renamed");
    assert_eq!(output.stdout.matches(sentence).count(), 1, "{output}");
    assert!(!output.stderr.contains(sentence), "{output}");
    // The report is the only document of `apply`, so the failure explains itself.
    let (output, _) = env.apply(&["--format", "json"]);
    let document = output.exits(5).json();
    let message = document["error"]["message"].as_str().unwrap();
    assert!(message.contains(sentence), "{message}");
}

#[test]
fn connector_skipped_for_its_secret_is_blocked_for_that_reason() {
    let mut env = TestEnv::new();
    env.unset("ACME_GITHUB");
    let (output, _) = env.apply(&["--keep-going"]);
    output.exits(4).says("something that they need is missing");
    output.says("[secret_unresolved]").says("Blocked: 1.");
}

#[test]
fn timeout_that_is_too_large_exits_64() {
    let env = TestEnv::new();
    for flag in ["--delete-timeout", "--settle-timeout"] {
        let endless = u64::MAX.to_string();
        let output = env.run(&["apply", "--auto-approve", flag, &endless]);
        output.exits(64).complains(flag);
    }
}

#[test]
fn command_without_anything_to_do_says_why() {
    let env = TestEnv::new();
    env.run(&["plan", "--proxy", "http://127.0.0.1:9"])
        .exits(0)
        .complains("--proxy has no effect");
    env.run(&["expand"])
        .exits(0)
        .complains("comes from a table");
    env.write("airlift.yaml", "version: 1\ncustomers: []\n");
    env.run(&["rotate", "--all", "--auto-approve"])
        .exits(64)
        .complains("the files declare no connector");
}
