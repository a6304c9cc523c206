//! Responsible for the library of further stores, `secretspec`, of which only the providers are used.
//!
//! Does not use the library's configuration files, audit log, cache and `SECRETSPEC_PROVIDER`, which belong to another
//! layer of it. The library wipes its values. airlift cannot wipe copies inside the clients of the cloud vendors. Errors
//! of the library may contain a store's text, so they are classified by known phrases and never shown.

use super::{Key, ResolveErrorKind, SecretBytes};
use secretspec::{Address, NativeAddress, Provider, SecretSpecError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// An opened store.
pub(super) struct Library {
    provider: Arc<dyn Provider>,
}

impl Library {
    /// Opens a store. Sends no request.
    pub(super) fn open(provider: &str) -> Result<Self, ResolveErrorKind> {
        let provider = Box::<dyn Provider>::try_from(provider)
            .map_err(|_| ResolveErrorKind::NotConfigured("its `provider` is invalid".to_owned()))?;
        Ok(Self {
            provider: Arc::from(provider),
        })
    }

    /// Reads the secrets that exist. Waits for the store up to the limit. The thread of a store that does not respond
    /// ends with the process.
    pub(super) async fn read(
        &self,
        keys: Vec<Key>,
        limit: Duration,
    ) -> Result<Vec<(Key, SecretBytes)>, ResolveErrorKind> {
        let (sender, receiver) = oneshot::channel();
        let provider = Arc::clone(&self.provider);
        // Not a thread of the runtime, because the runtime waits for its threads at the end.
        std::thread::Builder::new()
            .name("secret store".to_owned())
            .spawn(move || {
                // The receiver is dropped after the limit.
                let _ = sender.send(read(&*provider, keys));
            })
            .map_err(|_| ResolveErrorKind::Unreachable("no thread can be started".to_owned()))?;
        tokio::time::timeout(limit, receiver)
            .await
            .map_err(|_| ResolveErrorKind::TimedOut)?
            .unwrap_or_else(|_| Err(unclassified()))
    }
}

fn read(
    provider: &dyn Provider,
    keys: Vec<Key>,
) -> Result<Vec<(Key, SecretBytes)>, ResolveErrorKind> {
    let addresses: Vec<NativeAddress> = keys.iter().map(address).collect();
    if let ([key], [address]) = (keys.as_slice(), addresses.as_slice()) {
        let bytes = provider
            .get(Address::Native(address))
            .map_err(|error| classify(&error, &keys))?;
        return Ok(bytes
            .map(|bytes| (key.clone(), copy(bytes.expose_secret())))
            .into_iter()
            .collect());
    }
    let numbers: Vec<String> = (0..keys.len()).map(|number| number.to_string()).collect();
    let requests: Vec<(&str, Address<'_>)> = numbers
        .iter()
        .zip(&addresses)
        .map(|(number, address)| (number.as_str(), Address::Native(address)))
        .collect();
    let secrets = provider
        .get_many(&requests)
        .map_err(|error| classify(&error, &keys))?;
    let secret = |(key, number): (Key, &String)| {
        let bytes = secrets.get(number)?;
        Some((key, copy(bytes.expose_secret())))
    };
    Ok(keys.into_iter().zip(&numbers).filter_map(secret).collect())
}

fn address(key: &Key) -> NativeAddress {
    NativeAddress {
        item: key.name.clone(),
        field: key.part.clone(),
        ..NativeAddress::default()
    }
}

fn copy(bytes: &[u8]) -> SecretBytes {
    Zeroizing::new(bytes.to_vec())
}

// Phrases in the errors of the library, by cause. A store may spell one cause in several ways.
const NOT_FOUND: [&str; 4] = [
    "ResourceNotFound",
    "ParameterNotFound",
    "NOT_FOUND",
    "status 404",
];
const LOGIN_REFUSED: [&str; 13] = [
    "ExpiredToken",
    "InvalidClientTokenId",
    "InvalidSignature",
    "SignatureDoesNotMatch",
    "UNAUTHENTICATED",
    "Unauthorized",
    "UnrecognizedClient",
    "credential provider",
    "credentials provider",
    "not logged in",
    "not signed in",
    "providers in chain",
    "status 401",
];
const DENIED: [&str; 5] = [
    "AccessDenied",
    "Forbidden",
    "PERMISSION_DENIED",
    "not authorized",
    "status 403",
];
const TIMED_OUT: [&str; 3] = ["TimedOut", "timed out", "timeout"];
const UNREACHABLE: [&str; 5] = [
    "Connection refused",
    "Network is unreachable",
    "dispatch failure",
    "dns error",
    "error sending request",
];
const NOT_INSTALLED: [&str; 3] = ["is not installed", "No such file", "command not found"];

/// Classifies an error by the phrases in its text. The names of the requested secrets do not count as phrases.
fn classify(error: &SecretSpecError, keys: &[Key]) -> ResolveErrorKind {
    let mut text = Zeroizing::new(error.to_string());
    for key in keys {
        text = Zeroizing::new(text.replace(&key.name, ""));
    }
    let contains = |phrases: &[&str]| phrases.iter().any(|phrase| text.contains(phrase));
    if contains(&NOT_FOUND) {
        ResolveErrorKind::NotFound
    } else if contains(&LOGIN_REFUSED) {
        ResolveErrorKind::LoginRefused("from the store's own variables and files")
    } else if contains(&DENIED) {
        ResolveErrorKind::Denied
    } else if contains(&TIMED_OUT) {
        ResolveErrorKind::TimedOut
    } else if contains(&UNREACHABLE) {
        ResolveErrorKind::Unreachable("no connection".to_owned())
    } else if contains(&NOT_INSTALLED) {
        ResolveErrorKind::NotConfigured(
            "a program that the store needs is not installed".to_owned(),
        )
    } else {
        unclassified()
    }
}

fn unclassified() -> ResolveErrorKind {
    ResolveErrorKind::UnexpectedResponse("an error whose text is withheld".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::kind_of;
    use super::{Key, Library, ResolveErrorKind, classify};
    use secretspec::SecretSpecError;

    #[test]
    fn classify_error_by_phrases_without_repeating_its_text() {
        let key = Key {
            name: "AccessDenied".into(),
            part: None,
        };
        let classify_text = |text: &str| {
            let error = SecretSpecError::ProviderOperationFailed(text.to_owned());
            classify(&error, std::slice::from_ref(&key))
        };
        assert_eq!(
            classify_text("AccessDenied: ExpiredTokenException"),
            ResolveErrorKind::LoginRefused("from the store's own variables and files")
        );
        assert_eq!(
            classify_text("AccessDeniedException: no"),
            classify_text("hunter2")
        );
        assert_eq!(
            classify_text("x is not authorized to perform y"),
            ResolveErrorKind::Denied
        );
        assert!(!classify_text("hunter2").to_string().contains("hunter2"));
        assert_eq!(
            classify_text("dispatch failure: timeout"),
            ResolveErrorKind::TimedOut
        );
    }

    #[test]
    fn open_built_in_kinds_succeeds() {
        for provider in [
            "doppler://app/prd",
            "pass://",
            "bws://a9230ec4-5507-4870-b8b5-b3f500587e4c",
        ] {
            assert!(kind_of(provider).is_ok(), "{provider}");
            assert!(Library::open(provider).is_ok(), "{provider}");
        }
    }

    #[test]
    fn open_invalid_or_unknown_provider_fails() {
        assert!(Library::open("bws://user:hunter2@x").is_err());
        assert!(matches!(
            kind_of("env://"),
            Err(ResolveErrorKind::NotConfigured(_))
        ));
        assert!(matches!(
            kind_of("hunter2"),
            Err(ResolveErrorKind::NotConfigured(_))
        ));
    }
}
