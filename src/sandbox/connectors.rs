//! Connectors: create, list, read, change and the deletion that takes its time.
//!
//! Names need not be unique, credentials and environment are never shown again, and a change replaces the
//! whole replication configuration: each the stricter reading where the API's documents leave a choice.

use serde_json::{Value, json};

use super::draft;
use super::reply::{Refusal, Reply};
use super::routes::{Api, Call, check_name, digest, refuse_nulls};
use super::templates;
use super::world::{Connector, Deletion, Workspace};

/// Creates a connector in a workspace that exists.
pub(crate) fn create(api: &mut Api, call: &Call<'_>) -> Result<Reply, Refusal> {
    let draft = draft::read(api, call)?;
    let connector = Connector {
        id: api.ids.fresh(),
        workspace_id: draft.workspace_id,
        name: draft.name,
        definition_id: draft.definition_id,
        template_id: draft.template_id,
        replication_config: draft.replication_config,
        entities: draft.entities,
        outcome: draft.outcome,
        created_at: call.now,
        updated_at: call.now,
        deletion: None,
    };
    if let Some(credentials) = call.given("credentials") {
        api.digests
            .insert(connector.id, digest(api.salt, credentials));
    }
    let answer = detail(api, &connector);
    api.world.put_connector(connector);
    Ok(Reply::ok(answer))
}

/// The connectors of one workspace, oldest first.
pub(crate) fn list(api: &Api, call: &Call<'_>) -> Result<Reply, Refusal> {
    let workspace = named_workspace(api, call)?;
    let definition = call.text("definition_id");
    let data: Vec<Value> = api
        .world
        .connectors_of(workspace.id, call.now)
        .filter(|c| {
            definition.is_none_or(|id| c.definition_id.to_string().eq_ignore_ascii_case(id))
        })
        .map(|c| summary(api, c))
        .collect();
    let mut answer = json!({"data": null});
    answer["data"] = data.into();
    Ok(Reply::ok(answer))
}

/// One connector in full, as far as anything of it is shown.
pub(crate) fn get(api: &Api, call: &Call<'_>) -> Result<Reply, Refusal> {
    find(api, call).map(|c| Reply::ok(detail(api, c)))
}

/// Name, replication configuration and entities; what is left out stays.
pub(crate) fn update(api: &mut Api, call: &Call<'_>) -> Result<Reply, Refusal> {
    refuse_nulls(call, &["name", "replication_config", "entities"])?;
    let mut connector = find(api, call)?.clone();
    if connector.deletion.is_some() {
        return Err(Refusal::not_found("Connector"));
    }
    if let Some(name) = call.field("name") {
        check_name("body.name", name)?;
        name.clone_into(&mut connector.name);
    }
    if let Some(given) = call.given("replication_config") {
        let kind = api.facts.by_definition(connector.definition_id);
        let kind = kind.ok_or_else(|| Refusal::not_found("Connector definition"))?;
        connector.replication_config =
            draft::configuration(api, kind, connector.template_id, given.as_object())?;
    }
    if let Some(entities) = call.given("entities") {
        connector.entities = Some(entities.clone());
    }
    connector.updated_at = call.now;
    let answer = detail(api, &connector);
    api.world.put_connector(connector);
    Ok(Reply::ok(answer))
}

/// Starts a deletion, or tells the job of the one already under way.
pub(crate) fn delete(api: &mut Api, call: &Call<'_>) -> Result<Reply, Refusal> {
    let mut connector = find(api, call)?.clone();
    let deletion = match &connector.deletion {
        Some(under_way) => under_way.clone(),
        None => Deletion {
            job_id: api.ids.fresh(),
            gone_at: call.now.after(api.settings.delete_delay),
        },
    };
    let job_id = deletion.job_id;
    if connector.deletion.is_none() {
        connector.deletion = Some(deletion);
        api.world.put_connector(connector);
    }
    Ok(Reply::accepted(json!({"job_id": job_id})))
}

/// The connector in the path, unless it is gone.
pub(crate) fn find<'a>(api: &'a Api, call: &Call<'_>) -> Result<&'a Connector, Refusal> {
    api.world
        .connector(call.id("id")?, call.now)
        .ok_or_else(|| Refusal::not_found("Connector"))
}

/// The workspace a listing is about: by id or by one of its names, and exactly one of them.
fn named_workspace<'a>(api: &'a Api, call: &Call<'_>) -> Result<&'a Workspace, Refusal> {
    let names: Vec<&str> = ["workspace_name", "external_user_id", "customer_name"]
        .into_iter()
        .filter_map(|n| call.text(n))
        .collect();
    let found = match (call.text("workspace_id"), names.as_slice()) {
        (Some(id), []) => id.parse().ok().and_then(|id| api.world.workspace(id)),
        (None, [name]) => api.world.workspace_named(name),
        _ => {
            return Err(Refusal::invalid(
                "query",
                "exactly one of workspace_id, workspace_name is required",
            ));
        }
    };
    found.ok_or_else(|| Refusal::not_found("Workspace"))
}

fn summary(api: &Api, connector: &Connector) -> Value {
    let mut shown = json!({
        "id": connector.id,
        "name": connector.name,
        "summarized_source_template": null,
        "created_at": connector.created_at,
        "updated_at": connector.updated_at,
    });
    // Moved in: the macro copies what it is given, and this is most of it.
    shown["summarized_source_template"] =
        templates::summary(api, connector.template_id, connector.definition_id);
    shown
}

fn detail(api: &Api, connector: &Connector) -> Value {
    let mut shown = json!({
        "id": connector.id,
        "name": connector.name,
        "source_template": null,
        "replication_config": connector.replication_config,
        "entities": connector.entities,
        "created_at": connector.created_at,
        "updated_at": connector.updated_at,
    });
    shown["source_template"] =
        templates::detail(api, connector.template_id, connector.definition_id);
    shown
}
