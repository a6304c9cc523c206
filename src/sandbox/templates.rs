//! Source templates: one global template for each connector type, and the organization's own.
//!
//! Connection templates exist only as an empty list: nothing airlift does depends on them.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::reply::{Refusal, Reply};
use super::routes::{Api, Call, check_name};
use super::world::Template;

/// The organization's templates, or the global ones instead.
pub(crate) fn list(api: &Api, call: &Call<'_>) -> Reply {
    let global = call
        .parameters
        .get("use_global")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    // No template carries a tag here, so asking for one finds nothing.
    let tagged = call
        .parameters
        .get("tags")
        .and_then(Value::as_array)
        .is_some_and(|tags| !tags.is_empty());
    match (tagged, global) {
        (true, _) => Reply::ok(json!({"data": []})),
        (false, true) => list_global(api),
        (false, false) => {
            let own = api.world.live_templates();
            let data: Vec<Value> = own
                .into_iter()
                .map(|t| summary(api, t.id, t.definition_id))
                .collect();
            Reply::ok(json!({"data": data}))
        }
    }
}

/// The templates that belong to no organization.
pub(crate) fn list_global(api: &Api) -> Reply {
    let kinds = api.facts.connectors.iter();
    let data: Vec<Value> = kinds
        .map(|k| summary(api, k.global_template_id(), k.definition_id))
        .collect();
    Reply::ok(json!({"data": data}))
}

/// The connection templates: none.
pub(crate) fn connections() -> Reply {
    Reply::ok(json!({"data": []}))
}

/// A new template, from a definition or as a copy of another.
pub(crate) fn create(api: &mut Api, call: &Call<'_>) -> Result<Reply, Refusal> {
    let template = match call.field("original_source_template_id") {
        Some(original) => copy(api, call, original)?,
        None => fresh(api, call)?,
    };
    check_name("body.name", &template.name)?;
    let answer = detail_of(api, &template);
    api.world.put_template(template);
    Ok(Reply::ok(answer))
}

/// One template in full.
pub(crate) fn get(api: &Api, call: &Call<'_>) -> Result<Reply, Refusal> {
    let id = call.id("id")?;
    let own = api.world.template(id).map(|t| t.definition_id);
    let definition = own.or_else(|| api.facts.by_global_template(id).map(|k| k.definition_id));
    let definition = definition.ok_or_else(|| Refusal::not_found("Source template"))?;
    let mut body = detail(api, id, definition);
    body["auth_tooltip"] = Value::Null;
    body["connector_name"] = summary(api, id, definition)["connector_name"].clone();
    Ok(Reply::ok(body))
}

/// Changes one of the organization's templates.
pub(crate) fn update(api: &mut Api, call: &Call<'_>) -> Result<Reply, Refusal> {
    let mut template = own(api, call)?.clone();
    if let Some(name) = call.field("name") {
        check_name("body.name", name)?;
        name.clone_into(&mut template.name);
    }
    if let Some(mode) = call.field("mode") {
        mode.clone_into(&mut template.mode);
    }
    if let Some(defaults) = call
        .given("partial_default_config")
        .and_then(Value::as_object)
    {
        template.partial_default_config.clone_from(defaults);
    }
    if let Some(customization) = call.given("customization") {
        template.customization = Some(customization.clone());
    }
    template.updated_at = call.now;
    let answer = detail_of(api, &template);
    api.world.put_template(template);
    Ok(Reply::ok(answer))
}

/// Takes one of the organization's templates away; its connectors stay.
pub(crate) fn delete(api: &mut Api, call: &Call<'_>) -> Result<Reply, Refusal> {
    let mut template = own(api, call)?.clone();
    template.deleted_at = Some(call.now);
    let id = template.id;
    api.world.put_template(template);
    Ok(Reply::ok(json!({"id": id, "deleted_at": call.now})))
}

/// A template as lists and connectors show it.
pub(crate) fn summary(api: &Api, id: Uuid, definition_id: Uuid) -> Value {
    let kind = api.facts.by_definition(definition_id);
    let own = api.world.template(id);
    let name = own
        .map(|t| t.name.clone())
        .or_else(|| kind.map(super::facts::ConnectorType::display_name));
    json!({
        "id": id,
        "name": name.unwrap_or_default(),
        "icon": null,
        "connector_name": kind.map(|k| k.slug.as_str()),
        "organization_id": own.map(|_| api.settings.organization_id),
        "actor_definition_id": definition_id,
        "tags": [],
        "customization": own.and_then(|t| t.customization.clone()),
        "mode": own.map_or("MULTI", |t| t.mode.as_str()),
        "runtime_mode": "direct_and_context_store",
        "supports_context_store": true,
        "created_at": own.map(|t| t.created_at),
        "updated_at": own.map(|t| t.updated_at),
    })
}

/// A template as a connector's detail shows it.
pub(crate) fn detail(api: &Api, id: Uuid, definition_id: Uuid) -> Value {
    let mut summary = summary(api, id, definition_id);
    let spec = api
        .facts
        .by_definition(definition_id)
        .map(super::facts::ConnectorType::specification);
    let defaults = api
        .world
        .template(id)
        .map(|t| t.partial_default_config.clone());
    let mut body = json!({
        "source_definition_id": definition_id,
        "user_config_spec": spec,
        "partial_default_config": defaults.unwrap_or_default(),
        "is_experimental": false,
    });
    for field in [
        "id",
        "name",
        "icon",
        "customization",
        "tags",
        "mode",
        "runtime_mode",
        "supports_context_store",
        "created_at",
        "updated_at",
    ] {
        body[field] = summary[field].take();
    }
    body
}

/// The detail of a template that is not in the world yet.
fn detail_of(api: &Api, template: &Template) -> Value {
    let mut body = detail(api, template.id, template.definition_id);
    body["name"] = json!(template.name);
    body["mode"] = json!(template.mode);
    body["partial_default_config"] = json!(template.partial_default_config);
    body["customization"] = json!(template.customization);
    body["created_at"] = json!(template.created_at);
    body["updated_at"] = json!(template.updated_at);
    body
}

fn own<'a>(api: &'a Api, call: &Call<'_>) -> Result<&'a Template, Refusal> {
    let id = call.id("id")?;
    if api.facts.by_global_template(id).is_some() {
        return Err(Refusal::forbidden(
            "A global template belongs to no organization",
        ));
    }
    api.world
        .template(id)
        .ok_or_else(|| Refusal::not_found("Source template"))
}

fn fresh(api: &mut Api, call: &Call<'_>) -> Result<Template, Refusal> {
    let definition = call
        .field("actor_definition_id")
        .and_then(|id| id.parse().ok());
    let kind = definition
        .and_then(|id| api.facts.by_definition(id))
        .ok_or_else(|| Refusal::not_found("Definition"))?;
    let defaults = call
        .given("partial_default_config")
        .and_then(Value::as_object);
    let template = Template {
        id: Uuid::nil(),
        name: call
            .field("name")
            .map_or_else(|| kind.display_name(), str::to_owned),
        definition_id: kind.definition_id,
        mode: call.field("mode").unwrap_or("REPLICATION").to_owned(),
        partial_default_config: defaults.cloned().unwrap_or_default(),
        customization: call.given("customization").cloned(),
        created_at: call.now,
        updated_at: call.now,
        deleted_at: None,
    };
    Ok(Template {
        id: api.ids.fresh(),
        ..template
    })
}

fn copy(api: &mut Api, call: &Call<'_>, original: &str) -> Result<Template, Refusal> {
    let id: Option<Uuid> = original.parse().ok();
    let own = id.and_then(|id| api.world.template(id)).cloned();
    let global = id
        .and_then(|id| api.facts.by_global_template(id))
        .map(|kind| Template {
            id: kind.global_template_id(),
            name: kind.display_name(),
            definition_id: kind.definition_id,
            mode: "MULTI".into(),
            partial_default_config: Map::new(),
            customization: None,
            created_at: call.now,
            updated_at: call.now,
            deleted_at: None,
        });
    let mut template = own
        .or(global)
        .ok_or_else(|| Refusal::not_found("Source template"))?;
    template.id = api.ids.fresh();
    template.created_at = call.now;
    template.updated_at = call.now;
    if let Some(name) = call.field("name") {
        name.clone_into(&mut template.name);
    }
    if let Some(mode) = call.field("mode") {
        mode.clone_into(&mut template.mode);
    }
    Ok(template)
}
