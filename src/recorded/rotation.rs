//! Rotations that have not come to their end: what each is about, so that it can be gone on
//! with after a failure, a signal or a kill.
//!
//! A rotation gives each of its connectors a new id. So it keeps the ids it set out to replace,
//! and what is left to do is what the ledger still has of them; no clock has a say in it.

use super::{RecordError, files};
use crate::model::{Address, ConnectorId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The version of the file's format.
const VERSION: u32 = 1;

/// A rotation that was begun.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Rotation {
    /// What was asked for; empty means everything.
    pub selector: BTreeSet<Address>,
    /// When it was begun, RFC 3339; for people.
    pub started_at: String,
    /// The connectors that it is to replace, as they were when it was begun.
    pub before: BTreeSet<ConnectorId>,
}

/// Every unfinished rotation of a ledger.
#[derive(Debug)]
pub struct Rotations {
    path: PathBuf,
    open: Vec<Rotation>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    version: u32,
    rotations: Vec<Rotation>,
}

impl Rotations {
    /// Reads those of the ledger in `dir`.
    pub fn load(dir: &Path) -> Result<Self, RecordError> {
        let path = dir.join("rotation.json");
        let unreadable = |line| RecordError::Unreadable {
            path: path.clone(),
            what: "list of rotations",
            line,
        };
        let open = match files::read(&path)? {
            None => Vec::new(),
            Some(text) => {
                let written: Written =
                    serde_json::from_str(&text).map_err(|error| unreadable(error.line()))?;
                if written.version != VERSION {
                    return Err(unreadable(1));
                }
                written.rotations
            }
        };
        Ok(Self { path, open })
    }

    /// The unfinished ones.
    pub fn open(&self) -> &[Rotation] {
        &self.open
    }

    /// The unfinished one of this selector.
    pub fn of(&self, selector: &BTreeSet<Address>) -> Option<&Rotation> {
        self.open
            .iter()
            .find(|rotation| rotation.selector == *selector)
    }

    /// Notes that a rotation begins, in place of an earlier one of the same selector.
    pub fn begin(&mut self, rotation: Rotation) -> Result<(), RecordError> {
        self.open
            .retain(|other| other.selector != rotation.selector);
        self.open.push(rotation);
        self.save()
    }

    /// Forgets a rotation: it came to its end.
    pub fn end(&mut self, selector: &BTreeSet<Address>) -> Result<(), RecordError> {
        self.open.retain(|other| other.selector != *selector);
        self.save()
    }

    fn save(&self) -> Result<(), RecordError> {
        if self.open.is_empty() {
            return files::remove(&self.path);
        }
        let written = Written {
            version: VERSION,
            rotations: self.open.clone(),
        };
        let text = serde_json::to_vec(&written)
            .map_err(std::io::Error::from)
            .map_err(RecordError::io("cannot write", &self.path))?;
        files::replace(&self.path, &text).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::{Rotation, Rotations};
    use crate::model::{Address, ConnectorId};
    use std::collections::BTreeSet;

    #[test]
    fn a_rotation_is_kept_until_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let load = || Rotations::load(dir.path()).unwrap();
        let rotation = |selector: &str| Rotation {
            selector: BTreeSet::from([selector.parse::<Address>().unwrap()]),
            started_at: "now".into(),
            before: BTreeSet::from([ConnectorId(uuid::Uuid::nil())]),
        };
        load().begin(rotation("acme")).unwrap();
        load().begin(rotation("acme/Acme GitHub")).unwrap();
        load().begin(rotation("acme")).unwrap();
        assert_eq!(load().open().len(), 2);
        let acme = rotation("acme");
        assert_eq!(load().of(&acme.selector), Some(&acme));
        load().end(&acme.selector).unwrap();
        load().end(&rotation("acme/Acme GitHub").selector).unwrap();
        assert!(load().open().is_empty());
        assert!(!dir.path().join("rotation.json").exists());
    }
}
