//! Tests of tokens that a command hands to its user.

use crate::support::{FaultProxy, ProxyAction, TestEnv};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::os::unix::fs::PermissionsExt as _;

const WIDGET: [&str; 6] = [
    "token",
    "widget",
    "--customer",
    "acme",
    "--origin",
    "https://app.example.com",
];

#[test]
fn widget_token_in_a_file_is_private_and_for_the_workspace() {
    let env = TestEnv::applied();
    let (output, traffic) = env.run_with_traffic(&[&WIDGET[..], &["--out", "token"]].concat());
    output.exits(0).complains("the token is in token");
    let path = env.path("token");
    let mode = path.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let token = std::fs::read_to_string(&path).unwrap();
    assert!(!output.to_string().contains(&token), "{output}");
    let json = String::from_utf8(STANDARD.decode(&token).unwrap()).unwrap();
    let id = env.world().workspace("acme").unwrap().id.to_string();
    assert!(json.contains(&format!("workspaceId={id}")), "{json}");
    let minted = traffic.count("create_account_applications_widget_token");
    assert_eq!(minted, 1);
    env.run(&[&WIDGET[..], &["--out", "token"]].concat())
        .exits(1)
        .complains("exists");
    env.run(&[&WIDGET[..], &["--out", "token", "--replace"]].concat())
        .exits(0);
    assert_ne!(std::fs::read_to_string(&path).unwrap(), token);
}

#[test]
fn token_for_a_file_with_other_content_leaves_it_alone() {
    let env = TestEnv::applied();
    env.write("notes", "notes of mine\n");
    env.run(&[&WIDGET[..], &["--out", "notes"]].concat())
        .exits(1)
        .complains("cannot_write");
    assert_eq!(
        std::fs::read_to_string(env.path("notes")).unwrap(),
        "notes of mine\n"
    );
}

#[test]
fn token_without_a_sink_in_ci_is_not_requested() {
    let mut env = TestEnv::applied();
    env.set("CI", "true");
    for kind in [
        &["app"][..],
        &["scoped", "--customer", "acme"],
        &WIDGET[1..],
    ] {
        let line = [&["token"][..], kind].concat();
        let (output, traffic) = env.run_with_traffic(&line);
        output.exits(64).complains("token_not_printed");
        assert!(traffic.0.is_empty(), "{line:?}");
    }
}

#[test]
fn token_that_is_revealed_is_alone_on_stdout() {
    let env = TestEnv::applied();
    let app = env.run(&["token", "app", "--reveal"]);
    assert_eq!(app.exits(0).stdout.split_whitespace().count(), 1, "{app}");
    app.complains("the token expires in");
    let piped = env.run(&["token", "app"]);
    assert_eq!(piped.exits(0).stdout.lines().count(), 1, "{piped}");
    let line = [
        "token",
        "scoped",
        "--customer",
        "acme",
        "--reveal",
        "--format",
        "json",
    ];
    let scoped = env.run(&line).exits(0).json();
    assert!(!scoped["token"].as_str().unwrap().is_empty());
    let seconds = scoped["expires_in_seconds"].as_u64().unwrap();
    assert!((1_100..=1_200).contains(&seconds), "{seconds}");
}

#[test]
fn token_for_a_customer_that_does_not_exist_creates_nothing() {
    let env = TestEnv::applied();
    let line = ["token", "scoped", "--customer", "acmee", "--reveal"];
    let (output, traffic) = env.run_with_traffic(&line);
    output.exits(64).complains("unknown_selector");
    traffic.assert_only_reads();
}

#[test]
fn token_for_a_customer_that_was_renamed_meanwhile_creates_nothing() {
    let env = TestEnv::applied();
    let id = env.world().workspace("acme").unwrap().id;
    let name = serde_json::json!({"name": "acme-2"});
    env.remote().change_customer(id, &name);
    let (output, traffic) = env.run_with_traffic(&[&WIDGET[..], &["--reveal"]].concat());
    output.exits(1).complains("was deleted or renamed");
    traffic.assert_only_reads();
}

#[test]
fn widget_token_for_an_origin_that_is_not_exact_is_refused() {
    let env = TestEnv::applied();
    for (origin, text) in [
        ("null", "`null` is the origin of"),
        ("https://*.example.com", "name one exact origin"),
        ("http://app.example.com", "use https://"),
        ("https://app.example.com/", "write https://app.example.com"),
        (
            "https://App.example.com:443",
            "browser sends this origin as https://app.example.com",
        ),
    ] {
        let line = [
            "token",
            "widget",
            "--customer",
            "acme",
            "--reveal",
            "--origin",
            origin,
        ];
        env.run(&line).exits(64).complains(text);
    }
}

#[test]
fn widget_token_that_repeats_a_secret_of_the_run_is_refused() {
    let mut env = TestEnv::applied();
    let id = env.world().workspace("acme").unwrap().id;
    let secret = env.variables["AIRBYTE_CLIENT_SECRET"].clone();
    // Each token of a server can begin like the others.
    for (inner, is_refused) in [(&secret[..], true), (&secret[..secret.len() - 1], false)] {
        let url = format!("https://widget.example/?workspaceId={id}");
        let token = STANDARD.encode(format!(r#"{{"token":"a.{inner}","widgetUrl":"{url}"}}"#));
        let proxy = FaultProxy::start(&mut env, move |parts, _| {
            if parts.uri.path().ends_with("/widget-token") {
                ProxyAction::Respond(200, serde_json::json!({"token": token}))
            } else {
                ProxyAction::Forward
            }
        });
        let output = env.run(&[&WIDGET[..], &["--reveal"]].concat());
        output.exits(i32::from(is_refused));
        assert_eq!(
            output.stderr.contains("repeats a secret"),
            is_refused,
            "{output}"
        );
        assert_eq!(output.stdout.is_empty(), is_refused, "{output}");
        drop(proxy);
    }
}
