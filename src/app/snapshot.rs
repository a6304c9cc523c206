//! Responsible for snapshots: writes the remote state and the ledger into a file, and plans from such a
//! file without credentials and without the network.

use super::named_file::content_of;
use super::plan_files::write;
use super::policy::policy_of;
use super::signatures::{self, Namespace};
use super::workflow::Reading;
use super::{App, Invocation};
use crate::cli::{Format, PlanArgs, SnapshotArgs};
use crate::config::Project;
use crate::failure::{Failure, FailureKind};
use crate::ledger::MAX_PLAN_SIZE;
use crate::model::{SecretComparison, UnverifiedReason, first_names};
use crate::plan::{Plan, Policy, match_resources, plan};
use crate::render::{self, Provenance, Safe, Ui, json};
use crate::saved_plan::{PlanFileError, ReadSnapshot, Snapshot};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::path::Path;

impl App<'_> {
    /// Reads the API and the ledger, and writes what a plan needs of them into a file.
    pub(crate) async fn write_snapshot(&self, args: &SnapshotArgs) -> Result<(), Failure> {
        let ledger = self.read_ledger().await?;
        let state = self.read(ledger, Reading::full(), &Policy::default()).await;
        self.end_phase();
        let mut state = state?;
        self.read_secrets().await;
        self.withhold_secrets(&mut state.observed);
        let snapshot = Snapshot {
            airlift: env!("CARGO_PKG_VERSION").to_owned(),
            origin: self.origin.clone(),
            created_at: Timestamp::now().strftime("%FT%TZ").to_string(),
            observed: state.observed,
            recorded: state.recorded,
        };
        let key = args.sign.as_deref();
        let sign = |text: &str| {
            key.map(|key| signatures::sign(key, Namespace::Snapshot, text))
                .transpose()
        };
        let desired = &self.project.desired;
        let (snapshot, left_out) =
            snapshot.without_values(desired, &|value| self.repeats_secret(value));
        let text = snapshot.file(sign).map_err(|error| {
            Failure::internal(format!("the snapshot cannot be written: {error}"))
        })??;
        write(&args.out, &text)?;
        let path = args.out.display();
        let text = format!("wrote {path}; `airlift plan --snapshot {path}` plans from it");
        let ui = self.invocation.ui;
        note_left_out(ui, &left_out)?;
        render::print_note(ui, &text)?;
        if matches!(self.invocation.global.format, Format::Json | Format::Events) {
            json::snapshot(&mut ui.out(), &args.out)?;
        }
        Ok(())
    }
}

/// Names the customers whose settings are not in the snapshot.
fn note_left_out(ui: &Ui, customers: &BTreeSet<String>) -> Result<(), Failure> {
    if customers.is_empty() {
        return Ok(());
    }
    let names = customers.iter().map(|name| Safe::short_name(name));
    let names: Vec<String> = names.map(|name| name.to_string()).collect();
    let text = format!(
        "the settings of {} are left out: their ledger entries are not verified, so that nothing says which settings \
         are secret; `airlift doctor` names the entries",
        first_names(&names)
    );
    Ok(render::print_note(ui, &text)?)
}

/// Plans from a snapshot. Every secret is unverified.
pub(crate) fn plan_from_snapshot(
    invocation: Invocation<'_>,
    project: &Project,
    args: &PlanArgs,
    path: &Path,
) -> Result<(Plan, Provenance), Failure> {
    let read = read(path)?;
    let signer = args.allowed_signers.as_deref().map(|signers| {
        let (text, signature) = (read.signed_text(), read.signature.as_deref());
        signatures::verify(signers, Namespace::Snapshot, &text, signature)
    });
    let signer = signer.transpose()?;
    let snapshot = read.content;
    check_organization(project, &snapshot)?;
    let made = (snapshot.origin.as_str(), snapshot.created_at.as_str());
    let source = provenance(made, signer.as_deref());
    render::print_note(invocation.ui, &origin_note(&source))?;
    let policy = policy_of(invocation, project, &args.planning, &snapshot.recorded)?;
    let matches = match_resources(&project.desired, &snapshot.observed, &snapshot.recorded);
    let mut plan = plan(&matches, &SecretComparison::default(), &policy);
    for entry in &mut plan.unverified {
        // The run was not asked to leave secrets out: the snapshot has nothing to compare them with.
        if entry.why == UnverifiedReason::NotAsked {
            entry.why = UnverifiedReason::NotInSnapshot;
        }
    }
    Ok((plan, source))
}

/// From which API a snapshot is, how old it is, and whether its signature was checked.
fn provenance((origin, created_at): (&str, &str), signer: Option<&str>) -> Provenance {
    let check = match signer {
        Some(signer) => format!("signed by {signer}"),
        None => "not verified, because anyone could have written it (--allowed-signers checks a signature)"
            .to_owned(),
    };
    // What a file says of itself must not read like a part of a sentence.
    let api = if origin.contains(char::is_whitespace) {
        "an unknown API"
    } else {
        origin
    };
    let made_at = match created_at.parse::<Timestamp>() {
        Ok(at) => format!("{at} ({})", age(Timestamp::now().duration_since(at))),
        Err(_) => "an unknown time".to_owned(),
    };
    Provenance {
        api: api.to_owned(),
        made_at,
        snapshot: Some(check),
    }
}

fn origin_note(source: &Provenance) -> String {
    let Provenance {
        api,
        made_at,
        snapshot,
    } = source;
    let check = snapshot.as_deref().unwrap_or_default();
    format!("planning from a snapshot that is {check}: of {api}, made at {made_at}")
}

fn age(age: SignedDuration) -> String {
    let minutes = age.as_mins().max(0);
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min old"),
        (hours, minutes) if hours < 48 => format!("{hours} h {minutes} min old"),
        (hours, _) => format!("{} days old", hours / 24),
    }
}

fn check_organization(project: &Project, snapshot: &Snapshot) -> Result<(), Failure> {
    let organization = snapshot.observed.organization_id;
    match project.desired.organization_id {
        Some(declared) if declared != organization => {
            let message = format!(
                "the project is for organization {declared}, and the snapshot is of {organization}"
            );
            let kind = FailureKind::Authentication;
            Err(Failure::new(kind, "wrong_organization", message)
                .hint("make the snapshot with the credentials of the project's organization"))
        }
        _ => Ok(()),
    }
}

fn read(path: &Path) -> Result<ReadSnapshot, Failure> {
    let shown = path.display();
    let text = content_of(path, MAX_PLAN_SIZE).map_err(|error| {
        let message = format!("cannot read the snapshot {shown}: {error}");
        Failure::error("snapshot_unreadable", message)
    })?;
    Snapshot::read(&text).map_err(|error| {
        let cause = match error {
            PlanFileError::NotAPlan => "`airlift snapshot` did not write it",
            PlanFileError::Altered => "it was altered: its content does not match its id",
            PlanFileError::OtherVersion => "another version of airlift made it",
        };
        let message = format!("cannot use the snapshot {shown}: {cause}");
        Failure::error("snapshot_altered", message).hint("make it again with `airlift snapshot`")
    })
}

#[cfg(test)]
mod tests {
    use super::{age, origin_note, provenance};
    use jiff::SignedDuration;

    #[test]
    fn origin_of_a_snapshot_that_lies_is_unknown_and_not_verified() {
        let lies = ("https://api.example, signed by security", "now, signed");
        let shown = origin_note(&provenance(lies, None));
        assert!(shown.starts_with("planning from a snapshot that is not verified"));
        assert!(
            shown.ends_with("of an unknown API, made at an unknown time"),
            "{shown}"
        );
    }

    #[test]
    fn age_is_in_minutes_then_hours_then_days() {
        let shown = |minutes| age(SignedDuration::from_mins(minutes));
        assert_eq!(shown(-3), "0 min old");
        assert_eq!(shown(59), "59 min old");
        assert_eq!(shown(61), "1 h 1 min old");
        assert_eq!(shown(60 * 24 * 3), "3 days old");
    }
}
