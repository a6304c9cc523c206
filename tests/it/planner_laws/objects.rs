//! Ledger entries and observed objects with default fields.

use airlift::model::{
    Applied, ConnectorBody, ConnectorEntry, ConnectorId, DefinitionId, ObservedConnector,
    ObservedCustomer, ObservedDetail, ObservedStatus, SentFingerprints, TemplateId,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

fn template_of(definition: DefinitionId) -> TemplateId {
    TemplateId(Uuid::from_u128(definition.0.as_u128() + 1_000_000))
}

pub(super) fn record(
    body: &ConnectorBody,
    id: ConnectorId,
    sent: Option<Arc<SentFingerprints>>,
) -> ConnectorEntry {
    ConnectorEntry {
        id,
        definition_id: body.definition_id,
        template_id: body.template_id,
        sent,
        credentials_version: body.credentials_version,
        applied: Applied {
            environment: body.environment.clone(),
            replication_config: body.replication_config.clone(),
            entities: body.entities.clone(),
        },
        updated_at: None,
        write: None,
    }
}

pub(crate) fn workspace_named(name: &str) -> ObservedCustomer {
    ObservedCustomer {
        name: name.into(),
        status: ObservedStatus::Active,
        cache: None,
        created_at: "2026-01-01T00:00:00Z".into(),
        connectors: Some(BTreeMap::new()),
    }
}

pub(crate) fn connector_named(name: &str, definition_id: DefinitionId) -> ObservedConnector {
    ObservedConnector {
        name: name.into(),
        definition_id,
        kind_name: None,
        template_id: Some(template_of(definition_id)),
        created_at: None,
        updated_at: None,
        detail: Some(Box::new(ObservedDetail {
            replication_config: serde_json::Map::new(),
            entities: Vec::new(),
        })),
    }
}
