//! Text to findings, or to configuration that can be relied on.
//!
//! In the order things happen: `load` finds and reads the files, `events` guards the text and
//! keeps every place, `shape` finds structural mistakes and decodes, `checks` finds the rest.
//! Refuses the network, the environment and the values of secrets.

mod checks;
mod code;
mod confine;
pub mod diagnostic;
mod doubtful;
mod events;
mod excerpt;
mod expansion;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod growth;
mod limits;
mod load;
mod raw;
mod scalar;
pub mod schema;
mod shape;
mod source;
mod syntax;
mod tree;
mod visible;
mod written;

pub use diagnostic::{Code, Excerpt, Finding, Location, Report, Severity};
pub(crate) use raw::{
    Block, RawConnector, RawContract, RawCustomer, RawMode, RawRotation, RawStatus,
};
pub use schema::config_schema;
pub use written::Written;
pub(crate) use written::WrittenCustomer;

use source::Findings;
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

/// Reads and checks everything that the inputs name: files, directories, or `-`. What was
/// written is given only if no finding is an error.
pub fn read(inputs: &[PathBuf], options: &LoadOptions) -> (Report, Option<Written>) {
    let mut findings = Findings::default();
    let files = load::files(inputs, options, &mut findings);
    let root = written::root(&files);
    checks::run(&files, &root, options, &mut findings);
    let sound = !findings.failed();
    let written = sound.then(|| Written::collect(files, root));
    (findings.into_report(), written)
}
