//! Responsible for plans, drifts and reports as one HTML page, which loads nothing and runs only its
//! own script. Every value is escaped: by the template, or as JSON that the script shows as text.

mod page;
mod rows;

#[cfg(test)]
mod tests;

use super::view::drift::DriftView;
use super::view::plan::{PlanView, blocked};
use super::view::plan_summary::MissingSecrets;
use super::view::report::{ReportView, WaveView};
use super::view::unverified::unverified;
use super::view::{Group, Phrase};
use super::{Label, MacCheck, Out, Provenance, SavedFile, Verbosity};
use crate::apply::ApplyReport;
use crate::plan::{Drift, Plan};
use page::{Fact, Page, Row, Section, SectionRow, counts, render};
use std::io;

/// Groups whose rows are in the table.
const IN_TABLE: [&str; 1] = ["Adopt"];

/// Writes a plan.
pub fn plan(
    out: &mut Out<'_>,
    plan: &Plan,
    saved: Option<&SavedFile>,
    source: &Provenance,
) -> io::Result<()> {
    let view = PlanView::new(plan, Verbosity::Verbose, MissingSecrets::Stop);
    let rows = rows::of_plan(plan);
    let groups = view.groups.iter();
    let mut sections: Vec<Section> = groups
        .filter(|group| !IN_TABLE.contains(&group.title))
        .map(section)
        .collect();
    // A refusal is the last group of the text, next to the counts. On a page the first is read first.
    sections.reverse();
    let environment = plan.environment.iter();
    let mut facts: Vec<Fact> = environment
        .map(|name| Fact::new("Environment", name))
        .collect();
    facts.push(Fact::new("Organization", plan.organization_id));
    facts.extend(made(source));
    facts.extend(saved.into_iter().flat_map(saved_facts));
    write(
        out,
        Page {
            facts,
            counted: "Changes",
            ..page("Plan", &view.summary, sections)
        },
        &rows,
    )
}

/// Writes a drift.
pub fn drift(out: &mut Out<'_>, drift: &Drift, source: &Provenance) -> io::Result<()> {
    let view = DriftView::new(drift);
    let groups = [&view.blocked, &view.unmanaged].into_iter().flatten();
    let sections = groups.map(section).collect();
    let mut facts = vec![Fact::new("Organization", drift.organization_id)];
    facts.extend(made(source));
    write(
        out,
        Page {
            facts,
            counted: "Changes outside airlift",
            ..page("Drift", &view.summary, sections)
        },
        &rows::of_drift(drift),
    )
}

/// Writes a report.
pub fn report(out: &mut Out<'_>, report: &ApplyReport, source: &Provenance) -> io::Result<()> {
    let view = ReportView::new(report);
    let mut sentences = view.summary.clone();
    sentences.extend(view.advice.iter().map(|advice| Phrase::plain(*advice)));
    let blocked = blocked(&report.blocked, "not planned, so nothing was changed");
    let unverified = unverified(&report.unverified);
    let groups = blocked.iter().chain(&unverified);
    let sections = groups.map(section).chain(unhealthy(&view.waves)).collect();
    write(
        out,
        Page {
            facts: made(source),
            counted: "Operations",
            ..page("Report", &sentences, sections)
        },
        &rows::of_report(report),
    )
}

/// The connectors that did not pass the gates of their waves.
fn unhealthy(waves: &[WaveView]) -> Option<Section> {
    let rows: Vec<SectionRow> = waves
        .iter()
        .flat_map(|wave| &wave.unhealthy)
        .map(|(address, reason)| SectionRow {
            text: format!("{address}: {reason}"),
            detail: None,
        })
        .collect();
    (!rows.is_empty()).then(|| Section {
        title: "Unhealthy",
        class: "error",
        meaning: "did not pass the gate of its wave".to_owned(),
        is_open: true,
        rows,
    })
}

fn page(title: &'static str, summary: &[Phrase], sections: Vec<Section>) -> Page {
    let mut sentences = summary.iter().map(Phrase::plain_text);
    Page {
        title,
        verdict: sentences.next().unwrap_or_default(),
        sentences: sentences.collect(),
        facts: Vec::new(),
        counted: "",
        counts: Vec::new(),
        sections,
        has_rows: false,
    }
}

fn made(source: &Provenance) -> Vec<Fact> {
    let snapshot = source.snapshot.iter();
    [
        Fact::new("API", &source.api),
        Fact::new("Made", &source.made_at),
    ]
    .into_iter()
    .chain(snapshot.map(|check| Fact::new("Snapshot", check)))
    .collect()
}

fn saved_facts(saved: &SavedFile) -> Vec<Fact> {
    let check = match saved.mac {
        MacCheck::Verified => "valid",
        MacCheck::NoKey => "not checked, because the key is not here",
    };
    let validity = if saved.is_expired {
        "Expired"
    } else {
        "Valid until"
    };
    vec![
        Fact::new("Plan", &saved.id),
        Fact::new(validity, &saved.expires_at),
        Fact::new("MAC", check),
    ]
}

fn section(group: &Group) -> Section {
    let rows = group.rows.iter().map(|row| SectionRow {
        text: row.text.plain_text(),
        detail: row.detail.as_ref().map(ToString::to_string),
    });
    Section {
        title: group.title,
        class: match group.label {
            Label::Error => "error",
            Label::Warning => "warning",
            _ => "",
        },
        meaning: group.meaning.to_owned(),
        is_open: group.label == Label::Error,
        rows: rows.collect(),
    }
}

fn write(out: &mut Out<'_>, page: Page, rows: &[Row]) -> io::Result<()> {
    let page = Page {
        counts: counts(rows),
        has_rows: !rows.is_empty(),
        ..page
    };
    out.raw(render(&page, rows)?.as_bytes())?;
    out.flush()
}
