//! Responsible for the configuration: files to findings, or to a project that can be relied on.
//!
//! In the order in which things happen: `read` reads a file, `yaml` parses it, `document` and
//! `schema_check` decode it, `validate` gives the typed values, and `load` does so for every file.
//! Does not use the network, the environment or the values of secrets.

mod code;
mod confine;
mod customer_check;
pub mod diagnostic;
mod document;
mod excerpt;
mod findings;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod include;
mod limits;
mod load;
mod origin;
mod origins;
mod project;
mod project_file;
mod raw;
mod read;
mod redaction;
pub mod schema;
mod schema_check;
mod source;
mod validate;
mod yaml;

pub(crate) use customer_check::{Problem, check_customer};
pub use diagnostic::{Code, Excerpt, Finding, Location, Report, Severity};
pub use load::load;
pub(crate) use origin::Step;
pub use project::{Loaded, Project};
pub use schema::config_schema;

use std::path::PathBuf;

/// What reading depends on besides the files.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// Directories that absolute file references may point below.
    pub secret_roots: Vec<PathBuf>,
    /// The bytes of standard input, for an input called `-`.
    pub stdin: Option<Vec<u8>>,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            secret_roots: vec!["/run/secrets".into(), "/var/run/secrets".into()],
            stdin: None,
        }
    }
}
