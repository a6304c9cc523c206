//! Responsible for the form of the ledger's objects: version, generation, MAC, and the content that
//! the MAC covers as it stands in the file.

use super::LedgerError;
use super::authenticate::Authenticator;
use crate::model::Damage;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use std::path::Path;

/// The version of the ledger's format.
pub(super) const VERSION: u32 = 2;

#[derive(Serialize)]
struct EnvelopeToWrite<'a> {
    version: u32,
    generation: u64,
    mac: &'a str,
    entry: &'a RawValue,
}

#[derive(Deserialize)]
struct StoredEnvelope<'a> {
    version: u32,
    generation: u64,
    mac: String,
    #[serde(borrow)]
    entry: &'a RawValue,
}

#[derive(Deserialize)]
struct StoredVersion {
    version: u32,
}

/// An object as it is stored.
#[derive(Debug)]
pub(super) enum Opened<'a> {
    /// The object has a valid MAC.
    Signed(Sealed<'a>),
    /// The object has no valid MAC.
    Altered(Sealed<'a>),
    /// The object has the format of version 1, which has no MAC.
    Version1,
}

/// The content of an object.
#[derive(Debug)]
pub(super) struct Sealed<'a> {
    pub(super) generation: u64,
    pub(super) content: &'a str,
    mac: String,
}

impl Sealed<'_> {
    /// Whether the MAC is that of an object with another name.
    pub(super) fn belongs_to(&self, name: &str, authenticator: &Authenticator) -> bool {
        let generation = self.generation.to_be_bytes();
        let parts = [name.as_bytes(), &generation, self.content.as_bytes()];
        authenticator.verifies(KIND, &parts, &self.mac)
    }
}

/// The kind of the MACs of whole objects. Their names say which object it is: an entry's name
/// contains its workspace.
const KIND: &str = "object";

/// The text of an object.
pub(super) fn seal(
    authenticator: &Authenticator,
    name: &str,
    generation: u64,
    content: &impl Serialize,
) -> Result<String, serde_json::Error> {
    let content = RawValue::from_string(serde_json::to_string_pretty(content)?)?;
    let parts = [
        name.as_bytes(),
        &generation.to_be_bytes(),
        content.get().as_bytes(),
    ];
    let mut text = serde_json::to_string(&EnvelopeToWrite {
        version: VERSION,
        generation,
        mac: &authenticator.mac(KIND, &parts),
        entry: &content,
    })?;
    text.push('\n');
    // Many texts wait for their packs.
    text.shrink_to_fit();
    Ok(text)
}

/// Reads an object and verifies its MAC. `path` and `what` are for messages.
pub(super) fn open<'a>(
    authenticator: &Authenticator,
    name: &str,
    text: &'a str,
    (path, what): (&Path, &'static str),
) -> Result<Opened<'a>, LedgerError> {
    let unreadable = |error| LedgerError::unreadable(path, what, text)(error);
    let parsed: serde_json::Result<StoredEnvelope<'a>> = serde_json::from_str(text);
    let stored = match parsed {
        Ok(stored) if stored.version == VERSION => stored,
        // Another version may have another form.
        parsed => {
            let stored: StoredVersion = serde_json::from_str(text).map_err(unreadable)?;
            match stored.version {
                1 => return Ok(Opened::Version1),
                VERSION => parsed.map_err(unreadable)?,
                0 => {
                    return Err(LedgerError::Unreadable {
                        path: path.to_owned(),
                        what,
                        line: 1,
                        damage: Damage::Other,
                    });
                }
                version => {
                    let path = path.to_owned();
                    return Err(LedgerError::Newer { path, version });
                }
            }
        }
    };
    let sealed = Sealed {
        generation: stored.generation,
        content: stored.entry.get(),
        mac: stored.mac,
    };
    Ok(if sealed.belongs_to(name, authenticator) {
        Opened::Signed(sealed)
    } else {
        Opened::Altered(sealed)
    })
}

/// Parses content that has a valid MAC.
pub(super) fn parse<T: DeserializeOwned>(
    content: &str,
    (path, what): (&Path, &'static str),
) -> Result<T, LedgerError> {
    serde_json::from_str(content).map_err(LedgerError::unreadable(path, what, content))
}
