//! Responsible for plans and snapshots as files: their canonical form, their id, and their MAC.
//!
//! The id is the SHA-256 digest of the content, so that a reviewer can name exactly what was
//! approved. The MAC shows that who made the plan can read the ledger's key. Does not decide which
//! steps still fit: `plan::approved_part` does.

mod canonical;
mod content;
mod snapshot;

pub use content::{Commit, Declarations, PLANNER, PlanOptions, SavedPlan};
pub use snapshot::{ReadSnapshot, Snapshot};

use crate::ledger::Authenticator;
use canonical::canonical;
use data_encoding::HEXLOWER;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// The version of the file's form.
const FORMAT: u32 = 1;

/// A plan as it was read, with its id. The id is that of the content.
#[derive(Clone, Debug)]
pub struct ReadPlan {
    /// SHA-256 of the content, hexadecimal.
    pub id: String,
    /// The content.
    pub content: SavedPlan,
    mac: String,
    /// The SSH signature of [`signed_text`], if the plan is signed.
    pub signature: Option<String>,
}

/// Why a file is not a plan that can be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
pub enum PlanFileError {
    /// The file has no plan.
    #[error("it is not a plan that `airlift plan --out` wrote")]
    NotAPlan,
    /// The content is not what the id names, or the file is not in canonical form.
    #[error("it was altered: its content does not match its id")]
    Altered,
    /// Another version of airlift made the plan.
    #[error("another version of airlift made it")]
    OtherVersion,
}

/// The parts of a file. The content is not parsed before its digest is compared with the id, because
/// it may be large and anyone may have written it.
#[derive(Deserialize)]
struct File<'a> {
    airlift_plan: u32,
    id: String,
    mac: String,
    #[serde(default)]
    signature: Option<String>,
    #[serde(borrow)]
    content: &'a RawValue,
}

#[derive(Deserialize)]
struct Version {
    airlift_plan: u64,
}

#[derive(Deserialize)]
struct Rules {
    planner: u32,
}

/// A plan in canonical form, with its id.
#[derive(Clone, Debug)]
pub struct CanonicalPlan {
    /// SHA-256 of the content, hexadecimal.
    pub id: String,
    content: String,
}

impl CanonicalPlan {
    /// The canonical form of a plan.
    pub fn new(plan: &SavedPlan) -> serde_json::Result<Self> {
        let content = canonical(&serde_json::to_value(plan)?);
        let id = digest(content.as_bytes());
        Ok(Self { id, content })
    }

    /// The text of the plan's file. The signature is that of [`signed_text`].
    pub fn file(&self, authenticator: &Authenticator, signature: Option<&str>) -> String {
        let mac = authenticator.mac_of_plan(&authenticated(&self.id, signature));
        written(&self.content, &self.id, &mac, signature)
    }
}

/// The text that a person signs to approve the plan with an id.
pub fn signed_text(id: &str) -> String {
    format!("airlift plan {id}\n")
}

/// What the MAC covers.
fn authenticated(id: &str, signature: Option<&str>) -> String {
    match signature {
        None => id.to_owned(),
        Some(signature) => format!("{id} {signature}"),
    }
}

/// Reads the text of a plan's file. Computes the id from the content, and refuses any byte that
/// [`CanonicalPlan::file`] would not have written.
pub fn read(text: &[u8]) -> Result<ReadPlan, PlanFileError> {
    let version: Version = serde_json::from_slice(text).map_err(|_| PlanFileError::NotAPlan)?;
    if version.airlift_plan > FORMAT.into() {
        return Err(PlanFileError::OtherVersion);
    }
    let file: File<'_> = serde_json::from_slice(text).map_err(|_| PlanFileError::Altered)?;
    let content = file.content.get();
    let id = digest(content.as_bytes());
    if file.id != id
        || file.airlift_plan != FORMAT
        || written(content, &id, &file.mac, file.signature.as_deref()).as_bytes() != text
    {
        return Err(PlanFileError::Altered);
    }
    let rules: Rules = serde_json::from_str(content).map_err(|_| PlanFileError::Altered)?;
    if rules.planner != PLANNER {
        return Err(PlanFileError::OtherVersion);
    }
    let content = serde_json::from_str(content).map_err(|_| PlanFileError::Altered)?;
    let File { mac, signature, .. } = file;
    Ok(ReadPlan {
        id,
        content,
        mac,
        signature,
    })
}

/// The bytes of a file with this content, in canonical form.
fn written(content: &str, id: &str, mac: &str, signature: Option<&str>) -> String {
    let (id, mac) = (Value::from(id), Value::from(mac));
    let signature = signature.map_or_else(String::new, |signature| {
        format!(",\"signature\":{}", Value::from(signature))
    });
    format!(
        "{{\"airlift_plan\":{FORMAT},\"content\":{content},\"id\":{id},\"mac\":{mac}{signature}}}\n"
    )
}

impl ReadPlan {
    /// Whether someone with the ledger's key made the plan, for the API and organization of the
    /// ledger.
    pub fn is_authentic(&self, authenticator: &Authenticator) -> bool {
        let authenticated = authenticated(&self.id, self.signature.as_deref());
        authenticator.verifies_plan(&authenticated, &self.mac)
    }
}

/// SHA-256, hexadecimal.
fn digest(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests;
