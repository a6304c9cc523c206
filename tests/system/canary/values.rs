//! Responsible for generating canaries: unique values that look like secrets, or that are hard to
//! quote and escape.

use super::encode::{DIGITS, HEAD};
use fastrand::Rng;

/// What the value of a canary looks like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CanaryPattern {
    /// Letters and digits, as most tokens have.
    Plain,
    /// Twelve characters.
    Short,
    /// Quotes of every kind, and the special characters of shells, XML and YAML.
    Quoted,
    /// Characters that URLs and forms escape.
    Escaped,
    /// Characters of several bytes.
    Unicode,
    /// Several lines, as a private key has.
    Lines,
    /// Eight thousand characters.
    Long,
    /// Digits only.
    Digits,
}

impl CanaryPattern {
    pub(crate) const ALL: [Self; 8] = [
        Self::Plain,
        Self::Short,
        Self::Quoted,
        Self::Escaped,
        Self::Unicode,
        Self::Lines,
        Self::Long,
        Self::Digits,
    ];
}

/// A unique secret value.
#[derive(Clone, Debug)]
pub(crate) struct Canary {
    /// The field and the store that hold the value.
    pub(crate) origin: String,
    pub(crate) value: String,
}

/// Generates the same canaries in every run.
pub(crate) struct CanaryGenerator {
    rng: Rng,
    generated: usize,
}

impl CanaryGenerator {
    /// Two generators with different seeds generate different values.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            generated: 0,
        }
    }

    /// A canary with the next pattern, in turn.
    pub(crate) fn next(&mut self, origin: impl Into<String>) -> Canary {
        let pattern = CanaryPattern::ALL[self.generated % CanaryPattern::ALL.len()];
        self.canary(origin, pattern)
    }

    pub(crate) fn canary(&mut self, origin: impl Into<String>, pattern: CanaryPattern) -> Canary {
        self.generated += 1;
        let value = match pattern {
            CanaryPattern::Digits => self.digits(2 * DIGITS),
            _ => format!(
                "{}{}{}",
                self.letters(HEAD),
                self.middle(pattern),
                self.tail()
            ),
        };
        Canary {
            origin: origin.into(),
            value,
        }
    }

    fn middle(&mut self, pattern: CanaryPattern) -> String {
        match pattern {
            CanaryPattern::Plain => self.letters(28),
            CanaryPattern::Short | CanaryPattern::Digits => String::new(),
            CanaryPattern::Quoted => format!("'\"\\\"`$(x)<&>{{}}\t#: {}", self.letters(12)),
            CanaryPattern::Escaped => format!(" +%2f/?=&;{}", self.letters(16)),
            CanaryPattern::Unicode => format!("é-ü-漢字-🔑{}", self.letters(16)),
            CanaryPattern::Lines => {
                let lines = [(); 3].map(|()| self.letters(40));
                format!("\n{}\n", lines.join("\n")) + &self.letters(8)
            }
            CanaryPattern::Long => self.letters(8_180),
        }
    }

    fn letters(&mut self, count: usize) -> String {
        (0..count).map(|_| self.rng.alphanumeric()).collect()
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| self.rng.digit(10)).collect()
    }

    /// Starts with a character that no identifier, number or encoding of this suite contains, so
    /// that a match of four characters is no coincidence. The other three differ for each canary.
    fn tail(&self) -> String {
        let letters = (b'0'..=b'9').chain(b'A'..=b'Z').chain(b'a'..=b'z');
        let letters: Vec<char> = letters.map(char::from).collect();
        // 7919 is prime and no factor of 62³, so that consecutive numbers give dissimilar tails.
        let number = self.generated * 7919;
        let digit = |place: usize| letters[number / place % 62];
        ['^', digit(62 * 62), digit(62), digit(1)].iter().collect()
    }
}
