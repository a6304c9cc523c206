//! Responsible for field-level differences as text: `path: before -> after`, aligned. Values of
//! several lines and values too long for a line are written as a diff.

use super::{add, to_line};
use crate::render::terminal::wrap::display_width;
use crate::render::view::fields::{DiffLine, FieldView};
use crate::render::{Label, Line, Out, Safe};
use std::io;

/// The column at which a field starts.
const FIELD: usize = 6;
/// The column at which the lines of a diff start.
const DIFF: usize = 8;
/// Lines of a diff before it is cut. JSON has all of them.
const LONGEST: usize = 40;

/// Writes the differences of one step.
pub(super) fn write(out: &mut Out<'_>, fields: &[FieldView<'_>]) -> io::Result<()> {
    let widest = fields
        .iter()
        .map(|field| display_width(field.path.as_str()))
        .max()
        .unwrap_or(0);
    // A long path must not push every value to the edge.
    let widest = widest.min(out.width() * 2 / 5);
    for field in fields {
        write_field(out, field, FIELD + widest + 2)?;
    }
    Ok(())
}

fn write_field(out: &mut Out<'_>, field: &FieldView<'_>, column: usize) -> io::Result<()> {
    let path = Line::at(FIELD).text(&field.path).text(":");
    let value = to_line(&field.value);
    let width = out.width().saturating_sub(column);
    if (field.multiline || value.width() > width)
        && let Some(lines) = field.diff()
    {
        out.line(&path)?;
        return write_diff(out, &lines);
    }
    let hang = if value.widest_word() <= width {
        column
    } else {
        DIFF
    };
    let mut line = path.hang(hang).pad_to(column);
    line.append(&value);
    out.line(&line)
}

fn write_diff(out: &mut Out<'_>, lines: &[DiffLine]) -> io::Result<()> {
    let mut count = 0;
    for line in lines {
        match line {
            DiffLine::Omitted => out.line(&Line::at(DIFF).label(Label::Faint, "…"))?,
            DiffLine::Shown(phrase) => {
                count += 1;
                if count <= LONGEST {
                    out.line(&add(Line::at(DIFF).hang(DIFF + 2), phrase))?;
                }
            }
        }
    }
    if count > LONGEST {
        let more = format!("… {} more lines; --format json has them", count - LONGEST);
        out.line(&Line::at(DIFF).label(Label::Faint, Safe::new(more)))?;
    }
    Ok(())
}
