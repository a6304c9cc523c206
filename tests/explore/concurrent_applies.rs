//! Responsible for the cases of two concurrent applies, from two machines with separate ledgers or a
//! shared one: in every order of their requests after planning, and each interrupted by the other at
//! every request.

use airlift::failure::Exit;
use airlift::sandbox::testing::WorldView;
use airlift::sandbox::{Sandbox, start};
use std::future::pending;
use std::sync::Arc;

use crate::history::History;
use crate::interleaving::{Interleaving, Order};
use crate::machine::{CompletedRun, Machine, with_simulated_clock};
use crate::scenario::wait_for_deletions;
use crate::trial::{Prepared, Verdict};
use crate::world_state::WorldState;

/// The largest number of ordered requests of each run. Later requests are not ordered.
const MAX_TURNS: usize = 6;

/// The number of ordered requests of each run, from its first write on.
pub(crate) fn turns(prepared: &Prepared) -> usize {
    let reads = prepared.operations.iter().take_while(|operation| {
        let is_read = operation.starts_with("list_") || operation.starts_with("get_");
        is_read || *operation == "create_account_applications_token"
    });
    (prepared.operations.len() - reads.count()).min(MAX_TURNS)
}

/// Runs two applies in an order, then two applies of each machine one after the other.
pub(crate) fn attempt(prepared: &Prepared, order: &Order) -> Verdict {
    with_simulated_clock(async {
        let turns = Interleaving::new(order);
        let mut options = prepared.start.scenario.options();
        options.testing.world = Some(prepared.start.world.clone());
        options.testing.barrier = Some(turns.barrier());
        let running = start(options).await.unwrap();
        let store = prepared.start.store.fork();
        let mut pair = Pair {
            prepared,
            origins: [running.origin(), running.open_listener(1).await.unwrap()],
            machines: [(), ()].map(|()| Machine::new(&prepared.start.files, store.clone())),
            before: running.world(),
            running,
            verdict: Verdict::default(),
        };
        Box::pin(pair.go(&turns)).await;
        pair.verdict
    })
}

struct Pair<'a> {
    prepared: &'a Prepared,
    machines: [Machine; 2],
    origins: [String; 2],
    before: WorldView,
    running: Sandbox,
    verdict: Verdict,
}

impl Pair<'_> {
    async fn go(&mut self, turns: &Interleaving) {
        let line = self.prepared.start.scenario.line();
        let apply = |index: usize| {
            let (line, this) = (&line, &*self);
            async move {
                let run = this.run(index, line).await;
                turns.end(index);
                run
            }
        };
        let (first, second) = tokio::join!(apply(0), apply(1));
        self.judge(&first);
        self.judge(&second);
        for _repetition in 0..2 {
            for index in [0, 1] {
                let line = self.prepared.start.scenario.alone();
                let run = self.run(index, &line).await;
                self.judge(&run);
            }
        }
        wait_for_deletions().await;
        self.judge_final_state().await;
    }

    async fn run(&self, index: usize, line: &str) -> CompletedRun {
        let origin = &self.origins[index];
        let machine = &self.machines[index];
        machine
            .run_with(&self.running, origin, line, Arc::default(), pending())
            .await
    }

    fn judge(&mut self, run: &CompletedRun) {
        self.verdict.runs += 1;
        self.verdict.requests += run.log.len();
        self.verdict.spurious |= run.is_spurious();
        self.verdict.met += 1;
        self.verdict.transcripts.push(run.transcript());
        if matches!(run.exit, Some(Exit::Internal | Exit::Usage)) {
            self.verdict
                .wrong
                .push(format!("C8: the run ended with {:?}", run.exit));
        }
    }

    async fn judge_final_state(&mut self) {
        let scenario = &self.prepared.start.scenario;
        let now = WorldState::new(&self.running, &scenario.after);
        let difference = now.difference(&self.prepared.final_state);
        let mut wrong = Vec::new();
        if !difference.is_empty() {
            wrong.push(format!(
                "C1: the final world differs from that of one run:{difference}"
            ));
        }
        for index in [0, 1] {
            let plan = self.run(index, &scenario.plan()).await;
            if plan.exit != Some(self.prepared.exits[2]) {
                let exit = plan.exit;
                wrong.push(format!(
                    "C1: the final plan {index} ends with {exit:?}\n{}",
                    plan.stdout
                ));
            }
        }
        let history = History::new(&self.before, &self.running.log());
        wrong.extend(history.violations(&self.prepared.history));
        self.verdict.wrong.extend(wrong);
    }
}
