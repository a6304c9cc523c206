//! Responsible for the last sentences of a plan: the verdict, the counts, and what apply needs.

use super::Phrase;
use crate::model::{Address, UnresolvedCause};
use crate::plan::{
    Action, AllowedDeletions, AllowedIdChanges, CustomerPlan, ImpactCounts, Plan, PlanWarning,
    SecretNeed, Step, Summary,
};
use crate::render::labels::counted;
use crate::render::wording;
use crate::render::{Label, Safe};
use std::collections::BTreeSet;

/// What the run does about secrets that it has to send and cannot resolve.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MissingSecrets {
    /// It stops before its first write.
    Stop,
    /// It skips the connectors that need them (`--keep-going`).
    Skip,
}

impl MissingSecrets {
    fn sentence(self) -> &'static str {
        match self {
            Self::Stop => "Apply would stop: it needs secrets that cannot be resolved.",
            Self::Skip => "Connectors whose secrets cannot be resolved are skipped.",
        }
    }
}

/// The verdict, then the counts.
pub(super) fn summary(plan: &Plan, missing: MissingSecrets) -> Vec<Phrase> {
    if plan.has_changes() {
        changed(plan, missing)
    } else {
        unchanged(plan, missing)
    }
}

/// Whether a reader should know the forecast without asking for it.
pub(super) fn is_long(plan: &Plan) -> bool {
    let forecast = plan.summary.forecast;
    forecast.seconds > 60 || forecast.metered_operations > 0
}

/// What the execution of a plan with changes costs.
pub(super) fn forecast(plan: &Plan) -> Option<Phrase> {
    let forecast = plan.summary.forecast;
    if forecast.requests == 0 {
        return None;
    }
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let requests = counted(number(forecast.requests), "request");
    let tokens = counted(number(forecast.tokens), "token");
    let minutes = match forecast.seconds {
        0 => String::new(),
        1..=60 => ", up to a minute with 10 requests at a time".to_owned(),
        seconds => format!(
            ", {} minutes with 10 requests at a time",
            seconds.div_ceil(60)
        ),
    };
    Some(Phrase::plain(Safe::new(format_args!(
        "Forecast: about {requests}, {tokens}{minutes}."
    ))))
}

fn touched(plan: &Plan) -> impl Iterator<Item = &CustomerPlan> {
    plan.customers
        .iter()
        .filter(|customer| !customer.steps.is_empty())
}

fn changed(plan: &Plan, missing: MissingSecrets) -> Vec<Phrase> {
    let summary = &plan.summary;
    let changes = format!(
        "Plan: {} to add, {} to change, {} to destroy.",
        summary.add, summary.change, summary.destroy
    );
    let mut sentences = vec![Phrase::new(Label::Strong, Safe::new(changes))];
    if !plan.oauth_apps.is_empty() {
        let apps = format_args!("OAuth apps: {} to change.", plan.oauth_apps.len());
        sentences.push(Phrase::plain(Safe::new(apps)));
    }
    if !plan.source_templates.is_empty() {
        let templates = format_args!("Source templates: {} to copy.", plan.source_templates.len());
        sentences.push(Phrase::plain(Safe::new(templates)));
    }
    if summary.secrets > 0 {
        let secrets = format_args!("Secrets: {} to write.", summary.secrets);
        sentences.push(Phrase::plain(Safe::new(secrets)));
    }
    sentences.extend(impact(summary.impact));
    let touched_declared = summary.customers_touched;
    let undeclared = (touched(plan).count() as u64).saturating_sub(touched_declared);
    let compared = if plan.partial {
        format!("{} selected", summary.customers_selected)
    } else {
        summary.customers_declared.to_string()
    };
    let removed = match undeclared {
        0 => String::new(),
        removed => format!(", and {removed} no longer in the files"),
    };
    sentences.push(Phrase::plain(Safe::new(format_args!(
        "Customers: {touched_declared} touched of {compared}{removed}."
    ))));
    sentences.extend(plan.deletions.map(deletions));
    sentences.extend(plan.id_changes.map(id_changes));
    sentences.extend(before_apply(plan, missing));
    sentences.extend(further_counts(plan));
    sentences
}

/// The objects by impact, the most severe first.
fn impact(counts: ImpactCounts) -> Option<Phrase> {
    let noun = if counts.id_changes == 1 {
        "id change"
    } else {
        "id changes"
    };
    let id_changes = match counts.secret_only {
        0 => noun.to_owned(),
        all if all == counts.id_changes => format!("{noun} (secret only)"),
        some => format!("{noun} ({some} secret only)"),
    };
    let counts: Vec<String> = [
        (counts.removed, "removed"),
        (counts.id_changes, id_changes.as_str()),
        (counts.in_place, "in place"),
        (counts.new, "new"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    (!counts.is_empty())
        .then(|| Phrase::plain(Safe::new(format_args!("Impact: {}.", counts.join(", ")))))
}

/// What happens for lack of secrets. A placeholder skips its connector, whatever the options.
fn missing_secrets(plan: &Plan, missing: MissingSecrets) -> Phrase {
    let needed = plan.unverified.iter();
    let mut needed = needed.filter(|entry| entry.need == SecretNeed::ToSend);
    if needed.all(|entry| entry.cause == Some(UnresolvedCause::SecretUnbound)) {
        let sentence = "Connectors with placeholders for secrets are skipped.";
        return Phrase::new(Label::Warning, sentence);
    }
    Phrase::new(Label::Error, missing.sentence())
}

/// What stops the apply, or needs a flag or a look at secrets first.
fn before_apply(plan: &Plan, missing: MissingSecrets) -> Vec<Phrase> {
    let mut sentences = Vec::new();
    if plan.lacks_secrets() {
        sentences.push(missing_secrets(plan, missing));
    }
    if plan.sends_unread_secrets() {
        let sentence = "Secrets to write were not checked (--no-secrets or --snapshot).";
        sentences.push(Phrase::new(Label::Warning, sentence));
    }
    let is_replacement = |step: &&Step| step.action == Action::Replace;
    let replacements = plan.steps().filter(is_replacement).count();
    if replacements > 0 {
        sentences.push(Phrase::plain(Safe::new(format_args!(
            "Replacements: {replacements}; --auto-approve needs --allow-replace for them."
        ))));
    }
    sentences
}

fn deletions(deletions: AllowedDeletions) -> Phrase {
    let AllowedDeletions {
        deletes,
        allowed,
        source,
    } = deletions;
    let source = wording::limit_source(source);
    Phrase::plain(Safe::new(format_args!(
        "Deletions and suspensions: {deletes}, allowed by {source} (up to {allowed})."
    )))
}

fn id_changes(allowed: AllowedIdChanges) -> Phrase {
    let AllowedIdChanges {
        id_changes,
        allowed,
        source,
    } = allowed;
    let source = wording::limit_source(source);
    Phrase::plain(Safe::new(format_args!(
        "Id changes: {id_changes}, allowed by {source} (up to {allowed})."
    )))
}

fn unchanged(plan: &Plan, missing: MissingSecrets) -> Vec<Phrase> {
    let mut sentences = vec![Phrase::new(Label::Good, "No changes.")];
    let differs = |warning: &PlanWarning| {
        matches!(
            warning,
            PlanWarning::RegionIgnored { .. } | PlanWarning::SettingNotKept { .. }
        )
    };
    if plan.lacks_secrets() {
        sentences.push(missing_secrets(plan, missing));
    } else if plan.blocked.is_empty() && !plan.warnings.iter().any(differs) {
        sentences.push(Phrase::plain(matching(plan)));
    }
    sentences.extend(further_counts(plan));
    sentences
}

/// The sentence about what matches the files. It claims no more than the run compared.
fn matching(plan: &Plan) -> Safe {
    let matched = matched(plan);
    let mut text = matched.as_str().to_owned();
    let not_verified = usize::try_from(not_verified(plan)).unwrap_or(usize::MAX);
    if not_verified > 0 {
        let connectors = counted(not_verified, "connector");
        text = format!(
            "{}, except for secrets of {connectors}, which were not verified.",
            text.trim_end_matches('.')
        );
    }
    Safe::new(text)
}

fn matched(plan: &Plan) -> Safe {
    let summary = plan.summary;
    let connectors = usize::try_from(summary.connectors_declared).unwrap_or(usize::MAX);
    match (summary.customers_declared, connectors) {
        _ if plan.partial => selected_match(summary),
        (0, _) => "The files declare no customer.".into(),
        (1, 0) => "The customer matches the files.".into(),
        (n, 0) => Safe::new(format_args!("All {n} customers match the files.")),
        (1, _) => {
            let connectors = counted(connectors, "connector");
            Safe::new(format_args!(
                "The customer and its {connectors} match the files."
            ))
        }
        (n, _) => {
            let connectors = counted(connectors, "connector");
            Safe::new(format_args!(
                "All {n} customers and {connectors} match the files."
            ))
        }
    }
}

/// The sentence about the part of the files that was compared.
fn selected_match(summary: Summary) -> Safe {
    match (summary.connectors_selected, summary.customers_selected) {
        (0, 0) => {
            "Nothing that was selected is in the files, and a narrowed run removes nothing.".into()
        }
        (0, 1) => "The selected customer matches the files.".into(),
        (0, n) => Safe::new(format_args!("The {n} selected customers match the files.")),
        (1, _) => "The selected connector matches the files.".into(),
        (n, _) => Safe::new(format_args!("The {n} selected connectors match the files.")),
    }
}

/// The counts that are shown only if they are not zero.
fn further_counts(plan: &Plan) -> impl Iterator<Item = Phrase> {
    let counts = [
        ("To adopt", plan.summary.adopt),
        ("Blocked", plan.blocked.len() as u64),
        ("Not verified", not_verified(plan)),
        ("Warnings", plan.warnings.len() as u64),
    ];
    let partial = is_rest_left_out(plan)
        .then(|| Phrase::plain("Partial: the rest of the files was left out."));
    counts
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(what, count)| Phrase::plain(Safe::new(format_args!("{what}: {count}."))))
        .chain(partial)
        .chain(not_compared(plan))
}

/// The sentence about customers of which a listing of the organization showed only ids.
fn not_compared(plan: &Plan) -> Option<Phrase> {
    let customers = plan.summary.customers_not_compared;
    (customers > 0).then(|| {
        let customers = counted(usize::try_from(customers).unwrap_or(usize::MAX), "customer");
        Phrase::plain(Safe::new(format_args!(
            "Names and settings of the connectors of {customers} were not compared (--listing organization)."
        )))
    })
}

/// The number of connectors with secrets that are not verified. One of them can have several causes.
fn not_verified(plan: &Plan) -> u64 {
    let connectors: BTreeSet<&Address> =
        plan.unverified.iter().map(|entry| &entry.address).collect();
    connectors.len() as u64
}

/// Whether the run is narrowed to less than the files declare.
fn is_rest_left_out(plan: &Plan) -> bool {
    let summary = plan.summary;
    plan.partial
        && (summary.customers_selected < summary.customers_declared
            || summary.connectors_selected < summary.connectors_declared)
}
