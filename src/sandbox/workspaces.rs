//! Workspaces: the listing with its pages, and change and deletion of one.
//!
//! There is no operation that creates one; minting a token does (`find_or_create`).

use serde_json::{Value, json};
use uuid::Uuid;

use super::moment::Moment;
use super::reply::{Refusal, Reply};
use super::routes::{Api, Call, check_name, refuse_nulls};
use super::world::{DEFAULT_WORKSPACE, Deletion, Position, Workspace};

const DEFAULT_PAGE: usize = 20;

/// The workspace of a name, made now if there is none. `field` is the name with the place it came from.
pub(crate) fn find_or_create(
    api: &mut Api,
    field: (&str, &str),
    region: Option<Uuid>,
    now: Moment,
) -> Result<Uuid, Refusal> {
    let (place, name) = field;
    check_name(place, name)?;
    if let Some(known) = api.world.workspace_named(name) {
        return Ok(known.id);
    }
    let id = api.ids.fresh();
    api.world.put_workspace(Workspace {
        id,
        name: name.to_owned(),
        active: true,
        cache_enabled: None,
        region_id: region,
        created_at: now,
        updated_at: now,
        deleted_at: None,
    });
    Ok(id)
}

/// One page, and the URL of the next.
pub(crate) fn list(api: &Api, call: &Call<'_>) -> Result<Reply, Refusal> {
    let asked = call
        .parameters
        .get("limit")
        .and_then(Value::as_u64)
        .and_then(|n| usize::try_from(n).ok());
    let limit = asked
        .unwrap_or(DEFAULT_PAGE)
        .min(api.settings.page_size_max.max(1));
    let position = call.text("cursor").map(read_cursor).transpose()?;
    let wanted = call.text("name_contains").map(str::to_lowercase);
    let mut found: Vec<&Workspace> = api
        .world
        .workspaces_after(position)
        .filter(|w| {
            wanted
                .as_ref()
                .is_none_or(|part| w.name.to_lowercase().contains(part))
        })
        .filter(|w| {
            call.text("status")
                .is_none_or(|status| status == status_of(w))
        })
        .take(limit + 1)
        .collect();
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| next_url(call, (last.created_at, last.id)));
    let data: Vec<Value> = found.into_iter().map(|w| show(api, w)).collect();
    Ok(Reply::ok(json!({"next": next, "data": data})))
}

/// Counts of what the listing shows.
pub(crate) fn stats(api: &Api) -> Reply {
    let total = api.world.workspaces_after(None).count();
    let active = api
        .world
        .workspaces_after(None)
        .filter(|w| w.active)
        .count();
    Reply::ok(
        json!({"active_count": active, "inactive_count": total - active, "total_count": total}),
    )
}

/// One workspace.
pub(crate) fn get(api: &Api, call: &Call<'_>) -> Result<Reply, Refusal> {
    find(api, call).map(|w| Reply::ok(show(api, w)))
}

/// Name, status and cache of a workspace.
pub(crate) fn update(api: &mut Api, call: &Call<'_>) -> Result<Reply, Refusal> {
    refuse_nulls(call, &["name", "status"])?;
    let mut workspace = find(api, call)?.clone();
    if let Some(name) = call.field("name") {
        rename(api, &mut workspace, name)?;
    }
    if let Some(status) = call.field("status") {
        workspace.active = status == "active";
    }
    if let Some(cache) = call.body.get("cache_enabled") {
        workspace.cache_enabled = cache.as_bool();
    }
    if !call.body.is_empty() {
        workspace.updated_at = call.now;
    }
    api.world.put_workspace(workspace.clone());
    Ok(Reply::ok(show(api, &workspace)))
}

/// Takes a workspace and its connectors away.
pub(crate) fn delete(api: &mut Api, call: &Call<'_>) -> Result<Reply, Refusal> {
    let mut workspace = find(api, call)?.clone();
    if workspace.name == DEFAULT_WORKSPACE {
        return Err(Refusal::bad_request(
            "The default workspace cannot be deleted",
        ));
    }
    let connectors: Vec<_> = api
        .world
        .connectors_of(workspace.id, call.now)
        .cloned()
        .collect();
    for mut connector in connectors {
        connector.deletion = Some(Deletion {
            job_id: api.ids.fresh(),
            gone_at: call.now,
        });
        api.world.put_connector(connector);
    }
    workspace.deleted_at = Some(call.now);
    let id = workspace.id;
    api.world.put_workspace(workspace);
    Ok(Reply::ok(json!({"id": id, "deleted_at": call.now})))
}

fn find<'a>(api: &'a Api, call: &Call<'_>) -> Result<&'a Workspace, Refusal> {
    api.world
        .workspace(call.id("workspace_id")?)
        .ok_or_else(|| Refusal::not_found("Workspace"))
}

fn rename(api: &Api, workspace: &mut Workspace, name: &str) -> Result<(), Refusal> {
    if name == workspace.name {
        return Ok(());
    }
    check_name("body.name", name)?;
    if workspace.name == DEFAULT_WORKSPACE {
        return Err(Refusal::bad_request(
            "The default workspace cannot be renamed",
        ));
    }
    if api.world.workspace_named(name).is_some() {
        return Err(Refusal::bad_request(
            "A workspace with this name already exists",
        ));
    }
    name.clone_into(&mut workspace.name);
    Ok(())
}

fn status_of(workspace: &Workspace) -> &'static str {
    if workspace.active {
        "active"
    } else {
        "inactive"
    }
}

fn show(api: &Api, workspace: &Workspace) -> Value {
    json!({
        "id": workspace.id,
        "name": workspace.name,
        "organization_id": api.settings.organization_id,
        "status": status_of(workspace),
        "cache_enabled": workspace.cache_enabled,
        "tombstone": workspace.deleted_at.is_some(),
        "visibility": "shared",
        "color": null,
        "created_at": workspace.created_at,
        "updated_at": workspace.updated_at,
    })
}

/// The next page keeps the filters and the size that were asked for.
fn next_url(call: &Call<'_>, position: Position) -> String {
    let mut query = vec![format!("cursor={}", write_cursor(position))];
    for name in ["limit", "name_contains", "status"] {
        match call.parameters.get(name) {
            Some(Value::String(text)) => query.push(format!("{name}={}", percent_encode(text))),
            Some(Value::Number(number)) => query.push(format!("{name}={number}")),
            _ => {}
        }
    }
    format!("{}/api/v1/workspaces?{}", call.origin, query.join("&"))
}

fn write_cursor((created_at, id): Position) -> String {
    format!("{:016x}{}", created_at.micros(), id.simple())
}

fn read_cursor(text: &str) -> Result<Position, Refusal> {
    let wrong = || Refusal::invalid("query.cursor", "is not a cursor of this listing");
    let (time, id) = text.split_at_checked(16).ok_or_else(wrong)?;
    let micros = u64::from_str_radix(time, 16).map_err(|_| wrong())?;
    let id = Uuid::try_parse(id).map_err(|_| wrong())?;
    Ok((Moment::from_micros(micros.cast_signed()), id))
}

fn percent_encode(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|b| {
            if keep(b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_trip() {
        let position = (
            Moment::from_micros(1_700_000_000_000_000),
            Uuid::from_u128(77),
        );
        assert_eq!(read_cursor(&write_cursor(position)).unwrap(), position);
        for wrong in ["", "xyz", "é0000000000000000", "00000000000000000"] {
            assert_eq!(read_cursor(wrong).unwrap_err().status, 422, "{wrong}");
        }
    }

    #[test]
    fn queries_are_encoded() {
        assert_eq!(percent_encode("a b&c=é"), "a%20b%26c%3D%C3%A9");
    }
}
