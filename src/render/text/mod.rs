//! Responsible for drawing views as text, wrapped at the terminal's width.

mod doctor;
mod drift;
mod fields;
mod findings;
mod plan;
mod rekey;
mod report;
mod types;

pub use doctor::doctor;
pub use drift::drift;
pub use findings::findings;
pub use plan::plan;
pub use rekey::rekeyed;
pub use report::report;
pub use types::{one_type, types};

use super::view::{Group, Listing, Phrase};
use super::{Label, Line, Out, Safe};
use std::io;

/// Rows listed before the rest is counted, unless all are asked for.
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

/// Writes sentences, as many on a line as fit.
fn sentences(out: &mut Out<'_>, phrases: &[Phrase]) -> io::Result<()> {
    let lines: Vec<Line> = phrases.iter().map(to_line).collect();
    out.sentences(0, &lines)
}

/// Writes a heading and its rows; `all` lists what is otherwise counted.
fn write_group(out: &mut Out<'_>, group: &Group, all: bool) -> io::Result<()> {
    out.blank()?;
    out.line(&heading(group, all))?;
    let shown = shown(group.listing, group.rows.len(), all);
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

fn heading(group: &Group, all: bool) -> Line {
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
    let line = line.text(": ").text(group.meaning);
    if group.listing == Listing::None && !all {
        line.text("; -v names them")
    } else {
        line
    }
}

/// How many rows are listed.
fn shown(listing: Listing, rows: usize, all: bool) -> usize {
    match listing {
        Listing::First if !all => rows.min(LISTED),
        Listing::None if !all => 0,
        Listing::All | Listing::First | Listing::None => rows,
    }
}

fn write_rest(out: &mut Out<'_>, rest: usize) -> io::Result<()> {
    if rest == 0 {
        return Ok(());
    }
    let more = Safe::new(format_args!("and {rest} more; -v lists all"));
    out.line(&Line::at(2).label(Label::Faint, more))
}
