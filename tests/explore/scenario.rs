//! Responsible for a scenario: the world and the files before it, the change, and the expected result.

use airlift::failure::Exit;
use airlift::sandbox::testing::Snapshot;
use airlift::sandbox::{Options, start};
use std::future::pending;
use std::time::Duration;

use crate::external_change::{ExternalChange, make_changes};
use crate::faulty_store::{FaultyStore, SHARED};
use crate::machine::{Files, Machine, options, with_simulated_clock};
use crate::project::Project;

/// A change of the files or of the world.
#[derive(Clone)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// The project that was applied before.
    pub(crate) before: Option<Project>,
    /// Changes by others after that.
    pub(crate) external_changes: Vec<ExternalChange>,
    /// The project that is applied.
    pub(crate) after: Project,
    /// The command, with the options that `plan` does not have.
    pub(crate) command: &'static str,
    /// Options that `plan` also has.
    pub(crate) flags: &'static str,
    /// Whether the ledger is lost before the runs.
    pub(crate) loses_ledger: bool,
    /// The lifetime of tokens.
    pub(crate) token_life: Option<Duration>,
    /// How the API stores and returns settings.
    pub(crate) behaviors: &'static [&'static str],
    /// The expected exit code of runs without faults.
    pub(crate) ends: Exit,
    /// The expected exit code of the final plan.
    pub(crate) plans: Exit,
    /// Whether `ends` is a failure because of duplicate names. A listing that omits all but one of the
    /// duplicates makes a run adopt that one, which is harmless.
    pub(crate) ambiguous: bool,
    /// Declared connectors that do not get the credentials of the files.
    pub(crate) lacks: &'static [&'static str],
}

impl Scenario {
    /// A scenario that applies `after` when `before` was applied earlier.
    pub(crate) fn new(name: &'static str, before: Option<Project>, after: Project) -> Self {
        Self {
            name,
            before,
            external_changes: Vec::new(),
            after,
            command: "apply --auto-approve",
            flags: "",
            loses_ledger: false,
            token_life: None,
            behaviors: &[],
            ends: Exit::Success,
            plans: Exit::Success,
            ambiguous: false,
            lacks: &[],
        }
    }

    pub(crate) fn external_changes(self, changes: impl Into<Vec<ExternalChange>>) -> Self {
        Self {
            external_changes: changes.into(),
            ..self
        }
    }

    pub(crate) fn command(self, command: &'static str) -> Self {
        Self { command, ..self }
    }

    pub(crate) fn flags(self, flags: &'static str) -> Self {
        Self { flags, ..self }
    }

    pub(crate) fn loses_ledger(self) -> Self {
        Self {
            loses_ledger: true,
            ..self
        }
    }

    pub(crate) fn token_life(self, seconds: u64) -> Self {
        Self {
            token_life: Some(Duration::from_secs(seconds)),
            ..self
        }
    }

    pub(crate) fn behaviors(self, behaviors: &'static [&'static str]) -> Self {
        Self { behaviors, ..self }
    }

    pub(crate) fn ends(self, ends: Exit, plans: Exit) -> Self {
        Self {
            ends,
            plans,
            ..self
        }
    }

    pub(crate) fn ambiguous(self) -> Self {
        Self {
            ambiguous: true,
            ..self
        }
    }

    pub(crate) fn lacks(self, lacks: &'static [&'static str]) -> Self {
        Self { lacks, ..self }
    }

    /// Whether the ledger is in a shared store.
    pub(crate) fn is_shared(&self) -> bool {
        self.flags.contains(SHARED)
    }

    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.command, self.flags)
    }

    /// The command line after a run that did not succeed.
    pub(crate) fn again(&self) -> String {
        // Without `--resume`, the command would start another rotation.
        self.line().replace("rotate --all", "rotate --all --resume")
    }

    /// The command line of each machine after two concurrent runs. It rotates nothing.
    pub(crate) fn alone(&self) -> String {
        self.line().replace("rotate --all", "apply")
    }

    /// The command line of the final plan, which must show no changes.
    pub(crate) fn plan(&self) -> String {
        format!("plan --detailed-exitcode {}", self.flags)
    }

    /// The options of the sandbox in which the project is applied first.
    fn options_before(&self) -> Options {
        let behaviors = self.behaviors.iter().map(|text| text.parse().unwrap());
        Options {
            behaviors: behaviors.collect(),
            ..options()
        }
    }

    /// The options of the scenario's sandboxes.
    pub(crate) fn options(&self) -> Options {
        let mut options = self.options_before();
        if let Some(life) = self.token_life {
            options.app_token_ttl = life;
            options.scoped_token_ttl = life;
            options.latency = Duration::from_millis(400);
        }
        options
    }
}

/// The state before every trial of a scenario.
pub(crate) struct Start {
    pub(crate) scenario: Scenario,
    pub(crate) files: Files,
    pub(crate) world: Snapshot,
    pub(crate) store: FaultyStore,
}

fn owned(files: Vec<(String, String)>) -> Files {
    let own = |(path, content): (String, String)| (path.into(), content.into_bytes());
    files.into_iter().map(own).collect()
}

/// Waits until every deletion has finished.
pub(crate) async fn wait_for_deletions() {
    tokio::time::sleep(Duration::from_secs(5)).await;
}

impl Start {
    /// Builds the world before the scenario, with customers and connectors that airlift does not
    /// manage.
    pub(crate) fn new(scenario: Scenario) -> Self {
        let (files, world, store) = with_simulated_clock(async {
            let running = start(scenario.options_before()).await.unwrap();
            make_changes(
                &running,
                &[
                    ExternalChange::CreateCustomer("neighbor"),
                    ExternalChange::CreateConnector("neighbor", "Unmanaged", "stripe"),
                    ExternalChange::CreateConnector("default", "Unknown", "github"),
                ],
            )
            .await;
            let machine = Machine::new(&Files::new(), FaultyStore::default());
            if let Some(before) = &scenario.before {
                machine.write(&owned(before.files()));
                let ledger = if scenario.is_shared() { SHARED } else { "" };
                let line = format!("apply --auto-approve {ledger}");
                let run = machine.run(&running, &line, pending()).await;
                let exit = run.exit.map(airlift::failure::Exit::number);
                assert_eq!(exit, Some(0), "{}\n{}", scenario.name, run.transcript());
                let unmanaged = ExternalChange::CreateConnector("acme", "Left Alone", "github");
                make_changes(&running, &[unmanaged]).await;
            }
            make_changes(&running, &scenario.external_changes).await;
            machine.write(&owned(scenario.after.files()));
            if scenario.loses_ledger {
                machine.remove(".airlift");
            }
            wait_for_deletions().await;
            (machine.read(), running.snapshot(), machine.store)
        });
        Self {
            scenario,
            files,
            world,
            store,
        }
    }
}
