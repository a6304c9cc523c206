//! Responsible for the properties that hold for any input, one function each. The fuzz targets under
//! `tests/fuzz` and the tests below call them. Compiled only for fuzzing and tests.
//!
//! A property panics when it does not hold. A property that needs private items of a module is defined
//! in that module.

pub use crate::api::fuzzing::{headers, wire};
pub use crate::config::fuzzing::{config, yaml};
pub use crate::ledger::fuzzing::ledger;
pub use crate::render::fuzzing::writer;
pub use crate::secrets::fuzzing::secret_fields;

use crate::model::{Address, SecretRef};
use std::ffi::OsString;

/// A secret that no other text shares four characters with.
pub(crate) const SAMPLE_SECRET: &str = "zQ7x9K2w\"4Jq8/V3+y6é";

/// A reference or an address that parses is displayed as it was written.
pub fn reference(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(reference) = text.parse::<SecretRef>() {
        assert_eq!(reference.to_string(), text);
        let json = serde_json::to_string(&reference).unwrap_or_default();
        assert_eq!(
            serde_json::from_str::<SecretRef>(&json).ok(),
            Some(reference)
        );
    }
    if let Ok(address) = text.parse::<Address>() {
        assert_eq!(address.to_string().parse().ok(), Some(address));
    }
}

/// Any arguments are accepted or rejected with a message, without a panic.
pub fn arguments(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let name = OsString::from("airlift");
    let rest = text.split('\n').map(OsString::from);
    if let Err(error) = crate::cli::parse(std::iter::once(name).chain(rest), 80) {
        assert!(!error.render().to_string().is_empty());
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// The name of a fuzz target and its property.
    type Target = (&'static str, fn(&[u8]));

    const TARGETS: [Target; 9] = [
        ("arguments", super::arguments),
        ("config", super::config),
        ("headers", super::headers),
        ("ledger", super::ledger),
        ("reference", super::reference),
        ("secret_fields", super::secret_fields),
        ("wire", super::wire),
        ("writer", super::writer),
        ("yaml", super::yaml),
    ];

    #[test]
    fn properties_hold_for_committed_seeds() {
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz");
        for (name, property) in TARGETS {
            assert!(fuzz.join(format!("targets/{name}.rs")).is_file(), "{name}");
            let seeds: Vec<_> = fuzz.join("seeds").join(name).read_dir().unwrap().collect();
            assert!(!seeds.is_empty(), "{name} has no seeds");
            for seed in seeds {
                property(&std::fs::read(seed.unwrap().path()).unwrap());
            }
        }
    }
}
