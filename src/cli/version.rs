//! Responsible for what `airlift --version` says about the build.

use std::sync::LazyLock;

/// The commit of the build, which the release command sets.
const COMMIT: Option<&str> = option_env!("AIRLIFT_COMMIT");

/// The Cargo features that bring stores of secrets or of ledgers, or traces, and whether the build has them.
const FEATURES: [(&str, bool); 8] = [
    ("stores", cfg!(feature = "stores")),
    ("stores-age", cfg!(feature = "stores-age")),
    ("stores-aws", cfg!(feature = "stores-aws")),
    ("stores-azure", cfg!(feature = "stores-azure")),
    ("stores-gcp", cfg!(feature = "stores-gcp")),
    ("ledger-azure", cfg!(feature = "ledger-azure")),
    ("ledger-gcp", cfg!(feature = "ledger-gcp")),
    ("otel", cfg!(feature = "otel")),
];

static LONG: LazyLock<String> = LazyLock::new(|| {
    let features: Vec<&str> = FEATURES
        .iter()
        .filter(|(_, is_on)| *is_on)
        .map(|(name, _)| *name)
        .collect();
    let features = if features.is_empty() {
        "none".to_owned()
    } else {
        features.join(", ")
    };
    format!(
        "{}\ncommit: {}\nfeatures: {features}\nsecret stores: {}\nledgers: files, S3{}{}",
        env!("CARGO_PKG_VERSION"),
        COMMIT.unwrap_or("not recorded in this build"),
        crate::model::STORES.join(", "),
        if cfg!(feature = "ledger-gcp") {
            ", GCS"
        } else {
            ""
        },
        if cfg!(feature = "ledger-azure") {
            ", Azure"
        } else {
            ""
        },
    )
});

/// The version, the commit, the features and the stores.
pub(super) fn long() -> &'static str {
    &LONG
}
