//! Responsible for the operation that lists the organizations of the caller: the sandbox has one.

use serde_json::json;

use crate::sandbox::backend::Backend;
use crate::sandbox::catalog::stable_id;
use crate::sandbox::operation_result::OperationOutput;

/// The organization of the sandbox.
pub(crate) fn organizations(backend: &Backend) -> OperationOutput {
    let id = backend.settings.organization_id;
    let first = backend.world.workspaces_after(None).next();
    OperationOutput::ok(json!({
        "organizations": [{
            "id": id,
            "organization_name": "Sandbox",
            "first_workspace_id": first.map_or_else(
                || stable_id("default-workspace", &id.to_string()),
                |workspace| workspace.id,
            ),
            "onboarding_status": "COMPLETED",
            "secret_migration_status": null,
        }],
        "is_instance_admin": false,
    }))
}
