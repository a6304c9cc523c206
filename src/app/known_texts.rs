//! Responsible for the texts in a value: names, references and settings of the ledger, which responses may show. The
//! texts are taken from the value while it is written as JSON, so that no tree of copies is made.

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CharEscape, Formatter};
use std::io::{self, Write};

/// Calls `visit` with every text in a value, including keys, because names are keys in the ledger.
pub(super) fn each_text(value: &impl Serialize, visit: impl FnMut(&str)) {
    let collector = TextCollector {
        visit,
        text: String::new(),
    };
    let mut serializer = Serializer::with_formatter(io::sink(), collector);
    // Entries and intents can be written. The texts before an error are visited.
    let _ = value.serialize(&mut serializer);
}

struct TextCollector<F> {
    visit: F,
    /// The present text, without escapes.
    text: String,
}

impl<F: FnMut(&str)> Formatter for TextCollector<F> {
    fn begin_string<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.text.clear();
        Ok(())
    }

    fn write_string_fragment<W: Write + ?Sized>(
        &mut self,
        _: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        self.text.push_str(fragment);
        Ok(())
    }

    fn write_char_escape<W: Write + ?Sized>(
        &mut self,
        _: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        self.text.push(match escape {
            CharEscape::Quote => '"',
            CharEscape::ReverseSolidus => '\\',
            CharEscape::Solidus => '/',
            CharEscape::Backspace => '\u{8}',
            CharEscape::FormFeed => '\u{c}',
            CharEscape::LineFeed => '\n',
            CharEscape::CarriageReturn => '\r',
            CharEscape::Tab => '\t',
            CharEscape::AsciiControl(byte) => char::from(byte),
        });
        Ok(())
    }

    fn end_string<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        (self.visit)(&self.text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::each_text;
    use serde_json::json;

    #[test]
    fn each_text_is_a_key_or_a_text_without_escapes() {
        let text = "a\"\\/\u{8}\u{c}\n\r\t\u{1}ä";
        let value = json!({"key": [text, 1, null, {"inner": "b"}], text: ""});
        let mut texts = Vec::new();
        each_text(&value, |text| texts.push(text.to_owned()));
        texts.sort();
        let mut expected = ["key", text, "inner", "b", text, ""];
        expected.sort_unstable();
        assert_eq!(texts, expected);
    }
}
