//! Responsible for converting errors of other modules into failures, and for failures that several
//! commands share.

use super::{Failure, FailureKind};
use crate::api::{ApiError, ApiErrorKind};
use crate::ledger::{CANNOT_OPEN, LedgerError};
use crate::model::Damage;
use crate::sandbox::SandboxError;
use std::io::ErrorKind;
use std::path::Path;

/// What to do if the API refuses every customer.
pub(crate) const ALL_FORBIDDEN: &str = "the organization's subscription may not include this API, or its \
                                        client may lack the permission: ask Airbyte, or the owner of the \
                                        organization";

impl Failure {
    /// A problem with files, the network or the ledger.
    pub(crate) fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(FailureKind::Error, code, message)
    }

    /// A problem with the command line.
    pub(crate) fn usage(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(FailureKind::Usage, code, message)
    }

    /// A selector that matches nothing.
    pub(crate) fn unknown_selector(message: impl Into<String>) -> Self {
        Self::usage("unknown_selector", message)
    }

    /// A bug in airlift.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Internal, "internal", message)
    }

    /// The system refuses what the program needs before it runs a command.
    pub(crate) fn cannot_start(error: &std::io::Error) -> Self {
        let message = format!("cannot start: {error}");
        Self::error("cannot_start", message)
            .hint("raise the limits on files (ulimit -n), processes and memory")
    }

    pub(crate) fn cannot_write(path: &Path, error: &std::io::Error) -> Self {
        let message = format!("cannot write {}: {error}", path.display());
        let hint = match error.kind() {
            ErrorKind::NotFound => "create the directory first, or name another one",
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                "get write access to the directory, or name another one"
            }
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free space, or name another disk",
            _ => "check the path, or name another one",
        };
        Self::error("cannot_write", message).hint(hint)
    }
}

impl From<std::io::Error> for Failure {
    /// A result that cannot be written. A closed pipe is not a failure; see `render`.
    fn from(error: std::io::Error) -> Self {
        let message = format!("cannot write the result: {error}");
        Self::error("output_failed", message).hint(
            "check the disk or the program that reads standard output, then run the command again",
        )
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        let message = error.to_string();
        let (kind, code) = match error.kind() {
            ApiErrorKind::WrongOrganization { .. } | ApiErrorKind::UnknownOrganization => {
                (FailureKind::Authentication, "wrong_organization")
            }
            ApiErrorKind::AllForbidden { .. } => {
                let kind = FailureKind::Authentication;
                return Self::new(kind, "all_forbidden", message).hint(ALL_FORBIDDEN);
            }
            _ if error.status() == Some(403) => {
                let code = "authentication_failed";
                return Self::new(FailureKind::Authentication, code, message).hint(ALL_FORBIDDEN);
            }
            _ if error.status() == Some(402) => {
                return Self::new(FailureKind::Error, "remote_failed", message).hint(ALL_FORBIDDEN);
            }
            _ if error.is_auth() => (FailureKind::Authentication, "authentication_failed"),
            ApiErrorKind::Unresolved(_) => (FailureKind::Secret, "secret_unresolved"),
            ApiErrorKind::InconsistentList(_) | ApiErrorKind::MisplacedConnector(_) => {
                (FailureKind::Error, "inconsistent_list")
            }
            ApiErrorKind::EndlessList(_) => (FailureKind::Error, "endless_list"),
            ApiErrorKind::Unavailable(_) => (FailureKind::Error, "remote_unavailable"),
            _ => (FailureKind::Error, "remote_failed"),
        };
        Self::new(kind, code, message)
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        let failure = |code| Self::error(code, error.to_string());
        match error {
            LedgerError::Locked { .. } => failure("ledger_locked")
                .hint("wait until it ends, or let --lock-timeout SECONDS wait for it"),
            LedgerError::Io { ref source, .. } => failure("ledger_failed").hint(io_hint(source)),
            LedgerError::Unreadable { ref path, damage, .. } => failure("ledger_failed")
                .hint(damage_hint(damage))
                .hint(without_backup(path)),
            LedgerError::TooLarge { ref path, .. } => failure("ledger_failed")
                .hint(damage_hint(Damage::TooLarge))
                .hint(without_backup(path)),
            LedgerError::Store { action, .. } => failure("ledger_failed").hint(store_hint(action)),
            LedgerError::Changed { .. } => failure("ledger_changed"),
            LedgerError::Newer { .. } => failure("ledger_newer").hint("use the newest airlift"),
            LedgerError::KeyChanged { .. } => failure("ledger_key_changed")
                .hint("check which key this run used: AIRLIFT_LEDGER_KEY or AIRLIFT_LEDGER_KEY_FILE, and the client secret where neither is set")
                .hint("with the old key at hand, set AIRLIFT_LEDGER_OLD_KEY and run `airlift ledger rekey`")
                .hint("without the old key, run `airlift ledger sign`, which inspects each id in the API first"),
            LedgerError::OtherEnvironment { ref path, .. } => {
                let label = path.join("environment.json");
                let label = format!("if a run with a wrong --env labeled this ledger, remove {}", label.display());
                Self::new(FailureKind::Authentication, "ledger_of_other_environment", error.to_string())
                    .hint("choose the environment with --env, or its own ledger with --ledger; without --ledger, each environment has its own")
                    .hint(label)
            }
            LedgerError::OtherShards { count: Some(count), .. } => failure("ledger_of_other_shards")
                .hint(format!("pass --shard INDEX/{count}, with an index from 0; each run covers one shard")),
            LedgerError::OtherShards { count: None, .. } => failure("ledger_of_other_shards")
                .hint("run without --shard, or choose a new place for the ledgers of the shards with --ledger"),
            LedgerError::JournalMissing { .. } => failure("ledger_journal_missing")
                .hint("restore journal.ndjson from a backup, or run `airlift ledger sign`")
                .hint("after `ledger sign`, look for connectors of the interrupted run in the plan: the ledger does not own them"),
            LedgerError::Unverified { .. } => failure("ledger_unverified")
                .hint("run `airlift ledger sign`, which inspects each id in the API first"),
            LedgerError::OldCopy { .. } => failure("ledger_entry_old").hint(RESTORE_OR_SIGN),
            LedgerError::OldHead { .. } => failure("ledger_head_old")
                .hint("restore the newest head.json, or run `airlift ledger sign`, which writes one from the journal")
                .hint("after `ledger sign`, the history of runs and the OAuth apps are those of the old copy"),
            LedgerError::Missing { .. } => failure("ledger_entry_missing").hint(RESTORE_OR_SIGN),
            LedgerError::LeaseLost { .. } => failure("ledger_lease_lost"),
            LedgerError::WithoutConditions { .. } => failure("store_without_conditions").hint(
                "use a store that supports conditional writes (If-None-Match), such as S3, GCS or Azure Blob Storage",
            ),
            LedgerError::GroupWritable { .. } => failure("ledger_untrusted")
                .hint("remove the group's write access with chmod -R g-w; on a Kubernetes volume with fsGroup, set fsGroupChangePolicy: OnRootMismatch, so that a mount does not add it again")
                .hint("or pass --ledger-mode group, if each member of the group may change the ledger"),
            LedgerError::Untrusted { .. } => failure("ledger_untrusted")
                .hint("if the file or directory is yours, change its owner with chown and remove write access of others with chmod go-w; replace a link by a directory, or choose another one with --ledger"),
        }
    }
}

const RESTORE_OR_SIGN: &str = "restore the file from a backup, or run `airlift ledger sign`, which removes an old or missing list of rotations";

/// What to do about a store that was not opened, or that refused a request.
fn store_hint(action: &str) -> &'static str {
    if action == CANNOT_OPEN {
        "name another place with --ledger: a directory, or an address such as s3://BUCKET/DIR"
    } else {
        "check the address of --ledger, and the credentials and the region of the store"
    }
}

/// What to do about an error of the system.
fn io_hint(error: &std::io::Error) -> &'static str {
    const TOO_MANY_FILES: [Option<i32>; 2] = [Some(23), Some(24)];
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "free space on the disk of the ledger, then run again; the next run finds out what this one changed"
        }
        ErrorKind::OutOfMemory => "give the process more memory, or lower --parallelism",
        ErrorKind::ReadOnlyFilesystem => "choose a directory that can be written with --ledger",
        _ if TOO_MANY_FILES.contains(&error.raw_os_error()) => {
            "raise the limit of open files (ulimit -n), or lower --parallelism"
        }
        _ => "let this user read and write the directory of the ledger",
    }
}

fn damage_hint(damage: Damage) -> &'static str {
    match damage {
        Damage::MergeMarkers => {
            "restore the file from a backup; versions of a ledger cannot be merged, so keep it out of git"
        }
        Damage::CutShort => "restore the file from a backup, because a part of it is lost",
        Damage::TooLarge | Damage::NoText | Damage::Other => "restore the file from a backup",
    }
}

fn without_backup(path: &Path) -> String {
    let path = path.display();
    format!("without a backup, remove {path} and run `airlift ledger sign`")
}

impl From<SandboxError> for Failure {
    fn from(error: SandboxError) -> Self {
        match error {
            SandboxError::StateUntrusted(_) => Self::error("sandbox_untrusted", error.to_string())
                .hint(
                    "find out who created the file; remove it to start with an empty world, or \
                     take the write permission of other users away: chmod go-w",
                ),
            _ => Self::error("sandbox_failed", error.to_string()),
        }
    }
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::{Failure, LedgerError};
    use std::io::Error;

    #[test]
    fn ledger_failure_for_lack_of_disk_files_or_memory_names_it() {
        for (errno, message, hint) in [
            (28, "No space left", "free space"),
            (24, "Too many open files", "ulimit -n"),
            (23, "Too many open files", "ulimit -n"),
            (12, "Cannot allocate memory", "more memory"),
            (30, "Read-only", "--ledger"),
        ] {
            let failure = Failure::from(LedgerError::Io {
                action: "cannot write",
                path: "customers/a.json".into(),
                source: Error::from_raw_os_error(errno),
            });
            assert_eq!(failure.code, "ledger_failed");
            assert!(failure.message.contains(message), "{failure}");
            assert!(failure.hints[0].contains(hint), "{:?}", failure.hints);
        }
    }
}
