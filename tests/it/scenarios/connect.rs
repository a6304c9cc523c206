//! Consents of customers: the plan, the round trip from a terminal and through the site, and what attackers send.

use crate::support::{AIRLIFT, TestEnv, isolate, options};
use reqwest::{Client, Method, Response, redirect};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

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

/// A browser: keeps one cookie and follows no redirect by itself.
struct Browser<'a> {
    env: &'a TestEnv,
    http: Client,
    cookie: Option<String>,
}

impl<'a> Browser<'a> {
    fn new(env: &'a TestEnv) -> Self {
        let _installed_by_another_test = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none());
        Self {
            env,
            http: http.build().unwrap(),
            cookie: None,
        }
    }

    fn send(&mut self, method: Method, url: &str, form: Option<String>) -> (u16, String, String) {
        let mut request = self.http.request(method, url);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(form) = form {
            request = request.body(form);
        }
        let response: Response = self.env.runtime().block_on(request.send()).unwrap();
        let header = |name: &str| {
            let value = response.headers().get(name)?;
            Some(value.to_str().unwrap().to_owned())
        };
        if let Some(cookie) = header("set-cookie") {
            assert!(cookie.contains("HttpOnly; SameSite=Lax"), "{cookie}");
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        if let Some(policy) = header("content-security-policy") {
            assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors"));
        }
        let location = header("location").unwrap_or_default();
        let status = response.status().as_u16();
        let body = self.env.runtime().block_on(response.text()).unwrap();
        (status, location, body)
    }

    fn get(&mut self, url: &str) -> (u16, String, String) {
        self.send(Method::GET, url, None)
    }

    /// Decides on the vendor's page, and returns the address of the callback.
    fn decide(&mut self, url: &str, decision: &str) -> String {
        let form = format!("decision={decision}");
        let (status, location, body) = self.send(Method::POST, url, Some(form));
        assert_eq!(status, 303, "{body}");
        location
    }

    /// Presses the button of a link, and returns what follows.
    fn press(&mut self, link: &str) -> (u16, String, String) {
        let (status, _, page) = self.get(link);
        assert_eq!(status, 200, "{page}");
        let token = page.split_once("name=\"token\" value=\"").unwrap().1;
        let token = token.split('"').next().unwrap();
        self.send(Method::POST, link, Some(format!("token={token}")))
    }
}

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

/// A port that is free now.
fn free_port() -> u16 {
    let socket = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    socket.local_addr().unwrap().port()
}

fn serve(env: &TestEnv, port: u16) -> Running {
    let listen = format!("127.0.0.1:{port}");
    let running = Running::start(
        env,
        &["connect", "serve", "--clone-template", "--listen", &listen],
    );
    running.line_with("Serving consents at");
    running
}

/// The link of a customer.
fn link(env: &TestEnv, port: u16, customer: &str) -> String {
    let site = format!("http://127.0.0.1:{port}");
    let listed = env.run(&[
        "connect",
        "--needed",
        "--public-url",
        &site,
        "--format",
        "csv",
    ]);
    listed.exits(0);
    let row = listed.stdout.lines().find(|row| row.starts_with(customer));
    let row = row.unwrap_or_else(|| panic!("{customer} needs no consent: {listed}"));
    row.split(',')
        .find(|cell| cell.starts_with(&site))
        .unwrap()
        .to_owned()
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
    // The entities are not part of a consent.
    env.converge(&[]);
    let again = env.run(&["connect", "acme/CRM"]);
    again.exits(5).complains("already_connected");
    let same = env.run(&["connect", "acme/CRM", "--complete", &id]);
    same.exits(0).says("was connected before");
}

#[test]
fn connect_of_new_customer_adopts_workspace_and_connector() {
    let env = TestEnv::with(PROJECT, options());
    let (running, url) = connect(&env, &["globex/CRM"]);
    let mut browser = Browser::new(&env);
    let callback = browser.decide(&url, "allow");
    assert_eq!(browser.get(&callback).0, 200);
    let (code, output) = running.end();
    assert_eq!(code, 0, "{output}");
    let plan = env.run(&["plan"]);
    assert!(!plan.stdout.contains("globex/CRM"), "{plan}");
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

#[test]
fn site_completes_link_once_after_restart() {
    let env = waiting();
    let port = free_port();
    let link = link(&env, port, "acme");
    let site = serve(&env, port);
    // A mail scanner opens the link, without a cookie.
    let mut scanner = Browser::new(&env);
    for _ in 0..20 {
        assert_eq!(scanner.get(&link).0, 200);
        scanner.cookie = None;
    }
    let initiated = "create_integrations_connectors_oauth_initiate";
    let log = env.sandbox().log();
    assert!(
        !log.iter()
            .any(|r| r.operation.as_deref() == Some(initiated))
    );
    assert_eq!(
        scanner.send(Method::POST, &link, Some("token=00".into())).0,
        403
    );
    let mut browser = Browser::new(&env);
    let (status, url, page) = browser.press(&link);
    assert_eq!(status, 303, "{page}");
    let callback = browser.decide(&url, "allow");
    site.kill();
    let site = serve(&env, port);
    // Another browser has no part in this consent.
    assert_eq!(scanner.get(&callback).0, 403);
    let (status, _, page) = browser.get(&callback);
    assert_eq!(status, 200, "{page}");
    let id = env.connector("CRM").id;
    let (replayed, ..) = browser.get(&callback);
    assert_eq!(replayed, 200);
    assert_eq!(env.connector("CRM").id, id);
    let (status, _, page) = browser.press(&link);
    assert_eq!(status, 409, "{page}");
    assert!(page.contains("already_connected"), "{page}");
    env.converge(&[]);
    site.kill();
}

#[test]
fn site_refuses_what_it_did_not_make() {
    let env = waiting();
    let port = free_port();
    let good = link(&env, port, "acme");
    let site = serve(&env, port);
    let origin = format!("http://127.0.0.1:{port}");
    let mut browser = Browser::new(&env);
    let (status, _, page) = browser.get(&format!("{origin}/connect/forged.00"));
    assert!(
        status == 404 && page.contains("consent_link_invalid"),
        "{page}"
    );
    let (status, _, page) = browser.get(&format!("{good}0"));
    assert!(
        status == 404 && page.contains("consent_link_invalid"),
        "{page}"
    );
    let (status, _, page) = browser.get(&format!("{origin}/callback?connector_id=x"));
    assert!(
        status == 403 && page.contains("consent_callback_invalid"),
        "{page}"
    );
    // A link is no callback.
    let token = good.rsplit('/').next().unwrap();
    let (status, ..) = browser.get(&format!("{origin}/callback?state={token}"));
    assert_eq!(status, 403);
    let other_name = browser.http.get(&good).header("host", "evil.example");
    let status = env.runtime().block_on(other_name.send()).unwrap().status();
    assert_eq!(status, 421);
    browser.get(&good);
    let cookie = browser.cookie.clone().unwrap();
    let cross_site = browser
        .http
        .post(&good)
        .header("origin", "https://evil.example");
    let cross_site = cross_site.header("cookie", cookie).body("token=00");
    let status = env.runtime().block_on(cross_site.send()).unwrap().status();
    assert_eq!(status, 403);
    let statuses: Vec<u16> = (0..80).map(|_| browser.get(&good).0).collect();
    assert!(statuses.contains(&429), "{statuses:?}");
    site.kill();
}
