//! Responsible for the vendor's Python SDK as another client, which sends the requests that `curl` sends.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The program that creates customers with connectors.
pub(crate) fn create(
    python: &Path,
    host: &str,
    (customers, connectors): (usize, usize),
    in_flight: usize,
) -> Command {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/bench/sdk.py");
    let mut command = Command::new(python);
    command.arg(script).arg(host);
    command.args([customers, connectors, in_flight].map(|number| number.to_string()));
    command
}
