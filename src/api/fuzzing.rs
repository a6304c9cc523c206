//! Laws of reading what a server says, for `crate::fuzzing`.

#![expect(clippy::missing_panics_doc, reason = "a law panics when it is broken")]

use super::redaction::Redactor;
use super::redaction::server_message;
use super::resilience::retry_after;
use super::{Target, wire};
use crate::fuzzing::PLANTED;

/// No answer breaks the reader, and no refusal or complaint about an answer shows a secret.
pub fn wire(data: &[u8]) {
    let (&[how], data) = data.split_first_chunk().unwrap_or((&[0], data));
    let text = String::from_utf8_lossy(data);
    let encoded = encoded(how);
    let body = text.replace("@@", &encoded);
    for reason in complaints(body.as_bytes()) {
        assert!(!reason.contains(&encoded), "{reason}");
    }
    let redactor = Redactor {
        secrets: vec![PLANTED],
        ..Redactor::default()
    };
    let shown = server_message(body.as_bytes(), &redactor).0;
    assert!(shown.chars().count() <= 301 && !shown.chars().any(char::is_control));
    let bytes = shown.as_bytes();
    for window in PLANTED.as_bytes().windows(4) {
        assert!(!bytes.windows(4).any(|part| part == window), "{shown}");
    }
    // Escapes can be nested more deeply than anybody does; runs of digits cannot.
    let nested = text.contains(['\\', '%']) && how % 4 < 2;
    assert!(nested || !shown.contains(&encoded), "{shown}");
}

/// The secret in one of the encodings that a server may use.
fn encoded(how: u8) -> String {
    let bytes = PLANTED.as_bytes();
    let each = |form: fn(&u8) -> String| bytes.iter().map(form).collect::<Vec<_>>().concat();
    match how % 4 {
        0 => each(|byte| format!("%{byte:02x}")),
        1 => {
            let units = PLANTED.encode_utf16().map(|unit| format!("\\u{unit:04X}"));
            units.collect::<Vec<_>>().concat()
        }
        2 => each(|byte| format!("{byte:02X}")),
        _ => base64(bytes),
    }
}

fn base64(bytes: &[u8]) -> String {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1));
    let bits: Vec<u8> = bits.collect();
    let groups = bits.chunks(6).map(|group| {
        let value = group.iter().fold(0, |value, bit| value << 1 | bit);
        char::from(digits[usize::from(value << (6 - group.len()))])
    });
    groups.collect()
}

/// What each shape complains of, if it does; what could be read is used once.
fn complaints(body: &[u8]) -> Vec<String> {
    fn of<T: wire::ResponseBody>(body: &[u8], read: impl Fn(T)) -> Option<String> {
        wire::decode::<T>(body).map(read).err()
    }
    let life = |answer: wire::TokenResponse| assert!((1.0..=86_400.0).contains(&answer.life()));
    [
        of(body, life),
        of(body, |_: wire::ScopedTokenResponse| {}),
        of(body, |answer: wire::TokenInfo| {
            let _ = answer.name();
        }),
        of(body, |answer: wire::WorkspaceResponse| {
            drop(answer.into_live());
        }),
        of(body, |_: wire::WorkspacePage| {}),
        of(body, |_: wire::StatsResponse| {}),
        of(body, |_: wire::ConnectorResponse| {}),
        of(body, |_: wire::ConnectorList| {}),
        of(body, |answer: wire::CreateResponse| {
            drop(super::Created::from(answer));
        }),
        of(body, |answer: wire::CheckResponse| {
            let _ = (answer.status(), answer.message());
        }),
        of(body, |answer: wire::DefinitionList| {
            drop(answer.definitions());
        }),
        of(body, |_: wire::TemplateList| {}),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Headers and links give a time and a cursor, or nothing; an address never leads off the
/// machine unencrypted, and a link never to another host.
pub fn headers(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let wait = retry_after(Some(first), Some(rest));
    let is_number = first.trim().parse::<f64>().is_ok();
    assert!(!is_number || wait.is_none_or(|wait| wait.as_secs() <= 86_400));
    if let Ok(target) = first.parse::<Target>() {
        let shown = target.to_string();
        assert_eq!(shown.parse().ok(), Some(target.clone()));
        assert!(
            target.origin().scheme() == "https"
                || shown.contains("localhost")
                || shown.contains("127.")
                || shown.contains("[::1]")
        );
    }
    let Ok(target) = super::DEFAULT_TARGET.parse::<Target>() else {
        return;
    };
    for (name, cursor) in target.query_of(first).unwrap_or_default() {
        let next = target.address("/api/v1/workspaces", &[("cursor", cursor.clone())]);
        assert_eq!(next.host_str(), Some("api.airbyte.ai"), "{name}");
        let sent = next.query_pairs().next().map(|(_, sent)| sent.into_owned());
        assert_eq!(sent, Some(cursor));
    }
}
