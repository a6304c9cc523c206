//! What `explain` knows of codes: plan reasons, blocks, guards, outcomes, failures, exit codes.
//!
//! Texts only. A test holds them against the types, so that no code goes without one.

mod fields;

pub(super) use fields::FIELDS;

/// Group, name and text of a topic.
pub(super) type Topic = (&'static str, &'static str, &'static str);

/// Everything but the fields of the files.
pub(super) const CODES: &[Topic] = &[
    (
        "reason",
        "missing_remote",
        "It is declared and does not exist yet, so it is created.",
    ),
    (
        "reason",
        "deleted_out_of_band",
        "The ledger knows it, and it is gone although airlift did not delete it. It is created anew.",
    ),
    (
        "reason",
        "found_by_name",
        "Exactly one object of this name (for a connector: and type) exists and the ledger does not know it. It is adopted: recorded as ours, with nothing written remotely. Its credentials cannot be read, so they stay not verified until they are sent by a new `credentials_version`.",
    ),
    (
        "reason",
        "field_changed",
        "A declared field has another value remotely. Only declared fields are compared.",
    ),
    (
        "reason",
        "renamed",
        "The files carry a new name and `previous_name` (or the ledger) tells which object it was. It is renamed in place, not recreated.",
    ),
    (
        "reason",
        "key_removed",
        "A key of `replication_config` was declared at the last apply and is not now, so it is removed remotely.",
    ),
    (
        "reason",
        "secret_rotated",
        "A secret's value, or the reference to it, is not what was last sent. Credentials cannot be changed in place: the new ones are checked, a new connector is created with them, and the old one is deleted.",
    ),
    (
        "reason",
        "store_version_changed",
        "A secret's store has another version than the one last sent, and its value differs from what was sent or cannot be read here. The credentials are sent again as for secret_rotated. A new version with the same value is no reason: the ledger notes it at the next apply.",
    ),
    (
        "reason",
        "credentials_version_changed",
        "`credentials_version` differs from the one last applied, which asks to send the credentials again.",
    ),
    ("reason", "requested", "The rotation was asked for by name."),
    (
        "reason",
        "type_changed",
        "The connector's type changed. No update can do that: a new connector is created, then the old one is deleted. With --auto-approve this needs --allow-replace.",
    ),
    (
        "reason",
        "environment_changed",
        "`environment` changed, such as a subdomain. No update can do that: a new connector is created, then the old one is deleted. With --auto-approve this needs --allow-replace.",
    ),
    (
        "reason",
        "template_changed",
        "`template_id` changed. No update can do that: a new connector is created, then the old one is deleted. With --auto-approve this needs --allow-replace.",
    ),
    (
        "reason",
        "secret_in_config",
        "`replication_config` holds a secret, here or remotely. An update would have to send back what cannot be read, so the connector is replaced.",
    ),
    (
        "reason",
        "not_in_config",
        "It is ours by the ledger and no longer in the files. With --prune a connector is deleted and a customer suspended; --delete-customers deletes customers.",
    ),
    (
        "reason",
        "superseded",
        "It is left over from a replacement or a deletion that did not finish, and is deleted now.",
    ),
    (
        "reason",
        "set_after_creation",
        "Creation cannot carry this field, so it is set right after.",
    ),
    (
        "block",
        "ambiguous_match",
        "Two or more remote objects fit and nothing tells which is meant. airlift never guesses: rename or delete one of them. Only this customer is left alone.",
    ),
    (
        "block",
        "unknown_type",
        "Neither the built-in catalog nor the live one has such a connector type. Check `type`; `airlift types` lists the known ones.",
    ),
    (
        "block",
        "unknown_status",
        "The workspace has a status that this version does not know, so nothing is written to it. Look at it in the console, or use a newer version.",
    ),
    (
        "block",
        "protected",
        "`protect: true` forbids deleting, suspending and replacing. Rotation of credentials stays possible. Remove the protection first if the step is meant.",
    ),
    (
        "block",
        "rename_conflict",
        "The previous name and the new one both exist remotely. Decide which one is meant, then delete or rename the other, or drop `previous_name`.",
    ),
    (
        "block",
        "replaced_meanwhile",
        "The connector would be replaced, and beside it there is a younger one of its name and type that this ledger does not know. Another run, on a machine with another ledger, may have made it and be about to delete the older one: then the next plan adopts it. If both stay, somebody made it by hand: rename or delete one of them. A ledger that machines share keeps two runs apart from the start.",
    ),
    (
        "block",
        "holds_unmanaged",
        "The customer would be deleted, and its workspace holds connectors that airlift did not make or adopt: they would be deleted with it. Remove them by hand first if that is meant, or prune without --delete-customers, which makes the customer inactive and deletes nothing.",
    ),
    (
        "block",
        "pending_changes",
        "A rotation replaces the connector with its whole declaration, and there is more to it than its credentials. Apply the pending changes first, then rotate; an apply that replaces it sends the credentials anyway.",
    ),
    (
        "guard",
        "empty_desired",
        "A run with --prune found no customer in the files while the ledger owns some. That is more often a wrong path than a wish.",
    ),
    (
        "guard",
        "too_many_deletes",
        "The plan deletes or suspends more than `guards` allows. Review it; --allow-delete N or P% raises the limit for one run. The percentage counts from ten owned objects up.",
    ),
    (
        "guard",
        "incomplete_listing",
        "The list of workspaces was not whole after three attempts, so what is missing from it may still exist. Pruning is refused; everything else stays possible without --prune.",
    ),
    (
        "guard",
        "recorded_id_renamed",
        "A recorded workspace carries a name that nothing explains. Somebody renamed it, or the ledger belongs to something else. Put the new name into the files with `previous_name`, or rename it back.",
    ),
    (
        "drift",
        "gone",
        "The ledger knows it, and it is no longer there although airlift did not delete it. The next apply creates it anew where the files still declare it.",
    ),
    (
        "drift",
        "renamed_remotely",
        "It carries another name than it was recorded under. A connector is named back by the next apply; for a customer put the new name into the files, with `previous_name` to name it back.",
    ),
    (
        "drift",
        "changed_remotely",
        "Something that airlift applied has another value now: of a customer its status or declared cache, of a connector the declared keys of `replication_config` and declared `entities`.",
    ),
    (
        "drift",
        "appeared",
        "A connector that airlift did not create is in a customer of ours since the last apply. It is never touched; after the next apply it counts as seen.",
    ),
    (
        "verification",
        "unavailable",
        "The secret's reference cannot be resolved here, so it is not known whether it changed. That is no change; apply resolves it only when it has to send it.",
    ),
    (
        "verification",
        "not_asked",
        "No secrets were read, because of --no-secrets.",
    ),
    (
        "verification",
        "key_changed",
        "The fingerprints were made with another key (the organization's client secret, or AIRLIFT_LEDGER_KEY). Nothing is rewritten; a new `credentials_version` sends the credentials and makes new fingerprints.",
    ),
    (
        "verification",
        "never_sent",
        "The connector was adopted, so airlift never sent its credentials and has nothing to compare with.",
    ),
    (
        "verification",
        "manual",
        "The files say `rotation: manual`, so the secret is never read to compare. It is sent again by a new `credentials_version`.",
    ),
    ("outcome", "done", "The operation succeeded."),
    (
        "outcome",
        "failed",
        "The operation did not succeed; the message says why. Other customers go on.",
    ),
    (
        "outcome",
        "blocked",
        "Something that the operation needs did not succeed or could not be had, so it was not tried.",
    ),
    (
        "outcome",
        "stale",
        "What is there is no longer what the plan saw, so nothing was done. Plan again and review.",
    ),
    (
        "outcome",
        "unknown",
        "The request was sent and no answer tells whether it took effect. The next run looks first, then adopts or creates: nothing is made twice.",
    ),
    (
        "outcome",
        "not_attempted",
        "The run ended before it came to this operation.",
    ),
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
        "ledger_failed",
        "The ledger could not be read or written. Nothing more was written remotely. Exit 1.",
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
