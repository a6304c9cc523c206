//! No secret is ever shown or kept: canaries in every place for secrets, searched for in
//! everything that is printed or written, in every usual encoding.

use crate::support::{CLIENT, Fate, Front, Output, TestEnv, files, options};
use std::collections::BTreeMap;

const CANARIES: [&str; 4] = [
    "cAnArY/env+4f1e9a77==\"quoted\"",
    "cAnArY file 83bd02c6 with spaces\tand a tab",
    "cAnArY-rotated-5d6e7f80-é-ü",
    CLIENT.1,
];

const PROJECT: &str = r#"version: 1
customers:
  - name: acme
    connectors:
      - name: From env
        type: github
        credentials: {token: "${env:CANARY}"}
        replication_config:
          repositories: [acme/api]
          start_date: 2026-01-01T00:00:00Z
      - name: From a file
        type: stripe
        credentials: {api_key: "${file:canary}"}
      - name: Deep
        type: zendesk-support
        environment: {subdomain: acme}
        credentials: {email: ops@acme.example, api_token: "${env:CANARY}"}
"#;

/// Every form in which a secret could slip out.
fn encodings(secret: &str) -> Vec<(&'static str, String)> {
    let bytes = secret.as_bytes();
    let hex = |digits: &str| -> String {
        let digit = |nibble: u8| char::from(digits.as_bytes()[usize::from(nibble)]);
        let pair = |byte: &u8| [digit(byte >> 4), digit(byte & 15)];
        bytes.iter().flat_map(pair).collect()
    };
    let json = serde_json::to_string(secret).unwrap();
    let json_twice = serde_json::to_string(&json).unwrap();
    let mut all = vec![
        ("raw", secret.to_owned()),
        ("reversed", secret.chars().rev().collect()),
        ("hex", hex("0123456789abcdef")),
        ("HEX", hex("0123456789ABCDEF")),
        ("json", json[1..json.len() - 1].to_owned()),
        ("json twice", json_twice[3..json_twice.len() - 3].to_owned()),
        ("url", percent(bytes, "%20")),
        ("form", percent(bytes, "+")),
        ("debug", secret.escape_debug().collect()),
    ];
    // In base64 a text looks different at each of three offsets.
    for (name, alphabet) in [("base64", b"+/"), ("base64url", b"-_")] {
        for offset in 0..3 {
            all.push((
                name,
                base64(&bytes[offset..bytes.len() - bytes.len() % 3], *alphabet),
            ));
        }
    }
    all
}

fn percent(bytes: &[u8], space: &str) -> String {
    let one = |byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(*byte).to_string()
        }
        b' ' => space.to_owned(),
        other => format!("%{other:02X}"),
    };
    bytes.iter().map(one).collect()
}

/// Whole groups of three bytes only, so that no padding hides a match.
fn base64(bytes: &[u8], last: [u8; 2]) -> String {
    let digit = |six: u32| match u8::try_from(six & 63).unwrap() {
        low @ 0..26 => b'A' + low,
        low @ 26..52 => b'a' + (low - 26),
        low @ 52..62 => b'0' + (low - 52),
        62 => last[0],
        _ => last[1],
    };
    let group = |three: &[u8]| {
        let bits = three
            .iter()
            .fold(0, |bits, byte| bits << 8 | u32::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(digit(bits >> shift)))
    };
    bytes.chunks_exact(3).flat_map(group).collect()
}

/// Where a canary shows, and how.
fn leaks(places: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let mut found = Vec::new();
    for (place, bytes) in places {
        let text = String::from_utf8_lossy(bytes);
        for canary in CANARIES {
            for (how, form) in encodings(canary) {
                if text.contains(&form) {
                    found.push(format!("{place}: {how} of {canary:?}"));
                }
            }
        }
    }
    found
}

/// Everything that is written down in the project but the secrets themselves.
fn kept(env: &TestEnv, places: &mut BTreeMap<String, Vec<u8>>) {
    let written = files(&env.path("."), &|path| !path.ends_with("canary"));
    for path in written {
        let bytes = std::fs::read(&path).unwrap();
        places.insert(path.display().to_string(), bytes);
    }
}

fn note(places: &mut BTreeMap<String, Vec<u8>>, what: &str, output: &Output) {
    places.insert(format!("{what} stdout"), output.stdout.clone().into_bytes());
    places.insert(format!("{what} stderr"), output.stderr.clone().into_bytes());
}

fn env() -> TestEnv {
    let mut env = TestEnv::with(PROJECT, options());
    env.set("CANARY", CANARIES[0]);
    env.write("canary", CANARIES[1]);
    env
}

const VERBS: &[&[&str]] = &[
    &["validate"],
    &["validate", "--format", "json"],
    &["plan"],
    &["plan", "-vv"],
    &["plan", "--format", "json"],
    &["apply", "--auto-approve", "-vv"],
    &["plan", "-vv", "--refresh", "full"],
    &["apply", "--auto-approve", "--format", "json"],
    &["drift", "-vv"],
    &["drift", "--format", "json"],
    &["export", "-vv"],
    &["export", "--format", "json"],
    &["export", "--ledger", "none"],
];

#[test]
fn nothing_shows_or_keeps_a_secret() {
    let mut env = env();
    let mut places = BTreeMap::new();
    let round = |env: &TestEnv, name: &str, places: &mut BTreeMap<String, Vec<u8>>| {
        for verb in VERBS {
            let output = env.run(verb);
            output.exits(0);
            note(places, &format!("{name} {}", verb.join(" ")), &output);
        }
        kept(env, places);
    };
    round(&env, "first", &mut places);
    env.is_converged(&[]);
    env.set("CANARY", CANARIES[2]);
    round(&env, "rotated", &mut places);
    env.is_converged(&[]);
    let world = format!("{:?} {:?}", env.world(), env.sandbox().log());
    places.insert("world and log".to_owned(), world.into_bytes());
    assert_eq!(leaks(&places), Vec::<String>::new());
    assert!(places.len() > 35, "{:?}", places.keys());
}

#[test]
fn the_embedded_api_keeps_none_either() {
    let env = env();
    let mut places = BTreeMap::new();
    for verb in VERBS {
        let arguments = [*verb, &["--sandbox"]].concat();
        let output = env.run(&arguments);
        output.exits(0);
        note(&mut places, &arguments.join(" "), &output);
    }
    kept(&env, &mut places);
    assert!(places.keys().any(|place| place.contains("sandbox.json")));
    assert_eq!(leaks(&places), Vec::<String>::new());
}

/// Answers every creation and check with what it was sent.
fn echo(status: u16, parts: &axum::http::request::Parts, bytes: &[u8]) -> Fate {
    if parts.method != "POST" || !parts.uri.path().contains("/connectors") {
        return Fate::Pass;
    }
    let sent = String::from_utf8_lossy(bytes);
    let said = format!("cannot use {sent} with {:?}", parts.headers);
    let errors = serde_json::json!([{"loc": ["body", "credentials"], "msg": said, "type": "x"}]);
    Fate::Instead(
        status,
        serde_json::json!({"message": said, "detail": errors, "error": said}),
    )
}

#[test]
fn a_server_that_repeats_what_it_was_sent_is_not_quoted() {
    let mut env = env();
    let mut places = BTreeMap::new();
    for status in [400, 403, 422, 500] {
        let echo = Front::start(&mut env, move |parts, bytes| echo(status, parts, bytes));
        for arguments in [
            &["apply", "--auto-approve", "-vv"][..],
            &["plan", "-vv"],
            &["drift", "-vv"],
            &["export", "-vv"],
        ] {
            let output = env.run(arguments);
            note(
                &mut places,
                &format!("{status} {}", arguments.join(" ")),
                &output,
            );
        }
        assert!(echo.met() > 0, "{status}");
        kept(&env, &mut places);
    }
    assert_eq!(leaks(&places), Vec::<String>::new());
    let told = places
        .values()
        .any(|text| String::from_utf8_lossy(text).contains("Apply incomplete!"));
    assert!(told);
}

#[test]
fn messages_about_unusable_secrets_show_none() {
    let mut env = env();
    let mut places = BTreeMap::new();
    env.set("CANARY", &format!("{}\u{1b}[31m", CANARIES[0]));
    let output = env.run(&["apply", "--auto-approve"]);
    output.exits(11);
    note(&mut places, "control character", &output);
    env.set("CANARY", CANARIES[0]);
    for (at, text) in ["{token: \"${env:CANARY}\"", "api_key: \"${file:canary}\""]
        .iter()
        .enumerate()
    {
        let field = text.split(':').next().unwrap();
        // YAML's double quotes are JSON's.
        let literal = serde_json::to_string(CANARIES[at]).unwrap();
        env.edit(text, &format!("{field}: {literal}"));
    }
    for arguments in [
        &["validate"][..],
        &["validate", "--format", "json"],
        &["plan", "-vv"],
    ] {
        let output = env.run(arguments);
        output.exits(1);
        note(&mut places, &arguments.join(" "), &output);
    }
    assert_eq!(leaks(&places), Vec::<String>::new());
}

#[test]
fn the_search_finds_what_is_planted() {
    for canary in CANARIES {
        for (how, form) in encodings(canary) {
            assert!(form.len() > 12, "{how}: {form:?}");
            let planted = format!("some text {form} and more").into_bytes();
            let places = BTreeMap::from([("planted".to_owned(), planted)]);
            let found = leaks(&places);
            assert!(
                found.iter().any(|one| one.contains(how)),
                "{how} of {canary:?}"
            );
        }
        // A header as a program would encode it, at each offset.
        for before in ["", "x", "xy", "client:"] {
            let whole = format!("{before}{canary}...");
            let encoded = base64(&whole.as_bytes()[..whole.len() / 3 * 3], *b"+/");
            let places = BTreeMap::from([("header".to_owned(), encoded.into_bytes())]);
            assert!(!leaks(&places).is_empty(), "{before:?} {canary:?}");
        }
    }
    let harmless = BTreeMap::from([("none".to_owned(), b"cAnArY, in general".to_vec())]);
    assert!(leaks(&harmless).is_empty());
}
