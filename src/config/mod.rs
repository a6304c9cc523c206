//! Responsible for the configuration files: reads and validates them, and returns findings and, if
//! none is an error, a project.
//!
//! `loaded_file` does the following for each file: `read` reads its text, `yaml` parses the text,
//! `document` and `schema_check` decode the tree, and `validate` builds the typed values. `load` puts
//! the files together.
//! Does not use the network, the environment or the values of secrets.

mod code;
mod confine;
mod customer_check;
mod decode;
pub mod diagnostic;
mod document;
mod edit;
mod encoding;
mod environments;
mod every_environment;
mod excerpt;
mod expand;
mod finding_site;
mod findings;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod include;
mod invalid_parts;
mod limits;
mod load;
mod loaded_file;
mod mistakes;
mod origin;
mod origins;
mod project;
mod project_file;
mod raw;
mod raw_template;
mod read;
mod redaction;
pub mod schema;
mod schema_check;
mod schema_editor;
mod source;
mod table;
mod tables;
mod template;
mod unknown_fields;
mod unread;
mod upwards;
mod validate;
mod variables;
mod walk;
mod yaml;

pub(crate) use customer_check::{Problem, check_customer};
#[cfg(any(test, feature = "testing"))]
pub use diagnostic::Code;
pub use diagnostic::{Finding, Severity};
pub(crate) use edit::{EditStep, NotEditable, WrittenValue, append, remove, set};
pub use every_environment::load_every_environment;
pub use expand::expand;
pub use load::load;
pub(crate) use origin::PathStep;
pub use project::{Loaded, Project};
pub use schema::config_schema;
pub use upwards::{OuterProject, find_project};

use crate::secrets::SecretAccess;

/// Inputs of `load` besides the files.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// The rules for what references may read.
    pub secret_access: SecretAccess,
    /// The bytes of standard input, for the input `-`.
    pub stdin: Option<Vec<u8>>,
    /// The environment of the project that the run chooses.
    pub environment: Option<String>,
}
