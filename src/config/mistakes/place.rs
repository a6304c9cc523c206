//! Responsible for what to write in place of a field that is unknown where it stands.

use super::SPACE_AFTER_DASH;

/// Where a field belongs that is unknown where it stands. `known` are the fields of that place.
pub(in crate::config) fn of_place(name: &str, known: &[String]) -> Option<&'static str> {
    let is_here = |field: &str| known.iter().any(|known| known == field);
    match name {
        _ if name.starts_with('-') => Some(SPACE_AFTER_DASH),
        "name" if is_here("customers") => Some(
            "it belongs to a customer: write `customers:` above, and begin the customer with `- name: NAME`",
        ),
        "connectors" | "region" | "protect" | "labels" if is_here("customers") => {
            Some("it belongs to a customer: indent it as far as the customer's `name`")
        }
        "name" | "previous_name" | "connectors" | "region" | "protect" | "labels" | "status"
            if is_here("parameters") && is_here("customer") =>
        {
            Some(
                "it belongs to the template's customer: write it below `customer:`, indented further",
            )
        }
        "tags" | "tag" | "label" | "metadata" | "annotations" if is_here("labels") => {
            Some("did you mean `labels`?")
        }
        "environment" if is_here("environments") => Some(
            "`environments` names them, and `--env NAME` or AIRLIFT_ENV chooses one; a connector has an `environment`, too",
        ),
        "type" | "credentials" | "environment" | "replication_config" | "entities"
            if !is_here("type") =>
        {
            Some("it belongs to a connector: indent it as far as the connector's `name`")
        }
        "connector_type" | "source_type" | "kind" | "connector" | "definition_id" | "source"
        | "service" | "integration"
            if is_here("type") =>
        {
            Some("did you mean `type`?")
        }
        "workspace_name" | "external_user_id" | "customer" | "customer_name" | "workspace"
            if is_here("connectors") =>
        {
            Some("did you mean `name`?")
        }
        "guards" | "include" | "stores" | "secret_policy" | "templates" | "customers_from"
            if is_here("connectors") =>
        {
            Some("it belongs to the project: write it at the start of a line, outside `customers`")
        }
        _ => of_other_tools(name, is_here),
    }
}

/// What to write in place of a field of other tools, in a customer or in a connector.
fn of_other_tools(name: &str, is_here: impl Fn(&str) -> bool) -> Option<&'static str> {
    let (in_file, in_customer) = (is_here("customers"), is_here("connectors"));
    let in_connector = is_here("type");
    match name {
        _ if in_file => of_project(name),
        "enabled" | "disabled" | "suspended" | "active" | "paused" | "state" if in_customer => {
            Some("write `status: inactive` to suspend the customer, or `status: active`")
        }
        "delete" | "deleted" | "remove" | "absent" | "present" if in_customer => Some(
            "take the customer out of the files: `airlift plan --prune` shows what that removes",
        ),
        "delete" | "deleted" | "remove" | "enabled" | "disabled" if in_connector => Some(
            "take the connector out of the files: `airlift plan --prune` shows what that removes",
        ),
        "description" | "comment" | "comments" | "notes" | "note"
            if in_customer || in_connector =>
        {
            Some("write a comment: `# TEXT`")
        }
        "template" | "templates" | "use" | "extends" if in_customer => Some(
            "a template fills customers from the rows of a table: `customers_from` in the project file names both",
        ),
        "wave" | "waves" if in_customer => Some(
            "waves belong to the command, as in `airlift apply --waves 5%,100%`; `label:KEY=VALUE` is a wave of `labels`",
        ),
        "workspace_id" | "customer_id" | "id" | "uuid" if in_customer => Some(
            "remove it: airlift finds a workspace by its name; `airlift adopt CUSTOMER=ID` takes an id",
        ),
        "connector_id" | "id" | "uuid" if in_connector => Some(
            "remove it: airlift finds a connector by its name; `airlift adopt CUSTOMER/CONNECTOR=ID` takes an id",
        ),
        _ => None,
    }
}

/// Options of the command line that people look for in a file.
const OPTIONS: [&str; 12] = [
    "ca_file",
    "format",
    "ledger",
    "max_rps",
    "parallelism",
    "policy",
    "proxy",
    "prune",
    "sandbox",
    "shard",
    "wave",
    "waves",
];

/// What to write in place of a field of other tools, outside of customers.
fn of_project(name: &str) -> Option<&'static str> {
    match name {
        "workspaces" | "tenants" | "accounts" | "clients" | "organizations" => {
            Some("did you mean `customers`?")
        }
        "$schema" => Some(
            "write it as a comment: `# yaml-language-server: $schema=FILE`; `airlift init` writes the file",
        ),
        "client_id" | "client_secret" | "api_key" | "token" | "api_host" | "host" | "api"
        | "url" => Some(
            "remove it: AIRBYTE_CLIENT_ID, AIRBYTE_CLIENT_SECRET and AIRBYTE_API_HOST come from the environment of a run",
        ),
        "defaults" | "default" | "common" | "anchors" => {
            Some("repeat the fields, or write them once in `templates`")
        }
        _ if OPTIONS.contains(&name) => Some(
            "remove it: it is an option of the command line; `airlift COMMAND --help` lists them",
        ),
        _ => None,
    }
}
