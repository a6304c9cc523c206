//! What `doctor` found, for people: a line each, with what to do where something is the matter.

use super::{Label, Line, Out, Safe};
use crate::model::{Health, HealthCheck};
use std::io;

/// Columns of the word in front.
const WORD: usize = 6;

/// Every check with its hint, then the verdict.
pub fn doctor(out: &mut Out<'_>, probes: &[HealthCheck]) -> io::Result<()> {
    let width = probes.iter().map(|probe| probe.subject.chars().count());
    let column = WORD + width.max().unwrap_or(0) + 2;
    for probe in probes {
        let (label, word) = word(probe.health);
        let line = Line::at(0).hang(column).label(label, word).pad_to(WORD);
        let line = line.label(Label::Strong, Safe::new(&probe.subject));
        out.line(&line.pad_to(column).text(Safe::new(&probe.detail)))?;
        if let Some(hint) = &probe.hint {
            let line = Line::at(column).hang(column + 6);
            out.line(&line.label(Label::Strong, "hint: ").text(Safe::new(hint)))?;
        }
    }
    out.blank()?;
    let failed = count(probes, Health::Fail);
    let verdict = match (failed, count(probes, Health::Warn)) {
        (0, 0) => "Everything is as it should be.".to_owned(),
        (0, warnings) => format!("A run can go through; warnings: {warnings}."),
        (failed, warnings) => {
            format!("A run would stop; failures: {failed}, warnings: {warnings}.")
        }
    };
    out.line(&Line::at(0).label(Label::Strong, Safe::new(verdict)))?;
    out.flush()
}

fn count(probes: &[HealthCheck], health: Health) -> usize {
    let alike = probes.iter().filter(|probe| probe.health == health);
    alike.count()
}

fn word(health: Health) -> (Label, &'static str) {
    match health {
        Health::Ok => (Label::Good, "ok"),
        Health::Warn => (Label::Warning, "warn"),
        Health::Fail => (Label::Error, "fail"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Out;
    use crate::model::HealthCheck;

    #[test]
    fn checks_are_a_line_each() {
        let probes = [
            HealthCheck::ok("configuration", "files: 1"),
            HealthCheck::warn("store file", "a\u{1b}[31m can be read", "chmod o-r"),
            HealthCheck::fail("store env", "ACME is not set", "set it"),
        ];
        let mut bytes = Vec::new();
        super::doctor(&mut Out::new(&mut bytes, 80, false), &probes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains('\u{1b}'), "{text}");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "ok    configuration  files: 1");
        assert_eq!(lines[2], "                     hint: chmod o-r");
        assert_eq!(lines[3], "fail  store env      ACME is not set");
        assert_eq!(lines[6], "A run would stop; failures: 1, warnings: 1.");
    }
}
