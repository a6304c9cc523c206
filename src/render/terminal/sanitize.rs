//! Responsible for neutralizing text from files, the API and the environment before it is printed.
//!
//! Two kinds of text are dangerous: characters that control a terminal or disguise a text (control,
//! bidirectional, invisible), and commands that a CI runner executes when they appear in a log.
//! Both are escaped, not removed, so that a reader sees the original text.

use crate::model::is_invisible;
use std::borrow::Cow;
use std::fmt;

/// Commands at the start of a line: of GitHub, and of Buildkite, which folds its log there.
const STARTS: [&str; 5] = ["::", "--- ", "+++ ", "~~~ ", "^^^ "];
/// Starts and ends of a section in the logs of GitLab and Travis.
const FOLDS: [&str; 3] = ["section_start:", "section_end:", "travis_fold:"];

/// Text that is safe to print: one line, no invisible character, no CI command inside.
///
/// [`Line`](super::Line) accepts no other text than this and that of the program.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Safe(Cow<'static, str>);

impl Safe {
    /// Neutralizes a text. Line breaks are escaped too.
    pub fn new(text: impl fmt::Display) -> Self {
        let text = text.to_string();
        if is_harmless(&text) {
            return Self(Cow::Owned(text));
        }
        Self(Cow::Owned(neutralize(&text, &mut [])))
    }

    /// Neutralizes each line of a text.
    pub fn lines(text: &str) -> impl Iterator<Item = Self> {
        text.lines().map(Self::new)
    }

    /// Neutralizes a text, and updates byte positions in the text to those in the result.
    pub fn with_positions(text: &str, positions: &mut [usize]) -> Self {
        Self(Cow::Owned(neutralize(text, positions)))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Text that a line takes: a [`Safe`], or text of this program. No other type may implement it, because lines do not escape
/// text.
pub trait SafeText {
    /// Appends the text to a line.
    fn append_to(self, line: &mut String);
}

impl SafeText for Safe {
    fn append_to(self, line: &mut String) {
        line.push_str(&self.0);
    }
}

impl SafeText for &Safe {
    fn append_to(self, line: &mut String) {
        line.push_str(&self.0);
    }
}

impl SafeText for &'static str {
    fn append_to(self, line: &mut String) {
        line.push_str(self);
    }
}

impl From<&'static str> for Safe {
    /// Text of this program needs no neutralizing.
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
    if is_harmless(text) {
        for position in positions {
            *position = text.len().min(*position);
        }
        return text.to_owned();
    }
    let mut safe = String::with_capacity(text.len());
    let originals = positions.to_vec();
    for (at, character) in text.char_indices() {
        for (position, original) in positions.iter_mut().zip(&originals) {
            if *original == at {
                *position = safe.len();
            }
        }
        if is_dangerous(character) {
            safe.extend(character.escape_default());
        } else if is_command(&text[at..]) {
            safe.push_str(&escaped(character));
        } else {
            safe.push(character);
        }
    }
    for (position, original) in positions.iter_mut().zip(&originals) {
        if *original >= text.len() {
            *position = safe.len();
        }
    }
    safe
}

/// A character as a `\u{…}` escape.
pub(crate) fn escaped(character: char) -> String {
    character.escape_unicode().to_string()
}

/// A line of safe text in which every CI command is escaped.
pub(crate) fn break_commands(line: &str) -> Cow<'_, str> {
    break_at(line, &commands(line))
}

/// Escapes the characters at these positions.
pub(crate) fn break_at<'a>(text: &'a str, positions: &[usize]) -> Cow<'a, str> {
    let mut result = Cow::Borrowed(text);
    for &at in positions.iter().rev() {
        if let Some(character) = text[at..].chars().next() {
            let end = at + character.len_utf8();
            result.to_mut().replace_range(at..end, &escaped(character));
        }
    }
    result
}

/// The positions of CI commands in a line, as it will be written.
///
/// A line consists of safe parts. So a command can only arise at the border of two parts, or from a
/// part with `::` that comes to stand at the start of the line.
pub(crate) fn commands(line: &str) -> Vec<usize> {
    let start = line.len() - line.trim_start().len();
    let is_at_start = STARTS.iter().any(|fold| line[start..].starts_with(fold));
    let at_start = is_at_start.then_some(start);
    let inside = may_have_command(line).then(|| {
        let positions = line.char_indices().map(|(at, _)| at);
        positions.filter(|at| is_command(&line[*at..]))
    });
    let inside = inside.into_iter().flatten();
    at_start.into_iter().chain(inside).collect()
}

/// Whether a text has nothing to escape. Most texts have nothing, and a plan has many.
fn is_harmless(text: &str) -> bool {
    text.bytes().all(is_printable_ascii) && !may_have_command(text)
}

/// Whether a text may contain a CI command.
fn may_have_command(text: &str) -> bool {
    // Every command has one of these characters.
    text.bytes().any(|byte| matches!(byte, b'#' | b':'))
        && (text.contains("##") || FOLDS.iter().any(|fold| text.contains(fold)))
}

fn is_printable_ascii(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

/// Azure Pipelines and old GitHub runners execute `##[…` and `##vso[…` anywhere in a line,
/// `TeamCity` executes `##teamcity[…`. GitLab and Travis fold a log at [`FOLDS`].
fn is_command(rest: &str) -> bool {
    if FOLDS.iter().any(|fold| rest.starts_with(fold)) {
        return true;
    }
    rest.strip_prefix("##").is_some_and(|rest| {
        rest.trim_start_matches(|c: char| c.is_ascii_alphabetic())
            .starts_with('[')
    })
}

/// Whether a character must be escaped. U+FE0F is harmless: it selects the color form of an emoji.
pub(crate) fn is_dangerous(character: char) -> bool {
    is_invisible(character) && character != '\u{fe0f}'
}

#[cfg(test)]
mod tests {
    use super::{STARTS, Safe, commands, is_dangerous};
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        Safe::new(text).to_string()
    }

    #[test]
    fn safe_with_control_characters_escapes_them() {
        assert_eq!(shown("a\u{1b}[31mb\rc"), r"a\u{1b}[31mb\rc");
        assert_eq!(shown("two\nlines\tand"), r"two\nlines\tand");
        assert_eq!(Safe::from("own words").as_str(), "own words");
    }

    #[test]
    fn safe_with_invisible_characters_escapes_them() {
        let text = "x\u{202e}y\u{200b}\u{9b}";
        assert_eq!(shown(text), r"x\u{202e}y\u{200b}\u{9b}");
    }

    #[test]
    fn safe_with_ci_commands_escapes_their_first_character() {
        let text = "##[error]x ##vso[task]";
        assert_eq!(shown(text), r"\u{23}#[error]x \u{23}#vso[task]");
        assert_eq!(shown("###[x"), r"#\u{23}#[x");
        assert_eq!(shown("a section_start:1:x"), r"a \u{73}ection_start:1:x");
    }

    #[test]
    fn safe_with_harmless_text_keeps_it() {
        let text = "## a [b] %0A naïve 日本 ❤️";
        assert_eq!(shown(text), text);
        let lines: Vec<_> = Safe::lines("a\nb").map(|line| line.to_string()).collect();
        assert_eq!(lines, ["a", "b"]);
    }

    #[test]
    fn positions_behind_an_escape_move_with_the_text() {
        let mut positions = [1, 2, 3];
        let safe = Safe::with_positions("a\u{7}b", &mut positions);
        assert_eq!((safe.as_str(), positions), (r"a\u{7}b", [1, 6, 7]));
        let mut positions = [3, 5];
        Safe::with_positions("é##[é", &mut positions);
        assert_eq!(positions, [8, 10]);
    }

    #[test]
    fn positions_beyond_the_end_move_to_the_end() {
        let mut positions = [0, 3, 4, 99];
        let safe = Safe::with_positions("\u{7}ab", &mut positions);
        assert_eq!((safe.as_str(), positions), (r"\u{7}ab", [0, 7, 7, 7]));
    }

    #[test]
    fn commands_in_a_line_are_located() {
        assert_eq!(
            commands("  ::x ##[y] ##vso[z] ##teamcity[ ## ["),
            [2, 6, 12, 21]
        );
        assert_eq!(commands("x ::y #[z] ##1["), [] as [usize; 0]);
        assert_eq!(commands("###["), [1]);
        assert_eq!(commands("  --- x --- y"), [2]);
        assert_eq!(commands("travis_fold:start"), [0]);
    }

    #[test]
    fn commands_in_a_line_are_escaped() {
        assert_eq!(super::break_commands("  ::x"), r"  \u{3a}:x");
        assert_eq!(super::break_commands("x"), "x");
        assert_eq!(super::break_at("é#é", &[2]), r"é\u{23}é");
    }

    #[test]
    fn is_dangerous_of_ordinary_letters_is_false() {
        for letter in [
            'a', ' ', 'é', '\u{fe0f}', '\u{200a}', '\u{2010}', '\u{2027}', '\u{202f}', '\u{fffd}',
        ] {
            assert!(!is_dangerous(letter), "{letter:?}");
        }
    }

    #[test]
    fn is_dangerous_of_invisible_characters_is_true() {
        for character in [
            '\u{ad}',
            '\u{200b}',
            '\u{202e}',
            '\u{2066}',
            '\u{feff}',
            '\u{7f}',
            '\u{9b}',
            '\u{e0001}',
        ] {
            assert!(is_dangerous(character), "{character:?}");
        }
    }

    proptest! {
        #[test]
        fn safe_with_any_text_is_harmless_and_stable(text in any::<String>()) {
            let safe = Safe::new(&text);
            prop_assert!(!safe.as_str().chars().any(is_dangerous));
            let is_start = |at: &usize| STARTS.iter().any(|start| safe.as_str()[*at..].starts_with(start));
            prop_assert!(commands(safe.as_str()).iter().all(is_start));
            prop_assert_eq!(Safe::new(safe.as_str()), safe);
        }

        #[test]
        fn safe_with_any_hashes_holds_no_ci_command(text in "[ #:\\[a-z\u{1b}\u{200d}]{0,40}") {
            let safe = Safe::new(&text).to_string();
            prop_assert!(!safe.contains("##[") && !safe.contains("##vso["));
        }
    }
}
