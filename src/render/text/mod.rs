//! Responsible for views as text, wrapped at the width of the terminal.

mod doctor;
mod drift;
mod fields;
mod findings;
mod ledger;
mod plan;
mod rekey;
mod report;
mod signing;
mod types;

pub use doctor::doctor;
pub use drift::drift;
pub use findings::findings;
pub use ledger::{ledger, trust_plan, trusted};
pub use plan::plan;
pub use rekey::rekeyed;
pub use report::report;
pub use signing::signing;
pub use types::{one_type, types};

use super::view::{Group, Listing, Phrase};
use super::{Label, Line, Out, Safe, Verbosity};
use std::io;

/// Rows that are listed before the rest is counted, unless `-v` is given.
const LISTED: usize = 5;

fn to_line(phrase: &Phrase) -> Line {
    add(Line::default(), phrase)
}

/// Adds a phrase to a line.
fn add(line: Line, phrase: &Phrase) -> Line {
    phrase
        .pieces()
        .iter()
        .fold(line, |line, (label, text)| line.label(*label, text.clone()))
}

/// Writes as many sentences on a line as fit.
fn sentences(out: &mut Out<'_>, phrases: &[Phrase]) -> io::Result<()> {
    let lines: Vec<Line> = phrases.iter().map(to_line).collect();
    out.sentences(0, &lines)
}

/// Writes a heading and its rows.
fn write_group(out: &mut Out<'_>, group: &Group, verbosity: Verbosity) -> io::Result<()> {
    out.blank()?;
    out.line(&heading(group, verbosity))?;
    let shown = shown(group.listing, group.rows.len(), verbosity);
    for row in &group.rows[..shown] {
        out.line(&add(Line::at(2).hang(4), &row.text))?;
        if let Some(detail) = &row.detail {
            out.line(&Line::at(4).text(detail.clone()))?;
        }
    }
    match group.listing {
        Listing::None => Ok(()),
        Listing::All | Listing::First => write_rest(out, group.rows.len() - shown),
    }
}

fn heading(group: &Group, verbosity: Verbosity) -> Line {
    let mut line = Line::at(0).hang(2);
    if let Some(symbol) = group.symbol {
        line.push(symbol, symbol.symbol());
        line.push(group.label, Safe::new(format_args!(" {}", group.title)));
    } else {
        line.push(group.label, group.title);
    }
    if let Some(count) = &group.count {
        line.push(Label::Plain, Safe::new(format_args!(" ({count})")));
    }
    line = line.text(": ").text(group.meaning);
    if let Some(code) = &group.code {
        line.push(Label::Faint, Safe::new(format_args!(" [{code}]")));
    }
    if group.listing == Listing::None && !verbosity.lists_all() {
        line.text("; -v lists them")
    } else {
        line
    }
}

/// The number of rows that are listed.
fn shown(listing: Listing, rows: usize, verbosity: Verbosity) -> usize {
    match listing {
        _ if verbosity.lists_all() => rows,
        Listing::All => rows,
        Listing::First => rows.min(LISTED),
        Listing::None => 0,
    }
}

fn write_rest(out: &mut Out<'_>, rest: usize) -> io::Result<()> {
    if rest == 0 {
        return Ok(());
    }
    let more = Safe::new(format_args!("and {rest} more; -v lists all"));
    out.line(&Line::at(2).label(Label::Faint, more))
}
