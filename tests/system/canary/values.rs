//! The canaries: values that occur nowhere else, in the shapes that secrets have and that break
//! things.

use super::encode::{DIGITS, HEAD};
use fastrand::Rng;

/// What a value looks like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Shape {
    /// As most tokens are.
    Plain,
    /// Twelve characters.
    Short,
    /// Quotes of every kind, and what shells, XML and YAML obey.
    Quoted,
    /// What URLs and forms escape.
    Escaped,
    /// Letters of more than one byte.
    Unicode,
    /// A key over several lines.
    Lines,
    /// Eight thousand characters.
    Long,
    /// Digits alone.
    Digits,
}

impl Shape {
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

/// One canary.
#[derive(Clone, Debug)]
pub(crate) struct Canary {
    /// Where it was let out.
    pub(crate) place: String,
    /// What it sings.
    pub(crate) value: String,
}

/// Makes canaries, the same in every run.
pub(crate) struct CanaryGenerator {
    rng: Rng,
    made: usize,
}

impl CanaryGenerator {
    /// Those of one seed are not those of another.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            made: 0,
        }
    }

    /// The next shape, in turn.
    pub(crate) fn any(&mut self, place: impl Into<String>) -> Canary {
        let shape = Shape::ALL[self.made % Shape::ALL.len()];
        self.canary(place, shape)
    }

    pub(crate) fn canary(&mut self, place: impl Into<String>, shape: Shape) -> Canary {
        self.made += 1;
        let value = match shape {
            Shape::Digits => self.digits(2 * DIGITS),
            _ => format!(
                "{}{}{}",
                self.letters(HEAD),
                self.middle(shape),
                self.tail()
            ),
        };
        Canary {
            place: place.into(),
            value,
        }
    }

    fn middle(&mut self, shape: Shape) -> String {
        match shape {
            Shape::Plain => self.letters(28),
            Shape::Short | Shape::Digits => String::new(),
            Shape::Quoted => format!("'\"\\\"`$(x)<&>{{}}\t#: {}", self.letters(12)),
            Shape::Escaped => format!(" +%2f/?=&;{}", self.letters(16)),
            Shape::Unicode => format!("é-ü-漢字-🔑{}", self.letters(16)),
            Shape::Lines => {
                let lines = [(); 3].map(|()| self.letters(40));
                format!("\n{}\n", lines.join("\n")) + &self.letters(8)
            }
            Shape::Long => self.letters(8_180),
        }
    }

    fn letters(&mut self, count: usize) -> String {
        (0..count).map(|_| self.rng.alphanumeric()).collect()
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| self.rng.digit(10)).collect()
    }

    /// Begins with a character that no identifier, number or encoding of this suite holds, so
    /// that four characters cannot meet by chance; the others are no other canary's.
    fn tail(&self) -> String {
        let letters = (b'0'..=b'9').chain(b'A'..=b'Z').chain(b'a'..=b'z');
        let letters: Vec<char> = letters.map(char::from).collect();
        // Neighbours look unlike: 62 cubed has no factor of 7919.
        let number = self.made * 7919;
        let digit = |place: usize| letters[number / place % 62];
        ['^', digit(62 * 62), digit(62), digit(1)].iter().collect()
    }
}
