//! Responsible for the client's secret: from the environment, or from a file that the environment names.
//!
//! Does not take the secret from a project's files.

use super::Environment;
use crate::failure::{Failure, FailureKind};
use crate::secrets::read_operator_secret;
use std::path::Path;
use zeroize::Zeroizing;

/// The variables that hold the secret or name its file.
pub(super) const SECRET: &str = "AIRBYTE_CLIENT_SECRET";
const SECRET_FILE: &str = "AIRBYTE_CLIENT_SECRET_FILE";

/// Reads the client's secret, if the environment has it.
pub(super) fn client_secret(env: &Environment) -> Result<Option<Zeroizing<String>>, Failure> {
    match (env.text(SECRET), env.text(SECRET_FILE)) {
        (Some(_), Some(_)) => {
            let message = format!("both {SECRET} and {SECRET_FILE} are set");
            let failure = Failure::usage("two_client_secrets", message);
            Err(failure.hint("unset one of them"))
        }
        (Some(secret), None) => Ok(Some(Zeroizing::new(secret))),
        (None, Some(path)) => read_operator_secret(Path::new(&path))
            .map(Some)
            .map_err(|error| {
                let message = format!("the file of {SECRET_FILE} {error}");
                Failure::new(
                    FailureKind::Authentication,
                    "bad_client_secret_file",
                    message,
                )
            }),
        (None, None) => Ok(None),
    }
}
