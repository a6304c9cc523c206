//! Responsible for a trial: runs with faults, runs without faults that recover, and the checks of
//! the invariants.

use airlift::failure::Exit;
use airlift::sandbox::testing::{RequestRecord, WorldView};
use airlift::sandbox::{Faults, Options, Sandbox, start};
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

use crate::canary::Canary;
use crate::fault_kinds::{InjectedFault, MARK};
use crate::faulty_store::StoreFault;
use crate::history::{History, unverified_repeats};
use crate::machine::{CompletedRun, Machine, with_simulated_clock};
use crate::scenario::{Start, wait_for_deletions};
use crate::world_state::WorldState;

/// A run may send three times the requests of a run without faults, and this many more: for tokens,
/// and for a read every two seconds of the minute that a deletion may take.
const EXTRA_REQUESTS: usize = 45;
/// The longest time of a run, however slow and faulty the service is.
const MAX_DURATION: Duration = Duration::from_mins(15);

/// A scenario, and the result of its runs without faults.
pub(crate) struct Prepared {
    pub(crate) start: Start,
    /// The operation of each request.
    pub(crate) operations: Vec<String>,
    pub(crate) final_state: WorldState,
    /// The exit codes of the first run, of a repeated run, and of the final plan.
    pub(crate) exits: [Exit; 3],
    pub(crate) history: History,
    /// The number of operations of the shared ledger's store.
    pub(crate) store_operations: usize,
    canary: Canary,
}

/// The result of a trial.
#[derive(Default)]
pub(crate) struct Verdict {
    /// The violated invariants.
    pub(crate) wrong: Vec<String>,
    /// The number of faults that were met.
    pub(crate) met: usize,
    pub(crate) runs: usize,
    pub(crate) requests: usize,
    /// Whether the simulated clock ran ahead of the network, so that the trial has to be repeated.
    pub(crate) spurious: bool,
    /// The output of the runs.
    pub(crate) transcripts: Vec<String>,
}

impl Prepared {
    /// Runs the scenario twice without faults, and plans.
    pub(crate) fn new(start: Start) -> Self {
        with_simulated_clock(async {
            let (machine, running) = start_sandbox(&start, &[]).await;
            let before = running.world();
            let line = start.scenario.line();
            let first = machine.run(&running, &line, pending()).await;
            let store_operations = machine.store.operations();
            let again = machine.run(&running, &line, pending()).await;
            wait_for_deletions().await;
            let plan = start.scenario.plan();
            let plan = machine.run(&running, &plan, pending()).await;
            let operation = |request: &RequestRecord| request.operation.clone().unwrap_or_default();
            Self {
                operations: first.log.iter().map(operation).collect(),
                final_state: WorldState::new(&running, &start.scenario.after),
                exits: [&first, &again, &plan].map(|run| run.exit.unwrap()),
                history: History::new(&before, &running.log()),
                store_operations,
                canary: Canary::new(&start.scenario.after),
                start,
            }
        })
    }

    /// Runs one trial.
    pub(crate) fn attempt(
        &self,
        faults: &[InjectedFault],
        store_fault: Option<&StoreFault>,
    ) -> Verdict {
        with_simulated_clock(async {
            let (machine, running) = start_sandbox(&self.start, faults).await;
            machine.store.set_fault(store_fault.cloned());
            let mut trial = Trial {
                prepared: self,
                before: running.world(),
                machine,
                running,
                verdict: Verdict::default(),
            };
            // On the heap, because the future of all runs is too large for the stack.
            Box::pin(trial.run_all(faults)).await;
            trial.verdict
        })
    }
}

async fn start_sandbox(from: &Start, faults: &[InjectedFault]) -> (Machine, Sandbox) {
    let mut injected = Faults::default();
    for fault in faults {
        injected.push(fault.fault());
    }
    let mut options = Options {
        faults: injected,
        ..from.scenario.options()
    };
    options.testing.world = Some(from.world.clone());
    let machine = Machine::new(&from.files, from.store.fork());
    (machine, start(options).await.unwrap())
}

/// What a run does.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Apply,
    Plan,
}

struct Trial<'a> {
    prepared: &'a Prepared,
    before: WorldView,
    machine: Machine,
    running: Sandbox,
    verdict: Verdict,
}

impl Trial<'_> {
    async fn run_all(&mut self, faults: &[InjectedFault]) {
        let scenario = &self.prepared.start.scenario;
        let mut line = scenario.line();
        let mut runs = 0;
        while runs == 0 || runs < faults.len() && self.met() < faults.len() {
            let run = self.run(&line, faults).await;
            self.judge(&run, Kind::Apply);
            line = scenario.again();
            runs += 1;
        }
        self.verdict.met = self.met() + usize::from(self.machine.store.met());
        self.running.set_faults(Faults::default()).unwrap();
        self.machine.store.set_fault(None);
        self.recover().await;
        wait_for_deletions().await;
        self.compare("C1: the final world differs from that without faults");
        let plan = self
            .machine
            .run(&self.running, &scenario.plan(), pending())
            .await;
        self.judge(&plan, Kind::Plan);
        let is_end = self.is_end(&plan, &self.prepared.exits[2..]);
        self.expect(is_end, || {
            format!("C1: the final plan ends with {:?}", plan.exit)
        });
        self.judge_all().await;
    }

    /// Runs the command once. If there is no rotation to resume, it applies instead.
    async fn run(&self, line: &str, faults: &[InjectedFault]) -> CompletedRun {
        let (machine, running, origin) = (&self.machine, &self.running, self.running.origin());
        let interrupt = Arc::new(Notify::new());
        let run_line = async |line: &str| {
            let killed = async {
                tokio::select! {
                    () = self.killed(faults, &interrupt) => {}
                    () = machine.store.killed() => {}
                }
            };
            let interrupt = Arc::clone(&interrupt);
            machine
                .run_with(running, &origin, line, interrupt, killed)
                .await
        };
        let run = run_line(line).await;
        if run.exit == Some(Exit::Usage) {
            let line = format!(
                "apply --auto-approve {}",
                self.prepared.start.scenario.flags
            );
            return run_line(&line).await;
        }
        run
    }

    /// Runs again without faults, up to twice.
    async fn recover(&mut self) {
        for may_repeat in [true, false] {
            let run = self.run(&self.prepared.start.scenario.again(), &[]).await;
            self.judge(&run, Kind::Apply);
            let [first, repeated, _] = self.prepared.exits;
            if self.is_end(&run, &[first, repeated]) && self.is_final_state() {
                return;
            }
            self.expect(may_repeat, || {
                format!("C1: the second run without faults ends with {:?}", run.exit)
            });
        }
    }

    fn met(&self) -> usize {
        let log = self.running.log();
        log.iter().filter(|request| request.fault.is_some()).count()
    }

    /// Interrupts the run at the mark, and completes when a fault is met that kills.
    async fn killed(&self, faults: &[InjectedFault], interrupt: &Notify) {
        let mut met = self.running.faults_met();
        met.mark_unchanged();
        // The mark stays the last fault of the log until the next one. A second interruption would end
        // the process.
        let mut interrupted = false;
        while met.changed().await.is_ok() {
            let log = self.running.log();
            let last = log
                .iter()
                .rev()
                .find_map(|request| request.fault.as_deref());
            match last {
                Some(MARK) if interrupted => {}
                Some(MARK) => {
                    interrupted = true;
                    interrupt.notify_one();
                }
                Some(kind)
                    if kind.starts_with("timeout") && faults.iter().any(InjectedFault::kills) =>
                {
                    return;
                }
                _ => {}
            }
        }
        pending::<()>().await;
    }

    /// Whether a run without faults ended as expected.
    fn is_end(&self, run: &CompletedRun, expected: &[Exit]) -> bool {
        let is_ambiguous = self.prepared.start.scenario.ambiguous;
        let adopted = is_ambiguous && run.exit == Some(Exit::Success);
        adopted || run.exit.is_some_and(|exit| expected.contains(&exit))
    }

    fn is_final_state(&self) -> bool {
        let project = &self.prepared.start.scenario.after;
        WorldState::new(&self.running, project) == self.prepared.final_state
    }

    fn compare(&mut self, what: &str) {
        let now = WorldState::new(&self.running, &self.prepared.start.scenario.after);
        let difference = now.difference(&self.prepared.final_state);
        self.expect(difference.is_empty(), || format!("{what}:{difference}"));
    }

    fn expect(&mut self, holds: bool, wrong: impl FnOnce() -> String) {
        if !holds {
            self.verdict.wrong.push(wrong());
        }
    }

    /// Checks the invariants of one run.
    fn judge(&mut self, run: &CompletedRun, kind: Kind) {
        let usual = self.prepared.operations.len();
        self.verdict.runs += 1;
        self.verdict.requests += run.log.len();
        self.verdict.spurious |= run.is_spurious();
        self.verdict.transcripts.push(run.transcript());
        self.expect(run.log.len() <= 3 * usual + EXTRA_REQUESTS, || {
            format!("C7: {} requests instead of {usual}", run.log.len())
        });
        self.expect(run.took <= MAX_DURATION, || {
            format!("C7: the run took {:?}", run.took)
        });
        let is_unexpected = matches!(run.exit, Some(Exit::Internal | Exit::Usage | Exit::Stale));
        self.expect(!is_unexpected, || {
            format!("C8: the run ended with {:?}", run.exit)
        });
        if run.exit == Some(Exit::Success) && kind == Kind::Apply {
            self.compare("C8: the run ended with 0, and the world differs from the files");
        }
        let writes = run.log.iter().any(|request| !request.effects.is_empty());
        self.expect(kind == Kind::Apply || !writes, || {
            "C5: a plan wrote".to_owned()
        });
        let leaks = [&run.stdout, &run.stderr]
            .into_iter()
            .any(|text| self.prepared.canary.is_in(text));
        self.expect(!leaks, || "C6: a secret was displayed".to_owned());
        let violations: Vec<&String> = run
            .log
            .iter()
            .flat_map(|request| &request.off_contract)
            .collect();
        self.expect(violations.is_empty(), || {
            format!("the contract is violated: {violations:?}")
        });
    }

    /// Checks the invariants of the whole trial.
    async fn judge_all(&mut self) {
        let log = self.running.log();
        let history = History::new(&self.before, &log);
        let violations = history.violations_of_one_run(&self.prepared.history, self.verdict.met);
        self.verdict.wrong.extend(violations);
        self.verdict.wrong.extend(unverified_repeats(&log));
        let mut files = self.machine.read();
        files.extend(self.machine.store.read().await);
        let leak = self.prepared.canary.in_files(&files);
        self.verdict
            .wrong
            .extend(leak.map(|path| format!("C6: a secret is in {path}")));
    }
}
