//! Consents of customers: the plan, and the round trip from a terminal. `browser` has the customer's side, `ending` what
//! a consent without a connector says, `rules` what a consent may not do, `site` the links, `webhook` the events.

mod browser;
mod ending;
mod rules;
mod site;
mod webhook;

use crate::support::{AIRLIFT, FaultProxy, ProxyAction, TestEnv, faulty, isolate, options};
use browser::Browser;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const PROJECT: &str = "version: 1
customers:
  - name: acme
    connectors:
      - name: CRM
        type: hubspot
        oauth: {consent: customer}
        entities: [{entity: contacts, modes: [read]}]
  - name: globex
    connectors:
      - name: CRM
        type: hubspot
        oauth: {consent: customer}
";

const INITIATE: &str = "create_integrations_connectors_oauth_initiate";

/// A command that runs while the test acts.
struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Running {
    fn start(env: &TestEnv, arguments: &[&str]) -> Self {
        let mut command = Command::new(AIRLIFT);
        let command = isolate(&mut command, env.root(), &env.variables).args(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let err = BufReader::new(child.stderr.take().unwrap());
        let out = BufReader::new(child.stdout.take().unwrap());
        for reader in [
            Box::new(err) as Box<dyn std::io::BufRead + Send>,
            Box::new(out),
        ] {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in reader.lines().map_while(Result::ok) {
                    let _ = sender.send(line);
                }
            });
        }
        Self { child, lines }
    }

    /// The first line that contains a text.
    fn line_with(&self, text: &str) -> String {
        let mut seen = Vec::new();
        loop {
            match self.lines.recv_timeout(Duration::from_secs(20)) {
                Ok(line) if line.contains(text) => return line.trim().to_owned(),
                Ok(line) => seen.push(line),
                Err(error) => panic!("no line with {text:?}: {error}: {seen:#?}"),
            }
        }
    }

    /// The exit code and the remaining lines.
    fn end(mut self) -> (i32, String) {
        let code = self.child.wait().unwrap().code().unwrap();
        let rest: Vec<String> = self.lines.iter().collect();
        (code, rest.join("\n"))
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    /// A test that fails leaves no listener behind.
    fn drop(&mut self) {
        // A command that ended needs no signal.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Both customers exist, and their connectors wait.
fn waiting() -> TestEnv {
    let env = TestEnv::with(PROJECT, options());
    env.converge(&[]);
    env
}

/// Starts `connect` for a customer, and returns the address of the consent.
fn connect(env: &TestEnv, more: &[&str]) -> (Running, String) {
    let arguments = [&["connect", "--no-browser", "--clone-template"], more].concat();
    let running = Running::start(env, &arguments);
    let url = running.line_with("/consent/");
    (running, url)
}

/// Gives the consent to a connector.
fn connected(env: &TestEnv, address: &str) {
    let (running, url) = connect(env, &[address]);
    let mut browser = Browser::new(env);
    let callback = browser.decide(&url, "allow");
    assert_eq!(browser.get(&callback).0, 200);
    let (code, output) = running.end();
    assert_eq!(code, 0, "{output}");
}

/// How often the API got a request for an operation.
fn count(env: &TestEnv, operation: &str) -> usize {
    let log = env.sandbox().log();
    log.iter()
        .filter(|r| r.operation.as_deref() == Some(operation))
        .count()
}

#[test]
fn plan_of_pending_consent_waits_without_changes() {
    let env = waiting();
    let plan = env.run(&["plan", "--detailed-exitcode"]);
    plan.exits(0)
        .says("? Waiting (2 connectors)")
        .says("consent_pending");
    plan.says("crm.objects.contacts.read");
    let json = env.run(&["plan", "--format", "json"]).json();
    assert_eq!(json["waiting"][0]["address"], "acme/CRM");
    let scopes = json["waiting"][0]["scopes"].to_string();
    assert!(!scopes.contains("write"), "{scopes}");
    env.run(&["status"]).exits(0).says("needs_consent");
    env.run(&["apply", "--auto-approve"]).exits(0);
    assert_eq!(env.world().connectors().count(), 0);
}

#[test]
fn doctor_with_waiting_connectors_names_missing_template() {
    let env = waiting();
    env.run(&["doctor"])
        .exits(0)
        .says("warn  consents")
        .says("acme/CRM, globex/CRM: the organization has no source template for hubspot")
        .says("[template_missing]");
    let (running, _) = connect(&env, &["acme/CRM"]);
    running.kill();
    env.run(&["doctor"]).exits(0).says("ok    consents");
}

#[test]
fn plan_of_connected_connector_with_new_name_warns_of_rename() {
    let env = waiting();
    connected(&env, "acme/CRM");
    let others = PROJECT.split_once("  - name: globex").unwrap().1;
    let globex = format!("  - name: globex{others}");
    env.edit(&globex, "");
    env.edit("name: CRM", "name: Sales");
    env.run(&["plan"])
        .exits(0)
        .says("probable_rename: acme/Sales: \"CRM\" is no longer in the files")
        .says("write `previous_name: CRM`");
    env.edit("name: Sales", "name: Sales\n        previous_name: CRM");
    env.converge(&[]);
}

#[test]
fn connect_from_terminal_records_connector() {
    let env = waiting();
    let (running, url) = connect(&env, &["acme/CRM"]);
    let mut browser = Browser::new(&env);
    let callback = browser.decide(&url, "allow");
    let (forged, ..) = browser.get(&callback.replace("state=", "state=x"));
    assert_eq!(forged, 403);
    let (status, _, page) = browser.get(&callback);
    assert_eq!(status, 200, "{page}");
    let (code, output) = running.end();
    assert_eq!(code, 0, "{output}");
    let id = env.connector("CRM").id.to_string();
    assert!(output.contains(&id), "{output}");
    // The entities are not part of a consent, and are set after it.
    env.run(&["plan", "--target", "acme", "--detailed-exitcode"])
        .exits(0)
        .says("No changes.");
    let again = env.run(&["connect", "acme/CRM"]);
    again.exits(5).complains("already_connected");
    let same = env.run(&["connect", "acme/CRM", "--complete", &id]);
    same.exits(0).says("was connected before");
}

#[test]
fn connect_with_creation_time_without_offset_records_connector() {
    let mut env = waiting();
    let _proxy = FaultProxy::start(&mut env, |parts, _| {
        let path = parts.uri.path();
        if path.starts_with("/api/v1/integrations/connectors/") && parts.method == "GET" {
            ProxyAction::ChangeResponse(Box::new(|body| {
                if let Some(time) = body["created_at"].as_str() {
                    body["created_at"] = time.trim_end_matches('Z').into();
                }
            }))
        } else {
            ProxyAction::Forward
        }
    });
    connected(&env, "acme/CRM");
}

#[test]
fn check_that_could_not_be_made_asks_no_customer_for_another_consent() {
    let mut env = waiting();
    connected(&env, "acme/CRM");
    let status = env.run(&["status", "acme"]);
    status.exits(0).says("1 connector: 1 ok.");
    let _proxy = FaultProxy::start(&mut env, |parts, _| {
        if parts.uri.path().ends_with("/check") {
            ProxyAction::Respond(422, json!({"message": "not now"}))
        } else {
            ProxyAction::Forward
        }
    });
    let status = env.run(&["status", "acme"]);
    status.exits(4).says("unverified").says("could not be made");
    let needed = env.run(&["connect", "--needed", "--format", "json"]);
    let links = needed.exits(0).json()["links"].clone();
    let customers: Vec<&Value> = links
        .as_array()
        .unwrap()
        .iter()
        .map(|link| &link["customer"])
        .collect();
    assert_eq!(customers, ["globex"]);
}

#[test]
fn connect_of_new_customer_adopts_workspace_and_connector() {
    let env = TestEnv::with(PROJECT, options());
    connected(&env, "globex/CRM");
    let plan = env.run(&["plan"]);
    assert!(!plan.stdout.contains("globex/CRM"), "{plan}");
}

#[test]
fn connect_is_in_the_history_as_in_its_events() {
    let env = TestEnv::with(PROJECT, options());
    let (running, url) = connect(&env, &["globex/CRM", "--json"]);
    let mut browser = Browser::new(&env);
    let callback = browser.decide(&url, "allow");
    assert_eq!(browser.get(&callback).0, 200);
    let (code, output) = running.end();
    assert_eq!(code, 0, "{output}");
    let history = env.run(&["ledger", "history", "--format", "json"]);
    let history = history.exits(0).json();
    let runs = history["runs"].as_array().unwrap();
    let ids: Vec<&Value> = runs.iter().map(|run| &run["run_id"]).collect();
    let event = output.lines().rfind(|line| line.starts_with('{')).unwrap();
    let event: Value = serde_json::from_str(event).unwrap();
    assert_eq!(ids, [&event["run_id"]], "{history}");
    assert_eq!(runs[0]["counts"]["adopted"], 1, "{history}");
}

#[test]
fn connect_with_failing_list_of_customers_starts_nothing() {
    let env = TestEnv::with(PROJECT, faulty("list_workspaces:*:403"));
    let failed = env.run(&["connect", "globex/CRM", "--no-browser", "--timeout", "2"]);
    failed.exits(3);
    assert!(!failed.stderr.contains("consent_timeout"), "{failed}");
    assert_eq!(count(&env, INITIATE), 0);
}

#[test]
fn connect_against_policy_starts_nothing() {
    let mut env = TestEnv::with(PROJECT, options());
    let outside = tempfile::tempdir().unwrap();
    let path = outside.path().join("policy.yaml");
    env.set("AIRLIFT_POLICY", path.to_str().unwrap());
    for (rule, part) in [
        ("allowed_types: [slack]", "the type"),
        ("allowed_regions: [eu]", "the region"),
        ("customer_names: [other-*]", "name of a customer"),
        ("connector_names: [Other*]", "name of a connector"),
        ("limits: {run: {new: 1}}", "in this run"),
        ("limits: {customer: {new: 1}}", "globex"),
        ("limits: {types: {hubspot: {new: 0}}}", "hubspot"),
    ] {
        std::fs::write(&path, format!("version: 1\n{rule}\n")).unwrap();
        let refused = env.run(&["connect", "globex/CRM", "--no-browser", "--timeout", "2"]);
        refused.exits(5).complains("guard_refused").complains(part);
    }
    assert_eq!(count(&env, INITIATE), 0);
}

#[cfg(unix)]
#[test]
fn connect_with_browser_in_terminal_answers_callback() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut env = waiting();
    let text_browser = env.path("lynx");
    env.write("lynx", "#!/bin/sh\nexec sleep 20 >/dev/null 2>&1\n");
    std::fs::set_permissions(&text_browser, std::fs::Permissions::from_mode(0o700)).unwrap();
    env.set("BROWSER", text_browser.to_str().unwrap());
    let start = Instant::now();
    let running = Running::start(&env, &["connect", "--clone-template", "acme/CRM"]);
    let url = running.line_with("/consent/");
    let mut browser = Browser::new(&env);
    let callback = browser.decide(&url, "allow");
    assert_eq!(browser.get(&callback).0, 200);
    let (code, output) = running.end();
    assert_eq!(code, 0, "{output}");
    assert!(start.elapsed() < Duration::from_secs(15), "{output}");
}

#[test]
fn connect_of_unknown_connector_suggests_others() {
    let env = TestEnv::with(PROJECT, options());
    for (address, hint) in [
        ("nope/CRM", "the customers are acme, globex"),
        ("acme/nope", "the customer has acme/CRM"),
        ("acme", "name the connector: acme/CRM"),
    ] {
        env.run(&["connect", address]).exits(64).complains(hint);
    }
}

#[test]
fn connect_refused_by_customer_fails_with_its_code() {
    let env = waiting();
    let (running, url) = connect(&env, &["acme/CRM"]);
    let mut browser = Browser::new(&env);
    let callback = browser.decide(&url, "deny");
    browser.get(&callback);
    let (code, output) = running.end();
    assert_eq!(code, 5, "{output}");
    assert!(output.contains("consent_refused"), "{output}");
    assert_eq!(env.world().connectors().count(), 0);
}

#[test]
fn connect_with_connector_of_other_customer_is_refused() {
    let env = waiting();
    let mut browser = Browser::new(&env);
    let (other, other_url) = connect(&env, &["globex/CRM"]);
    let other_callback = browser.decide(&other_url, "allow");
    let (_, foreign) = other_callback.split_once("&connector_id=").unwrap();
    let (running, url) = connect(&env, &["acme/CRM"]);
    let callback = browser.decide(&url, "allow");
    let (start, _) = callback.split_once("&connector_id=").unwrap();
    let (status, ..) = browser.get(&format!("{start}&connector_id={foreign}"));
    assert_eq!(status, 409);
    let (code, output) = running.end();
    assert_eq!(code, 5, "{output}");
    assert!(output.contains("consent_connector_foreign"), "{output}");
    other.kill();
    // The next apply records both, because their names and types match.
    env.converge(&[]);
}

#[test]
fn connect_again_replaces_connector() {
    let env = waiting();
    let mut browser = Browser::new(&env);
    let (running, url) = connect(&env, &["acme/CRM"]);
    let callback = browser.decide(&url, "allow");
    browser.get(&callback);
    assert_eq!(running.end().0, 0);
    let first = env.connector("CRM").id;
    let (running, url) = connect(&env, &["acme/CRM", "--again"]);
    let callback = browser.decide(&url, "allow");
    browser.get(&callback);
    let (code, output) = running.end();
    assert_eq!(code, 0, "{output}");
    env.converge(&[]);
    assert_ne!(env.connector("CRM").id, first);
}
