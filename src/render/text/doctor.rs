//! Responsible for the checks of `doctor` as text: one line each, and a hint where a check did not
//! pass.

use crate::model::HealthCheck;
use crate::render::view::doctor::{CheckView, DoctorView};
use crate::render::{Label, Line, Out};
use std::io;

/// Columns of `ok`, `warn` and `fail`.
const WORD: usize = 6;

/// Writes every check with its hint, then the verdict.
pub fn doctor(out: &mut Out<'_>, checks: &[HealthCheck]) -> io::Result<()> {
    let view = DoctorView::new(checks);
    let widest = view
        .checks
        .iter()
        .map(|check| check.subject.as_str().chars().count())
        .max()
        .unwrap_or(0);
    let column = WORD + widest + 2;
    for check in &view.checks {
        write_check(out, check, column)?;
    }
    out.blank()?;
    out.line(&Line::at(0).label(Label::Strong, view.verdict))?;
    out.flush()
}

fn write_check(out: &mut Out<'_>, check: &CheckView, column: usize) -> io::Result<()> {
    let line = Line::at(0)
        .hang(column)
        .label(check.label, check.health)
        .pad_to(WORD)
        .label(Label::Strong, check.subject.clone())
        .pad_to(column)
        .text(check.detail.clone());
    out.line(&line)?;
    if let Some(hint) = &check.hint {
        let line = Line::at(column).hang(column + 6);
        out.line(&line.label(Label::Strong, "hint: ").text(hint.clone()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::model::HealthCheck;
    use crate::render::{Color, Out};

    #[test]
    fn doctor_with_checks_writes_a_line_each() {
        let checks = [
            HealthCheck::ok("configuration", "files: 1"),
            HealthCheck::warn("store file", "a\u{1b}[31m can be read", "chmod o-r"),
            HealthCheck::fail("store env", "ACME is not set", "set it"),
        ];
        let mut bytes = Vec::new();
        super::doctor(&mut Out::new(&mut bytes, 80, Color::Off), &checks).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains('\u{1b}'), "{text}");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "ok    configuration  files: 1");
        assert_eq!(lines[2], "                     hint: chmod o-r");
        assert_eq!(lines[3], "fail  store env      ACME is not set");
        assert_eq!(lines[6], "Not ready. Failures: 1. Warnings: 1.");
    }
}
