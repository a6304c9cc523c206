//! The `env` store: `${env:NAME}` is the environment variable of that name.

use super::Why;
use crate::model::SecretValue;

pub(super) fn read(name: &str) -> Result<SecretValue, Why> {
    // A name with `=` or NUL is none; asking for it would be the same as not set.
    match std::env::var(name) {
        Ok(value) => Ok(SecretValue::new(value)),
        Err(std::env::VarError::NotPresent) => Err(Why::NotSet),
        Err(std::env::VarError::NotUnicode(_)) => Err(Why::NotText),
    }
}
