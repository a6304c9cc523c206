//! What `explain` knows of the fields of the files.

use super::Topic;

/// The fields of the files.
pub(in crate::render) const FIELDS: &[Topic] = &[
    (
        "field",
        "version",
        "The version of the file format: 1. Required in the project file.",
    ),
    (
        "field",
        "organization_id",
        "A guard: the files are for this organization, and any other is refused with exit 3.",
    ),
    (
        "field",
        "contract",
        "The names the remote API uses: `workspace` (default), or `external_user` as in the guide on hosted authentication.",
    ),
    (
        "field",
        "include",
        "Files with more customers, as patterns relative to this file, such as `customers/*.yaml`. They have the same grammar without the project's own keys.",
    ),
    (
        "field",
        "guards",
        "Limits on what one run may delete or suspend.",
    ),
    (
        "field",
        "guards.max_deletes",
        "The most objects one run may delete or suspend. Default 5.",
    ),
    (
        "field",
        "guards.max_delete_percent",
        "The same as a percentage of what is owned, from ten objects up. Default 10.",
    ),
    (
        "field",
        "stores",
        "The stores that references may use: `env` and `file` unless others are listed, out of `env`, `file`, `vault`, `exec` and names with a hyphen, such as `prod-aws`. A command of `exec`, and where a store with a hyphen is, stands in your own configuration, never in the project.",
    ),
    (
        "field",
        "secret_policy",
        "Which files may use which references. With a policy, a file that no entry matches may use none.",
    ),
    (
        "field",
        "secret_policy.files",
        "A pattern of files, relative to the project file, such as `customers/acme*.yaml`.",
    ),
    (
        "field",
        "secret_policy.allow",
        "Beginnings of references, such as `env:ACME_` or `vault:kv/acme/`. A file that several entries match may use what any of them allows.",
    ),
    (
        "field",
        "rotation",
        "How new values of secrets are noticed, for every connector that does not say itself: `compare` (default) or `manual`.",
    ),
    (
        "field",
        "customers",
        "The customers. Each is a workspace of its own, with connectors that use that customer's credentials.",
    ),
    (
        "field",
        "customers.name",
        "The customer's identity: the workspace's name, or the external user id under the older contract. Unique in the project.",
    ),
    (
        "field",
        "customers.previous_name",
        "The name it had. The customer is renamed, not recreated.",
    ),
    (
        "field",
        "customers.region",
        "Where the workspace is placed when it is created: `us`, `eu` or an id. The API never returns it, so a later change has no effect.",
    ),
    (
        "field",
        "customers.status",
        "`active` (default), or `inactive`: suspended, with nothing lost.",
    ),
    (
        "field",
        "customers.protect",
        "`true` keeps the customer and its connectors from being deleted, suspended or replaced. Rotation of credentials stays possible.",
    ),
    (
        "field",
        "customers.cache",
        "`inherit`, `true` or `false`: the workspace's cache setting.",
    ),
    (
        "field",
        "customers.connectors",
        "The customer's connectors.",
    ),
    (
        "field",
        "customers.connectors.name",
        "The connector's name, unique within its customer.",
    ),
    (
        "field",
        "customers.connectors.previous_name",
        "The name it had. The connector is renamed, not recreated.",
    ),
    (
        "field",
        "customers.connectors.type",
        "The connector type, such as `github`; `airlift types` lists them. A change replaces the connector.",
    ),
    (
        "field",
        "customers.connectors.auth",
        "The authentication method, where the fields of `credentials` do not tell. `airlift types NAME` lists them.",
    ),
    (
        "field",
        "customers.connectors.template_id",
        "The source template, where the organization has several for a type. A change replaces the connector.",
    ),
    (
        "field",
        "customers.connectors.credentials",
        "The authentication block. Secrets are references such as `${env:NAME}` or `${file:path}`; a literal is an error unless the field is known not to be secret or it is written as `{plain: …}`. The API never returns it: a keyed fingerprint tells whether it changed.",
    ),
    (
        "field",
        "customers.connectors.credentials_version",
        "A number. Change it to send the credentials again although they did not change.",
    ),
    (
        "field",
        "customers.connectors.rotation",
        "`compare` (default): the references are read to notice new values. `manual`: they are never read to compare, as for stores that make a new value at each read; a new `credentials_version` sends them.",
    ),
    (
        "field",
        "customers.connectors.environment",
        "Server variables, such as a subdomain. The API never returns them. A change replaces the connector.",
    ),
    (
        "field",
        "customers.connectors.replication_config",
        "Replication settings. Only declared keys are compared; others are left as they are.",
    ),
    (
        "field",
        "customers.connectors.entities",
        "The entities an agent may use, compared as a set.",
    ),
    (
        "field",
        "customers.connectors.entities.entity",
        "The entity's name.",
    ),
    (
        "field",
        "customers.connectors.entities.modes",
        "What may be done with it: `read`, `write` or both. Without it, the server chooses.",
    ),
];
