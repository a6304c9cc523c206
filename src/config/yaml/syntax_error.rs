//! Responsible for messages about syntax errors: replaces the scanner's messages by more helpful ones.

use super::defect::Defect;
use super::indentation;
use super::position::{Mark, Span};
use super::spaces;
use super::typos::{self, TYPOGRAPHIC_QUOTES};
use crate::config::code::Code;
use crate::config::limits;
use saphyr_parser::ScanError;
use std::collections::HashMap;

/// The message about a tab in the indentation of a line.
pub(super) fn tab_message(text: &str, line: u32) -> String {
    match indentation::spaces(text, line) {
        Some(1) => "tabs cannot indent in YAML: indent this line by 1 space".to_owned(),
        Some(spaces) => {
            format!("tabs cannot indent in YAML: indent this line by {spaces} spaces")
        }
        None => "tabs cannot indent in YAML: use spaces".to_owned(),
    }
}

/// The defect for a scanner error. The part after ``: ` `` is cut, because the scanner's only message
/// with such a part quotes a character of the input, which may belong to a secret.
pub(super) fn explain(text: &str, error: &ScanError, innermost: Option<Mark>) -> Defect {
    let at = Mark::from(*error.marker());
    let info = error.info();
    let info = info.split(": `").next().unwrap_or(info);
    let other = typos::of_other_tools(text, at);
    let (code, start, message) = if let Some((start, message)) = other {
        (Code::YamlSyntax, start, message.to_owned())
    } else if let Some(start) = tab(text, at, info) {
        (Code::YamlSyntax, start, tab_message(text, start.line))
    } else if let Some((start, character)) = like_space(text, at) {
        (Code::YamlSyntax, start, spaces::message(character))
    } else if let Some((start, message)) = unquoted_reference(text, at) {
        (Code::UnquotedReference, start, message.to_owned())
    } else if info.starts_with("recursion limit") {
        // The scanner stops at 255 nested brackets before it sends an event for them.
        (Code::TooDeep, at, limits::TOO_DEEP.to_owned())
    } else if info.contains("unknown anchor") {
        let message = "no anchor of this name is before the alias";
        (Code::BadAlias, at, message.to_owned())
    } else if let Some((start, message)) = typos::of_quotes(text, at, info) {
        (Code::YamlSyntax, start, message.to_owned())
    } else if let Some(start) = open_bracket(text, at, info, innermost) {
        let message = format!("this bracket is not closed before line {}", at.line);
        (Code::YamlSyntax, start, message)
    } else if let Some((start, message)) = typos::find(text, at, info) {
        (Code::YamlSyntax, start, message.to_owned())
    } else {
        (
            Code::YamlSyntax,
            at,
            format!("this is not valid YAML: {info}"),
        )
    };
    defect(code, start, message)
}

/// A character that looks like a space, in the line of an error or in the content before it.
fn like_space(text: &str, at: Mark) -> Option<(Mark, char)> {
    let first = typos::line_before(text, at.line).unwrap_or(at.line);
    spaces::find(text, at, first)
}

fn defect(code: Code, start: Mark, message: String) -> Defect {
    Defect {
        code,
        span: start.character(),
        message,
        path: None,
    }
}

/// A tab in the indentation of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct IndentingTab {
    at: Mark,
    /// The column after the indentation.
    end: u32,
}

impl IndentingTab {
    /// Whether only indentation, including this tab, stands before a position of the same line.
    pub(super) fn is_before(&self, position: Mark) -> bool {
        self.at < position && position.column <= self.end
    }

    pub(super) fn span(&self) -> Span {
        self.at.character()
    }
}

/// The first tab in the indentation of each line that has one, by the line's number.
pub(super) fn tabs_in_indentation(text: &str) -> HashMap<u32, IndentingTab> {
    if !text.contains('\t') {
        return HashMap::new();
    }
    (1..)
        .zip(text.lines())
        .filter_map(|(line, content)| {
            let indentation = &content[..content.len() - without_indentation(content).len()];
            let column = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
            let at = Mark {
                line,
                column: column(indentation.find('\t')?),
            };
            let end = column(indentation.len());
            Some((line, IndentingTab { at, end }))
        })
        .collect()
}

/// The line without leading spaces, tabs, `-` and `?`. The start of a document indents nothing.
fn without_indentation(line: &str) -> &str {
    if line.starts_with("---") {
        return line;
    }
    line.trim_start_matches([' ', '\t', '-', '?'])
}

/// The first tab in the indentation at or after the error.
fn tab(text: &str, error: Mark, info: &str) -> Option<Mark> {
    let mut lines = (error.line..).zip(text.lines().skip((error.line as usize).checked_sub(1)?));
    let indenting = |line: &str| {
        let body = without_indentation(line);
        let tab = line[..line.len() - body.len()].find('\t');
        tab.filter(|_| !body.is_empty())
    };
    let named = info.contains("tab");
    let (line, column) = if named {
        lines.find_map(|(number, line)| Some((number, indenting(line)?)))?
    } else {
        let (number, line) = lines.next()?;
        (number, indenting(line)?)
    };
    let column = u32::try_from(column).unwrap_or(0);
    Some(Mark { line, column })
}

/// The innermost open bracket, if the error is caused by a line with less indentation or by the end
/// of the file.
fn open_bracket(text: &str, error: Mark, info: &str, innermost: Option<Mark>) -> Option<Mark> {
    let start = innermost?;
    let at_end = text.lines().count() < error.line as usize;
    // A colon cannot follow an item of a list in brackets.
    let is_unclosed = info.starts_with("invalid indentation")
        || info.contains("illegal placement of ':'")
        || at_end;
    let line = text.lines().nth((start.line as usize).checked_sub(1)?)?;
    let bracket = line.chars().nth(start.column as usize)?;
    (is_unclosed && start.line < error.line && "[{".contains(bracket)).then_some(start)
}

/// The last `${` before a syntax error, if it is in brackets and not quoted.
fn unquoted_reference(text: &str, error: Mark) -> Option<(Mark, &'static str)> {
    let line = usize::try_from(error.line).ok()?.checked_sub(1)?;
    let source = text.lines().nth(line)?;
    let before = source.chars().take(usize::try_from(error.column).ok()? + 2);
    let before: String = before.collect();
    let at = before.rfind("${")?;
    let in_flow = before[..at].contains(['{', '[']);
    let quoted = before[..at].ends_with(['"', '\'']);
    let message = if before[..at].ends_with(TYPOGRAPHIC_QUOTES) {
        "YAML knows no typographic quotation marks: write straight ones, \"${env:NAME}\""
    } else {
        "a reference is unquoted inside `{…}` or `[…]`: quote it, \"${env:NAME}\""
    };
    let mark = Mark {
        line: error.line,
        column: u32::try_from(before[..at].chars().count()).unwrap_or(0),
    };
    (in_flow && !quoted).then_some((mark, message))
}
