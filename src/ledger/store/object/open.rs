//! Responsible for opening an object store by its address. S3 is always available, other clouds with
//! their Cargo features.
//!
//! The caller passes the variables of the store's tools (`AWS_*`, `GOOGLE_*`, `AZURE_*`). Does not
//! take addresses or credentials from the files of a project.

use crate::http::has_user;
use object_store::aws::AmazonS3Builder;
#[cfg(feature = "ledger-azure")]
use object_store::azure::MicrosoftAzureBuilder;
#[cfg(feature = "ledger-gcp")]
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreScheme, RetryConfig};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The longest time for the attempts of one request. It is shorter than the validity of a lease
/// without renewal, so that a request that gets no response ends before the lease does.
const RETRY_TIMEOUT: Duration = Duration::from_secs(20);

const HAS_USER: &str = "has a user or a password, which messages would show";

macro_rules! build {
    ($builder:ty, $address:expr, $variables:expr) => {{
        let builder = <$builder>::new()
            .with_url($address)
            .with_retry(RetryConfig {
                max_retries: 5,
                retry_timeout: RETRY_TIMEOUT,
                ..RetryConfig::default()
            });
        let set = |builder: $builder, (name, value): (String, String)| {
            match name.to_ascii_lowercase().parse() {
                Ok(key) => builder.with_config(key, value),
                // The variable is not a setting of the store.
                Err(_) => builder,
            }
        };
        let store = $variables.into_iter().fold(builder, set).build();
        Arc::new(store.map_err(|error| super::cause(&error))?) as Arc<dyn ObjectStore>
    }};
}

/// The store and the directory of an address.
pub(super) fn store(
    address: &str,
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<(Arc<dyn ObjectStore>, Key), String> {
    crate::http::install_crypto_provider();
    let unknown = || {
        "the address of a ledger is s3://BUCKET/DIR, gs://BUCKET/DIR or az://CONTAINER/DIR"
            .to_owned()
    };
    if has_user(address) {
        return Err(format!("it {HAS_USER}; use the variables of the store"));
    }
    let url = address.parse().map_err(|_| unknown())?;
    let variables: Vec<(String, String)> = variables.into_iter().collect();
    for (name, value) in &variables {
        if name.to_ascii_lowercase().contains("endpoint") && has_user(value) {
            return Err(format!(
                "{name} has a user or a password, which messages would show"
            ));
        }
    }
    let (scheme, dir) = ObjectStoreScheme::parse(&url).map_err(|_| unknown())?;
    let store = match scheme {
        ObjectStoreScheme::AmazonS3 => build!(AmazonS3Builder, address, variables),
        #[cfg(feature = "ledger-gcp")]
        ObjectStoreScheme::GoogleCloudStorage => {
            build!(GoogleCloudStorageBuilder, address, variables)
        }
        #[cfg(not(feature = "ledger-gcp"))]
        ObjectStoreScheme::GoogleCloudStorage => return Err(absent("ledger-gcp")),
        #[cfg(feature = "ledger-azure")]
        ObjectStoreScheme::MicrosoftAzure => build!(MicrosoftAzureBuilder, address, variables),
        #[cfg(not(feature = "ledger-azure"))]
        ObjectStoreScheme::MicrosoftAzure => return Err(absent("ledger-azure")),
        _ => return Err(unknown()),
    };
    Ok((store, dir))
}

/// An address for messages, which must not show a password.
pub(super) fn shown(address: &str) -> PathBuf {
    if has_user(address) {
        "the address of the ledger".into()
    } else {
        address.into()
    }
}

/// The address at which a cloud tells a machine its role. It is asked if no credentials are set.
const METADATA: &str = "169.254.169.254";

/// A cause in plain words where the text of the library does not name it.
pub(super) fn known_cause(text: &str) -> String {
    if text.contains(METADATA) {
        "no credentials are set, and this machine has no role: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or those \
         of the other cloud"
            .to_owned()
    } else if text.contains("builder error") {
        format!("{text}; a store without TLS needs AWS_ALLOW_HTTP=true")
    } else {
        text.to_owned()
    }
}

/// The error for a cloud that this build does not support.
#[cfg(not(all(feature = "ledger-gcp", feature = "ledger-azure")))]
fn absent(feature: &str) -> String {
    format!(
        "this build does not support the store; `cargo install --path . --features {feature}` builds one that does"
    )
}
