//! Responsible for reporting unknown secret stores.

use super::did_you_mean;
use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::origin::Origin;
use crate::config::redaction::named;
use crate::model::STORES;

/// Adds a finding about an unknown store. `other` is what the user may have meant instead.
pub(super) fn unknown_store(
    label: &str,
    store: &str,
    other: Option<&str>,
    origin: Origin<'_>,
    findings: &mut Findings,
) {
    let message = format!("{label}unknown secret store {}", named(store));
    let help = did_you_mean(store, STORES).unwrap_or_else(|| {
        let stores = STORES.join(", ");
        format!(
            "valid stores: {stores}; a store of your own configuration has a hyphen in its name"
        )
    });
    let help = match other {
        Some(other) if help.ends_with('?') => format!("{help} Or {other}"),
        Some(other) => format!("{help}; {other}"),
        None => help,
    };
    findings.at(origin, Code::UnknownStore, message, Some(help));
}
