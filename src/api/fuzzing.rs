//! Responsible for the properties of decoding and redacting responses that `crate::fuzzing` checks.

#![expect(
    clippy::missing_panics_doc,
    reason = "a property panics when it does not hold"
)]

use super::redaction::Redactor;
use super::redaction::server_message;
use super::resilience::retry_after;
use super::{Target, wire};
use crate::fuzzing::SAMPLE_SECRET;

/// No response makes decoding panic, and no error text shows a secret.
pub fn wire(data: &[u8]) {
    let (&[encoding], data) = data.split_first_chunk().unwrap_or((&[0], data));
    let text = String::from_utf8_lossy(data);
    let encoded = encoded(encoding);
    let body = text.replace("@@", &encoded);
    for reason in decoding_errors(body.as_bytes()) {
        assert!(!reason.contains(&encoded), "{reason}");
    }
    let redactor = Redactor {
        secrets: vec![SAMPLE_SECRET],
        ..Redactor::default()
    };
    let shown = server_message(body.as_bytes(), &redactor).0;
    assert!(shown.chars().count() <= 301 && !shown.chars().any(char::is_control));
    let bytes = shown.as_bytes();
    for window in SAMPLE_SECRET.as_bytes().windows(4) {
        assert!(!bytes.windows(4).any(|part| part == window), "{shown}");
    }
    // Escapes can be nested more deeply than the redactor decodes; runs of digits cannot.
    let nested = text.contains(['\\', '%', '&']) && [0, 1, 4].contains(&(encoding % 8));
    assert!(nested || !shown.contains(&encoded), "{shown}");
}

/// The secret in one of the encodings that a server may use.
fn encoded(encoding: u8) -> String {
    let bytes = SAMPLE_SECRET.as_bytes();
    let each = |form: fn(&u8) -> String| bytes.iter().map(form).collect::<Vec<_>>().concat();
    match encoding % 8 {
        0 => each(|byte| format!("%{byte:02x}")),
        1 => {
            let units = SAMPLE_SECRET
                .encode_utf16()
                .map(|unit| format!("\\u{unit:04X}"));
            units.collect::<Vec<_>>().concat()
        }
        2 => each(|byte| format!("{byte:02X}")),
        3 => base64(bytes),
        4 => each(|byte| format!("&#{byte};")),
        5 => digits(bytes, 5, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
        6 => each(|byte| format!("{byte}, ")),
        _ => base64(base64(bytes).as_bytes()),
    }
}

fn base64(bytes: &[u8]) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    digits(bytes, 6, alphabet)
}

/// The bytes in an encoding with `size` bits for each digit.
fn digits(bytes: &[u8], size: usize, alphabet: &[u8]) -> String {
    let bits = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1));
    let bits: Vec<u8> = bits.collect();
    let groups = bits.chunks(size).map(|group| {
        let value = group.iter().fold(0, |value, bit| value << 1 | bit);
        char::from(alphabet[usize::from(value << (size - group.len()))])
    });
    groups.collect()
}

/// The decoding errors of all response types. Each decoded response is used once.
fn decoding_errors(body: &[u8]) -> Vec<String> {
    fn error<T: wire::ResponseBody>(body: &[u8], use_once: impl Fn(T)) -> Option<String> {
        wire::decode::<T>(body).map(use_once).err()
    }
    let life = |token: wire::TokenResponse| assert!((1.0..=86_400.0).contains(&token.life()));
    [
        error(body, life),
        error(body, |_: wire::ScopedTokenResponse| {}),
        error(body, |response: wire::TokenInfo| {
            let _ = response.name();
        }),
        error(body, |response: wire::WorkspaceResponse| {
            drop(response.into_live());
        }),
        error(body, |_: wire::WorkspacePage| {}),
        error(body, |_: wire::StatsResponse| {}),
        error(body, |_: wire::ConnectorResponse| {}),
        error(body, |_: wire::ConnectorList| {}),
        error(body, |response: wire::CreateResponse| {
            drop(super::NewConnector::from(response));
        }),
        error(body, |response: wire::CheckResponse| {
            let _ = (response.status(), response.message());
        }),
        error(body, |response: wire::DefinitionList| {
            drop(response.definitions());
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// `Retry-After` has an upper bound, an address with plain HTTP is on this machine, and a link leads
/// to no other host.
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
        let value = next
            .query_pairs()
            .next()
            .map(|(_, value)| value.into_owned());
        assert_eq!(value, Some(cursor));
    }
}
