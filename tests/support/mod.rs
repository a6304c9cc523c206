//! Responsible for the helpers that the test binaries share: a project directory, the binary with an
//! empty environment, its output, requests to the sandbox, files, goldens, and the slice of the
//! cases that runs.

pub(crate) mod external_client;
pub(crate) mod files;
pub(crate) mod golden;
pub(crate) mod http;
pub(crate) mod moto;
pub(crate) mod process;
pub(crate) mod project;
pub(crate) mod slice;
