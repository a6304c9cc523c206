//! Responsible for remote ids: one type per kind of object, so that the compiler rejects a
//! connector id where a workspace id is expected.

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
    /// The id of an organization, the account that owns workspaces (`TokenResponse.organization_id`).
    OrganizationId
}
id! {
    /// The id of a customer's workspace (`WorkspaceGetResponse.id`). It survives renames.
    WorkspaceId
}
id! {
    /// The id of a connector (`ConnectorSourceListItem.id`).
    ConnectorId
}
id! {
    /// The id of a connector type in the remote catalog (`ConnectorDefinition.sourceDefinitionId`).
    DefinitionId
}
id! {
    /// The id of a source template, an organization's configuration of a type
    /// (`SourceTemplateListItem.id`).
    TemplateId
}
