//! Responsible for fields of JSON text.
//!
//! Copies only the value of the field, into memory that is wiped. Deserializing a whole document with `serde_json` would
//! leave copies in its buffers.

use crate::model::SecretValue;
use crate::secrets::ResolveErrorKind;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use zeroize::Zeroizing;

const MALFORMED: ResolveErrorKind = ResolveErrorKind::Malformed("JSON");

/// The entries of an object with raw values.
pub(in crate::secrets) struct Object<'t>(Vec<(String, &'t RawValue)>);

impl<'t> Object<'t> {
    pub(in crate::secrets) fn parse(text: &'t str) -> Result<Self, ResolveErrorKind> {
        serde_json::from_str(text).map_err(|_| match serde_json::from_str::<&RawValue>(text) {
            Ok(_) if !text.trim_start().starts_with('{') => ResolveErrorKind::NoMapping,
            _ => MALFORMED,
        })
    }

    /// The raw value of a key.
    pub(in crate::secrets) fn get(&self, name: &str) -> Result<&'t str, ResolveErrorKind> {
        let mut matches = self.0.iter().filter(|(key, _)| key == name);
        let (_, raw) = matches.next().ok_or(ResolveErrorKind::NoSuchField)?;
        match matches.next() {
            None => Ok(raw.get()),
            Some(_) => Err(ResolveErrorKind::Ambiguous),
        }
    }
}

impl<'de: 't, 't> Deserialize<'de> for Object<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(entries)
            }
        }

        deserializer.deserialize_map(Entries).map(Self)
    }
}

pub(super) fn field(text: &str, field: &str) -> Result<SecretValue, ResolveErrorKind> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let top = Object::parse(text)?;
    match top.get(field) {
        Err(ResolveErrorKind::NoSuchField) => scalar(descend(&top, field)?),
        other => scalar(other?),
    }
}

fn descend<'t>(top: &Object<'t>, path: &str) -> Result<&'t str, ResolveErrorKind> {
    let mut names = path.split('.');
    let mut raw = top.get(names.next().unwrap_or_default())?;
    for name in names {
        if !raw.starts_with('{') {
            return Err(ResolveErrorKind::NoSuchField);
        }
        raw = Object::parse(raw)?.get(name)?;
    }
    Ok(raw)
}

/// The text of a raw value: a string without quotes and escapes, other scalars unchanged.
pub(in crate::secrets) fn scalar(raw: &str) -> Result<SecretValue, ResolveErrorKind> {
    match raw.as_bytes().first() {
        Some(b'"') => unquote(raw),
        Some(b'{' | b'[' | b'n') | None => Err(ResolveErrorKind::NotScalar),
        Some(_) => Ok(SecretValue::new(raw.to_owned())),
    }
}

/// A string without its quotes and escapes. The parser has validated both, except for lone surrogates.
fn unquote(raw: &str) -> Result<SecretValue, ResolveErrorKind> {
    let inner = raw.get(1..raw.len().saturating_sub(1)).ok_or(MALFORMED)?;
    // An escape is at least as long as its character, so the buffer never grows and leaves no copy behind.
    let mut text = Zeroizing::new(String::with_capacity(inner.len()));
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let (character, length) = escape(&rest[at..]).ok_or(MALFORMED)?;
        text.push(character);
        rest = &rest[at + length..];
    }
    text.push_str(rest);
    Ok(SecretValue::new(std::mem::take(&mut *text)))
}

/// The character of an escape and the escape's length.
fn escape(text: &str) -> Option<(char, usize)> {
    let plain = |character| Some((character, 2));
    match text.as_bytes().get(1)? {
        b'n' => plain('\n'),
        b't' => plain('\t'),
        b'r' => plain('\r'),
        b'b' => plain('\u{8}'),
        b'f' => plain('\u{c}'),
        b'u' => unicode(text),
        other => plain(char::from(*other)),
    }
}

fn unicode(text: &str) -> Option<(char, usize)> {
    let unit = |at: usize| u16::from_str_radix(text.get(at..at + 4)?, 16).ok();
    let first = unit(2)?;
    if !(0xd800..0xdc00).contains(&first) {
        return Some((char::from_u32(first.into())?, 6));
    }
    let second = (text.get(6..8)? == "\\u").then(|| unit(8)).flatten()?;
    let character = char::decode_utf16([first, second]).next()?.ok()?;
    Some((character, 12))
}
