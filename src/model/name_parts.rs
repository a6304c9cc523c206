//! Responsible for the parts of a name that are compared with another name: its letters and digits in
//! lower case, and the words in which one letter may differ.

use super::confusable::normalized;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

/// The letters of a word in which two exchanged letters count as a slip. Shorter words differ too
/// easily: `de` and `ed`.
const EXCHANGE_FROM: usize = 4;

/// The letters of the longer of two words in which one other, missing or additional letter counts
/// as a slip. Shorter words differ too easily: `east` and `eats`, `prod` and `pro`.
const SLIP_FROM: usize = 6;

/// The most letters of a word in which slips are searched.
const LONGEST_WORD: usize = 32;

/// The same in every run of one build. The result of a lookup does not depend on it.
pub(super) fn key(parts: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}

/// A name in lower case without separators. The name itself, if it has nothing else.
pub fn folded_name(name: &str) -> Box<str> {
    let mut folded = String::with_capacity(name.len());
    if name.is_ascii() {
        let lowercase = name.chars().map(|character| character.to_ascii_lowercase());
        each_character(lowercase, |character, _| folded.push(character));
    } else {
        let lowercase = normalized(name).to_lowercase();
        each_character(lowercase.chars(), |character, _| folded.push(character));
    }
    if folded.is_empty() {
        name.into()
    } else {
        folded.into()
    }
}

/// Calls `add` with each character that is no separator, and with whether a separator stands before it.
fn each_character(name: impl Iterator<Item = char>, mut add: impl FnMut(char, bool)) {
    let mut last: Option<char> = None;
    let mut is_separated = false;
    for character in name {
        if is_separator(character) {
            is_separated = true;
            continue;
        }
        // Without a mark, `1-12` and `11-2` would be equal.
        if is_separated && character.is_numeric() && last.is_some_and(char::is_numeric) {
            add('-', false);
        }
        add(character, is_separated);
        last = Some(character);
        is_separated = false;
    }
}

/// A name in lower case without separators, and the words in it.
#[derive(Debug, Default)]
pub(super) struct Parts {
    characters: Vec<char>,
    /// Words of letters that have a lower case. A letter of other scripts can be a word.
    words: Vec<Range<usize>>,
}

impl Parts {
    pub(super) fn new(name: &str) -> Self {
        let mut parts = Self::default();
        let lowercase = normalized(name).to_lowercase();
        each_character(lowercase.chars(), |character, is_separated| {
            parts.add(character, is_separated);
        });
        parts
    }

    fn add(&mut self, character: char, is_separated: bool) {
        let at = self.characters.len();
        if character.is_lowercase() {
            match self.words.last_mut() {
                Some(word) if word.end == at && !is_separated => word.end = at + 1,
                _ => self.words.push(at..at + 1),
            }
        }
        self.characters.push(character);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.characters.is_empty()
    }

    pub(super) fn folded(&self) -> &[char] {
        &self.characters
    }

    /// The words in which a slip is searched.
    fn searched(&self) -> impl Iterator<Item = &Range<usize>> {
        self.words
            .iter()
            .filter(|word| (EXCHANGE_FROM..=LONGEST_WORD).contains(&word.len()))
    }

    /// One key for the name, and one for each letter whose absence is a slip. Two names with a slip
    /// have a common key: each loses the letter that differs.
    pub(super) fn keys(&self) -> Vec<u64> {
        let text = |range: Range<usize>| self.characters[range].iter().collect::<String>();
        let end = self.characters.len();
        let mut keys = vec![key(&[&text(0..end), ""])];
        for word in self.searched() {
            let (before, after) = (text(0..word.start), text(word.end..end));
            keys.push(key(&[&before, &text(word.clone()), &after]));
            for at in word.clone() {
                let rest = text(word.start..at) + &text(at + 1..word.end);
                keys.push(key(&[&before, &rest, &after]));
            }
        }
        keys
    }

    /// Whether the names differ in a slip in one word.
    pub(super) fn has_slip(&self, other: &Self) -> bool {
        self.searched().any(|word| {
            other.searched().any(|others| {
                let before = (&self.characters[..word.start], &self.characters[word.end..]);
                let after = (
                    &other.characters[..others.start],
                    &other.characters[others.end..],
                );
                let (word, others) = (word.clone(), others.clone());
                before == after && is_slip(&self.characters[word], &other.characters[others])
            })
        })
    }
}

fn is_separator(character: char) -> bool {
    character.is_whitespace() || "-_.,:;/|&!\"'()[]{}\u{2019}".contains(character)
}

/// Whether a word is the other with two letters exchanged, or with one other, missing or additional
/// letter after the first.
fn is_slip(word: &[char], other: &[char]) -> bool {
    let (short, long) = if word.len() <= other.len() {
        (word, other)
    } else {
        (other, word)
    };
    let start = short
        .iter()
        .zip(long)
        .take_while(|(left, right)| left == right)
        .count();
    let (short_rest, long_rest) = (&short[start..], &long[start..]);
    let allows_slip = start > 0 && long.len() >= SLIP_FROM;
    match (short_rest, long_rest) {
        (short_rest, [_, rest @ ..]) if short.len() < long.len() => {
            allows_slip && short_rest == rest
        }
        ([a, b, left @ ..], [c, d, right @ ..]) if a == d && b == c => left == right,
        ([_, left @ ..], [_, right @ ..]) => allows_slip && left == right,
        _ => false,
    }
}
