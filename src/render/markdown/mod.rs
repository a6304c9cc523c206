//! Responsible for a plan as Markdown, for a comment on a pull request.
//!
//! What a reviewer must not miss comes first and is complete: refusals, deletions, and steps that
//! change an id. The rest is grouped and cut to the size that the host accepts; the text says what
//! was cut.

mod inert;
mod listing;

use super::labels::{self, counted, number};
use super::view::Phrase;
use super::view::plan::PlanView;
use super::view::plan_summary::MissingSecrets;
use super::{Out, SavedFile, Verbosity, wording};
use crate::plan::{Action, Plan, Step};
use inert::{code, sentence};
use listing::{addresses, by_change, important};
use std::io;

/// Finds the comment of an earlier plan, so that a pipeline replaces it.
const MARKER: &str = "<!-- airlift plan -->";
/// The same for a host that shows comments of HTML.
const MARKER_WITHOUT_HTML: &str = "[//]: # (airlift plan)\n";
/// What is reserved for the sentences that say what was cut.
const RESERVE: usize = 600;

/// How large a comment may be, and whether it may have HTML.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// The most bytes.
    pub bytes: usize,
    /// Whether the host shows `<details>` as a part that folds.
    pub folds: bool,
}

/// Writes a plan.
pub fn plan(
    out: &mut Out<'_>,
    plan: &Plan,
    saved: Option<&SavedFile>,
    limits: Limits,
) -> io::Result<()> {
    out.raw(document(plan, saved, limits).as_bytes())?;
    out.flush()
}

fn document(plan: &Plan, saved: Option<&SavedFile>, limits: Limits) -> String {
    let mut document = Document {
        text: head(plan, saved, limits),
        limits,
        cut: Vec::new(),
    };
    document.add_refusals(plan);
    document.add_important("Deletions", plan, |step| step.action == Action::Delete);
    document.add_important("New ids", plan, |step| {
        matches!(step.action, Action::Replace | Action::Rotate)
    });
    document.add_groups(plan);
    document.add_rows("Changes in place", &by_change(plan));
    document.add_rows("New", &addresses(plan, Action::Create));
    document.add_rows("Adopt", &addresses(plan, Action::Adopt));
    document.finish()
}

/// The counts, and the id of the saved plan.
fn head(plan: &Plan, saved: Option<&SavedFile>, limits: Limits) -> String {
    let marker = if limits.folds {
        MARKER
    } else {
        MARKER_WITHOUT_HTML
    };
    let view = PlanView::new(plan, Verbosity::Normal, MissingSecrets::Stop);
    let mut sentences = view.summary.iter().map(text_of);
    let verdict = sentences.next().unwrap_or_default();
    let counts: Vec<String> = sentences.collect();
    let mut text = format!("{marker}\n## {verdict}\n\n{}\n\n", counts.join(" "));
    if let Some(SavedFile { id, expires_at, .. }) = saved {
        let (id, expires_at) = (code(id), code(expires_at));
        let line = format!("Plan {id}, valid until {expires_at}.\n\n");
        text.push_str(&line);
    }
    text
}

fn text_of(phrase: &Phrase) -> String {
    let pieces = phrase.pieces().iter();
    pieces.map(|(_, piece)| sentence(piece)).collect()
}

struct Document {
    text: String,
    limits: Limits,
    /// What did not fit.
    cut: Vec<String>,
}

impl Document {
    fn add_refusals(&mut self, plan: &Plan) {
        for refusal in &plan.refusals {
            let message = code(wording::refused(refusal));
            let guard = code(labels::code(refusal.code()));
            self.push(format_args!("**Refused** {guard}: {message}\n\n"));
        }
    }

    /// A section that is complete if the host's limit allows it, in the most detailed form that
    /// fits.
    fn add_important(&mut self, title: &str, plan: &Plan, is_meant: impl Fn(&Step) -> bool) {
        let steps: Vec<&Step> = plan.steps().filter(|step| is_meant(step)).collect();
        if steps.is_empty() {
            return;
        }
        let space = self.free().saturating_sub(title.len() + 40);
        let (rows, missing) = important(&steps, space);
        self.push(format_args!(
            "### {title} ({})\n\n{rows}\n",
            number(steps.len())
        ));
        if missing > 0 {
            self.cut.push(format!("{} of {title}", number(missing)));
        }
    }

    /// Blocked objects, unverified secrets, warnings and what is left alone: counted, with the first
    /// rows.
    fn add_groups(&mut self, plan: &Plan) {
        let view = PlanView::new(plan, Verbosity::Normal, MissingSecrets::Stop);
        // Adoptions and refusals have sections of their own.
        let groups = view.groups.iter();
        let others = groups.filter(|group| !["Adopt", "Refused"].contains(&group.title));
        for group in others {
            let rows = group.rows.iter().map(|row| {
                let detail = row
                    .detail
                    .as_ref()
                    .map(|detail| format!(": {}", code(detail)));
                format!(
                    "- {}{}\n",
                    code(row.text.plain_text()),
                    detail.unwrap_or_default()
                )
            });
            self.add_rows(group.title, &rows.collect::<Vec<String>>());
        }
    }

    /// A section whose rows are cut at the limit.
    fn add_rows(&mut self, title: &str, rows: &[String]) {
        if rows.is_empty() {
            return;
        }
        let (start, end) = if self.limits.folds {
            let count = counted(rows.len(), "row");
            (
                format!("<details><summary>{title}: {count}</summary>\n\n"),
                "\n</details>\n\n",
            )
        } else {
            (format!("### {title} ({})\n\n", number(rows.len())), "\n")
        };
        let space = self.free().saturating_sub(start.len() + end.len());
        let mut section = String::new();
        let mut shown = 0;
        for row in rows {
            if section.len() + row.len() > space {
                break;
            }
            section += row;
            shown += 1;
        }
        if shown < rows.len() {
            let missing = counted(rows.len() - shown, "row");
            self.cut.push(format!("{missing} of {title}"));
        }
        if shown > 0 {
            self.push(format_args!("{start}{section}{end}"));
        }
    }

    fn push(&mut self, text: impl std::fmt::Display) {
        self.text.push_str(&text.to_string());
    }

    /// The bytes that are left before the closing sentences.
    fn free(&self) -> usize {
        self.limits.bytes.saturating_sub(self.text.len() + RESERVE)
    }

    fn finish(mut self) -> String {
        if !self.cut.is_empty() {
            let cut = self.cut.join(", ");
            self.push(format_args!(
                "**Not shown, because the comment may have {} bytes:** {cut}. \
                 `airlift show` or `--format json` has all of it.\n",
                number(self.limits.bytes)
            ));
        }
        self.text
    }
}

#[cfg(test)]
mod tests;
