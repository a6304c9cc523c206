//! Responsible for warnings about a plan: what a reviewer should check, as codes and fields. Does not
//! word them; `render` does.

use crate::model::{Address, Resemblance};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a reviewer of the plan should check.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum PlanWarning {
    /// The files allow more deletions or id changes than at the last apply.
    GuardLoosened {
        /// The name of the setting below `guards`.
        setting: String,
        /// The value at the last apply.
        before: u64,
        /// The value in the files; `None` for no limit.
        now: Option<u64>,
    },
    /// The files declare another region than the one in which the workspace was created.
    RegionIgnored {
        /// The customer.
        address: Address,
        /// The region of the workspace.
        created_in: String,
        /// The region in the files.
        declared: String,
    },
    /// A step creates an object whose name resembles that of an existing one.
    ResemblesExisting {
        /// The object that the step creates.
        address: Address,
        /// The existing objects, the most alike first.
        existing: Vec<ExistingObject>,
    },
    /// A step creates an object that is probably a managed object under a new name.
    ProbableRename {
        /// The object that the step creates.
        address: Address,
        /// The names of managed objects that are no longer in the files.
        previous: Vec<String>,
    },
    /// The API does not keep the declared values of settings, so airlift no longer sends them.
    SettingNotKept {
        /// The connector.
        address: Address,
        /// The paths of the settings.
        paths: Vec<String>,
    },
    /// The policy file does not allow `apply` to start now. Not in saved plans, which a later run applies.
    ChangeWindow {
        /// Why.
        closed: ClosedWindow,
    },
}

/// Why the policy file does not allow a run to start.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosedWindow {
    /// Inside a window of `deny`.
    Denied,
    /// Outside of the windows of `allow`.
    Outside,
}

impl PlanWarning {
    /// The stable code that `airlift explain` accepts.
    pub fn code(&self) -> PlanWarningCode {
        match self {
            Self::GuardLoosened { .. } => PlanWarningCode::GuardLoosened,
            Self::RegionIgnored { .. } => PlanWarningCode::RegionIgnored,
            Self::ResemblesExisting { .. } => PlanWarningCode::ResemblesExisting,
            Self::ProbableRename { .. } => PlanWarningCode::ProbableRename,
            Self::SettingNotKept { .. } => PlanWarningCode::SettingNotKept,
            Self::ChangeWindow { .. } => PlanWarningCode::ChangeWindow,
        }
    }

    /// The object that the warning is about; `None` for a warning about the whole plan.
    pub fn address(&self) -> Option<&Address> {
        match self {
            Self::GuardLoosened { .. } | Self::ChangeWindow { .. } => None,
            Self::RegionIgnored { address, .. } | Self::SettingNotKept { address, .. } => {
                Some(address)
            }
            Self::ResemblesExisting { .. } | Self::ProbableRename { .. } => self.created(),
        }
    }

    /// The object whose creation the warning is about.
    pub fn created(&self) -> Option<&Address> {
        match self {
            Self::GuardLoosened { .. }
            | Self::ChangeWindow { .. }
            | Self::RegionIgnored { .. }
            | Self::SettingNotKept { .. } => None,
            Self::ResemblesExisting { address, .. } | Self::ProbableRename { address, .. } => {
                Some(address)
            }
        }
    }
}

/// An existing object whose name resembles a new one.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct ExistingObject {
    /// The object's name.
    pub name: String,
    /// The id of the workspace or the connector.
    pub id: Uuid,
    /// How the names resemble each other.
    pub resemblance: Resemblance,
    /// What the object is to airlift.
    pub kind: ExistingKind,
}

/// What an existing object is to airlift.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExistingKind {
    /// In the ledger, and no longer in the files.
    NotInConfig,
    /// Not in the ledger.
    Unmanaged,
    /// Not in the ledger, and of another type than the declared connector.
    OtherType,
    /// Not in the ledger, because another browser gave the consent than the one that opened the link.
    RefusedConsent,
}

/// The stable code of a [`PlanWarning`].
#[derive(
    Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PlanWarningCode {
    /// The files allow more deletions than at the last apply.
    GuardLoosened,
    /// The files declare another region than the one in which the workspace was created.
    RegionIgnored,
    /// A step creates an object whose name resembles that of an existing one.
    ResemblesExisting,
    /// A step creates an object that is probably a managed object under a new name.
    ProbableRename,
    /// The API does not keep the declared values of settings.
    SettingNotKept,
    /// The policy file does not allow `apply` to start now.
    ChangeWindow,
}
