//! Responsible for the secrets of the run itself: from the environment, or from a file that the
//! environment names.
//!
//! Does not take a secret from a project's files.

use super::named_file::text_of;
use super::{Environment, ledger_keys};
use crate::failure::{Failure, FailureKind};
use crate::secrets::{OwnCredentials, read_operator_secret};
use std::path::Path;
use zeroize::Zeroizing;

/// The variable that holds the client's secret.
pub(super) const SECRET: &str = "AIRBYTE_CLIENT_SECRET";

/// A secret of the run, in a variable or in a file that a second variable names.
#[derive(Clone, Copy, Debug)]
pub(super) struct SecretVariable {
    pub(super) variable: &'static str,
    pub(super) file_variable: &'static str,
    /// The code if both variables are set.
    pub(super) two: &'static str,
    /// The kind and the code if the file cannot be used.
    pub(super) bad_file: (FailureKind, &'static str),
}

const CLIENT_SECRET: SecretVariable = SecretVariable {
    variable: SECRET,
    file_variable: "AIRBYTE_CLIENT_SECRET_FILE",
    two: "two_client_secrets",
    bad_file: (FailureKind::Authentication, "bad_client_secret_file"),
};

/// What signs the events of `connect serve`.
pub(super) const WEBHOOK_SECRET: SecretVariable = SecretVariable {
    variable: "AIRLIFT_WEBHOOK_SECRET",
    file_variable: "AIRLIFT_WEBHOOK_SECRET_FILE",
    two: "two_webhook_secrets",
    bad_file: (FailureKind::Error, "bad_webhook"),
};

/// Reads the client's secret, if the environment has it.
pub(super) fn client_secret(env: &Environment) -> Result<Option<Zeroizing<String>>, Failure> {
    CLIENT_SECRET.read(env)
}

/// The values of this run's own credentials, from the environment and from the files that it names.
pub(super) fn own_credentials(env: &Environment) -> OwnCredentials {
    let own = [CLIENT_SECRET, WEBHOOK_SECRET]
        .into_iter()
        .chain(ledger_keys::VARIABLES)
        .fold(env.own_credentials(), |own, source| {
            // Opening the session reports a file that cannot be read.
            match source.read(env) {
                Ok(Some(secret)) => own.with(source.variable, &secret),
                _ => own,
            }
        });
    // The store reports a file that cannot be read. Others may read the token of a pod.
    match env
        .text("AIRLIFT_VAULT_JWT_FILE")
        .and_then(|path| text_of(Path::new(&path)).ok())
    {
        Some(jwt) => own.with("AIRLIFT_VAULT_JWT", &Zeroizing::new(jwt)),
        None => own,
    }
}

impl SecretVariable {
    /// Reads the secret, if the environment has it.
    pub(super) fn read(self, env: &Environment) -> Result<Option<Zeroizing<String>>, Failure> {
        let Self {
            variable,
            file_variable,
            two,
            bad_file: (kind, code),
        } = self;
        match (env.text(variable), env.text(file_variable)) {
            (Some(_), Some(_)) => {
                let message = format!("both {variable} and {file_variable} are set");
                Err(Failure::usage(two, message).hint("unset one of them"))
            }
            (Some(secret), None) => Ok(Some(Zeroizing::new(secret))),
            (None, Some(path)) => {
                read_operator_secret(Path::new(&path))
                    .map(Some)
                    .map_err(|error| {
                        let message = format!("the file of {file_variable} {error}");
                        Failure::new(kind, code, message)
                    })
            }
            (None, None) => Ok(None),
        }
    }
}
