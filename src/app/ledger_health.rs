//! Responsible for the checks of `doctor` on the ledger: its directory, its key, and what of it is
//! verified. Changes nothing.

use super::App;
use super::ledger_access::{access, shared_address, state_dir, state_name};
use super::ledger_keys::{KeyStrength, WEAK_KEY};
use crate::cli::{GlobalArgs, LedgerMode};
use crate::config::Project;
use crate::failure::Failure;
use crate::ledger::{LedgerError, LedgerStore, pack_of};
use crate::model::{Damage, HealthCheck, LedgerState, UnverifiedCause, first_names};
use std::collections::BTreeMap;
use std::path::Path;

const SUBJECT: &str = "ledger";

/// Reads the ledger. Says nothing about a sound ledger on this machine: its directory has a line.
pub(super) async fn check_ledger(app: &App<'_>) -> Vec<HealthCheck> {
    let mut checks = Vec::new();
    if app.fingerprinters.strength == KeyStrength::Weak {
        let hint = "`airlift explain weak_ledger_key` says how to change it";
        checks.push(HealthCheck::warn("ledger key", WEAK_KEY, hint));
    }
    match app.ledger.load().await {
        // The lock of a store that refuses every request would fail for the same reason.
        Err(error @ LedgerError::Store { .. }) => {
            checks.push(failed(error));
            return checks;
        }
        Err(error) => checks.push(failed(error)),
        Ok(recorded) => {
            checks.extend(check_entries(app, &recorded));
            checks.extend(app.ledger.rotations().await.err().map(failed));
            checks.extend(app.ledger.check_writable().err().map(failed));
        }
    }
    checks.extend(check_lock(app).await);
    checks
}

/// Says which run holds the lock. It ends by itself, so that is no failure.
async fn check_lock(app: &App<'_>) -> Option<HealthCheck> {
    match app.ledger.lock_holder().await {
        Ok(None) => None,
        Ok(Some(holder)) => {
            let detail = format!("another run uses the ledger now ({holder})");
            Some(HealthCheck::ok("ledger lock", detail))
        }
        Err(error) => Some(failed(error)),
    }
}

/// A check that failed, with the code of the failure.
fn failed(error: LedgerError) -> HealthCheck {
    let failure = Failure::from(error);
    let detail = format!("{} [{}]", failure.message, failure.code);
    HealthCheck::fail(SUBJECT, detail, &failure.hints.join("; "))
}

fn check_entries(app: &App<'_>, recorded: &LedgerState) -> Option<HealthCheck> {
    if !recorded.unverified.is_empty() || !recorded.unverified_names.is_empty() {
        return Some(unverified(recorded));
    }
    is_shared(app.invocation.global).then(|| {
        let detail = format!("{} can be read", app.ledger.shown());
        HealthCheck::ok(SUBJECT, detail)
    })
}

/// Names the entries of the ledger that are not verified.
fn unverified(recorded: &LedgerState) -> HealthCheck {
    let mut packs: BTreeMap<(String, Damage), usize> = BTreeMap::new();
    let mut entries: BTreeMap<UnverifiedCause, Vec<String>> = BTreeMap::new();
    for (id, entry) in &recorded.unverified {
        let code = entry.cause.code();
        let name = entry.claimed_name.as_deref().unwrap_or_default();
        let text = match entry.cause {
            UnverifiedCause::PackDamaged(damage) => {
                *packs.entry((pack_of(*id), damage)).or_default() += 1;
                continue;
            }
            UnverifiedCause::Damaged(damage) => {
                format!("customers/{id}.json cannot be read{damage} [{code}]")
            }
            _ => format!("customers/{id}.json {name} [{code}]"),
        };
        entries.entry(entry.cause).or_default().push(text);
    }
    let packs = packs.into_iter().map(|((pack, damage), count)| {
        let code = UnverifiedCause::PackDamaged(damage).code();
        format!("{pack} with the entries of {count} customers cannot be read{damage} [{code}]")
    });
    let journal = recorded
        .unverified_names
        .iter()
        .map(|name| format!("a journal entry of {name} [ledger_unverified]"));
    let causes = entries
        .into_values()
        .chain([packs.collect(), journal.collect()]);
    let list: Vec<String> = causes
        .filter(|texts: &Vec<String>| !texts.is_empty())
        .map(|texts| first_names(&texts))
        .collect();
    let detail = format!("not verified, so blocked: {}", list.join(", "));
    let hint = "restore the file from a backup, or run `airlift ledger sign`";
    HealthCheck::fail(SUBJECT, detail, hint)
}

pub(super) fn is_shared(global: &GlobalArgs) -> bool {
    global.ledger.as_deref().and_then(shared_address).is_some()
}

/// Looks at the directory of a ledger on this machine.
pub(super) fn check_directory(project: &Project, global: &GlobalArgs) -> HealthCheck {
    let root = global.ledger.clone();
    let default = if global.sandbox { "sandbox" } else { "ledger" };
    let root = root.unwrap_or_else(|| state_dir(project).join(state_name(project, default)));
    if let Err(error) = LedgerStore::local(&root, access(global)).check_writable() {
        return failed(error);
    }
    let shown = root.display();
    match std::fs::read_dir(&root) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => HealthCheck::ok(
            SUBJECT,
            format!("{shown} does not exist yet; the first apply creates it"),
        ),
        Err(error) => {
            let detail = format!("{shown} cannot be read: {}", error.kind());
            HealthCheck::fail(
                SUBJECT,
                detail,
                "let this user read and write the directory",
            )
        }
        Ok(_) if is_accessible_to_others(&root, global.ledger_mode) => {
            let detail = format!("{shown} is accessible to other users");
            HealthCheck::warn(SUBJECT, detail, "remove their permissions: chmod 700")
        }
        Ok(_) => HealthCheck::ok(SUBJECT, format!("{shown} exists and is private")),
    }
}

#[cfg(unix)]
fn is_accessible_to_others(directory: &Path, mode: LedgerMode) -> bool {
    use std::os::unix::fs::MetadataExt;
    let others = match mode {
        LedgerMode::Private => 0o077,
        LedgerMode::Group => 0o007,
    };
    let metadata = directory.metadata();
    metadata.is_ok_and(|metadata| metadata.mode() & others != 0)
}

#[cfg(not(unix))]
fn is_accessible_to_others(_: &Path, _: LedgerMode) -> bool {
    false
}
