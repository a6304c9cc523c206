//! What is changed, from where: the table of scenarios, and each one made ready to be tried from.

use airlift::failure::Exit;
use airlift::sandbox::testing::Snapshot;
use airlift::sandbox::{Options, start};
use std::future::pending;
use std::time::Duration;

use crate::bench::{Files, Machine, options, virtually};
use crate::external_change::{Act, act};
use crate::faulty_store::{FaultyStore, SHARED};
use crate::project::Project;

/// A change of files, or of what is found.
#[derive(Clone)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// What was applied before.
    pub(crate) before: Option<Project>,
    /// What others did after that.
    pub(crate) others: Vec<Act>,
    /// What is to be.
    pub(crate) after: Project,
    /// The verb, with its flags that concern writing.
    pub(crate) verb: &'static str,
    /// Flags that `plan` has as well.
    pub(crate) flags: &'static str,
    /// The ledger is lost before.
    pub(crate) forgets: bool,
    /// How long tokens live.
    pub(crate) token_life: Option<Duration>,
    /// How its runs end when nothing goes wrong, at first and at rest.
    pub(crate) ends: Exit,
    /// The same of a plan at rest.
    pub(crate) plans: Exit,
    /// It ends so because of several things of one name: a listing that leaves some out makes it
    /// adopt the one that is left, which harms nobody.
    pub(crate) ambiguous: bool,
    /// Declared connectors that do not come to hold what the files say.
    pub(crate) lacks: &'static [&'static str],
}

impl Scenario {
    /// Files that are applied to what there is.
    pub(crate) fn new(name: &'static str, before: Option<Project>, after: Project) -> Self {
        Self {
            name,
            before,
            others: Vec::new(),
            after,
            verb: "apply --auto-approve",
            flags: "",
            forgets: false,
            token_life: None,
            ends: Exit::Success,
            plans: Exit::Success,
            ambiguous: false,
            lacks: &[],
        }
    }

    pub(crate) fn others(self, others: impl Into<Vec<Act>>) -> Self {
        let others = others.into();
        Self { others, ..self }
    }

    pub(crate) fn verb(self, verb: &'static str) -> Self {
        Self { verb, ..self }
    }

    pub(crate) fn flags(self, flags: &'static str) -> Self {
        Self { flags, ..self }
    }

    pub(crate) fn forgets(self) -> Self {
        Self {
            forgets: true,
            ..self
        }
    }

    pub(crate) fn token_life(self, seconds: u64) -> Self {
        Self {
            token_life: Some(Duration::from_secs(seconds)),
            ..self
        }
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

    /// Whether its ledger is in a store that machines share.
    pub(crate) fn is_shared(&self) -> bool {
        self.flags.contains(SHARED)
    }

    /// The command line of the verb.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.verb, self.flags)
    }

    /// The command line with which somebody goes on after a run that did not go through.
    pub(crate) fn again(&self) -> String {
        // A rotation that is begun anew would rotate anew.
        self.line().replace("rotate --all", "rotate --all --resume")
    }

    /// The command line with which each of two rivals goes on: it sends nothing anew.
    pub(crate) fn alone(&self) -> String {
        self.line().replace("rotate --all", "apply")
    }

    /// The command line that must find nothing to do in the end.
    pub(crate) fn plan(&self) -> String {
        format!("plan --detailed-exitcode {}", self.flags)
    }

    /// How its sandboxes are set up.
    pub(crate) fn options(&self) -> Options {
        let mut options = options();
        if let Some(life) = self.token_life {
            options.app_token_ttl = life;
            options.scoped_token_ttl = life;
            options.latency = Duration::from_millis(400);
        }
        options
    }
}

/// Where every trial of a scenario begins.
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

/// Long enough for every deletion to be over.
pub(crate) async fn settle() {
    tokio::time::sleep(Duration::from_secs(5)).await;
}

impl Start {
    /// Builds the world that the scenario begins in, with neighbours that are none of ours.
    pub(crate) fn of(scenario: Scenario) -> Self {
        let (files, world, store) = virtually(async {
            let running = start(options()).await.unwrap();
            act(
                &running,
                &[
                    Act::Customer("neighbour"),
                    Act::Connector("neighbour", "Not Ours", "stripe"),
                    Act::Connector("default", "Nobody's", "github"),
                ],
            )
            .await;
            let machine = Machine::new(&Files::new(), FaultyStore::default());
            if let Some(before) = &scenario.before {
                machine.write(&owned(before.files()));
                let place = if scenario.is_shared() { SHARED } else { "" };
                let line = format!("apply --auto-approve {place}");
                let ran = machine.run(&running, &line, pending()).await;
                let exit = ran.exit.map(airlift::failure::Exit::number);
                assert_eq!(exit, Some(0), "{}\n{}{}", scenario.name, ran.out, ran.talk);
                act(&running, &[Act::Connector("acme", "Left Alone", "github")]).await;
            }
            act(&running, &scenario.others).await;
            machine.write(&owned(scenario.after.files()));
            if scenario.forgets {
                machine.remove(".airlift");
            }
            settle().await;
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
