//! What a syntax error means, where the scanner's own words do not help.

use super::code::Code;
use super::events::{Defect, mark};
use super::limits;
use super::tree::{Mark, Span};
use saphyr_parser::ScanError;

const TAB: &str = "tabs cannot indent in YAML: use spaces";

/// The scanner's messages are fixed texts but for one that quotes a character of the input.
pub(super) fn explain(text: &str, error: &ScanError, innermost: Option<Mark>) -> Defect {
    let at = mark(*error.marker());
    let info = error.info();
    let info = info.split(": `").next().unwrap_or(info);
    let (code, start, message) = if let Some(start) = tab(text, at, info) {
        (Code::YamlSyntax, start, TAB.to_owned())
    } else if let Some(start) = unquoted_reference(text, at) {
        let message = "a reference stands unquoted inside a `{…}` or `[…]`: quote it";
        (Code::UnquotedReference, start, message.to_owned())
    } else if info.starts_with("recursion limit") {
        // The scanner itself stops at 255 brackets, before it has sent an event of them.
        (Code::TooDeep, at, limits::TOO_DEEP.to_owned())
    } else if info.contains("unknown anchor") {
        let message = "this alias refers to no anchor before it";
        (Code::BadAlias, at, message.to_owned())
    } else if let Some(start) = open_bracket(text, at, info, innermost) {
        let message = format!("this bracket is not closed before line {}", at.line);
        (Code::YamlSyntax, start, message)
    } else {
        (
            Code::YamlSyntax,
            at,
            format!("this is not valid YAML: {info}"),
        )
    };
    defect(code, start, message)
}

/// What another reader refuses at a place, where this one found nothing.
pub(super) fn unreadable(text: &str, at: Mark, message: &str) -> Defect {
    match tab(text, at, "") {
        Some(start) => defect(Code::YamlSyntax, start, TAB.to_owned()),
        None => defect(Code::YamlSyntax, at, message.to_owned()),
    }
}

fn defect(code: Code, start: Mark, message: String) -> Defect {
    let end = Mark {
        column: start.column.saturating_add(1),
        ..start
    };
    let span = Span { start, end };
    Defect {
        code,
        span,
        message,
        path: None,
    }
}

/// The tab that indents, at or after where the scanner began what it could not read.
fn tab(text: &str, error: Mark, info: &str) -> Option<Mark> {
    let mut lines = (error.line..).zip(text.lines().skip((error.line as usize).checked_sub(1)?));
    let indenting = |line: &str| {
        let body = line.trim_start_matches([' ', '\t', '-', '?']);
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

/// The bracket that is still open where a line of less indentation, or nothing, follows.
fn open_bracket(text: &str, error: Mark, info: &str, innermost: Option<Mark>) -> Option<Mark> {
    let start = innermost?;
    let at_end = text.lines().count() < error.line as usize;
    let tells = info.starts_with("invalid indentation in flow") || at_end;
    let line = text.lines().nth((start.line as usize).checked_sub(1)?)?;
    let bracket = line.chars().nth(start.column as usize)?;
    (tells && start.line < error.line && "[{".contains(bracket)).then_some(start)
}

/// The last `${` before a syntax error, when no quote opens right before it.
fn unquoted_reference(text: &str, error: Mark) -> Option<Mark> {
    let line = usize::try_from(error.line).ok()?.checked_sub(1)?;
    let source = text.lines().nth(line)?;
    let before = source.chars().take(usize::try_from(error.column).ok()? + 2);
    let before: String = before.collect();
    let at = before.rfind("${")?;
    let in_flow = before[..at].contains(['{', '[']);
    let quoted = before[..at].ends_with(['"', '\'']);
    (in_flow && !quoted).then(|| Mark {
        line: error.line,
        column: u32::try_from(before[..at].chars().count()).unwrap_or(0),
    })
}
