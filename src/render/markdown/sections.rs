//! Responsible for the sections that a reviewer must not miss: deletions, suspensions, and steps that
//! change an id.

use super::inert::code;
use super::listing::{address, by_customer, by_names, fields};
use crate::plan::{Action, Impact, Plan, Step};
use crate::render::labels::{self, number};
use crate::render::view::step;

/// Rows, each with the number of steps that it lists.
pub(super) type Rows = Vec<(String, usize)>;

/// A form of listing steps.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    /// One row for each step, with its reasons, its id and its fields.
    Detailed,
    /// One row for each customer.
    ByCustomer,
    /// One row for customers whose connectors have the same names.
    ByNames,
}

/// The most detailed form first.
pub(super) const FORMS: [Form; 3] = [Form::Detailed, Form::ByCustomer, Form::ByNames];

/// Steps under a heading.
pub(super) struct Section<'a> {
    pub(super) title: &'static str,
    steps: Vec<&'a Step>,
}

impl<'a> Section<'a> {
    /// The sections of a plan that have steps.
    pub(super) fn important(plan: &'a Plan) -> Vec<Self> {
        let select = |title, is_meant: fn(&Step) -> bool| Section {
            title,
            steps: plan.steps().filter(|step| is_meant(step)).collect(),
        };
        let mut sections = vec![
            select("Deletions", |step| step.action == Action::Delete),
            select("Suspensions", is_suspension),
            select("Replacements: new ids", |step| {
                step.action == Action::Replace
            }),
            select("Rotations: new ids", |step| step.action == Action::Rotate),
        ];
        sections.retain(|section| !section.steps.is_empty());
        sections
    }

    /// The bytes of the section in a form.
    pub(super) fn size(&self, form: Form) -> usize {
        let rows = self.listed(form);
        self.heading().len() + 1 + rows.iter().map(|(row, _)| row.len()).sum::<usize>()
    }

    /// The section, and how many steps are missing. Without a form that fits, what fits of the
    /// shortest one.
    pub(super) fn rows(&self, form: Option<Form>, space: usize) -> (String, usize) {
        let mut text = self.heading();
        let mut shown = 0;
        for (row, count) in self.listed(form.unwrap_or(Form::ByNames)) {
            if form.is_none() && text.len() + row.len() > space {
                continue;
            }
            text += &row;
            shown += count;
        }
        (text + "\n", self.steps.len() - shown)
    }

    fn heading(&self) -> String {
        format!("### {} ({})\n\n", self.title, number(self.steps.len()))
    }

    fn listed(&self, form: Form) -> Rows {
        match form {
            Form::Detailed => self.steps.iter().map(|step| (detailed(step), 1)).collect(),
            Form::ByCustomer => by_customer(&self.steps),
            Form::ByNames => by_names(&self.steps),
        }
    }
}

/// Whether a step suspends its customer, by a prune or by `status: inactive`.
pub(super) fn is_suspension(step: &Step) -> bool {
    step.action != Action::Delete && step.impact() == Impact::Removed
}

fn detailed(step: &Step) -> String {
    let reasons: Vec<&str> = step.reasons.iter().copied().map(labels::reason).collect();
    let id = step::remote_id(&step.operation).map(|id| format!(", {}", code(id)));
    format!(
        "- {} ({}){}: {}{}\n",
        address(&step.address),
        code(step::kind(&step.operation)),
        id.unwrap_or_default(),
        reasons.join("; "),
        fields(step)
    )
}
