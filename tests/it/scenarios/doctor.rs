//! Tests of `doctor`: its verdict is that of `plan` and `apply`.

use crate::support::{PROJECT, TestEnv, options};
use airlift::sandbox::Faults;

fn set_faults(env: &TestEnv, faults: &str) {
    let faults = faults.parse::<Faults>().unwrap();
    env.sandbox().set_faults(faults).unwrap();
}

#[test]
fn doctor_names_customers_whose_connectors_cannot_be_listed() {
    let env = TestEnv::applied();
    env.run(&["doctor"]).exits(0).says("Ready.");
    set_faults(&env, "list_integrations_connectors@acme:*:403");
    env.run(&["doctor"])
        .exits(1)
        .says("acme (./airlift.yaml:3:5): it cannot")
        .says("[customer_unreadable]")
        .says("Not ready.");
    set_faults(&env, "list_integrations_connectors:*:403");
    let doctor = env.run(&["doctor"]);
    doctor.exits(1).says("acme (./airlift.yaml:3:5), globex");
    // The blocks of both customers have one line.
    assert_eq!(doctor.stdout.matches("fail  plan").count(), 1, "{doctor}");
    set_faults(&env, "list_workspaces:*:403");
    env.run(&["plan"]).exits(3);
    env.run(&["doctor"]).exits(3).says("fail  plan");
}

#[test]
fn doctor_names_an_unknown_type() {
    let project = PROJECT.replace("type: stripe", "type: stripee");
    let env = TestEnv::with(&project, options());
    env.run(&["doctor"])
        .exits(1)
        .says("globex/Globex Stripe (./airlift.yaml:")
        .says("type \"stripee\"; did you mean stripe?")
        .says("[unknown_type]");
}

#[test]
fn doctor_with_vanished_secret_of_managed_connector_warns() {
    let mut env = TestEnv::applied();
    env.unset("ACME_GITHUB");
    let doctor = env.run(&["doctor"]);
    doctor
        .exits(0)
        .says("warn  store env")
        .says("${env:ACME_GITHUB}");
    env.apply(&[]).0.exits(0);
    // A new connector needs the secret.
    let new = "      - name: Globex GitHub\n        type: github\n        credentials: {token: \
               \"${env:ACME_GITHUB}\"}\n";
    env.write("airlift.yaml", &format!("{PROJECT}{new}"));
    env.run(&["doctor"]).exits(1).says("fail  store env");
    env.apply(&[]).0.exits(11);
}

#[test]
fn doctor_with_rejected_credentials_exits_like_plan() {
    let mut env = TestEnv::new();
    env.set("AIRBYTE_CLIENT_SECRET", "another-client-secret");
    env.run(&["plan"]).exits(3);
    let doctor = env.run(&["doctor"]);
    doctor.exits(3).says("fail  token");
    assert_eq!(
        env.run(&["doctor", "--format", "json"]).exits(3).json()["healthy"],
        false
    );
}

#[test]
fn doctor_warns_of_credentials_of_the_run_in_the_project_and_of_jobs_that_print_variables() {
    let mut env = TestEnv::applied();
    let clean = env.run(&["doctor"]);
    assert!(!clean.exits(0).stdout.contains("exposure"), "{clean}");
    let secret = env.variables["AIRBYTE_CLIENT_SECRET"].clone();
    env.write(
        ".env",
        &format!("export AIRBYTE_CLIENT_SECRET='{secret}'\n"),
    );
    env.set("CI_DEBUG_TRACE", "true");
    env.set("ACTIONS_STEP_DEBUG", "false");
    let exposed = env.run(&["doctor"]);
    exposed
        .exits(0)
        .says(".env has the organization's own credentials")
        .says("CI_DEBUG_TRACE is set");
    assert!(!exposed.stdout.contains("ACTIONS_STEP_DEBUG"), "{exposed}");
    assert!(!exposed.to_string().contains(&secret), "{exposed}");
}

#[test]
fn doctor_searches_every_file_for_credentials_and_names_those_that_it_leaves_out() {
    let env = TestEnv::applied();
    for number in 0..1_100 {
        env.write(&format!("notes-{number:04}.txt"), "nothing");
    }
    let secret = &env.variables["AIRBYTE_CLIENT_SECRET"];
    env.write("notes-1099.txt", secret);
    let large = std::fs::File::create(env.path("dump.sql")).unwrap();
    large.set_len((16 << 20) + 1).unwrap();
    std::os::unix::fs::symlink("notes-1099.txt", env.path(".env")).unwrap();
    env.run(&["doctor"])
        .exits(0)
        .says("notes-1099.txt has the organization's own credentials")
        .says("not searched for credentials: ./.env (is a link)")
        .says("./dump.sql (is larger than 16777216 bytes)");
}

#[test]
fn doctor_names_the_first_error_of_the_files() {
    let env = TestEnv::new();
    env.write("airlift.yaml", "version: 1\ncustomers:\n  - nme: acme\n");
    let output = env.run(&["doctor"]);
    output
        .exits(1)
        .says("1 error in the files, at ./airlift.yaml:3:5: unknown field `nme`");
}

#[test]
fn doctor_names_one_cause_of_a_store_without_credentials() {
    let env = TestEnv::new();
    let output = env.run(&["doctor", "--ledger", "s3:/bucket/dir"]);
    output
        .exits(1)
        .says("the address of a ledger is s3://BUCKET/DIR");
    assert_eq!(output.stdout.matches("fail  ledger").count(), 1, "{output}");
    assert!(!env.path("s3:").exists());
}

/// The directory of the organization's ledger.
fn ledger_of(env: &TestEnv) -> std::path::PathBuf {
    let entry = env.ledger_entries().remove(0);
    entry.ancestors().nth(2).unwrap().to_owned()
}

#[test]
fn doctor_names_the_run_that_holds_the_ledger() {
    let env = TestEnv::applied();
    let lock = ledger_of(&env).join("lock");
    let lock = std::fs::File::open(lock).unwrap();
    lock.lock().unwrap();
    env.run(&["doctor"])
        .exits(0)
        .says("ledger lock")
        .says("another run uses the ledger now (held for")
        .says("Ready.");
    env.apply(&[]).0.exits(1).complains("ledger_locked");
    drop(lock);
    let doctor = env.run(&["doctor"]);
    assert!(!doctor.exits(0).stdout.contains("ledger lock"), "{doctor}");
}

#[cfg(unix)]
#[test]
fn doctor_with_ledger_that_cannot_be_written_fails_like_apply() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = TestEnv::applied();
    let ledger = ledger_of(&env);
    let set_mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    for (path, mode, open) in [
        (ledger.clone(), 0o500, 0o700),
        (ledger.join("lock"), 0o400, 0o600),
    ] {
        set_mode(&path, mode);
        let is_root = std::fs::File::create(ledger.join("probe")).is_ok() && mode == 0o500;
        if !is_root {
            env.run(&["doctor"])
                .exits(1)
                .says("fail  ledger")
                .says("cannot write")
                .says("Not ready.");
            env.run(&["rotate", "--all", "--auto-approve"]).exits(1);
        }
        set_mode(&path, open);
        if is_root {
            // The superuser writes everything.
            return;
        }
    }
}
