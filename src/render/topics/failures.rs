//! What `explain` knows of what ends a run: failures and exit codes.

use super::Topic;

/// Codes of failures, and exit codes.
pub(in crate::render) const FAILURES: &[Topic] = &[
    ("failure", "usage", "The command line is wrong. Exit 64."),
    (
        "failure",
        "nothing_to_resume",
        "There is no unfinished rotation that the command names, or more than one. Name its selector, or begin a rotation without --resume.",
    ),
    (
        "failure",
        "unknown_selector",
        "A selector names nothing that the verb knows: for `rotate` a connector of the files, for `drift` something in the ledger, for `export` a customer that exists. A selector is CUSTOMER or CUSTOMER/CONNECTOR. Exit 64.",
    ),
    (
        "failure",
        "same_key",
        "Rekeying moves fingerprints from an old key to a new one, and both are the same. Set AIRLIFT_LEDGER_KEY to the new key, or AIRLIFT_LEDGER_OLD_KEY to the old one.",
    ),
    (
        "failure",
        "unsettled_journal",
        "An earlier run was cut short, and what it created is not in the ledger yet. Run `airlift apply` with the old key first, then rekey.",
    ),
    (
        "failure",
        "invalid_files",
        "The files have errors; each is listed with its place. Nothing was sent. Exit 1.",
    ),
    (
        "failure",
        "output_failed",
        "The result could not be written. A reader that went away, as in `| head`, is no failure. Exit 1.",
    ),
    (
        "failure",
        "remote_failed",
        "The API did not answer, or not with what was expected, after retries. Exit 1.",
    ),
    (
        "failure",
        "remote_unavailable",
        "The API has failed so often in a row that it was not asked any more: airlift waits 30 s for its return, with a request now and then. Nothing was begun that is not in the ledger or its journal; run it again later. Exit 1.",
    ),
    (
        "failure",
        "endless_list",
        "The API keeps returning pages of workspaces: more than twice the number that its statistics count and 1,000 more, or a page without a new workspace that links to another page. airlift stops so that such a server cannot fill the memory. Nothing was changed. Run it again; if it stays, check the API host and report it to the operator of the API. Exit 1.",
    ),
    (
        "failure",
        "ledger_failed",
        "The ledger could not be read or written. Nothing more was written remotely. Exit 1.",
    ),
    (
        "failure",
        "store_without_conditions",
        "The store of the shared ledger accepted the creation of an object that exists. Such a store ignores the conditions of writes, so that two runs could hold the lock at the same time. Nothing was changed, and the lock was removed. Use a store that supports If-None-Match, or turn conditional writes on in the gateway before the store. Exit 1.",
    ),
    (
        "failure",
        "cancelled",
        "A signal came before the first write, so the run ended at once. Exit 8.",
    ),
    (
        "failure",
        "not_approved",
        "The answer was not `yes`; nothing was written. Exit 8.",
    ),
    (
        "failure",
        "authentication_failed",
        "The credentials in AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET were refused. Exit 3.",
    ),
    (
        "failure",
        "wrong_organization",
        "The credentials belong to another organization than `organization_id` or AIRBYTE_ORGANIZATION_ID says. Nothing was written. Exit 3.",
    ),
    (
        "failure",
        "guard_refused",
        "A guard refuses the plan; nothing was written. Exit 5.",
    ),
    (
        "failure",
        "plan_stale",
        "The plan no longer fits what is there. Plan again. Exit 10.",
    ),
    (
        "failure",
        "secret_unresolved",
        "A secret that has to be sent could not be resolved. It is resolved before the first write, so nothing was written. --keep-going leaves such connectors out. Exit 11.",
    ),
    (
        "failure",
        "store_not_built",
        "A reference names a store of your own configuration whose kind this build lacks; nothing was written. Install airlift again with the feature that the message names, as in `cargo install --path . --features stores-aws`. Exit 11.",
    ),
    (
        "failure",
        "approval_needed",
        "There are changes, there is no terminal to ask on, and --auto-approve is missing; nothing was written. Exit 64.",
    ),
    (
        "failure",
        "bad_fault",
        "A --fault is not OPERATION:WHEN:KIND, or names no operation of the API. Exit 64.",
    ),
    (
        "failure",
        "half_a_client",
        "Only one of AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET is set, so the sandbox cannot tell which client to accept. Exit 64.",
    ),
    (
        "failure",
        "bad_stdin",
        "Standard input could not be read, or is not UTF-8 text. Exit 1.",
    ),
    (
        "failure",
        "project_exists",
        "The directory has an `airlift.yaml` already; `init` overwrites nothing. Exit 1.",
    ),
    (
        "failure",
        "file_exists",
        "`export --out` found a file that it would have to overwrite, and wrote nothing. Exit 1.",
    ),
    (
        "failure",
        "cannot_write",
        "A file of the new project could not be written. Exit 1.",
    ),
    (
        "failure",
        "bad_api_host",
        "AIRBYTE_API_HOST is no address of an API: a host, with https unless it is this machine. Exit 1.",
    ),
    (
        "failure",
        "bad_organization_id",
        "AIRBYTE_ORGANIZATION_ID is not a UUID. Exit 1.",
    ),
    (
        "failure",
        "bad_ca_file",
        "The file of --ca-file could not be read. Exit 1.",
    ),
    (
        "failure",
        "ledger_changed",
        "A shared ledger holds something else than this run read: another run wrote it in the meantime. Nothing was overwritten, and the run ended there. Run it again: it begins with what is there now. Exit 1, or 4 where other operations were done.",
    ),
    (
        "failure",
        "ledger_lease_lost",
        "The lock of a shared ledger has to be renewed, and for 40 seconds it could not be: the store did not answer, or this machine stood still. Another run may have taken it over, so this one wrote nothing more. Run it again: it settles what was on its way. Exit 1.",
    ),
    (
        "failure",
        "ledger_locked",
        "Another run holds the ledger; two at once could create things twice. The message says which process on which machine, and for how long. The lock ends with its process, so wait, or end that run. In a shared ledger the lock of a run that was killed is taken over after a minute without a sign of it. Exit 1.",
    ),
    (
        "failure",
        "ledger_untrusted",
        "The directory of the ledger, or one of those that airlift makes around it, is a link, belongs to another user or can be written by others, so somebody else could have put there what it says is ours. Nothing was read from it. A link may stand behind --ledger. Exit 1.",
    ),
    (
        "failure",
        "sandbox_untrusted",
        "The world of the embedded API (`.airlift/sandbox.json` and its journal, or the file of `sandbox serve \
         --state`) is a link, not a regular file, too large, or writable by other users. airlift does not open it, \
         because a checkout can contain links to files outside of the project. Find out who created it. Remove it to \
         start with an empty world, or run `chmod go-w` on it. Exit 1.",
    ),
    (
        "failure",
        "sandbox_failed",
        "The embedded API did not start or did not end well, such as when another process uses its world. Exit 1.",
    ),
    (
        "failure",
        "cannot_listen",
        "The port of `sandbox serve` is not free. Exit 1.",
    ),
    (
        "failure",
        "no_credentials",
        "AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET are not both set. Nothing was sent. Exit 3.",
    ),
    (
        "failure",
        "replace_not_allowed",
        "A connector would be replaced because of its type, environment, template or settings, and --auto-approve does not cover that without --allow-replace. Nothing was written. Exit 5.",
    ),
    (
        "failure",
        "internal",
        "A defect of airlift. Nothing is known to be wrong with your files. Exit 70.",
    ),
    ("exit code", "0", "Done, or nothing to do."),
    (
        "exit code",
        "1",
        "An error of no other kind: files, network, ledger.",
    ),
    (
        "exit code",
        "2",
        "There are changes; only with --detailed-exitcode.",
    ),
    (
        "exit code",
        "3",
        "Authentication failed, or it is the wrong organization.",
    ),
    (
        "exit code",
        "4",
        "The run went through, with operations failed, blocked, stale or unknown.",
    ),
    ("exit code", "5", "A guard refused."),
    ("exit code", "8", "Cancelled by a person or a signal."),
    ("exit code", "10", "The plan is stale."),
    ("exit code", "11", "A secret could not be resolved."),
    ("exit code", "64", "The command line is wrong."),
    ("exit code", "70", "A defect of airlift."),
];
