//! Responsible for what is said about saved plans: where one was saved, and what a file has.

use super::labels::{counted, number};
use super::view::plan::Applyable;
use super::{Label, Line, Safe, Ui, messages, print_note};
use crate::model::Address;
use crate::plan::{Action, Plan};
use crate::saved_plan::{Commit, ReadPlan};
use std::io;

/// A plan in a file or a store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SavedFile {
    /// The file, or the object of a store.
    pub path: String,
    /// The arguments with which `airlift apply` executes the plan.
    pub arguments: Vec<String>,
    /// The plan's id.
    pub id: String,
    /// When the plan stops being valid, in RFC 3339.
    pub expires_at: String,
    /// Whether `apply` refuses the plan, because it is too old.
    pub is_expired: bool,
    /// Whether the plan is authenticated.
    pub mac: MacCheck,
}

impl SavedFile {
    /// A plan that was read from this place.
    pub fn new(path: String, saved: &ReadPlan, checks: &PlanChecks) -> Self {
        Self {
            path,
            arguments: Vec::new(),
            id: saved.id.clone(),
            expires_at: saved.content.expires_at.clone(),
            is_expired: checks.is_expired,
            mac: checks.mac,
        }
    }
}

/// What was checked of a saved plan.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlanChecks {
    /// The MAC.
    pub mac: MacCheck,
    /// Whether `apply` refuses the plan, because it is too old.
    pub is_expired: bool,
    /// The identity of the signer, if the signature was checked.
    pub signer: Option<String>,
}

/// The check of a saved plan's MAC.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MacCheck {
    /// Someone with the ledger's key made the plan.
    Verified,
    /// The environment has no key.
    NoKey,
}

/// Says where a plan was saved, and what to do next.
pub fn plan_saved(ui: &Ui, saved: &SavedFile, plan: &Plan) -> io::Result<()> {
    let SavedFile {
        path,
        arguments,
        id,
        expires_at,
        is_expired: _,
        mac: _,
    } = saved;
    let mut out = ui.out();
    out.blank()?;
    let text = format!("Saved as {path}, valid until {expires_at}.");
    out.line(&Line::at(0).hang(2).label(Label::Strong, Safe::new(text)))?;
    out.line(&Line::at(0).text(Safe::new(format_args!("Id: {id}"))))?;
    let next = match Applyable::from_plan(plan) {
        _ if !plan.has_changes() => "nothing, because the plan has no changes".to_owned(),
        Applyable::No => "correct what stops apply, then plan again".to_owned(),
        Applyable::Yes | Applyable::Unknown => apply_command(arguments),
    };
    out.line(&messages::next_command(&next))?;
    out.flush()
}

/// The command that executes a saved plan.
fn apply_command(arguments: &[String]) -> String {
    let words = ["airlift", "apply"].into_iter();
    let words: Vec<&str> = words.chain(arguments.iter().map(String::as_str)).collect();
    format!("`{}`", messages::command_line(&words))
}

/// Until when a plan is valid.
fn validity(checks: &PlanChecks, expires_at: &str) -> String {
    if checks.is_expired {
        format!("expired at {expires_at}: plan again")
    } else {
        format!("valid until {expires_at}")
    }
}

/// What a saved plan was made for and from, and what was checked.
pub fn saved_plan(ui: &Ui, saved: &ReadPlan, checks: &PlanChecks) -> io::Result<()> {
    let content = &saved.content;
    let validity = validity(checks, &content.expires_at);
    let made = format!(
        "{} by airlift {}, {validity}",
        content.created_at, content.airlift
    );
    let target = format!(
        "{}, organization {}",
        content.origin, content.plan.organization_id
    );
    let check = match checks.mac {
        MacCheck::Verified => "the content matches the id, and the MAC is valid",
        MacCheck::NoKey => "integrity only: the content matches the id; MAC not checked, no key",
    };
    let signature = match (&saved.signature, &checks.signer) {
        (_, Some(signer)) => format!("valid, by {signer}"),
        (Some(_), None) => "not checked; --allowed-signers checks it".to_owned(),
        (None, None) => "none".to_owned(),
    };
    let mut out = ui.out();
    for (label, text) in [
        ("Plan: ", saved.id.clone()),
        ("Made: ", made),
        ("For: ", target),
        ("Commit: ", commit(content.commit.as_ref())),
        ("Check: ", check.to_owned()),
        ("Signature: ", signature),
    ] {
        let line = Line::at(0).hang(2).label(Label::Strong, label);
        out.line(&line.text(Safe::new(text)))?;
    }
    out.blank()?;
    out.flush()
}

fn commit(commit: Option<&Commit>) -> String {
    match commit {
        None => "not known".to_owned(),
        Some(Commit { id, clean }) => match clean {
            Some(true) => id.clone(),
            Some(false) => format!("{id}, with changes that are not committed"),
            None => format!("{id}, as the CI runner named it"),
        },
    }
}

/// Says that no step of a saved plan is executed: how many steps are done already, and how many no
/// longer fit.
pub fn nothing_to_apply(ui: &Ui, (done, stale): (usize, usize)) -> io::Result<()> {
    let text = format!(
        "no step of the plan is executed: {} done already, {} stale",
        number(done),
        number(stale)
    );
    print_note(ui, &text)
}

/// Says how many objects of a saved plan no longer fit, and names pending changes that it does not
/// contain.
pub fn replanned(ui: &Ui, (moved, others): (usize, &[(Address, Action)])) -> io::Result<()> {
    let text = match moved {
        0 => "every step of the plan still fits or is done".to_owned(),
        moved => format!(
            "{} of the plan with steps that no longer fit; only they are planned again",
            counted(moved, "object")
        ),
    };
    print_note(ui, &text)?;
    messages::pending_changes(ui, others, "not in the saved plan, so left out")
}

/// Names pending changes that a saved plan does not contain.
pub fn left_for_next_plan(ui: &Ui, changes: &[(Address, Action)]) -> io::Result<()> {
    messages::pending_changes(ui, changes, "not in the saved plan, so not made")
}

#[cfg(test)]
mod tests {
    use super::{MacCheck, PlanChecks, validity};

    #[test]
    fn validity_of_expired_plan_says_what_to_do() {
        let mut checks = PlanChecks {
            mac: MacCheck::NoKey,
            is_expired: true,
            signer: None,
        };
        assert_eq!(validity(&checks, "T"), "expired at T: plan again");
        checks.is_expired = false;
        assert_eq!(validity(&checks, "T"), "valid until T");
    }
}
