//! Responsible for the properties of the writer that `crate::fuzzing` checks for any input.

#![expect(
    clippy::missing_panics_doc,
    reason = "a property that does not hold panics"
)]

use super::sanitize::{self, commands, is_dangerous};
use super::{Color, Label, Line, Out, Safe, json};

/// Output controls no terminal and no CI runner, and no text is lost.
pub fn writer(data: &[u8]) {
    let (&[width, indent, hang], data) = data.split_first_chunk().unwrap_or((&[80, 0, 2], data));
    let text = String::from_utf8_lossy(data);
    let parts: Vec<&str> = text.split('|').collect();
    let line = parts.iter().enumerate().fold(
        Line::at((indent % 24).into()).hang((hang % 24).into()),
        |line, (index, part)| {
            let label = [Label::Plain, Label::Error, Label::Strong][index % 3];
            line.label(label, Safe::new(part))
        },
    );
    let width = 40 + usize::from(width % 81);
    let plain = written(|out| out.line(&line), width, Color::Off);
    for shown in plain.lines() {
        assert!(!shown.chars().any(is_dangerous), "{shown:?}");
        assert!(commands(shown).is_empty(), "{shown:?}");
    }
    let expected: String = parts
        .iter()
        .map(|part| Safe::new(part).to_string())
        .collect();
    assert_eq!(content(&plain), content(&expected));
    let colored = written(|out| out.line(&line), width, Color::On);
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain);
    document(&text);
}

/// A text without blanks, where lines wrap, and with escaped CI commands restored.
fn content(text: &str) -> String {
    let text: String = text.split_whitespace().collect();
    ":#-+~^st".chars().fold(text, |text, character| {
        text.replace(&sanitize::escaped(character), &character.to_string())
    })
}

fn document(text: &str) {
    let shown = written(|out| json::document(out, &[text]), 80, Color::Off);
    assert!(!shown.chars().any(|c| c != '\n' && is_dangerous(c)));
    assert!(shown.lines().all(|line| commands(line).is_empty()));
    assert_eq!(serde_json::from_str(&shown).ok(), Some([text.to_owned()]));
}

fn written(
    write: impl Fn(&mut Out<'_>) -> std::io::Result<()>,
    width: usize,
    color: Color,
) -> String {
    let mut bytes = Vec::new();
    assert!(write(&mut Out::new(&mut bytes, width, color)).is_ok());
    String::from_utf8_lossy(&bytes).into_owned()
}
