//! Responsible for the keys of the ledger: the current one, and the one that `ledger rekey` replaces.
//! Each comes from the environment, from a file that the environment names, or else is the client
//! secret.

use super::Environment;
use super::credentials::{SecretVariable, client_secret};
use crate::failure::{Failure, FailureKind};
use crate::ledger::{Authenticator, LedgerKey, Scope};
use crate::model::{OrganizationId, SecretValue};
use crate::secrets::Fingerprinter;

/// The shortest key that is not reported as weak. Who can read the ledger can try keys offline.
const MIN_LENGTH: usize = 32;

const CURRENT: SecretVariable = SecretVariable {
    variable: "AIRLIFT_LEDGER_KEY",
    file_variable: "AIRLIFT_LEDGER_KEY_FILE",
    two: "two_ledger_keys",
    bad_file: (FailureKind::Error, "bad_ledger_key"),
};
const PREVIOUS: SecretVariable = SecretVariable {
    variable: "AIRLIFT_LEDGER_OLD_KEY",
    file_variable: "AIRLIFT_LEDGER_OLD_KEY_FILE",
    ..CURRENT
};

/// Where the keys come from.
pub(super) const VARIABLES: [SecretVariable; 2] = [CURRENT, PREVIOUS];

/// Whether a person could have chosen the key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum KeyStrength {
    Strong,
    /// The key of the environment is short.
    Weak,
}

/// The keys of fingerprints and of the ledger's MACs.
pub(super) struct Keys {
    current: SecretValue,
    previous: SecretValue,
    strength: KeyStrength,
}

impl Keys {
    /// Reads the keys from the environment. The default of each is the client secret.
    pub(super) fn new(env: &Environment, client_secret: &str) -> Result<Self, Failure> {
        let own = read(CURRENT, env)?;
        let is_weak = own.as_ref().is_some_and(|key| key.len() < MIN_LENGTH);
        let default = || client_secret.to_owned();
        Ok(Self {
            current: SecretValue::new(own.unwrap_or_else(default)),
            previous: SecretValue::new(read(PREVIOUS, env)?.unwrap_or_else(default)),
            strength: if is_weak {
                KeyStrength::Weak
            } else {
                KeyStrength::Strong
            },
        })
    }

    /// Reads the keys of the remote API's ledger from the environment, if it has them. The ledger of
    /// the embedded API does not use the client secret.
    pub(super) fn if_any(env: &Environment, sandbox: bool) -> Result<Option<Self>, Failure> {
        let secret = if sandbox { None } else { client_secret(env)? };
        if secret.is_none() && read(CURRENT, env)?.is_none() {
            return Ok(None);
        }
        Self::new(env, &secret.unwrap_or_default()).map(Some)
    }

    pub(super) fn fingerprinters(&self, organization: OrganizationId) -> Fingerprinters {
        Fingerprinters {
            current: Fingerprinter::new(&self.current, organization),
            previous: Fingerprinter::new(&self.previous, organization),
            strength: self.strength,
        }
    }
}

/// A key without the line breaks at its end.
fn read(variable: SecretVariable, env: &Environment) -> Result<Option<String>, Failure> {
    let Some(key) = variable.read(env)? else {
        return Ok(None);
    };
    if key.trim().is_empty() {
        let message = format!("{} contains only blanks", variable.variable);
        return Err(Failure::error("bad_ledger_key", message)
            .hint("set it to the output of `openssl rand -hex 32`, or unset it"));
    }
    Ok(Some(key.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Computes fingerprints with the keys, for one organization.
#[derive(Clone)]
pub(crate) struct Fingerprinters {
    pub(crate) current: Fingerprinter,
    pub(crate) previous: Fingerprinter,
    pub(super) strength: KeyStrength,
}

impl Fingerprinters {
    /// Authenticates the ledger with the current key.
    pub(super) fn authenticator(&self, scope: Scope) -> Authenticator {
        Authenticator::new(ledger_key(&self.current), scope)
    }

    /// The key of the ledger before a rekeying.
    pub(super) fn previous_key(&self) -> LedgerKey {
        ledger_key(&self.previous)
    }

    pub(super) fn are_equal(&self) -> bool {
        self.current.has_same_key(&self.previous)
    }
}

fn ledger_key(fingerprinter: &Fingerprinter) -> LedgerKey {
    LedgerKey::new(
        fingerprinter.ledger_key(),
        fingerprinter.key_id().to_owned(),
    )
}

/// What is wrong with a short key.
pub(super) const WEAK_KEY: &str =
    "AIRLIFT_LEDGER_KEY is shorter than 32 bytes, so that it could be guessed [weak_ledger_key]";
