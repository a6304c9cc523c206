//! Responsible for the waves of an apply, and for the order of customers in them.

use super::CountOrPercent;
use sha2::{Digest, Sha256};
use std::fmt;

/// One wave of an apply, as `--waves` names it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Wave {
    /// The customers that the waves up to this one have together.
    Size(CountOrPercent),
    /// The customers with this label that no earlier wave has.
    Label {
        /// The label.
        key: String,
        /// Its value.
        value: String,
    },
}

impl fmt::Display for Wave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size(CountOrPercent::Count(count)) => write!(f, "{count}"),
            Self::Size(CountOrPercent::Percent(percent)) => write!(f, "{percent}%"),
            Self::Label { key, value } => write!(f, "label:{key}={value}"),
        }
    }
}

/// The key by which waves order customers. It depends on the name only, so that the first customers are the same in
/// each run.
pub fn wave_order(name: &str) -> [u8; 32] {
    Sha256::digest(name).into()
}
