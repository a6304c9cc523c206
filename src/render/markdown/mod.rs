//! Responsible for a plan as Markdown, for a comment on a pull request.
//!
//! What a reviewer must not miss comes first and is complete: refusals, deletions, and steps that
//! change an id. The rest is grouped and cut to the size that the host accepts; the text says what
//! was cut.

mod inert;
mod listing;
mod sections;

use super::labels::{self, counted, number};
use super::view::plan::PlanView;
use super::view::plan_summary::MissingSecrets;
use super::view::{Listing, Phrase, Row};
use super::{MacCheck, Out, Provenance, SavedFile, Verbosity, wording};
use crate::plan::Plan;
use inert::{code, sentence};
use listing::{adopted, blocked, by_change, created, created_names, warnings};
use sections::{FORMS, Form, Section};
use std::io;

/// Finds the comment of an earlier plan, so that a pipeline replaces it.
const MARKER: &str = "<!-- airlift plan -->";
/// The same for a host that shows comments of HTML.
const MARKER_WITHOUT_HTML: &str = "[//]: # (airlift plan)\n";
/// Groups of the view that have sections of their own.
const SHOWN_ABOVE: [&str; 4] = ["Adopt", "Blocked", "Refused", "Warnings"];
/// What is reserved for the sentences that say what was cut.
const RESERVE: usize = 1_200;

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
    source: &Provenance,
    limits: Limits,
) -> io::Result<()> {
    out.raw(document(plan, saved, source, limits).as_bytes())?;
    out.flush()
}

fn document(plan: &Plan, saved: Option<&SavedFile>, source: &Provenance, limits: Limits) -> String {
    let mut document = Document {
        text: head(plan, saved, source, limits),
        limits,
        cut: Vec::new(),
    };
    document.add_refusals(plan);
    document.add_important(plan);
    document.add_rows("Blocked", Fold::Open, &blocked(plan));
    document.add_rows("Warnings", Fold::Open, &warnings(plan));
    document.add_changes(plan);
    document.add_rows("Adopt", Fold::Closed, &adopted(plan));
    document.add_groups(plan);
    document.finish()
}

/// The counts, the age of the snapshot, and the id of the saved plan.
fn head(plan: &Plan, saved: Option<&SavedFile>, source: &Provenance, limits: Limits) -> String {
    let marker = if limits.folds {
        MARKER
    } else {
        MARKER_WITHOUT_HTML
    };
    let view = PlanView::new(plan, Verbosity::Normal, MissingSecrets::Stop);
    let mut sentences = view.summary.iter().map(text_of);
    let verdict = sentences.next().unwrap_or_default();
    let counts: Vec<String> = sentences.collect();
    let environment = plan.environment.as_deref();
    let environment =
        environment.map_or_else(String::new, |name| format!("Environment {}. ", code(name)));
    let counts = counts.join(" ");
    let mut text = format!("{marker}\n## {verdict}\n\n{environment}{counts}\n\n");
    if let Some(check) = &source.snapshot {
        let (api, made, check) = (code(&source.api), code(&source.made_at), code(check));
        let line = format!("Planned from a snapshot of {api}, made at {made}: {check}.\n\n");
        text.push_str(&line);
    }
    if let Some(SavedFile {
        id,
        expires_at,
        is_expired,
        mac,
        ..
    }) = saved
    {
        let (id, expires_at) = (code(id), code(expires_at));
        let check = match mac {
            MacCheck::Verified => "",
            MacCheck::NoKey => " **Not authenticated: the MAC was not checked.**",
        };
        let validity = if *is_expired {
            "**expired** at"
        } else {
            "valid until"
        };
        let line = format!("Plan {id}, {validity} {expires_at}.{check}\n\n");
        text.push_str(&line);
    }
    text
}

fn text_of(phrase: &Phrase) -> String {
    let pieces = phrase.pieces().iter();
    pieces.map(|(_, piece)| sentence(piece)).collect()
}

/// A row of a group, in code spans, because it contains names.
fn group_row(row: &Row) -> String {
    let text = code(row.text.plain_text());
    match &row.detail {
        None => format!("- {text}\n"),
        Some(detail) => format!("- {text}: {}\n", code(detail)),
    }
}

/// Whether a section is folded where the host can fold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fold {
    Open,
    Closed,
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

    /// Deletions, suspensions and steps that change an id: complete if the host's limit allows it,
    /// all in the most detailed form in which they fit.
    fn add_important(&mut self, plan: &Plan) {
        let sections = Section::important(plan);
        let space = self.free();
        let size = |form: &Form| sections.iter().map(|s| s.size(*form)).sum::<usize>();
        let fits = |rest: usize| FORMS.into_iter().find(|form| size(form) + rest <= space);
        // The names of new objects come next, and have to fit, too, if a shorter form makes that possible.
        let names = created_names(plan).iter().map(String::len).sum();
        let form = fits(names).or_else(|| fits(0));
        if form != Some(FORMS[0]) && !sections.is_empty() {
            self.cut
                .push("reasons and ids of deletions and of steps that change an id".to_owned());
        }
        for section in &sections {
            let (rows, missing) = section.rows(form, self.free());
            self.push(rows);
            if missing > 0 {
                self.cut
                    .push(format!("{} of {}", number(missing), section.title));
            }
        }
    }

    /// Changes in place, and new objects. If the new objects need more than half of the space, they come first and without
    /// their fields, because they send secrets, and a reviewer has to see each object that gets one.
    fn add_changes(&mut self, plan: &Plan) {
        let new = created(plan);
        let is_large = new.iter().map(String::len).sum::<usize>() > self.free() / 2;
        if is_large {
            self.cut.push("the fields of new objects".to_owned());
            self.add_rows("New", Fold::Closed, &created_names(plan));
        }
        self.add_rows("Changes in place", Fold::Closed, &by_change(plan));
        if !is_large {
            self.add_rows("New", Fold::Closed, &new);
        }
    }

    /// Unverified secrets and what is left alone.
    fn add_groups(&mut self, plan: &Plan) {
        let view = PlanView::new(plan, Verbosity::Normal, MissingSecrets::Stop);
        let others = view
            .groups
            .iter()
            .filter(|group| !SHOWN_ABOVE.contains(&group.title));
        for group in others {
            let rows: Vec<String> = match group.listing {
                Listing::None => vec![format!("- {}\n", number(group.rows.len()))],
                _ => group.rows.iter().map(group_row).collect(),
            };
            let title = format!("{} ({})", group.title, group.meaning);
            self.add_rows(&title, Fold::Closed, &rows);
        }
    }

    /// A section whose rows are cut at the limit.
    fn add_rows(&mut self, title: &str, fold: Fold, rows: &[String]) {
        if rows.is_empty() {
            return;
        }
        let (start, end) = if self.limits.folds && fold == Fold::Closed {
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
                continue;
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
