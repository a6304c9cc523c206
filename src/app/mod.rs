//! Responsible for the stages that commands share: `App` opens the session, the ledger and the
//! secret stores, runs the stages from files to report, and closes everything again.
//!
//! Does not know which command runs. The files in `commands` put the stages together.

mod accepted_setting;
mod adoption;
mod adoption_table;
mod approval;
mod approved_plan;
mod change_windows;
mod changed_customers;
mod changed_files;
mod commit;
mod connect;
mod connection;
mod credentials;
mod declared_names;
mod drift;
mod drift_acceptance;
mod drift_allowed;
mod endpoint;
mod environment;
mod execution;
mod export;
mod export_update;
mod exposure;
mod filters;
mod health;
mod known_texts;
mod ledger_access;
mod ledger_contents;
mod ledger_copy;
mod ledger_git;
mod ledger_health;
mod ledger_keys;
mod ledger_lock;
mod named_file;
mod network;
mod oauth_apps;
mod out_directory;
mod output;
mod outputs;
mod outputs_offline;
mod pending_edit;
mod plan_files;
mod plan_health;
mod plan_output;
mod policy;
mod policy_error;
mod project;
mod project_edit;
mod reading_notes;
mod rekey;
mod repeated;
mod rollout;
mod rotation;
mod run_history;
mod saved_plan;
mod selected;
mod selection;
mod serve;
mod shard;
mod shell_line;
mod sign;
mod signals;
mod signatures;
mod snapshot;
mod source_templates;
mod starter;
mod status;
mod token;
mod token_forms;
mod trust;
mod types_lock;
mod unverified;
mod withheld;
mod workflow;

pub use environment::Environment;

pub(crate) use crate::ledger::use_disk_thread;
pub(crate) use approval::{Shown, check_guards, check_replacements};
pub(crate) use connect::answer_as_browser;
pub(crate) use connection::SessionSettings;
pub(crate) use export::{check_export, write_project};
pub(crate) use filters::with_targets;
pub(crate) use health::check_health;
pub(crate) use ledger_access::store_at;
pub(crate) use outputs::check_outputs_file;
pub(crate) use outputs_offline::unverified_outputs;
pub(crate) use plan_files::{limits, show_saved_plan};
pub(crate) use plan_output::{plan_exit, show_plan};
pub(crate) use policy::policy_schema;
pub(crate) use project::{
    EXPLAIN_FINDINGS, expand, load, load_if_any, read, read_every_environment,
};

pub(crate) use repeated::repeated_options;
pub(crate) use rotation::SelectedRotation;
pub(crate) use saved_plan::plan_options;
pub(crate) use selection::Selectable;
pub(crate) use serve::sandbox_options;
pub(crate) use shell_line::{completed_connectors, completed_customers};
pub(crate) use signals::{notice_signals, signal, unless_interrupted};
pub(crate) use snapshot::plan_from_snapshot;
pub(crate) use starter::{find_type, write_manual, write_starter};
pub(crate) use token::TokenSink;
pub(crate) use workflow::Planned;

use crate::api::Options;
use crate::apply::Stop;
use crate::cli::{Format, GlobalArgs};
use crate::config::{Loaded, Project};
use crate::events::{Event, Sink};
use crate::failure::{Exit, Failure, FailureKind};
use crate::ledger::{
    Authenticator, Ledger, LedgerStore, Lock, PlanStore, Scope, check_environment,
};
use crate::render::{self, Ui, json};
use crate::secrets::Resolver;
use connection::Connection;
use endpoint::Endpoint;
use ledger_keys::{Fingerprinters, KeyStrength, WEAK_KEY};
use project::resolver;
use shard::ShardMembers;
use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The arguments, environment and output of a command.
#[derive(Clone, Copy)]
pub(crate) struct Invocation<'a> {
    pub(crate) ui: &'a Ui,
    pub(crate) env: &'a Environment,
    pub(crate) global: &'a GlobalArgs,
}

impl Invocation<'_> {
    /// Ends the output of a command that reached its end, and returns the exit code.
    pub(crate) fn end(self, exit: Exit) -> Exit {
        match self.ui.events().map(|events| events.end(exit, None)) {
            Some(Err(error)) => self.fail(&Failure::from(error)),
            Some(Ok(())) | None => exit,
        }
    }

    /// Shows the failure that stops the command. JSON output has one document: the failure, unless
    /// the result came first.
    pub(crate) fn fail(self, failure: &Failure) -> Exit {
        if failure.kind == FailureKind::Cancelled {
            self.ui.clear_line();
        }
        self.ui.failure(failure);
        self.write_failure(failure);
        failure.exit()
    }

    /// Writes the failure to stdout: as the last event, or if the output is JSON and has no document
    /// yet.
    fn write_failure(self, failure: &Failure) {
        if let Some(events) = self.ui.events() {
            // stderr has the failure already.
            let _ = events.end(failure.exit(), Some(failure));
        }
        if self.global.format == Format::Json && !self.ui.has_result() {
            // stderr has the failure already.
            let _ = json::failure(&mut self.ui.out(), failure);
        }
    }
}

/// An open project: the session with the API, the ledger, and the secret stores.
pub(crate) struct App<'a> {
    pub(crate) invocation: Invocation<'a>,
    /// The project, with the customers of the shard only.
    pub(crate) project: Cow<'a, Project>,
    pub(crate) secrets: Resolver,
    pub(crate) connection: Arc<Connection>,
    pub(crate) ledger: Ledger,
    pub(crate) fingerprinters: Fingerprinters,
    /// The customers of the shard that the run covers. `None` for all customers.
    shard: Option<ShardMembers>,
    /// Authenticates saved plans, and says how the ledger is divided into shards.
    authenticator: Authenticator,
    /// The store of the ledgers.
    store: LedgerStore,
    /// The saved plans beside the ledger.
    plans: PlanStore,
    /// The origin of the API, as in the scope of the ledger.
    origin: String,
    pub(crate) stop: Stop,
    /// How many customers are read or executed at the same time.
    parallelism: usize,
    /// The largest number of requests in 100 seconds, if there is a limit.
    per_hundred_seconds: Option<u64>,
    /// How long the command waits for the lock of the ledger.
    lock_timeout: Duration,
    events: Arc<dyn Sink>,
    lock: Option<Lock>,
}

/// The ledger of a run. Its history names the run as its events do.
fn ledger_of_run(place: &LedgerStore, authenticator: Authenticator, ui: &Ui) -> Ledger {
    let ledger = Ledger::new(place, authenticator);
    match ui.events() {
        Some(events) => ledger.with_run(events.run_id()),
        None => ledger,
    }
}

impl<'a> App<'a> {
    /// Opens the session and the ledger of its organization.
    pub(crate) async fn open(
        invocation: Invocation<'a>,
        project: &'a Project,
        settings: SessionSettings,
        events: Arc<dyn Sink>,
    ) -> Result<Self, Failure> {
        let secrets = resolver(invocation, project)?;
        let endpoint = Endpoint::find(invocation, project).await?;
        let place = ledger_access::place(invocation, project, &endpoint.ledger_dir)?;
        let environment = project.desired.environment.clone();
        check_environment(&place, environment.as_deref()).await?;
        let options = Options {
            events: Some(Arc::clone(&events)),
            ..settings.options(invocation, project, endpoint.organization)?
        };
        let origin = endpoint.ledger_origin();
        let (connection, keys) = Connection::open(endpoint, options, invocation).await?;
        let fingerprinters = keys.fingerprinters(connection.organization);
        let whole = fingerprinters.authenticator(Scope {
            origin: origin.clone(),
            organization: connection.organization,
            environment,
            shard: None,
            sandbox: invocation.global.sandbox,
        });
        let (shard, project, authenticator) = match invocation.global.shard {
            None => (None, Cow::Borrowed(project), whole.clone()),
            Some(shard) => {
                let any_key = whole.clone().accepting(fingerprinters.previous_key());
                let members = ShardMembers::read(&place, &any_key, shard).await?;
                let project = Cow::Owned(members.project(project));
                (Some(members), project, whole.of_shard(shard))
            }
        };
        Ok(Self {
            invocation,
            project,
            secrets,
            shard,
            ledger: ledger_of_run(&place, authenticator, invocation.ui),
            authenticator: whole,
            plans: PlanStore::of_ledger(&place, connection.organization),
            store: place,
            origin,
            fingerprinters,
            connection: Arc::new(connection),
            stop: Stop::default(),
            parallelism: settings.parallelism.into(),
            per_hundred_seconds: settings.per_hundred_seconds(),
            lock_timeout: settings.lock_timeout,
            events,
            lock: None,
        })
    }

    /// Locks the ledger for one write of a command that runs on. The result has the ledger as it is now, and shares
    /// the session. It must be closed.
    pub(crate) async fn fork_locked(&self) -> Result<Self, Failure> {
        let mut fork = self.fork(self.project.clone())?;
        fork.lock().await?;
        Ok(fork)
    }

    /// Reads the files again, for one call of a command that runs on. The result shares the session and has no lock.
    fn with_present_files(&self) -> Result<Self, Failure> {
        let files = &self.invocation.global.files;
        if files.iter().any(|path| path == Path::new("-")) {
            // Standard input can be read once.
            return self.fork(self.project.clone());
        }
        let Loaded { project, .. } = project::read(self.invocation)?;
        let Some(project) = project else {
            let message = "the files have errors; no request was sent";
            return Err(Failure::error("invalid_files", message)
                .hint("`airlift validate` shows the errors"));
        };
        self.fork(Cow::Owned(match &self.shard {
            Some(members) => members.project(&project),
            None => project,
        }))
    }

    fn fork(&self, project: Cow<'a, Project>) -> Result<Self, Failure> {
        let authenticator = match self.invocation.global.shard {
            None => self.authenticator.clone(),
            Some(shard) => self.authenticator.of_shard(shard),
        };
        Ok(Self {
            invocation: self.invocation,
            secrets: resolver(self.invocation, &project)?,
            project,
            shard: self.shard.clone(),
            connection: Arc::clone(&self.connection),
            store: self.store.clone(),
            ledger: ledger_of_run(&self.store, authenticator, self.invocation.ui),
            fingerprinters: self.fingerprinters.clone(),
            authenticator: self.authenticator.clone(),
            plans: self.plans.clone(),
            origin: self.origin.clone(),
            stop: Stop::default(),
            parallelism: self.parallelism,
            per_hundred_seconds: self.per_hundred_seconds,
            lock_timeout: self.lock_timeout,
            events: Arc::clone(&self.events),
            lock: None,
        })
    }

    /// Opens the session and locks the ledger, for commands that write.
    pub(crate) async fn open_locked(
        invocation: Invocation<'a>,
        project: &'a Project,
        settings: SessionSettings,
        events: Arc<dyn Sink>,
    ) -> Result<Self, Failure> {
        let mut app = Self::open(invocation, project, settings, events).await?;
        app.lock().await?;
        Ok(app)
    }

    /// Writes the ledger's head, releases the lock, ends the sessions with secret stores, and stops
    /// the embedded API.
    pub(crate) async fn close(self) -> Result<(), Failure> {
        let mut checkpoint = Ok(());
        if let Some(lock) = self.lock {
            self.connection.session.end_write_guard();
            checkpoint = self.ledger.checkpoint().await;
            lock.release().await;
        }
        self.secrets.close().await;
        if let Some(connection) = Arc::into_inner(self.connection) {
            connection.close().await?;
        }
        Ok(checkpoint?)
    }

    /// Shows which API and organization the command uses, and warns of a weak key of the ledger.
    pub(crate) fn show_target(&self) -> Result<(), Failure> {
        let organization = self.connection.organization.to_string();
        let environment = self.project.desired.environment.as_ref();
        let environment = environment.map(|name| format!("environment {name},"));
        let shard = self.invocation.global.shard;
        let shard = shard.map(|shard| format!("shard {shard},"));
        let scope = environment.into_iter().chain(shard).collect();
        let target = (self.connection.name.as_str(), organization.as_str());
        render::target(self.invocation.ui, target, scope)?;
        if self.fingerprinters.strength == KeyStrength::Weak {
            render::print_note(self.invocation.ui, WEAK_KEY)?;
        }
        Ok(())
    }

    /// Ends the display of progress before a result is printed.
    fn end_phase(&self) {
        self.events.emit(Event::PhaseFinished);
    }
}
