//! Responsible for the names of secret stores.

use super::did_you_mean;
use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::origin::Origin;
use crate::config::redaction::named;
use crate::model::STORES;

/// Adds the finding about a store that this version does not know.
pub(super) fn unknown_store(label: &str, store: &str, origin: Origin<'_>, findings: &mut Findings) {
    let message = format!(
        "{label}secret store {} is not known by this version",
        named(store)
    );
    let help = did_you_mean(store, STORES).unwrap_or_else(|| {
        let ours = STORES.join(", ");
        format!("known here: {ours}, and names with a hyphen for stores of your own configuration")
    });
    findings.at(origin, Code::UnknownStore, message, Some(help));
}
