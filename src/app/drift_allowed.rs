//! Responsible for the list of drift that is allowed until a day: the file of `drift --allow`.

use super::App;
use super::named_file::text_of;
use super::policy_error::{described, require_mapping};
use crate::failure::Failure;
use crate::model::Selector;
use crate::plan::{Drift, DriftSubject};
use crate::render;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::Deserialize;
use std::path::Path;

/// The version of the format.
const VERSION: u32 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowFile {
    version: u32,
    allow: Vec<AllowedDrift>,
}

/// Drift that is allowed up to and including a day, in UTC.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowedDrift {
    target: String,
    until: String,
    reason: String,
}

struct Allowed {
    target: Selector,
    until: Date,
    reason: String,
}

impl App<'_> {
    /// Removes the changes that a file allows, and says how many. Names entries that expired.
    pub(crate) fn without_allowed(&self, drift: &mut Drift, path: &Path) -> Result<(), Failure> {
        let today = Zoned::new(Timestamp::now(), TimeZone::UTC).date();
        let mut allowed = 0;
        for entry in read(path)? {
            let removed = if entry.until < today {
                0
            } else {
                remove(drift, &entry.target)
            };
            allowed += removed;
            if entry.until < today {
                let Allowed {
                    target,
                    until,
                    reason,
                } = entry;
                let text = format!("the drift of {target} was allowed until {until}: {reason}");
                render::print_note(self.invocation.ui, &text)?;
            }
        }
        if allowed > 0 {
            let text = format!("allowed by {}: {allowed}", path.display());
            render::print_note(self.invocation.ui, &text)?;
        }
        Ok(())
    }
}

/// Removes the changes that a selector covers, and returns their number.
fn remove(drift: &mut Drift, target: &Selector) -> usize {
    let mut removed = 0;
    for customer in &mut drift.customers {
        let before = customer.changes.len();
        customer.changes.retain(|change| {
            let covered = target.covers(&change.address);
            if covered {
                match change.subject {
                    DriftSubject::Customer(_) => drift.summary.customers -= 1,
                    DriftSubject::Connector(..) => drift.summary.connectors -= 1,
                }
            }
            !covered
        });
        removed += before - customer.changes.len();
    }
    drift
        .customers
        .retain(|customer| !customer.changes.is_empty());
    removed
}

fn read(path: &Path) -> Result<Vec<Allowed>, Failure> {
    let invalid = |cause: String| {
        let message = format!("cannot use the list {}: {cause}", path.display());
        Failure::error("drift_list_invalid", message)
            .hint("each entry has `target`, `until: YYYY-MM-DD` and `reason`, below `allow`")
    };
    let text = text_of(path).map_err(|error| invalid(error.to_string()))?;
    if let Ok(value) = serde_yaml::from_str(&text) {
        require_mapping(&value).map_err(|what| invalid(format!("it {what}")))?;
    }
    let file: AllowFile = serde_yaml::from_str(&text)
        .map_err(|error| invalid(format!("it {}", described(&error))))?;
    if file.version != VERSION {
        return Err(invalid(format!(
            "it has version {}, not {VERSION}",
            file.version
        )));
    }
    let entries = file.allow.into_iter();
    entries
        .map(|entry| {
            let target = entry.target.parse().map_err(|error| {
                invalid(format!("{:?} is not a selector: {error}", entry.target))
            })?;
            let until = entry
                .until
                .parse()
                .map_err(|_| invalid(format!("{:?} is not a day", entry.until)))?;
            Ok(Allowed {
                target,
                until,
                reason: entry.reason,
            })
        })
        .collect()
}
