//! Responsible for what the test binaries share: a project in a directory, the binary with a clean
//! environment, its output, requests to the sandbox, files, committed outputs, and the
//! share of the cases that runs.

pub(crate) mod files;
pub(crate) mod golden;
pub(crate) mod http;
pub(crate) mod moto;
pub(crate) mod process;
pub(crate) mod project;
pub(crate) mod remote;
pub(crate) mod tier;
