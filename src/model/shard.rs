//! Responsible for shards: which part of the customers a run covers.

use sha2::{Digest as _, Sha256};
use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

/// The most shards. Each shard reads the ledgers of all others.
const MOST: u16 = 256;

/// One of several parts of the customers. Numbers start from 0, as the completion index of a Kubernetes Job does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Shard {
    index: u16,
    count: NonZeroU16,
}

/// The text is no shard.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ShardError;

impl fmt::Display for ShardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a shard is written as INDEX/COUNT, such as 0/4 for the first of four; COUNT is at most {MOST}"
        )
    }
}

impl std::error::Error for ShardError {}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (index, count) = text.split_once('/').ok_or(ShardError)?;
        let number = |text: &str| -> Result<u16, ShardError> {
            let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            is_number
                .then(|| text.parse().ok())
                .flatten()
                .ok_or(ShardError)
        };
        let (index, count) = (number(index)?, number(count)?);
        let count = NonZeroU16::new(count)
            .filter(|count| count.get() <= MOST && index < count.get())
            .ok_or(ShardError)?;
        Ok(Self { index, count })
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl Shard {
    /// The number of the shard, from 0.
    pub fn index(self) -> u16 {
        self.index
    }

    /// The number of all shards.
    pub fn count(self) -> u16 {
        self.count.get()
    }

    /// All shards, if there are so many.
    pub fn all(count: NonZeroU16) -> impl Iterator<Item = Self> {
        (0..count.get()).map(move |index| Self { index, count })
    }

    /// The other shards.
    pub fn others(self) -> impl Iterator<Item = Self> {
        let indexes = (0..self.count.get()).filter(move |index| *index != self.index);
        indexes.map(move |index| Self { index, ..self })
    }

    /// Whether a new customer belongs to the shard. The first 64 bits of the SHA-256 of its name, big-endian, choose
    /// the shard, so that every version on every machine chooses the same one.
    pub fn is_chosen_for(self, name: &str) -> bool {
        let digest = Sha256::digest(name);
        let number = digest
            .iter()
            .take(8)
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        number % u64::from(self.count.get()) == u64::from(self.index)
    }
}

#[cfg(test)]
mod tests {
    use super::{Shard, ShardError};

    #[test]
    fn shard_from_text_accepts_an_index_below_the_count() {
        for text in ["0/1", "0/4", "3/4", "255/256"] {
            assert_eq!(text.parse::<Shard>().unwrap().to_string(), text);
        }
        for text in [
            "", "1", "1/", "/4", "4/4", "0/0", "0/257", "-1/4", "+0/4", "0/4/4", "a/b",
        ] {
            assert_eq!(text.parse::<Shard>(), Err(ShardError), "{text}");
        }
    }

    #[test]
    fn every_name_has_one_shard_that_never_changes() {
        let shards = ["0/4", "1/4", "2/4", "3/4"].map(|text| text.parse::<Shard>().unwrap());
        let mut counts = [0; 4];
        for number in 0..1000 {
            let name = format!("customer-{number}");
            let chosen: Vec<usize> = (0..4)
                .filter(|index| shards[*index].is_chosen_for(&name))
                .collect();
            assert_eq!(chosen.len(), 1, "{name}");
            counts[chosen[0]] += 1;
        }
        assert!(counts.iter().all(|count| *count > 200), "{counts:?}");
        let chosen = |name: &str| shards.iter().position(|shard| shard.is_chosen_for(name));
        // Known values: a ledger of an earlier version must agree.
        assert_eq!(
            ["acme", "globex", "initech"].map(chosen),
            [Some(0), Some(3), Some(3)]
        );
    }
}
