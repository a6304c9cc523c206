//! Responsible for what sample documents say about their plan: where it came from, and its file.

use crate::render::{MacCheck, Provenance, SavedFile};

/// The live API.
pub(crate) fn provenance() -> Provenance {
    Provenance {
        api: "https://api.example.com".to_owned(),
        made_at: "2026-03-01T10:00:00Z".to_owned(),
        snapshot: None,
    }
}

/// A saved plan that expired.
pub(crate) fn expired(mac: MacCheck) -> SavedFile {
    SavedFile {
        path: "plan.json".to_owned(),
        arguments: Vec::new(),
        id: "3f79bb7b".to_owned(),
        expires_at: "2026-03-02T10:00:00Z".to_owned(),
        is_expired: true,
        mac,
    }
}
