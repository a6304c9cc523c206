//! Responsible for reading and rewriting the ledger's entries as files, as someone without the
//! ledger's key can.

use super::TestEnv;
use serde_json::{Value, json};
use std::path::PathBuf;

impl TestEnv {
    /// The files of the ledger's entries.
    pub(crate) fn ledger_entries(&self) -> Vec<PathBuf> {
        crate::support::files(&self.path(".airlift/ledger"), &|path| {
            path.parent().is_some_and(|dir| dir.ends_with("customers"))
        })
    }

    /// The file of the ledger's entry of a customer.
    pub(crate) fn ledger_entry(&self, customer: &str) -> PathBuf {
        let id = self.world().workspace(customer).unwrap().id.to_string();
        let is_own = |path: &PathBuf| path.to_str().unwrap().contains(&id);
        self.ledger_entries().into_iter().find(is_own).unwrap()
    }

    /// Rewrites every entry in the format of version 1, with a change, and signs the ledger.
    pub(crate) fn rewrite_ledger(&self, change: impl Fn(&mut Value)) {
        for path in self.ledger_entries() {
            let text = std::fs::read(&path).unwrap();
            let mut file: Value = serde_json::from_slice(&text).unwrap();
            let mut entry = file["entry"].take();
            entry["version"] = json!(1);
            change(&mut entry);
            std::fs::write(path, entry.to_string()).unwrap();
        }
        self.run(&["ledger", "sign", "--auto-approve"]).exits(0);
    }
}
