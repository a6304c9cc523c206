//! One trial: runs that meet faults, runs that recover from them, and the judgement.

use airlift::failure::Exit;
use airlift::sandbox::testing::{RequestRecord, WorldView};
use airlift::sandbox::{Faults, Options, Sandbox, start};
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

use crate::bench::{Machine, Ran, virtually};
use crate::canary::Canary;
use crate::fault_kinds::{InjectedFault, MARK};
use crate::faulty_store::StoreFault;
use crate::history::{Measure, blind_repeats};
use crate::scenario::{Start, settle};
use crate::world_state::WorldState;

/// Requests beyond three times the usual that a run may make: tokens, and looks every two seconds
/// for the minute that a deletion may take.
const EXTRA: usize = 45;
/// What no run takes, however slow and faulty the service.
const LONGEST: Duration = Duration::from_mins(15);

/// A scenario's start with what happens when nothing goes wrong.
pub(crate) struct Prepared {
    pub(crate) start: Start,
    /// The operation of each request.
    pub(crate) operations: Vec<String>,
    pub(crate) rest: WorldState,
    /// Exit codes of the verb at first and at rest, and of the plan at rest.
    pub(crate) exits: [Exit; 3],
    pub(crate) measure: Measure,
    /// Operations of the store that a shared ledger is in.
    pub(crate) kept: usize,
    canary: Canary,
}

/// What a trial came to.
#[derive(Default)]
pub(crate) struct Verdict {
    /// What was wrong.
    pub(crate) wrong: Vec<String>,
    /// How many faults were met.
    pub(crate) met: usize,
    /// Runs of a verb, and what they asked for.
    pub(crate) runs: usize,
    pub(crate) requests: usize,
    /// The clock ran ahead of the network; nothing else is meant.
    pub(crate) spurious: bool,
    /// What the runs wrote, where something was wrong.
    pub(crate) told: Vec<String>,
}

impl Prepared {
    /// Runs without faults, twice, and plans.
    pub(crate) fn of(start: Start) -> Self {
        virtually(async {
            let (machine, running) = begin(&start, &[]).await;
            let before = running.world();
            let line = start.scenario.line();
            let first = machine.run(&running, &line, pending()).await;
            let kept = machine.store.operations();
            let again = machine.run(&running, &line, pending()).await;
            settle().await;
            let plan = start.scenario.plan();
            let plan = machine.run(&running, &plan, pending()).await;
            let operation = |one: &RequestRecord| one.operation.clone().unwrap_or_default();
            Self {
                operations: first.log.iter().map(operation).collect(),
                rest: WorldState::of(&running, &start.scenario.after),
                exits: [&first, &again, &plan].map(|ran| ran.exit.unwrap()),
                measure: Measure::of(&before, &running.log()),
                kept,
                canary: Canary::of(&start.scenario.after),
                start,
            }
        })
    }

    /// One trial; a verdict that is spurious says nothing.
    pub(crate) fn attempt(
        &self,
        faults: &[InjectedFault],
        store_fault: Option<&StoreFault>,
    ) -> Verdict {
        virtually(async {
            let (machine, running) = begin(&self.start, faults).await;
            machine.store.expect(store_fault.cloned());
            let mut trial = Trial {
                prepared: self,
                before: running.world(),
                machine,
                running,
                verdict: Verdict::default(),
            };
            trial.go(faults).await;
            trial.verdict
        })
    }
}

async fn begin(from: &Start, faults: &[InjectedFault]) -> (Machine, Sandbox) {
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

struct Trial<'a> {
    prepared: &'a Prepared,
    before: WorldView,
    machine: Machine,
    running: Sandbox,
    verdict: Verdict,
}

impl Trial<'_> {
    async fn go(&mut self, faults: &[InjectedFault]) {
        let scenario = &self.prepared.start.scenario;
        let mut line = scenario.line();
        let mut runs = 0;
        while runs == 0 || runs < faults.len() && self.met() < faults.len() {
            let ran = self.run(&line, faults).await;
            self.judge(&ran, false);
            line = scenario.again();
            runs += 1;
        }
        self.verdict.met = self.met() + usize::from(self.machine.store.met());
        self.running.set_faults(Faults::default()).unwrap();
        self.machine.store.expect(None);
        self.recover().await;
        settle().await;
        self.compare("C1: the world at rest is not as without faults");
        let plan = self
            .machine
            .run(&self.running, &scenario.plan(), pending())
            .await;
        self.judge(&plan, true);
        let is_end = self.is_end(&plan, &self.prepared.exits[2..]);
        self.expect(is_end, || {
            format!("C1: the plan at rest ends with {:?}", plan.exit)
        });
        self.judge_all().await;
    }

    /// Runs the verb once. Where a rotation is to be gone on with and none was begun, it applies.
    async fn run(&self, line: &str, faults: &[InjectedFault]) -> Ran {
        let (machine, running, origin) = (&self.machine, &self.running, self.running.origin());
        let interrupt = Arc::new(Notify::new());
        let go = async |line: &str| {
            let killed = async {
                tokio::select! {
                    () = self.killed(faults, &interrupt) => {}
                    () = machine.store.kills() => {}
                }
            };
            let heard = Arc::clone(&interrupt);
            machine
                .run_with(running, &origin, line, heard, killed)
                .await
        };
        let ran = go(line).await;
        if ran.exit == Some(Exit::Usage) {
            let line = format!(
                "apply --auto-approve {}",
                self.prepared.start.scenario.flags
            );
            return go(&line).await;
        }
        ran
    }

    /// Runs again, twice at most.
    async fn recover(&mut self) {
        for again in [true, false] {
            let ran = self.run(&self.prepared.start.scenario.again(), &[]).await;
            self.judge(&ran, false);
            let [first, rest, _] = self.prepared.exits;
            if self.is_end(&ran, &[first, rest]) && self.is_at_rest() {
                return;
            }
            self.expect(again, || {
                format!("C1: the second clean run ends with {:?}", ran.exit)
            });
        }
    }

    fn met(&self) -> usize {
        let log = self.running.log();
        log.iter().filter(|one| one.fault.is_some()).count()
    }

    /// Interrupts where that is to be, and resolves when a fault is met that kills.
    async fn killed(&self, faults: &[InjectedFault], interrupt: &Notify) {
        let mut met = self.running.faults_met();
        met.mark_unchanged();
        // The mark stays the last one in the log while the next fault is under way; heard twice,
        // it would end the process.
        let mut interrupted = false;
        while met.changed().await.is_ok() {
            let log = self.running.log();
            let last = log.iter().rev().find_map(|one| one.fault.as_deref());
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

    /// Whether a run ended as it may once nothing goes wrong.
    fn is_end(&self, ran: &Ran, expected: &[Exit]) -> bool {
        let lucky = self.prepared.start.scenario.ambiguous && ran.exit == Some(Exit::Success);
        lucky || ran.exit.is_some_and(|exit| expected.contains(&exit))
    }

    fn is_at_rest(&self) -> bool {
        WorldState::of(&self.running, &self.prepared.start.scenario.after) == self.prepared.rest
    }

    fn compare(&mut self, what: &str) {
        let now = WorldState::of(&self.running, &self.prepared.start.scenario.after);
        let difference = now.difference(&self.prepared.rest);
        self.expect(difference.is_empty(), || format!("{what}:{difference}"));
    }

    fn expect(&mut self, holds: bool, wrong: impl FnOnce() -> String) {
        if !holds {
            self.verdict.wrong.push(wrong());
        }
    }

    /// What one run must keep.
    fn judge(&mut self, ran: &Ran, only_reads: bool) {
        let usual = self.prepared.operations.len();
        self.verdict.runs += 1;
        self.verdict.requests += ran.log.len();
        self.verdict.spurious |= ran.is_spurious();
        self.verdict.told.push(ran.told());
        self.expect(ran.log.len() <= 3 * usual + EXTRA, || {
            format!("C7: {} requests instead of {usual}", ran.log.len())
        });
        self.expect(ran.took <= LONGEST, || {
            format!("C7: it took {:?}", ran.took)
        });
        let odd = matches!(ran.exit, Some(Exit::Internal | Exit::Usage | Exit::Stale));
        self.expect(!odd, || format!("C8: it ended with {:?}", ran.exit));
        if ran.exit == Some(Exit::Success) && !only_reads {
            self.compare("C8: it ended with 0, and the world is not as desired");
        }
        let writes = ran.log.iter().any(|one| !one.effects.is_empty());
        self.expect(!only_reads || !writes, || "C5: a plan wrote".to_owned());
        let sung = [&ran.out, &ran.talk]
            .into_iter()
            .any(|text| self.prepared.canary.sings(text));
        self.expect(!sung, || "C6: a secret was told".to_owned());
        let off: Vec<&String> = ran.log.iter().flat_map(|one| &one.off_contract).collect();
        self.expect(off.is_empty(), || format!("off the contract: {off:?}"));
    }

    /// What the whole trial must keep.
    async fn judge_all(&mut self) {
        let log = self.running.log();
        let measure = Measure::of(&self.before, &log);
        let worse = measure.worse_than(&self.prepared.measure, self.verdict.met);
        self.verdict.wrong.extend(worse);
        self.verdict.wrong.extend(blind_repeats(&log));
        let mut files = self.machine.read();
        files.extend(self.machine.store.read().await);
        let kept = self.prepared.canary.in_files(&files);
        self.verdict
            .wrong
            .extend(kept.map(|path| format!("C6: a secret is in {path}")));
    }
}
