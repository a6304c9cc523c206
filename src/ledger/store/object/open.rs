//! An address to a store: which vendor's, and how patient its client is. S3 is always there, the
//! other clouds with their Cargo features.
//!
//! What a store's own tools read (`AWS_*`, `GOOGLE_*`, `AZURE_*`) is handed in; addresses and
//! credentials never come from a project's files.

use object_store::aws::AmazonS3Builder;
#[cfg(feature = "ledger-azure")]
use object_store::azure::MicrosoftAzureBuilder;
#[cfg(feature = "ledger-gcp")]
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreScheme, RetryConfig};
use std::sync::Arc;
use std::time::Duration;

/// Less than the time for which a lease is held without being renewed, so that a store that
/// does not answer ends a write before the right to it ends.
const PATIENCE: Duration = Duration::from_secs(20);

macro_rules! build {
    ($builder:ty, $address:expr, $variables:expr) => {{
        let builder = <$builder>::new()
            .with_url($address)
            .with_retry(RetryConfig {
                max_retries: 5,
                retry_timeout: PATIENCE,
                ..RetryConfig::default()
            });
        let set = |builder: $builder, (name, value): (String, String)| {
            match name.to_ascii_lowercase().parse() {
                Ok(key) => builder.with_config(key, value),
                // A variable that is none of its settings.
                Err(_) => builder,
            }
        };
        let store = $variables.into_iter().fold(builder, set).build();
        Arc::new(store.map_err(|error| super::cause(&error))?) as Arc<dyn ObjectStore>
    }};
}

/// The store that an address names, and the directory in it.
pub(super) fn store(
    address: &str,
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<(Arc<dyn ObjectStore>, Key), String> {
    crate::http::install_crypto_provider();
    let unknown = || {
        "a ledger's address is s3://BUCKET/DIR, gs://BUCKET/DIR or az://CONTAINER/DIR".to_owned()
    };
    let url = address.parse().map_err(|_| unknown())?;
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

/// What is said of a cloud that this build leaves out.
#[cfg(not(all(feature = "ledger-gcp", feature = "ledger-azure")))]
fn absent(feature: &str) -> String {
    format!(
        "this build has no such store; `cargo install --path . --features {feature}` builds one"
    )
}
