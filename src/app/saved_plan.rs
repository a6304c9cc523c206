//! Responsible for saving plans, for the checks of a saved plan before it is used, and for reducing
//! a plan made now to what a saved plan approved.

use super::commit::commit;
use super::endpoint::SANDBOX_ORIGIN;
use super::execution::ResolvedSecrets;
use super::ledger_keys::Keys;
use super::out_directory::OutDirectory;
use super::{App, Invocation, Planned, Shown, check_guards};
use crate::apply::ApplyReport;
use crate::cli::{ApplyArgs, MarkdownArgs, OnStale, PlanArgs, PlanningArgs};
use crate::failure::{Failure, FailureKind};
use crate::files::Access;
use crate::ledger::{Authenticator, Scope};
use crate::model::{Address, SecretRef};
use crate::plan::{ApprovedPart, Plan, approved_part};
use crate::render::markdown::Limits;
use crate::render::{self, MacCheck, SavedFile};
use crate::saved_plan::{
    self, Declarations, PLANNER, PlanFileError, PlanOptions, ReadPlan, SavedPlan,
};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use uuid::Uuid;

/// The largest file that is read. A plan of 100,000 changes has about 100 MB.
const MAX_SIZE: u64 = 256 << 20;
const ALTERED: &str = "plan_altered";

impl App<'_> {
    /// Writes a plan into a file.
    pub(crate) async fn save_plan(
        &self,
        plan: &Plan,
        args: &PlanArgs,
        path: &Path,
    ) -> Result<SavedFile, Failure> {
        let content = self.content(plan, args).await?;
        let (text, id) = saved_plan::write(&content, &self.authenticator)
            .map_err(|error| Failure::internal(format!("the plan cannot be saved: {error}")))?;
        write(path, &text)?;
        Ok(SavedFile {
            path: path.display().to_string(),
            id,
            expires_at: content.expires_at,
            mac: MacCheck::Verified,
        })
    }

    async fn content(&self, plan: &Plan, args: &PlanArgs) -> Result<SavedPlan, Failure> {
        let now = Timestamp::now();
        let hours = SignedDuration::from_hours(args.valid_for.into());
        let expires_at = now.checked_add(hours).unwrap_or(Timestamp::MAX);
        let salt = Uuid::new_v4().simple().to_string();
        let secrets = if args.planning.connection.no_secrets {
            BTreeMap::new()
        } else {
            self.fingerprints(plan, &salt).await
        };
        Ok(SavedPlan {
            airlift: env!("CARGO_PKG_VERSION").to_owned(),
            planner: PLANNER,
            origin: self.origin.clone(),
            created_at: seconds(now),
            expires_at: seconds(expires_at),
            commit: commit(self.invocation, &self.project.root),
            options: options(&args.planning),
            declarations: Declarations::new(&self.project.desired, plan),
            salt,
            secrets,
            plan: plan.clone(),
        })
    }

    /// Keyed fingerprints of the values that a plan sends. The values were read for the plan
    /// already.
    async fn fingerprints(&self, plan: &Plan, salt: &str) -> BTreeMap<String, String> {
        let (values, _unresolved) = self.secrets.resolve_all(&plan.sent_references()).await;
        let fingerprinter = &self.fingerprinters.current;
        plan.sent_references()
            .iter()
            .filter_map(|reference| {
                let value = values.get(reference)?;
                let fingerprint = fingerprinter.fingerprint_of_reference(salt, reference, value);
                Some((reference.to_string(), fingerprint))
            })
            .collect()
    }

    /// Executes what a saved plan approved and what still fits. Returns that plan and the report.
    pub(crate) async fn apply_saved_plan(
        &self,
        file: &Path,
        args: &ApplyArgs,
    ) -> Result<(Plan, ApplyReport), Failure> {
        let saved = self.read_plan(file, args.expect.as_deref())?;
        check_guards(&saved.content.plan, Shown::Nothing)?;
        let planning = planning_of(&saved.content, &args.planning)?;
        let mut planned = self.plan(&planning).await?;
        let part = self.approved_part(&saved.content, &planned);
        check_guards(&part.plan, Shown::Nothing)?;
        let secrets = self.resolve(&part.plan, args.execution).await?;
        let part = self.without_changed_secrets(&saved.content, part, &secrets);
        if part.plan.has_changes() {
            self.show_plan_before_execution(&part.plan, args.execution)?;
        } else {
            let counts = (part.satisfied.len(), part.stale.len());
            render::nothing_to_apply(self.invocation.ui, counts)?;
        }
        self.check_stale(&part, args.on_stale)?;
        planned.plan = part.plan;
        let report = self.apply(&planned, &secrets, args.execution).await?;
        Ok((
            planned.plan,
            report.with_skipped(part.stale, part.satisfied),
        ))
    }

    /// Reads a saved plan, and refuses one that was altered, is not the expected one, is for another
    /// API or organization, or is no longer valid.
    fn read_plan(&self, path: &Path, expected: Option<&str>) -> Result<ReadPlan, Failure> {
        let saved = read(path)?;
        self.check_target(&saved.content)?;
        if !saved.is_authentic(&self.authenticator) {
            return Err(not_authentic());
        }
        if expected.is_some_and(|id| !id.eq_ignore_ascii_case(&saved.id)) {
            let message = format!(
                "the file has plan {}, which is not the expected one",
                saved.id
            );
            return Err(
                Failure::new(FailureKind::Refused, "plan_unexpected", message)
                    .hint("apply the file of the approved plan, or review and approve this one"),
            );
        }
        if saved.content.is_expired(Timestamp::now()) {
            let message = format!("the plan expired at {}", saved.content.expires_at);
            return Err(stale("plan_expired", message));
        }
        Ok(saved)
    }

    fn check_target(&self, content: &SavedPlan) -> Result<(), Failure> {
        let organization = content.plan.organization_id;
        if organization == self.connection.organization && content.origin == self.origin {
            return Ok(());
        }
        let message = format!(
            "the plan is for organization {organization} at {}, and this run is for {} at {}",
            content.origin, self.connection.organization, self.origin
        );
        let kind = FailureKind::Authentication;
        Err(Failure::new(kind, "plan_of_other_target", message)
            .hint("apply the plan with the credentials that it was made with, or plan again"))
    }

    /// Reduces a plan made now to what a saved plan approved.
    fn approved_part(&self, saved: &SavedPlan, present: &Planned) -> ApprovedPart {
        let desired = &self.project.desired;
        let has_same = |address: &Address| saved.declarations.has_same(desired, address);
        approved_part(
            &saved.plan,
            present.plan.clone(),
            &present.recorded,
            has_same,
        )
    }

    /// Skips steps that would send another value than when the plan was saved.
    fn without_changed_secrets(
        &self,
        saved: &SavedPlan,
        part: ApprovedPart,
        secrets: &ResolvedSecrets,
    ) -> ApprovedPart {
        let has_changed = |reference: &&SecretRef| {
            let then = saved.secrets.get(&reference.to_string());
            let now = secrets.values.get(*reference).map(|value| {
                let fingerprinter = &self.fingerprinters.current;
                fingerprinter.fingerprint_of_reference(&saved.salt, reference, value)
            });
            then.is_some() && now.is_some() && then != now.as_ref()
        };
        let changed: BTreeSet<Address> = part
            .plan
            .steps()
            .filter(|step| step.operation.sent_references().iter().any(has_changed))
            .map(|step| step.address.clone())
            .collect();
        part.without(&changed)
    }

    /// Says what of a saved plan is not executed. Fails if the user asked for that.
    fn check_stale(&self, part: &ApprovedPart, on_stale: OnStale) -> Result<(), Failure> {
        render::left_for_next_plan(self.invocation.ui, &part.unapproved)?;
        if part.stale.is_empty() || on_stale == OnStale::Skip {
            return Ok(());
        }
        let stale_steps: Vec<String> = part
            .stale
            .iter()
            .map(|step| step.address.to_string())
            .collect();
        let message = format!(
            "steps of the plan no longer fit; nothing was written: {}",
            stale_steps.join(", ")
        );
        Err(stale("plan_stale", message).hint("--on-stale skip applies the other steps"))
    }
}

/// The options of planning that a saved plan was made with, and how this run reads the API.
fn planning_of(saved: &SavedPlan, args: &PlanningArgs) -> Result<PlanningArgs, Failure> {
    if options(args) != PlanOptions::default() {
        let message = "a saved plan has its own options of selection, deletion and adoption";
        return Err(Failure::usage("options_of_plan", message)
            .hint("leave them out, or plan again with them"));
    }
    let options = saved.options.clone();
    Ok(PlanningArgs {
        target: options.target,
        exclude: options.exclude,
        prune: options.prune,
        delete_customers: options.delete_customers,
        allow_delete: options.allow_delete,
        allow_id_changes: options.allow_id_changes,
        adopt: options.adopt,
        ..args.clone()
    })
}

fn options(args: &PlanningArgs) -> PlanOptions {
    PlanOptions {
        target: args.target.clone(),
        exclude: args.exclude.clone(),
        prune: args.prune,
        delete_customers: args.delete_customers,
        allow_delete: args.allow_delete,
        allow_id_changes: args.allow_id_changes,
        adopt: args.adopt,
    }
}

/// How large the comment may be that Markdown is written for.
pub(crate) fn limits(args: MarkdownArgs) -> Limits {
    Limits {
        bytes: args.comment.bytes(),
        folds: args.comment.shows_html(),
    }
}

/// Reads a saved plan, and checks its MAC if the environment has the ledger's key. Needs neither a
/// project nor the network.
pub(crate) fn show_saved_plan(
    invocation: Invocation<'_>,
    path: &Path,
) -> Result<(ReadPlan, MacCheck), Failure> {
    let saved = read(path)?;
    match authenticator(invocation, &saved.content)? {
        None => Ok((saved, MacCheck::NoKey)),
        Some(authenticator) if saved.is_authentic(&authenticator) => {
            Ok((saved, MacCheck::Verified))
        }
        Some(_) => Err(not_authentic()),
    }
}

fn not_authentic() -> Failure {
    let message = "the plan was altered, or made with another key of the ledger";
    Failure::error(ALTERED, message)
        .hint("plan again where the ledger's key is (AIRLIFT_LEDGER_KEY)")
}

/// Authenticates a plan with the key in the environment, if there is one.
fn authenticator(
    invocation: Invocation<'_>,
    content: &SavedPlan,
) -> Result<Option<Authenticator>, Failure> {
    let sandbox = content.origin == SANDBOX_ORIGIN;
    let Some(keys) = Keys::if_any(invocation.env, sandbox)? else {
        return Ok(None);
    };
    let organization = content.plan.organization_id;
    let scope = Scope {
        origin: content.origin.clone(),
        organization,
        environment: None,
        shard: None,
        sandbox,
    };
    Ok(Some(keys.fingerprinters(organization).authenticator(scope)))
}

fn read(path: &Path) -> Result<ReadPlan, Failure> {
    let shown = path.display();
    let text = content_of(path).map_err(|error| {
        let message = format!("cannot read the plan {shown}: {error}");
        Failure::error("plan_unreadable", message)
    })?;
    saved_plan::read(&text).map_err(|error| {
        let message = format!("cannot use the plan {shown}: {error}");
        match error {
            PlanFileError::OtherVersion => stale("plan_of_other_version", message),
            PlanFileError::NotAPlan | PlanFileError::Altered => Failure::error(ALTERED, message)
                .hint("fetch the file again, or plan again and review"),
        }
    })
}

/// The content of a regular file. Another one, such as a pipe, could block for ever.
fn content_of(path: &Path) -> io::Result<Vec<u8>> {
    let metadata = path.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    if metadata.len() > MAX_SIZE {
        let text = format!(
            "it has {} bytes, and a plan at most {MAX_SIZE}",
            metadata.len()
        );
        return Err(io::Error::other(text));
    }
    let mut text = Vec::new();
    File::open(path)?.take(MAX_SIZE).read_to_end(&mut text)?;
    Ok(text)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let name = Path::new(path.file_name().unwrap_or_default());
    let is_plan = |start: &[u8]| start.is_empty() || start.starts_with(b"{\"airlift_plan\":");
    OutDirectory::containing(path).replace(name, text, Access::Private, is_plan)
}

fn seconds(time: Timestamp) -> String {
    time.strftime("%FT%TZ").to_string()
}

fn stale(code: &'static str, message: String) -> Failure {
    Failure::new(FailureKind::Stale, code, message).hint("plan again and review")
}
