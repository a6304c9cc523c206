//! Responsible for the library's public interface: load, plan, apply, report.
//!
//! Does not print and does not ask: the caller gets values and approves a plan itself. The commands
//! of the command-line tool run the same stages of [`crate::app`].

use crate::app::{self, App, Environment, Invocation, SessionSettings, Shown};
use crate::apply::ApplyReport;
use crate::cli::{self, ApplyArgs, Cli, Command};
use crate::config::{Finding, Loaded, Severity};
use crate::failure::{Failure, FailureKind};
use crate::model::Selector;
use crate::render::{self, Captured, ColorChoice, Out, OutputEnvironment, Ui, Verbosity, json};
use std::path::PathBuf;

/// The scope and the settings of a [`Runner`].
#[derive(Clone, Debug)]
pub struct Options {
    /// Project files or directories.
    pub files: Vec<PathBuf>,
    /// Use the embedded API, which starts in this process, instead of the remote one.
    pub sandbox: bool,
    /// The directory or address of the ledger; `None` is `.airlift` beside the project.
    pub ledger: Option<PathBuf>,
    /// Customers, or connectors as `customer/connector`, by name or pattern. All, if empty.
    pub targets: Vec<String>,
    /// Delete connectors and suspend customers that airlift manages and the files do not declare.
    pub prune: bool,
    /// Resolve no secrets while planning.
    pub no_secrets: bool,
    /// Requests in flight at most, from 1 to 256.
    pub parallelism: u16,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            files: vec![PathBuf::from(".")],
            sandbox: false,
            ledger: None,
            targets: Vec::new(),
            prune: false,
            no_secrets: false,
            parallelism: 10,
        }
    }
}

/// Loads a project, plans, and applies.
///
/// Credentials come from the environment, as for the command-line tool: `AIRBYTE_CLIENT_ID`,
/// `AIRBYTE_CLIENT_SECRET`, and optionally `AIRBYTE_ORGANIZATION_ID` and `AIRBYTE_API_HOST`.
///
/// ```no_run
/// # async fn example() -> Result<(), airlift::Failure> {
/// let runner = airlift::Runner::new(&airlift::Options::default())?;
/// let project = runner.load()?;
/// let plan = runner.plan(&project).await?;
/// println!("{}", plan.to_json());
/// let report = runner.apply(&project, |plan| plan.deletions() == 0).await?;
/// assert!(report.is_complete());
/// # Ok(())
/// # }
/// ```
pub struct Runner {
    ui: Ui,
    env: Environment,
    global: cli::GlobalArgs,
    args: ApplyArgs,
}

/// A project whose files have no errors.
pub struct Project(crate::config::Project);

/// The steps that make Airbyte match a project.
pub struct Plan(crate::plan::Plan);

/// What an apply did.
pub struct Report(ApplyReport);

impl Runner {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// A target is no selector, or `parallelism` is out of range (code `usage`).
    pub fn new(options: &Options) -> Result<Self, Failure> {
        let Options { parallelism, .. } = options;
        let arguments = [
            "airlift",
            "apply",
            "--parallelism",
            &parallelism.to_string(),
        ];
        let arguments = arguments.map(Into::into).into_iter();
        let cli = cli::parse(arguments, 80).map_err(|error| usage(&error))?;
        let Cli {
            command: Command::Apply(mut args),
            mut global,
            ..
        } = cli
        else {
            return Err(Failure::internal(
                "the default arguments are not those of apply",
            ));
        };
        global.files.clone_from(&options.files);
        global.sandbox = options.sandbox;
        global.ledger.clone_from(&options.ledger);
        args.planning.target = selectors(&options.targets)?;
        args.planning.prune = options.prune;
        args.planning.connection.no_secrets = options.no_secrets;
        Ok(Self {
            ui: silent().0,
            env: Environment::read(),
            global,
            args: *args,
        })
    }

    fn invocation(&self) -> Invocation<'_> {
        Invocation {
            ui: &self.ui,
            env: &self.env,
            global: &self.global,
        }
    }

    /// Reads and checks the files, offline.
    ///
    /// # Errors
    /// The files have errors (code `invalid_files`). The hints name each, with its place and code.
    pub fn load(&self) -> Result<Project, Failure> {
        let Loaded {
            report, project, ..
        } = app::read(self.invocation())?;
        project
            .map(Project)
            .ok_or_else(|| invalid(&report.findings))
    }

    /// Reads the API and compares it with the project. Writes nothing.
    ///
    /// # Errors
    /// The API, the ledger or a credential fails. A guard that refuses is not an error: see
    /// [`Plan::is_refused`].
    pub async fn plan(&self, project: &Project) -> Result<Plan, Failure> {
        let settings = SessionSettings::from(&self.args.planning.connection);
        let events = render::sinks::quiet(&self.ui);
        let app = App::open(self.invocation(), &project.0, settings, events).await?;
        let planned = app.plan(&self.args.planning).await;
        app.close().await?;
        Ok(Plan(planned?.plan))
    }

    /// Plans under the ledger's lock, and executes the plan if `approve` accepts it.
    ///
    /// # Errors
    /// As [`Runner::plan`]; a guard refuses (`guard_refused`); a secret cannot be resolved
    /// (`secret_unresolved`); `approve` returns false (`not_approved`). Nothing was written then.
    /// A step that fails is not an error: see [`Report::is_complete`].
    pub async fn apply(
        &self,
        project: &Project,
        approve: impl FnOnce(&Plan) -> bool,
    ) -> Result<Report, Failure> {
        let settings = SessionSettings::from(&self.args.planning.connection);
        let events = render::sinks::quiet(&self.ui);
        let app = App::open_locked(self.invocation(), &project.0, settings, events).await?;
        let report = self.execute(&app, approve).await;
        app.close().await?;
        report.map(Report)
    }

    async fn execute(
        &self,
        app: &App<'_>,
        approve: impl FnOnce(&Plan) -> bool,
    ) -> Result<ApplyReport, Failure> {
        let mut planned = app.plan(&self.args.planning).await?;
        app::check_guards(&planned.plan, Shown::Nothing)?;
        let secrets = app.resolve(&planned.plan, self.args.execution).await?;
        let plan = Plan(planned.plan);
        if !approve(&plan) {
            let message = "not approved: nothing was written";
            return Err(Failure::new(
                FailureKind::Cancelled,
                "not_approved",
                message,
            ));
        }
        planned.plan = plan.0;
        app.apply(&planned, &secrets, self.args.execution, None)
            .await
    }
}

impl Plan {
    /// Whether apply would write to the API.
    pub fn has_changes(&self) -> bool {
        self.0.writes()
    }

    /// Whether a guard refuses the plan, so that apply would end with `guard_refused`.
    pub fn is_refused(&self) -> bool {
        !self.0.refusals.is_empty()
    }

    /// How many objects apply would delete.
    pub fn deletions(&self) -> u64 {
        self.0.summary.destroy
    }

    /// The plan as a document of `schemas/plan.schema.json`.
    pub fn to_json(&self) -> String {
        written(|out| json::plan(out, &self.0, None))
    }
}

impl Report {
    /// Whether every step succeeded and nothing was blocked.
    pub fn is_complete(&self) -> bool {
        self.0.is_complete()
    }

    /// The report as a document of `schemas/report.schema.json`.
    pub fn to_json(&self) -> String {
        written(|out| json::report(out, &self.0))
    }
}

/// Output that is kept in memory.
fn silent() -> (Ui, Captured) {
    Ui::new(
        ColorChoice::Auto,
        Verbosity::Normal,
        &OutputEnvironment::default(),
    )
    .captured()
}

fn written(write: impl FnOnce(&mut Out<'_>) -> std::io::Result<()>) -> String {
    let (ui, captured) = silent();
    // Writing to memory cannot fail.
    let _ = write(&mut ui.out());
    captured.out()
}

fn selectors(targets: &[String]) -> Result<Vec<Selector>, Failure> {
    targets
        .iter()
        .map(|target| {
            target
                .parse()
                .map_err(|error| Failure::usage("usage", format!("{target}: {error}")))
        })
        .collect()
}

fn usage(error: &impl std::fmt::Display) -> Failure {
    Failure::usage("usage", error.to_string())
}

/// The errors of the files as one failure.
fn invalid(findings: &[Finding]) -> Failure {
    let describe = |finding: &Finding| {
        let code = finding.code.as_str();
        format!("{}: {} [{code}]", finding.location, finding.message)
    };
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    let failure = Failure::error("invalid_files", "the files have errors");
    errors.map(describe).fold(failure, Failure::hint)
}
