//! Responsible for plans as files: their canonical form, their id, and their MAC.
//!
//! The id is the SHA-256 digest of the content, so that a reviewer can name exactly what was
//! approved. The MAC shows that who made the plan can read the ledger's key. Does not decide which
//! steps still fit: `plan::approved_part` does.

mod canonical;
mod content;

pub use content::{Commit, Declarations, PLANNER, PlanOptions, SavedPlan};

use crate::ledger::Authenticator;
use canonical::canonical;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
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

#[derive(Deserialize)]
struct File {
    airlift_plan: u32,
    id: String,
    mac: String,
    content: Value,
}

/// The text of a plan's file, and the plan's id.
pub fn write(
    plan: &SavedPlan,
    authenticator: &Authenticator,
) -> serde_json::Result<(String, String)> {
    let content = serde_json::to_value(plan)?;
    let id = digest(canonical(&content).as_bytes());
    let mac = authenticator.mac_of_plan(&id);
    let file = json!({"airlift_plan": FORMAT, "content": content, "id": id, "mac": mac});
    Ok((canonical(&file) + "\n", id))
}

/// Reads the text of a plan's file. Computes the id from the content, and refuses any byte that
/// [`write`] would not have written.
pub fn read(text: &[u8]) -> Result<ReadPlan, PlanFileError> {
    let value: Value = serde_json::from_slice(text).map_err(|_| PlanFileError::NotAPlan)?;
    let version = value.get("airlift_plan").ok_or(PlanFileError::NotAPlan)?;
    if version
        .as_u64()
        .is_some_and(|version| version > FORMAT.into())
    {
        return Err(PlanFileError::OtherVersion);
    }
    if (canonical(&value) + "\n").as_bytes() != text {
        return Err(PlanFileError::Altered);
    }
    let file: File = serde_json::from_value(value).map_err(|_| PlanFileError::Altered)?;
    let id = digest(canonical(&file.content).as_bytes());
    if file.id != id || file.airlift_plan != FORMAT {
        return Err(PlanFileError::Altered);
    }
    if file.content["planner"] != PLANNER {
        return Err(PlanFileError::OtherVersion);
    }
    let content = serde_json::from_value(file.content).map_err(|_| PlanFileError::Altered)?;
    let mac = file.mac;
    Ok(ReadPlan { id, content, mac })
}

impl ReadPlan {
    /// Whether someone with the ledger's key made the plan, for the API and organization of the
    /// ledger.
    pub fn is_authentic(&self, authenticator: &Authenticator) -> bool {
        authenticator.verifies_plan(&self.id, &self.mac)
    }
}

/// SHA-256, hexadecimal.
fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests;
