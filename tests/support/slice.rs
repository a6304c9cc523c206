//! Responsible for the slice of the cases that runs: a fixed one by default, another one with
//! `AIRLIFT_SLICE=NUMBER/OF`, and every case with `AIRLIFT_EXHAUSTIVE=1`.

use std::env;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::str::FromStr;

/// One of several equal parts of the cases. It has the same cases in every run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Slice {
    pub(crate) number: usize,
    pub(crate) of: usize,
}

impl Slice {
    pub(crate) const WHOLE: Self = Self { number: 0, of: 1 };
    const DEFAULT: Self = Self { number: 0, of: 32 };

    /// The slice that the environment selects.
    pub(crate) fn from_environment() -> Self {
        let chosen = env::var("AIRLIFT_SLICE").ok();
        match chosen {
            Some(text) => text.parse().expect("AIRLIFT_SLICE is NUMBER/OF"),
            None if env::var_os("AIRLIFT_EXHAUSTIVE").is_some() => Self::WHOLE,
            None => Self::DEFAULT,
        }
    }

    /// The slice of the cases within a group, after [`Slice::has_index`] has chosen among `most`
    /// groups.
    pub(crate) fn within(self, most: usize) -> Self {
        let of = self.of.min(most);
        Self {
            number: self.number / of,
            of: self.of.div_ceil(of),
        }
    }

    /// Whether a case with this name belongs to the slice.
    pub(crate) fn has_name(self, name: &str) -> bool {
        let hasher = BuildHasherDefault::<DefaultHasher>::default();
        hasher.hash_one(name) % self.of as u64 == self.number as u64
    }

    /// Whether the case at an index belongs to the slice. Of any `most` cases in a row, at least
    /// one does.
    pub(crate) fn has_index(self, index: usize, most: usize) -> bool {
        let of = self.of.min(most);
        index % of == self.number % of
    }
}

impl FromStr for Slice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let invalid = || format!("{text} is not NUMBER/OF");
        let (number, of) = text.split_once('/').ok_or_else(invalid)?;
        let slice = Self {
            number: number.parse().map_err(|_| invalid())?,
            of: of.parse().map_err(|_| invalid())?,
        };
        (slice.number < slice.of)
            .then_some(slice)
            .ok_or_else(invalid)
    }
}
