//! Responsible for views as text, wrapped at the width of the terminal.

mod doctor;
mod drift;
mod fields;
mod findings;
mod history;
mod ledger;
mod plan;
mod rekey;
mod report;
mod signing;
mod status;
mod types;

pub use doctor::doctor;
pub use drift::drift;
pub use findings::findings;
pub use history::{history, ledger_copied};
pub use ledger::{ledger, trust_plan, trusted};
pub use plan::{plan, plan_before_apply};
pub use rekey::rekeyed;
pub use report::report;
pub use signing::{signed, signing};
pub use status::status;
pub use types::{example, one_type, types};

use super::view::{Group, Listing, Phrase, Row};
use super::{Label, Line, Out, Safe, Verbosity};
use std::collections::BTreeMap;
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
        .fold(line, |line, (label, text)| line.label(*label, text))
}

/// Writes as many sentences on a line as fit.
fn sentences(out: &mut Out<'_>, phrases: &[Phrase]) -> io::Result<()> {
    let lines: Vec<Line> = phrases.iter().map(to_line).collect();
    out.sentences(0, &lines)
}

/// Writes a heading and its rows.
fn write_group(out: &mut Out<'_>, group: &Group, verbosity: Verbosity) -> io::Result<()> {
    out.sentences(2, &heading(group, verbosity))?;
    if group.listing == Listing::FirstOfEachCause {
        let rows = by_cause(&group.rows, |row| &row.cause);
        let mut parts = rows.chunk_by(|a, b| a.cause == b.cause);
        return parts.try_for_each(|part| write_rows(out, part, group.listing, verbosity));
    }
    let rows: Vec<&Row> = group.rows.iter().collect();
    write_rows(out, &rows, group.listing, verbosity)
}

/// The rows with rows of one cause side by side, in the order of the first row of each cause.
fn by_cause<T, C: Ord>(rows: &[T], cause: impl Fn(&T) -> &C) -> Vec<&T> {
    let mut first: BTreeMap<&C, usize> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        first.entry(cause(row)).or_insert(index);
    }
    let mut rows: Vec<&T> = rows.iter().collect();
    rows.sort_by_key(|row| first.get(cause(row)));
    rows
}

/// Writes rows, and counts those that are not listed. A second line that several rows have follows the last of them.
fn write_rows(
    out: &mut Out<'_>,
    rows: &[&Row],
    listing: Listing,
    verbosity: Verbosity,
) -> io::Result<()> {
    let shown = shown(listing, rows.len(), verbosity);
    for (index, row) in rows[..shown].iter().enumerate() {
        out.line(&add(Line::at(2).hang(4), &row.text))?;
        let next = rows[..shown].get(index + 1);
        if let Some(detail) = &row.detail
            && next.is_none_or(|next| next.detail.as_ref() != Some(detail))
        {
            out.line(&Line::at(4).text(detail.clone()))?;
        }
    }
    match listing {
        Listing::None => Ok(()),
        Listing::All | Listing::First | Listing::FirstOfEachCause => {
            write_rest(out, rows.len() - shown)
        }
    }
}

/// The heading, and the hint about its rows, which is not broken.
fn heading(group: &Group, verbosity: Verbosity) -> Vec<Line> {
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
        vec![line.text(";"), Line::default().text("-v lists them")]
    } else {
        vec![line]
    }
}

/// The number of rows that are listed.
fn shown(listing: Listing, rows: usize, verbosity: Verbosity) -> usize {
    match listing {
        _ if verbosity.lists_all() => rows,
        Listing::All => rows,
        Listing::First | Listing::FirstOfEachCause => rows.min(LISTED),
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
