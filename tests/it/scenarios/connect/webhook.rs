//! What a team's webhook gets.

use super::browser::Browser;
use super::site::{free_port, link, serve};
use super::{PROJECT, waiting};
use crate::support::{Receiver, TestEnv, faulty};

fn with_secret(mut env: TestEnv) -> TestEnv {
    env.set("AIRLIFT_WEBHOOK_SECRET", "0123456789abcdef0123456789abcdef");
    env
}

#[test]
fn webhook_after_second_and_refused_consent_gets_one_event() {
    let env = with_secret(waiting());
    let receiver = Receiver::start();
    let port = free_port();
    let link = link(&env, port, "acme");
    let site = serve(&env, port, &["--webhook", &receiver.address]);
    let mut browser = Browser::new(&env);
    let pressed: Vec<String> = (0..3).map(|_| browser.press(&link).1).collect();
    let callbacks = [
        browser.decide(&pressed[0], "allow"),
        browser.decide(&pressed[1], "allow"),
        browser.decide(&pressed[2], "deny"),
    ];
    for callback in &callbacks {
        let (status, _, page) = browser.get(callback);
        assert_eq!(status, 200, "{page}");
        assert!(page.contains("connected"), "{page}");
        assert!(!page.contains("already_connected"), "{page}");
        assert!(!page.contains("consent_refused"), "{page}");
    }
    site.line_with("[already_connected]");
    let event = receiver.next();
    assert_eq!(event["type"], "consent.connected");
    assert_eq!(event["data"]["final"], true);
    assert!(receiver.is_silent());
    assert_eq!(env.world().connectors().count(), 2);
    env.converge(&[]);
    // A callback with an id that no consent of this customer gave is refused as before.
    let (state, _) = callbacks[1].split_once("connector_id=").unwrap();
    let foreign = format!("{state}connector_id=5b0c6f0e-6a51-4f2f-9f6d-2f6f5a1f3c11");
    let (status, _, page) = browser.get(&foreign);
    assert_eq!(status, 409, "{page}");
    assert!(page.contains("consent_connector_foreign"), "{page}");
    site.kill();
}

#[test]
fn webhook_after_failure_that_ends_gets_failed_event_that_is_not_final() {
    let fault = "get_integrations_connectors_id_inspect:1:400";
    let env = with_secret(TestEnv::with(PROJECT, faulty(fault)));
    env.converge(&[]);
    let receiver = Receiver::start();
    let port = free_port();
    let link = link(&env, port, "acme");
    let site = serve(&env, port, &["--webhook", &receiver.address]);
    let mut browser = Browser::new(&env);
    let (_, url, _) = browser.press(&link);
    let callback = browser.decide(&url, "allow");
    let (status, _, page) = browser.get(&callback);
    assert_eq!(status, 409, "{page}");
    assert!(page.contains("Reload this page"), "{page}");
    let failed = receiver.next();
    assert_eq!(failed["type"], "consent.failed");
    assert_eq!(failed["data"]["final"], false);
    assert_eq!(browser.get(&callback).0, 200);
    let connected = receiver.next();
    assert_eq!(connected["type"], "consent.connected");
    assert_eq!(
        connected["data"]["connector_id"],
        failed["data"]["connector_id"]
    );
    site.kill();
}
