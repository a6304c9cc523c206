//! Responsible for the reasons why a reference may not read a variable or a file.

use crate::secrets::SystemCode;
use thiserror::Error;

/// Why a reference may not read a variable or a file. The messages continue "this reference is refused".
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
pub enum AccessError {
    /// The variable belongs to airlift or to the login of a store.
    #[error("the variable belongs to the run and not to a customer ({0})")]
    ProtectedVariable(&'static str),
    /// The variable belongs to the CI runner, and the operator does not allow its exact name.
    #[error("the variable belongs to the CI runner and not to a customer ({0})")]
    RunnerVariable(&'static str),
    /// `AIRLIFT_SECRET_ENV` is set and does not contain the variable.
    #[error("AIRLIFT_SECRET_ENV does not allow the variable")]
    VariableNotAllowed,
    /// The path contains `..`.
    #[error("the path contains `..`")]
    ParentStep,
    /// The path is absolute and below no root.
    #[error("the file is outside the project and the allowed secret directories")]
    OutsideRoots,
    /// A link leads out of the project or of the root.
    #[error("a link leads outside the allowed directory")]
    LinkOutside,
    /// A link leads elsewhere than at the time when the project was loaded and its policy was judged.
    #[error("a link on the path has changed since the project's files were read")]
    LinkChanged,
    /// A link leads to a file that does not exist, so that its target cannot be judged.
    #[error("a link on the path has no target")]
    DanglingLink,
    /// The path names a directory, pipe, socket or device.
    #[error("the path is not a regular file")]
    NotAFile,
    /// A directory on the path is hidden.
    #[error("the file is below a hidden directory")]
    HiddenDirectory,
    /// The file is a token that the platform issues to this run.
    #[error("the file belongs to the run and not to a customer (a token of the platform)")]
    PlatformToken,
    /// The file contains a credential of this run.
    #[error("the file belongs to the run and not to a customer ({0})")]
    ProtectedFile(&'static str),
    /// The value is, or contains, a credential of this run.
    #[error("the value is or contains a credential of the run ({0})")]
    OwnCredential(&'static str),
    /// The system refused to read the metadata of the path.
    #[error("the path cannot be read: {0}")]
    ReadFailed(SystemCode),
    /// The metadata of the path cannot be read.
    #[error("the path cannot be read ({0})")]
    Unreadable(&'static str),
}

impl AccessError {
    /// How the operator can allow the reference, if that is possible.
    pub fn hint(self) -> Option<&'static str> {
        match self {
            Self::RunnerVariable(_) => Some(
                "give the customer's secret a name of its own, or allow the variable by its exact name \
                 beside the others: AIRLIFT_SECRET_ENV='*:NAME'",
            ),
            Self::VariableNotAllowed => {
                Some("add the variable to AIRLIFT_SECRET_ENV, outside the files")
            }
            Self::ProtectedVariable(_) => Some("give the customer's secret a name of its own"),
            Self::OwnCredential(_) => Some("give the customer a credential of its own"),
            Self::HiddenDirectory => Some(
                "move the file, or add its directory to AIRLIFT_SECRET_ROOTS, outside the files",
            ),
            Self::ParentStep | Self::OutsideRoots => Some(
                "keep the file below the project, or write its absolute path and name its directory in AIRLIFT_SECRET_ROOTS",
            ),
            _ => None,
        }
    }
}
