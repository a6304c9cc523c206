//! Responsible for the library of further stores, `secretspec`, of which only the providers are used.
//!
//! Its own configuration files, audit log, cache and `SECRETSPEC_PROVIDER` belong to a layer above, which is not used.
//! Its values wipe themselves. Copies inside the cloud vendors' clients are out of reach. Its errors may hold a store's
//! text, so they are searched for known signs and never shown.

use super::{Key, ResolveErrorKind, SecretBytes};
use secretspec::{Address, NativeAddress, Provider, SecretSpecError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// A store, opened.
pub(super) struct Library {
    provider: Arc<dyn Provider>,
}

impl Library {
    /// Opens a store; nobody is asked yet.
    pub(super) fn open(provider: &str) -> Result<Self, ResolveErrorKind> {
        let odd =
            |_| ResolveErrorKind::NotConfigured("its `provider` is not understood".to_owned());
        let provider = Box::<dyn Provider>::try_from(provider).map_err(odd)?;
        Ok(Self {
            provider: Arc::from(provider),
        })
    }

    /// What there is of the secrets. A store that does not answer is waited for no longer than
    /// the limit; its thread ends with the process.
    pub(super) async fn read(
        &self,
        keys: Vec<Key>,
        limit: Duration,
    ) -> Result<Vec<(Key, SecretBytes)>, ResolveErrorKind> {
        let (tell, told) = oneshot::channel();
        let provider = Arc::clone(&self.provider);
        // Not a thread of the runtime: those are waited for at the end.
        let thread = std::thread::Builder::new().name("secret store".to_owned());
        let ask = move || {
            // Nobody listens any more when the limit is over.
            let _ = tell.send(ask(&*provider, keys));
        };
        thread
            .spawn(ask)
            .map_err(|_| ResolveErrorKind::Unreachable("no thread can be started".to_owned()))?;
        let answer = tokio::time::timeout(limit, told).await;
        let answer = answer.map_err(|_| ResolveErrorKind::TimedOut)?;
        answer.unwrap_or_else(|_| Err(withheld()))
    }
}

fn ask(
    provider: &dyn Provider,
    keys: Vec<Key>,
) -> Result<Vec<(Key, SecretBytes)>, ResolveErrorKind> {
    let addresses: Vec<NativeAddress> = keys.iter().map(address).collect();
    if let ([key], [address]) = (keys.as_slice(), addresses.as_slice()) {
        let found = provider.get(Address::Native(address));
        let found = found.map_err(|error| cause(&error, &keys))?;
        let whole = found.map(|bytes| (key.clone(), copied(bytes.expose_secret())));
        return Ok(whole.into_iter().collect());
    }
    let numbers: Vec<String> = (0..keys.len()).map(|number| number.to_string()).collect();
    let requests: Vec<(&str, Address<'_>)> = numbers
        .iter()
        .zip(&addresses)
        .map(|(number, address)| (number.as_str(), Address::Native(address)))
        .collect();
    let found = provider.get_many(&requests);
    let found = found.map_err(|error| cause(&error, &keys))?;
    let whole = |(key, number): (Key, &String)| {
        let bytes = found.get(number)?;
        Some((key, copied(bytes.expose_secret())))
    };
    Ok(keys.into_iter().zip(&numbers).filter_map(whole).collect())
}

fn address(key: &Key) -> NativeAddress {
    NativeAddress {
        item: key.name.clone(),
        field: key.part.clone(),
        ..NativeAddress::default()
    }
}

fn copied(bytes: &[u8]) -> SecretBytes {
    Zeroizing::new(bytes.to_vec())
}

const ABSENT: [&str; 4] = [
    "ResourceNotFound",
    "ParameterNotFound",
    "NOT_FOUND",
    "status 404",
];
const LOGIN: [&str; 13] = [
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
const LATE: [&str; 3] = ["TimedOut", "timed out", "timeout"];
const AWAY: [&str; 5] = [
    "Connection refused",
    "Network is unreachable",
    "dispatch failure",
    "dns error",
    "error sending request",
];
const UNFIT: [&str; 3] = ["is not installed", "No such file", "command not found"];

/// By the signs in an error's words, less the names that were asked for.
fn cause(error: &SecretSpecError, keys: &[Key]) -> ResolveErrorKind {
    let mut text = Zeroizing::new(error.to_string());
    for key in keys {
        text = Zeroizing::new(text.replace(&key.name, ""));
    }
    let says = |signs: &[&str]| signs.iter().any(|sign| text.contains(sign));
    if says(&ABSENT) {
        ResolveErrorKind::NotFound
    } else if says(&LOGIN) {
        ResolveErrorKind::LoginRefused("by its own variables and files")
    } else if says(&DENIED) {
        ResolveErrorKind::Denied
    } else if says(&LATE) {
        ResolveErrorKind::TimedOut
    } else if says(&AWAY) {
        ResolveErrorKind::Unreachable("no connection".to_owned())
    } else if says(&UNFIT) {
        ResolveErrorKind::NotConfigured("a program that it needs is not installed".to_owned())
    } else {
        withheld()
    }
}

fn withheld() -> ResolveErrorKind {
    ResolveErrorKind::Answer("an error, whose words are withheld".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::kind_of;
    use super::{Key, Library, ResolveErrorKind, cause};
    use secretspec::SecretSpecError;

    #[test]
    fn words_of_a_store_are_not_repeated() {
        let key = Key {
            name: "AccessDenied".into(),
            part: None,
        };
        let told = |text: &str| {
            let error = SecretSpecError::ProviderOperationFailed(text.to_owned());
            cause(&error, std::slice::from_ref(&key))
        };
        assert_eq!(
            told("AccessDenied: ExpiredTokenException"),
            ResolveErrorKind::LoginRefused("by its own variables and files")
        );
        assert_eq!(told("AccessDeniedException: no"), told("hunter2"));
        assert_eq!(
            told("x is not authorized to perform y"),
            ResolveErrorKind::Denied
        );
        assert!(!told("hunter2").to_string().contains("hunter2"));
        assert_eq!(
            told("dispatch failure: timeout"),
            ResolveErrorKind::TimedOut
        );
    }

    #[test]
    fn every_kind_that_is_built_in_opens() {
        for provider in [
            "doppler://app/prd",
            "pass://",
            "bws://a9230ec4-5507-4870-b8b5-b3f500587e4c",
        ] {
            assert!(kind_of(provider).is_ok(), "{provider}");
            assert!(Library::open(provider).is_ok(), "{provider}");
        }
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
