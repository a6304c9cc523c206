//! Responsible for the places of saved plans: files, the ledger's store, and directories of object
//! stores. Writes and reads plans, and checks what needs no session with the API.

use super::endpoint::{SANDBOX_ORIGIN, expected_organization, ledger_dir, sandbox_ledger_dir};
use super::ledger_keys::Keys;
use super::named_file::content_of;
use super::out_directory::OutDirectory;
use super::outputs_offline::only_organization;
use super::project::load_if_any;
use super::signatures::{self, Namespace};
use super::{App, Invocation, ledger_access};
use crate::cli::{MarkdownArgs, PlanDestination, PlanSource, SaveArgs, ShowPlanArgs};
use crate::failure::{Failure, FailureKind};
use crate::files::Access;
use crate::ledger::{Authenticator, MAX_PLAN_SIZE, PlanStore, Scope, open_shared};
use crate::plan::Plan;
use crate::render::markdown::Limits;
use crate::render::{self, MacCheck, PlanChecks, SavedFile};
use crate::saved_plan::{
    self, CanonicalPlan, PlanFileError, PlanOptions, ReadPlan, SavedPlan, signed_text,
};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::path::Path;

pub(super) const ALTERED: &str = "plan_altered";

impl App<'_> {
    /// Saves a plan where the arguments say, if they do.
    pub(crate) async fn save_plan(
        &self,
        plan: &Plan,
        options: PlanOptions,
        args: &SaveArgs,
    ) -> Result<Option<SavedFile>, Failure> {
        let Some(destination) = args.destination() else {
            return Ok(None);
        };
        let content = self.content(plan, options, args).await?;
        let canonical = CanonicalPlan::new(&content)
            .map_err(|error| Failure::internal(format!("the plan cannot be saved: {error}")))?;
        let id = canonical.id.clone();
        let key = args.sign.as_deref();
        let signature = key
            .map(|key| signatures::sign(key, Namespace::Plan, &signed_text(&id)))
            .transpose()?;
        let text = canonical.file(&self.authenticator, signature.as_deref());
        let (path, arguments) = match destination {
            PlanDestination::File(path) => {
                write(path, &text)?;
                let path = path.display().to_string();
                let arguments = vec![path.clone(), "--expect".to_owned(), id.clone()];
                (path, arguments)
            }
            PlanDestination::Ledger => {
                let path = self.store_plan(&self.plans, &id, &text).await?;
                (path, vec!["--plan".to_owned(), id.clone()])
            }
            PlanDestination::Shared(address) => {
                let store = shared(self.invocation, address)?;
                let path = self.store_plan(&store, &id, &text).await?;
                (path, vec![format!("{address}/{id}")])
            }
        };
        Ok(Some(SavedFile {
            path,
            id,
            arguments,
            expires_at: content.expires_at,
            is_expired: false,
            mac: MacCheck::Verified,
        }))
    }

    /// Writes a plan into a store, and removes old ones. Keeping too many is no reason to fail.
    async fn store_plan(&self, store: &PlanStore, id: &str, text: &str) -> Result<String, Failure> {
        let now = Timestamp::now();
        let path = store.save(now, id, text).await?;
        if let Err(error) = store.remove_old(now).await {
            let text = format!("old plans were not removed: {error}");
            render::print_note(self.invocation.ui, &text)?;
        }
        Ok(path.display().to_string())
    }

    /// Reads a saved plan from a file or a store.
    pub(super) async fn read_source(&self, source: &PlanSource) -> Result<ReadPlan, Failure> {
        match source {
            PlanSource::File(path) => read(path),
            PlanSource::Ledger(id) => from_store(&self.plans, id).await,
            PlanSource::Shared { directory, id } => {
                let store = shared(self.invocation, directory)?;
                from_store(&store, id).await
            }
        }
    }
}

fn shared(invocation: Invocation<'_>, address: &str) -> Result<PlanStore, Failure> {
    let env = invocation.env;
    let store = match env.store_override(address) {
        Some(shared) => shared,
        None => open_shared(address, env.object_store_variables())?,
    };
    Ok(PlanStore::shared(store))
}

/// Reads the only plan of a store whose id starts with these digits.
async fn from_store(store: &PlanStore, id: &str) -> Result<ReadPlan, Failure> {
    let plans = store.find(id).await?;
    let ids: BTreeSet<&str> = plans.iter().map(|plan| plan.id.as_str()).collect();
    if ids.len() > 1 {
        let ids: Vec<&str> = ids.into_iter().collect();
        let message = format!("several saved plans have an id that starts with {id}");
        return Err(Failure::error("plan_ambiguous", message)
            .hint(format!("write more digits: {}", ids.join(", "))));
    }
    // Copies of one plan have the same content, or they are refused below.
    let text = match plans.last() {
        Some(plan) => store.read(plan).await?,
        None => None,
    };
    let Some(text) = text else {
        let message = format!("no saved plan has an id that starts with {id}");
        return Err(Failure::error("plan_unknown", message)
            .hint("plans are kept for 30 days, and the newest 50; plan again, or check --ledger"));
    };
    let read = parse(&text, id)?;
    if read.id.starts_with(id) {
        Ok(read)
    } else {
        let message = format!(
            "the plan that is stored as {id} has another id: {}",
            read.id
        );
        Err(Failure::error(ALTERED, message).hint("plan again and review"))
    }
}

/// How large the comment may be that Markdown is written for.
pub(crate) fn limits(args: MarkdownArgs) -> Limits {
    Limits {
        bytes: args.comment.bytes(),
        folds: args.comment.shows_html(),
    }
}

/// The identity of the person who signed a plan, if the signature is to be checked.
pub(super) fn check_signature(
    saved: &ReadPlan,
    signers: Option<&Path>,
) -> Result<Option<String>, Failure> {
    let Some(signers) = signers else {
        return Ok(None);
    };
    let (text, signature) = (signed_text(&saved.id), saved.signature.as_deref());
    signatures::verify(signers, Namespace::Plan, &text, signature).map(Some)
}

/// Reads a saved plan, and checks its MAC if the environment has the ledger's key, and its signature if
/// the arguments name the signers. Needs no credentials of the API; a plan in a file needs neither a project nor the
/// network.
pub(crate) async fn show_saved_plan(
    invocation: Invocation<'_>,
    args: &ShowPlanArgs,
) -> Result<(ReadPlan, PlanChecks), Failure> {
    let saved = match &args.plan {
        PlanSource::File(path) => read(path)?,
        PlanSource::Ledger(id) => from_store(&stored_plans(invocation).await?, id).await?,
        PlanSource::Shared { directory, id } => {
            from_store(&shared(invocation, directory)?, id).await?
        }
    };
    let mac = check_mac(invocation, &saved)?;
    let signer = check_signature(&saved, args.allowed_signers.as_deref())?;
    let is_expired = saved.content.is_expired(Timestamp::now());
    let checks = PlanChecks {
        mac,
        is_expired,
        signer,
    };
    Ok((saved, checks))
}

/// The saved plans beside the ledger, found without a session.
async fn stored_plans(invocation: Invocation<'_>) -> Result<PlanStore, Failure> {
    let project = load_if_any(invocation)?;
    let directory = if invocation.global.sandbox {
        sandbox_ledger_dir(&project)
    } else {
        ledger_dir(&project)
    };
    let place = ledger_access::place(invocation, &project, &directory)?;
    let expected = expected_organization(invocation.env, &project)?;
    let organization = only_organization(expected, &place).await?;
    let organization = organization.ok_or_else(|| {
        let message = "the ledger does not tell the organization whose plan is meant";
        Failure::usage("organization_unknown", message)
            .hint("set AIRBYTE_ORGANIZATION_ID, or name the place of the plan with --ledger")
    })?;
    Ok(PlanStore::of_ledger(&place, organization))
}

fn check_mac(invocation: Invocation<'_>, saved: &ReadPlan) -> Result<MacCheck, Failure> {
    match authenticator(invocation, &saved.content)? {
        None => Ok(MacCheck::NoKey),
        Some(authenticator) if saved.is_authentic(&authenticator) => Ok(MacCheck::Verified),
        Some(_) => Err(not_authentic()),
    }
}

pub(super) fn not_authentic() -> Failure {
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
        environment: content.plan.environment.clone(),
        shard: None,
        sandbox,
    };
    Ok(Some(keys.fingerprinters(organization).authenticator(scope)))
}

fn read(path: &Path) -> Result<ReadPlan, Failure> {
    let shown = path.display();
    let text = content_of(path, MAX_PLAN_SIZE).map_err(|error| {
        let message = format!("cannot read the plan {shown}: {error}");
        Failure::error("plan_unreadable", message)
            .hint("name a file that `airlift plan --out FILE` wrote")
    })?;
    parse(&text, &shown.to_string())
}

fn parse(text: &[u8], shown: &str) -> Result<ReadPlan, Failure> {
    saved_plan::read(text).map_err(|error| {
        let message = format!("cannot use the plan {shown}: {error}");
        match error {
            PlanFileError::OtherVersion => stale("plan_of_other_version", message),
            PlanFileError::NotAPlan => Failure::error(ALTERED, message)
                .hint("name a file that `airlift plan --out FILE` wrote, or fetch it again"),
            PlanFileError::Altered => Failure::error(ALTERED, message)
                .hint("fetch the file again, or plan again and review"),
        }
    })
}

/// Writes a plan or a snapshot, in place of another one.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let name = Path::new(path.file_name().unwrap_or_default());
    let is_ours = |start: &[u8]| start.is_empty() || start.starts_with(b"{\"airlift_");
    OutDirectory::containing(path).replace(name, text, Access::Private, is_ours)
}

pub(super) fn stale(code: &'static str, message: String) -> Failure {
    Failure::new(FailureKind::Stale, code, message).hint("plan again and review")
}
