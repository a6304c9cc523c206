//! Responsible for ledger entries in journal lines. The journal has every change of an entry before its
//! file has it, so that the next run can restore entries whose files are old, incomplete or missing.
//!
//! The first line of an entry has the whole entry. The lines after it have only the connectors that
//! changed, so that the lines of a customer grow with its connectors, not with their square.
//!
//! Lines and files have revisions, so that a file that is newer than the last line is recognized: someone who cuts the end
//! of a journal off does not bring back an earlier state of an entry.

use crate::model::{CustomerEntry, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Entries after the last line for each.
pub(in crate::ledger) type SavedEntries = BTreeMap<WorkspaceId, SavedEntry>;

/// An entry after its last line.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::ledger) struct SavedEntry {
    pub(in crate::ledger) revision: u64,
    /// `None` if the entry is removed.
    pub(in crate::ledger) entry: Option<CustomerEntry>,
}

/// The content of a line for a change of an entry.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::ledger) struct SavedLine {
    saved: WorkspaceId,
    /// The number of the change. It grows with each change of any entry.
    #[serde(default)]
    revision: u64,
    /// `None` if the entry is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entry: Option<CustomerEntry>,
    /// The names of removed connectors, if the line has only what changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    without: Option<BTreeSet<String>>,
}

impl SavedLine {
    /// A line with a whole entry, or for a removed one.
    pub(in crate::ledger) fn whole(
        id: WorkspaceId,
        revision: u64,
        entry: Option<&CustomerEntry>,
    ) -> Self {
        Self {
            saved: id,
            revision,
            entry: entry.cloned(),
            without: None,
        }
    }

    /// A line with the connectors of these names. `entry` is the entry after the change.
    pub(in crate::ledger) fn changed(
        id: WorkspaceId,
        revision: u64,
        entry: &CustomerEntry,
        names: &BTreeSet<String>,
    ) -> Self {
        let connector = |name: &String| entry.connectors.get_key_value(name.as_str());
        let connectors = names.iter().filter_map(connector);
        let removed = names.iter().filter(|name| connector(name).is_none());
        Self {
            saved: id,
            revision,
            without: Some(removed.cloned().collect()),
            entry: Some(CustomerEntry {
                name: entry.name.clone(),
                suspended: entry.suspended,
                protect: entry.protect,
                applied: entry.applied,
                // Only the first change of a run changes it.
                unmanaged: None,
                connectors: connectors
                    .map(|(name, connector)| (name.clone(), connector.clone()))
                    .collect(),
                pending_deletion: entry.pending_deletion.clone(),
                refused_consents: entry.refused_consents.clone(),
            }),
        }
    }

    /// The name of the customer, if the line has an entry.
    pub(super) fn customer(&self) -> Option<&str> {
        self.entry.as_ref().map(|entry| entry.name.as_str())
    }

    /// Applies the line to the entries. `None` if it changes an entry that no line before has.
    pub(in crate::ledger) fn apply(self, entries: &mut SavedEntries) -> Option<()> {
        let Some(removed) = self.without else {
            let saved = SavedEntry {
                revision: self.revision,
                entry: self.entry,
            };
            entries.insert(self.saved, saved);
            return Some(());
        };
        let change = self.entry?;
        let saved = entries.get_mut(&self.saved)?;
        saved.revision = self.revision;
        let before = saved.entry.as_mut()?;
        let mut connectors = std::mem::take(&mut before.connectors);
        connectors.retain(|name, _| !removed.contains(name.as_str()));
        connectors.extend(change.connectors);
        *before = CustomerEntry {
            unmanaged: before.unmanaged.take(),
            connectors,
            ..change
        };
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::{SavedEntries, SavedEntry, SavedLine};
    use crate::ledger::recovery::tests::{WORKSPACE, record};
    use crate::model::{ConnectorId, CustomerEntry};
    use std::collections::BTreeSet;
    use uuid::Uuid;

    #[test]
    fn saved_lines_with_changes_restore_the_entry() {
        let mut entry = CustomerEntry {
            name: "acme".to_owned(),
            unmanaged: Some(BTreeSet::from([ConnectorId(Uuid::nil())])),
            ..CustomerEntry::default()
        };
        entry.connectors.insert("stays".into(), record(1).into());
        entry.connectors.insert("goes".into(), record(2).into());
        let mut lines = vec![SavedLine::whole(WORKSPACE, 1, Some(&entry))];
        entry.connectors.remove("goes");
        entry.connectors.insert("new".into(), record(3).into());
        entry.pending_deletion.insert(record(2).id);
        entry.protect = crate::model::Protection::Full;
        let names = BTreeSet::from(["goes".to_owned(), "new".to_owned()]);
        lines.push(SavedLine::changed(WORKSPACE, 2, &entry, &names));
        let text = serde_json::to_string(&lines[1]).unwrap();
        assert!(!text.contains("stays"), "{text}");
        let mut entries = SavedEntries::new();
        // The second time, the entries have the state after both lines.
        for line in [lines.clone(), lines].concat() {
            line.apply(&mut entries).unwrap();
        }
        let entry = Some(entry);
        assert_eq!(entries[&WORKSPACE], SavedEntry { revision: 2, entry });
    }

    #[test]
    fn saved_line_with_changes_needs_the_whole_entry_before() {
        let line = SavedLine::changed(WORKSPACE, 1, &CustomerEntry::default(), &BTreeSet::new());
        assert!(line.clone().apply(&mut SavedEntries::new()).is_none());
        let mut removed = SavedEntries::from([(WORKSPACE, SavedEntry::default())]);
        assert!(line.apply(&mut removed).is_none());
    }
}
