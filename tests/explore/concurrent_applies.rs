//! Two applies at once, from two machines that know nothing of each other unless they share a
//! ledger: in every order of what they do after planning, and cut in two at every request.

use airlift::failure::Exit;
use airlift::sandbox::testing::WorldView;
use airlift::sandbox::{Sandbox, start};
use std::future::pending;
use std::sync::Arc;

use crate::bench::{Machine, Ran, virtually};
use crate::history::Measure;
use crate::interleaving::{Interleaving, Order};
use crate::scenario::settle;
use crate::trial::{Prepared, Verdict};
use crate::world_state::WorldState;

/// Interleaving that each of the two takes in a given order; what comes after is not ordered.
const MOST: usize = 6;

/// How many requests of a run are put in order: those from its first write on.
pub(crate) fn turns(prepared: &Prepared) -> usize {
    let reads = prepared.operations.iter().take_while(|operation| {
        let is_read = operation.starts_with("list_") || operation.starts_with("get_");
        is_read || *operation == "create_account_applications_token"
    });
    (prepared.operations.len() - reads.count()).min(MOST)
}

/// Two runs in an order, then two of each without a rival.
pub(crate) fn attempt(prepared: &Prepared, order: &Order) -> Verdict {
    virtually(async {
        let turns = Interleaving::new(order);
        let mut options = prepared.start.scenario.options();
        options.testing.world = Some(prepared.start.world.clone());
        options.testing.barrier = Some(turns.gate());
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
        let racing = |door: usize| {
            let (line, this) = (&line, &*self);
            async move {
                let ran = this.run(door, line).await;
                turns.end(door);
                ran
            }
        };
        let (one, other) = tokio::join!(racing(0), racing(1));
        self.judge(&one);
        self.judge(&other);
        for _again in 0..2 {
            for door in [0, 1] {
                let ran = self.run(door, &self.prepared.start.scenario.alone()).await;
                self.judge(&ran);
            }
        }
        settle().await;
        self.at_rest().await;
    }

    async fn run(&self, door: usize, line: &str) -> Ran {
        let origin = &self.origins[door];
        let machine = &self.machines[door];
        machine
            .run_with(&self.running, origin, line, Arc::default(), pending())
            .await
    }

    fn judge(&mut self, ran: &Ran) {
        self.verdict.runs += 1;
        self.verdict.requests += ran.log.len();
        self.verdict.spurious |= ran.is_spurious();
        self.verdict.met += 1;
        self.verdict.told.push(ran.told());
        if matches!(ran.exit, Some(Exit::Internal | Exit::Usage)) {
            self.verdict
                .wrong
                .push(format!("C8: it ended with {:?}", ran.exit));
        }
    }

    async fn at_rest(&mut self) {
        let scenario = &self.prepared.start.scenario;
        let now = WorldState::of(&self.running, &scenario.after);
        let difference = now.difference(&self.prepared.rest);
        let mut wrong = Vec::new();
        if !difference.is_empty() {
            wrong.push(format!(
                "C1: the world at rest is not as with one run:{difference}"
            ));
        }
        for door in [0, 1] {
            let plan = self.run(door, &scenario.plan()).await;
            if plan.exit != Some(self.prepared.exits[2]) {
                let exit = plan.exit;
                wrong.push(format!(
                    "C1: plan {door} at rest ends with {exit:?}\n{}",
                    plan.out
                ));
            }
        }
        let measure = Measure::of(&self.before, &self.running.log());
        wrong.extend(measure.harms(&self.prepared.measure));
        self.verdict.wrong.extend(wrong);
    }
}
