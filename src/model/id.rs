//! Remote ids, one type per kind of object so that a connector's id cannot be passed as a
//! workspace's.

use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id! {
    /// An organization: the account that owns workspaces (`TokenResponse.organization_id`).
    OrganizationId
}
id! {
    /// A customer's workspace (`WorkspaceGetResponse.id`): durable where the name is not.
    WorkspaceId
}
id! {
    /// A connector (`ConnectorSourceListItem.id`).
    ConnectorId
}
id! {
    /// A connector type in the remote catalog (`ConnectorDefinition.sourceDefinitionId`).
    DefinitionId
}
id! {
    /// A source template: an organization's configuration of a type (`SourceTemplateListItem.id`).
    TemplateId
}
