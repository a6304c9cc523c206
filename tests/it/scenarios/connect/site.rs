//! Consents through the links of `connect serve`, and what attackers send.

use super::browser::Browser;
use super::{INITIATE, Running, count, waiting};
use crate::support::TestEnv;
use reqwest::Method;
use std::io::Read as _;
use std::time::{Duration, Instant};

/// A port that is free now.
pub(super) fn free_port() -> u16 {
    let socket = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    socket.local_addr().unwrap().port()
}

pub(super) fn serve(env: &TestEnv, port: u16, more: &[&str]) -> Running {
    let listen = format!("127.0.0.1:{port}");
    let arguments = ["connect", "serve", "--clone-template", "--listen", &listen];
    let running = Running::start(env, &[&arguments, more].concat());
    running.line_with("Serving consents at");
    running
}

/// The link of a customer.
pub(super) fn link(env: &TestEnv, port: u16, customer: &str) -> String {
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
fn site_with_first_clicks_at_once_copies_template_once() {
    let env = waiting();
    let port = free_port();
    let link = link(&env, port, "acme");
    let site = serve(&env, port, &[]);
    let mut browser = Browser::new(&env);
    assert_eq!(browser.press_at_once(&link, 8), [303; 8]);
    assert_eq!(count(&env, "create_integrations_templates_sources"), 1);
    site.kill();
}

#[test]
fn site_closes_connection_without_request_and_serves_others() {
    let env = waiting();
    let port = free_port();
    let link = link(&env, port, "acme");
    let site = serve(&env, port, &[]);
    let start = Instant::now();
    let mut silent = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    silent
        .set_read_timeout(Some(Duration::from_mins(1)))
        .unwrap();
    assert_eq!(Browser::new(&env).get(&link).0, 200);
    let mut rest = Vec::new();
    let read = silent.read_to_end(&mut rest).unwrap_or_default();
    assert_eq!(read, 0);
    assert!(start.elapsed() < Duration::from_secs(40));
    site.kill();
}

#[test]
fn site_follows_the_files_as_they_are_at_each_click() {
    let env = waiting();
    let port = free_port();
    let link = link(&env, port, "globex");
    let site = serve(&env, port, &[]);
    let mut browser = Browser::new(&env);
    let (_, url, _) = browser.press(&link);
    let project = std::fs::read_to_string(env.path("airlift.yaml")).unwrap();
    env.remove_lines("  - name: globex", None);
    let callback = browser.decide(&url, "allow");
    assert_eq!(browser.get(&callback).0, 409);
    assert_eq!(browser.press(&link).0, 409);
    env.write("airlift.yaml", "customers: [");
    assert_ne!(browser.press(&link).0, 303);
    env.write("airlift.yaml", &project);
    assert_eq!(browser.press(&link).0, 303);
    assert_eq!(count(&env, INITIATE), 2);
    site.kill();
}

#[test]
fn site_with_silent_webhook_answers_browser() {
    let mut env = waiting();
    env.set("AIRLIFT_WEBHOOK_SECRET", "0123456789abcdef0123456789abcdef");
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let webhook = format!("http://{}/hook", silent.local_addr().unwrap());
    let port = free_port();
    let link = link(&env, port, "acme");
    let site = serve(&env, port, &["--webhook", &webhook]);
    let mut browser = Browser::new(&env);
    let (_, url, _) = browser.press(&link);
    let callback = browser.decide(&url, "allow");
    let start = Instant::now();
    assert_eq!(browser.get(&callback).0, 200);
    assert!(start.elapsed() < Duration::from_secs(8));
    site.kill();
}

#[test]
fn serve_with_webhook_secret_that_is_no_base64_is_refused() {
    let mut env = waiting();
    env.set("AIRLIFT_WEBHOOK_SECRET", "whsec_not-base64-not-base64-not");
    let webhook = "https://app.example.com/hook";
    let arguments = ["connect", "serve", "--listen", "127.0.0.1:0"];
    let refused = env.run(&[&arguments[..], &["--webhook", webhook]].concat());
    refused
        .exits(1)
        .complains("bad_webhook")
        .complains("base64");
}

#[test]
fn site_completes_link_once_after_restart() {
    let env = waiting();
    let port = free_port();
    let link = link(&env, port, "acme");
    let site = serve(&env, port, &[]);
    // A mail scanner opens the link, without a cookie.
    let mut scanner = Browser::new(&env);
    for _ in 0..20 {
        assert_eq!(scanner.get(&link).0, 200);
        scanner.cookie = None;
    }
    assert_eq!(count(&env, INITIATE), 0);
    assert_eq!(
        scanner.send(Method::POST, &link, Some("token=00".into())).0,
        403
    );
    let mut browser = Browser::new(&env);
    let (status, url, page) = browser.press(&link);
    assert_eq!(status, 303, "{page}");
    let callback = browser.decide(&url, "allow");
    site.kill();
    let site = serve(&env, port, &[]);
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
fn consent_in_another_browser_is_adopted_only_by_its_id() {
    let env = waiting();
    let port = free_port();
    let link = link(&env, port, "acme");
    let site = serve(&env, port, &[]);
    // Someone opens the link, and another person gives the consent.
    let (status, url, page) = Browser::new(&env).press(&link);
    assert_eq!(status, 303, "{page}");
    let mut victim = Browser::new(&env);
    let callback = victim.decide(&url, "allow");
    assert_eq!(victim.get(&callback).0, 403);
    site.kill();
    env.converge(&[]);
    let id = env.connector("CRM").id.to_string();
    let planned = env.run(&["plan", "-v"]);
    let planned = &planned.exits(0).stdout;
    assert!(
        planned.contains("another browser gave its consent"),
        "{planned}"
    );
    let adopt = format!("airlift adopt {id}");
    assert!(planned.replace('\n', " ").contains(&adopt), "{planned}");
    env.run(&["adopt", &id, "--auto-approve"]).exits(0);
    env.converge(&[]);
    assert!(!env.run(&["plan"]).stdout.contains("acme/CRM"));
}

#[test]
fn site_refuses_what_it_did_not_make() {
    let env = waiting();
    let port = free_port();
    let good = link(&env, port, "acme");
    let site = serve(&env, port, &[]);
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
    let form = browser.form(&good);
    let cookie = browser.cookie.clone().unwrap();
    let cross_site = browser
        .http
        .post(&good)
        .header("origin", "https://evil.example");
    let cross_site = cross_site.header("cookie", cookie).body(form);
    let status = env.runtime().block_on(cross_site.send()).unwrap().status();
    assert_eq!(status, 403);
    let statuses: Vec<u16> = (0..300).map(|_| browser.get(&good).0).collect();
    assert!(statuses.contains(&429), "{statuses:?}");
    site.kill();
}
