//! Neutralizing of text that came from a file, the API or the environment, before it is shown.
//!
//! Two dangers: characters that steer a terminal or disguise a text (control, bidirectional,
//! invisible), and texts that a CI runner obeys when it sees them in a log. Both are made
//! visible instead of being removed, so that a reader sees what is there.

use crate::model::is_invisible;
use std::borrow::Cow;
use std::fmt;

/// Text that is safe to show: one line, nothing invisible, no command in the middle of it.
///
/// The writers of this room accept nothing else.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Safe(Cow<'static, str>);

impl Safe {
    /// Neutralizes a text; line breaks become visible too.
    pub fn new(text: impl fmt::Display) -> Self {
        Self(Cow::Owned(neutralize(&text.to_string(), &mut [])))
    }

    /// Neutralizes each line of a text.
    pub fn lines(text: &str) -> impl Iterator<Item = Self> {
        text.lines().map(Self::new)
    }

    /// Neutralizes a text and moves byte positions in it to where they are afterwards.
    pub fn with_positions(text: &str, positions: &mut [usize]) -> Self {
        Self(Cow::Owned(neutralize(text, positions)))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&'static str> for Safe {
    /// Words of this program's own, which need no neutralizing.
    fn from(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl fmt::Display for Safe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn neutralize(text: &str, positions: &mut [usize]) -> String {
    let mut safe = String::with_capacity(text.len());
    let old = positions.to_vec();
    for (at, character) in text.char_indices() {
        for (position, old) in positions.iter_mut().zip(&old) {
            if *old == at {
                *position = safe.len();
            }
        }
        if is_dangerous(character) {
            safe.extend(character.escape_default());
        } else if is_command(&text[at..]) {
            safe.push_str(&visible(character));
        } else {
            safe.push(character);
        }
    }
    for (position, old) in positions.iter_mut().zip(&old) {
        if *old >= text.len() {
            *position = safe.len();
        }
    }
    safe
}

/// The form of a character that nothing obeys.
pub(crate) fn visible(character: char) -> String {
    character.escape_unicode().to_string()
}

/// A whole line of safe text, with what a CI runner would obey in it broken.
pub(crate) fn break_commands(line: &str) -> Cow<'_, str> {
    break_at(line, &commands(line))
}

/// Makes the characters at these positions visible.
pub(crate) fn break_at<'a>(text: &'a str, positions: &[usize]) -> Cow<'a, str> {
    let mut result = Cow::Borrowed(text);
    for &at in positions.iter().rev() {
        if let Some(character) = text[at..].chars().next() {
            let end = at + character.len_utf8();
            result.to_mut().replace_range(at..end, &visible(character));
        }
    }
    result
}

/// Where a line, as it will be written, holds something that a CI runner obeys.
///
/// Lines are put together from safe parts, so this finds only what arises between them, and
/// `::` as the first thing in a line, which no part can know of itself.
pub(crate) fn commands(line: &str) -> Vec<usize> {
    let start = line.len() - line.trim_start().len();
    let at_start = line[start..].starts_with("::").then_some(start);
    let pairs = line.as_bytes().windows(2).enumerate();
    let inside = pairs
        .filter(|(_, pair)| *pair == b"##")
        .map(|(at, _)| at)
        .filter(|at| is_command(&line[*at..]));
    at_start.into_iter().chain(inside).collect()
}

/// Azure Pipelines and the older GitHub runner obey `##[…` and `##vso[…` anywhere in a line,
/// `TeamCity` obeys `##teamcity[…`.
fn is_command(rest: &str) -> bool {
    rest.strip_prefix("##").is_some_and(|rest| {
        rest.trim_start_matches(|c: char| c.is_ascii_alphabetic())
            .starts_with('[')
    })
}

/// Whether a character must be escaped. U+FE0F only makes an emoji colorful.
pub(crate) fn is_dangerous(character: char) -> bool {
    is_invisible(character) && character != '\u{fe0f}'
}

#[cfg(test)]
mod tests {
    use super::{Safe, commands, is_dangerous};
    use proptest::prelude::*;

    #[test]
    fn dangers_become_visible() {
        let shown = |text: &str| Safe::new(text).to_string();
        assert_eq!(shown("a\u{1b}[31mb\rc"), r"a\u{1b}[31mb\rc");
        assert_eq!(
            shown("x\u{202e}y\u{200b}\u{9b}"),
            r"x\u{202e}y\u{200b}\u{9b}"
        );
        assert_eq!(shown("two\nlines\tand"), r"two\nlines\tand");
        assert_eq!(Safe::from("own words").as_str(), "own words");
        assert_eq!(
            shown("##[error]x ##vso[task]"),
            r"\u{23}#[error]x \u{23}#vso[task]"
        );
        assert_eq!(shown("###[x"), r"#\u{23}#[x");
        assert_eq!(
            shown("## a [b] %0A naïve 日本 ❤️"),
            "## a [b] %0A naïve 日本 ❤️"
        );
    }

    #[test]
    fn positions_follow_the_text() {
        let mut positions = [1, 2, 3];
        let safe = Safe::with_positions("a\u{7}b", &mut positions);
        assert_eq!((safe.as_str(), positions), (r"a\u{7}b", [1, 6, 7]));
    }

    #[test]
    fn positions_at_and_beyond_the_end_move_there() {
        let mut positions = [0, 3, 4, 99];
        let safe = Safe::with_positions("\u{7}ab", &mut positions);
        assert_eq!((safe.as_str(), positions), (r"\u{7}ab", [0, 7, 7, 7]));
        let mut inside = [3, 5];
        Safe::with_positions("é##[é", &mut inside);
        assert_eq!(inside, [8, 10]);
    }

    #[test]
    fn commands_have_their_places() {
        assert_eq!(
            commands("  ::x ##[y] ##vso[z] ##teamcity[ ## ["),
            [2, 6, 12, 21]
        );
        assert_eq!(commands("x ::y #[z] ##1["), [] as [usize; 0]);
        assert_eq!(commands("###["), [1]);
        assert_eq!(super::break_commands("  ::x"), r"  \u{3a}:x");
        assert_eq!(super::break_commands("x"), "x");
        assert_eq!(super::break_at("é#é", &[2]), r"é\u{23}é");
        let lines: Vec<_> = Safe::lines("a\nb").map(|line| line.to_string()).collect();
        assert_eq!(lines, ["a", "b"]);
    }

    #[test]
    fn ordinary_letters_are_not_dangerous() {
        for ordinary in [
            'a', ' ', 'é', '\u{fe0f}', '\u{200a}', '\u{2010}', '\u{2027}', '\u{202f}', '\u{fffd}',
        ] {
            assert!(!is_dangerous(ordinary), "{ordinary:?}");
        }
        for odd in [
            '\u{ad}',
            '\u{200b}',
            '\u{202e}',
            '\u{2066}',
            '\u{feff}',
            '\u{7f}',
            '\u{9b}',
            '\u{e0001}',
        ] {
            assert!(is_dangerous(odd), "{odd:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_dangerous_is_left(text in any::<String>()) {
            let safe = Safe::new(&text);
            prop_assert!(!safe.as_str().chars().any(is_dangerous));
            prop_assert!(commands(safe.as_str()).iter().all(|at| safe.as_str()[*at..].starts_with("::")));
            prop_assert_eq!(Safe::new(safe.as_str()), safe);
        }

        #[test]
        fn commands_are_broken(text in "[ #:\\[a-z\u{1b}\u{200d}]{0,40}") {
            let safe = Safe::new(&text).to_string();
            prop_assert!(!safe.contains("##[") && !safe.contains("##vso["));
        }
    }
}
