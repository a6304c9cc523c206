//! What `explain` knows of a plan and its outcome: reasons, blocks, guards, drift, verification.

use super::Topic;

/// Codes of plans, drift and reports.
pub(in crate::render) const STEPS: &[Topic] = &[
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
];
