//! Consents that end without a connector, and what the command says of them.

use super::{PROJECT, waiting};
use crate::support::{FaultProxy, ProxyAction, TestEnv, options};
use serde_json::json;

#[test]
fn connect_that_ends_without_consent_says_what_it_changed() {
    let env = TestEnv::with(PROJECT, options());
    let line = ["connect", "acme/CRM", "--no-browser", "--timeout", "1"];
    let line = [&line[..], &["--clone-template", "--format", "json"]].concat();
    let ended = env.run(&line);
    let message = ended.exits(5).json()["error"]["message"].to_string();
    let template = "copied the vendor's source template for hubspot: ";
    assert!(message.contains("before that, airlift"), "{message}");
    assert!(message.contains(template), "{message}");
    assert!(message.contains("and created customer acme"), "{message}");
    // The second run changes nothing before the consent.
    let ended = env.run(&line);
    let message = ended.exits(5).json()["error"]["message"].to_string();
    assert!(!message.contains("before that"), "{message}");
}

#[test]
fn connect_with_address_that_repeats_the_secret_of_the_app_is_refused() {
    let mut env = waiting();
    env.edit(
        "version: 1",
        "version: 1\noauth_apps:\n  hubspot: {client_id: '${env:APP_ID}', client_secret: '${env:APP_SECRET}'}",
    );
    env.set("APP_ID", "id-of-the-app-that-people-see");
    env.set("APP_SECRET", "id-of-the-app-that-nobody-sees");
    for (shown, is_refused) in [("APP_ID", false), ("APP_SECRET", true)] {
        let value = env.variables[shown].clone();
        let _proxy = FaultProxy::start(&mut env, move |parts, _| {
            let address = format!("https://provider.example/?id={value}");
            if parts.uri.path().ends_with("/oauth/initiate") {
                ProxyAction::Respond(200, json!({"consent_url": address}))
            } else {
                ProxyAction::Forward
            }
        });
        let line = ["connect", "acme/CRM", "--no-browser", "--timeout", "1"];
        let ended = env.run(&[&line[..], &["--clone-template"]].concat());
        let secret = "id-of-the-app-that-nobody-sees";
        assert!(!ended.to_string().contains(secret), "{ended}");
        assert_eq!(
            ended.stderr.contains("consent URL repeats a secret"),
            is_refused,
            "{ended}"
        );
    }
}
