//! Responsible for the values of this run's own credentials, which no reference may resolve to under any name.
//!
//! Does not read a variable. Does not protect the credentials of the CI runner, which the operator may give to a
//! customer.

use super::own_encodings::{Encodings, without_escapes};
use crate::model::{SecretValue, VariableOwner, protected_variable};

/// Ends of the names of variables whose values are secret. The others name an address, a user or a region.
const SECRET_ENDINGS: [&str; 8] = [
    "_ACCESSTOKEN",
    "_CLIENTSECRET",
    "_JWT",
    "_KEY",
    "_PASSWORD",
    "_SECRET",
    "_SECRET_ID",
    "_TOKEN",
];
/// The shortest credential that is looked for within a longer value.
const MIN_CONTAINED: usize = 8;

/// The credentials of this run.
#[derive(Debug, Default)]
pub struct OwnCredentials(Vec<OwnCredential>);

#[derive(Debug)]
struct OwnCredential {
    value: SecretValue,
    encodings: Encodings,
    /// What the credential is, for messages.
    reason: &'static str,
}

impl OwnCredentials {
    /// Whether a variable contains a credential of this run, by its name.
    pub fn is_credential(name: &str) -> bool {
        reason(name).is_some()
    }

    /// Adds the value of a variable, or of the file that a variable names, if it is a credential by its name.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        let value = value.trim();
        if let Some(reason) = reason(name)
            && !value.is_empty()
        {
            self.0.push(OwnCredential {
                value: SecretValue::new(value.to_owned()),
                encodings: Encodings::new(value),
                reason,
            });
        }
        self
    }

    /// Whether no credential is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the credential is that a value is or contains, plain or encoded. The time that this takes tells nothing that
    /// the refusal does not tell: the value is compared once for each run.
    pub fn contained_in(&self, value: &SecretValue) -> Option<&'static str> {
        let text = value.expose();
        let unescaped = without_escapes(text);
        self.0
            .iter()
            .find(|own| own.is_in(text) || own.is_in(&unescaped))
            .map(|own| own.reason)
    }
}

impl OwnCredential {
    fn is_in(&self, text: &str) -> bool {
        let own = self.value.expose();
        let is_contained =
            own.len() >= MIN_CONTAINED && (text.contains(own) || self.encodings.are_in(text));
        is_contained || text.trim() == own
    }
}

fn reason(name: &str) -> Option<&'static str> {
    let row = protected_variable(name).filter(|row| row.owner != VariableOwner::Runner)?;
    SECRET_ENDINGS
        .iter()
        .any(|ending| name.ends_with(ending))
        .then_some(row.reason)
}

#[cfg(test)]
mod tests {
    use super::OwnCredentials;
    use crate::model::SecretValue;

    fn reason(own: &OwnCredentials, value: &str) -> Option<&'static str> {
        own.contained_in(&SecretValue::new(value.to_owned()))
    }

    #[test]
    fn is_credential_is_true_for_secrets_of_airlift_and_of_store_logins() {
        for name in [
            "AIRBYTE_CLIENT_SECRET",
            "AIRLIFT_LEDGER_KEY",
            "AIRLIFT_LEDGER_OLD_KEY",
            "AIRLIFT_VAULT_JWT",
            "AIRLIFT_WEBHOOK_SECRET",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AZURE_CLIENT_SECRET",
            "BW_CLIENTSECRET",
            "VAULT_SECRET_ID",
            "VAULT_TOKEN",
        ] {
            assert!(OwnCredentials::is_credential(name), "{name}");
        }
        for name in [
            "ACME_TOKEN",
            "AIRBYTE_API_HOST",
            "AIRBYTE_CLIENT_ID",
            "AWS_REGION",
            "GITHUB_TOKEN",
            "VAULT_ADDR",
        ] {
            assert!(!OwnCredentials::is_credential(name), "{name}");
        }
    }

    #[test]
    fn contained_in_finds_a_credential_by_its_value() {
        let own = OwnCredentials::default()
            .with("AIRBYTE_CLIENT_SECRET", "client-secret-1\n")
            .with("AIRLIFT_LEDGER_KEY", "short")
            .with("VAULT_TOKEN", "")
            .with("AWS_REGION", "eu-central-1");
        let organization = Some("the organization's own credentials");
        assert_eq!(reason(&own, "client-secret-1"), organization);
        let file = "A=1\nOTHER_NAME='client-secret-1'\n";
        assert_eq!(reason(&own, file), organization);
        assert_eq!(
            reason(&own, "short\n"),
            Some("airlift's own settings and keys")
        );
        for encoded in [
            // Base64 at each alignment, in either alphabet and in lines, hex, and a URL.
            "Y2xpZW50LXNlY3JldC0x",
            "xY2xpZW50LXNlY3JldC0x",
            "YTpjbGllbnQtc2VjcmV0LTE=",
            "YWI6Y2xpZW50LXNlY3JldC0x",
            "Y2xpZW50\n LXNlY3Jl\ndC0x\n",
            "636C69656E742D7365637265742D31",
            "0x636c69656e742d7365637265742d31",
            "user:client%2Dsecret%2d1",
        ] {
            assert_eq!(reason(&own, encoded), organization, "{encoded}");
        }
        for other in ["a shorter text", "client-secret-2", "eu-central-1", "x"] {
            assert_eq!(reason(&own, other), None, "{other}");
        }
    }
}
