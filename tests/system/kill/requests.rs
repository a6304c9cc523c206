//! Kills at every request of a run, before and after its effect.

use super::bench::{HANGS, at_every, clear_faults, explore, share};
use super::scenario::Scenario;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn apply_killed_at_every_request_converges() {
    let mut kills = 0;
    let (scenarios, slice) = Scenario::chosen().await;
    for scenario in scenarios {
        let scenario = Arc::new(scenario);
        let cases = at_every(&HANGS, scenario.requests().await);
        let cases = share(cases, slice, 4);
        kills += cases.len();
        explore(cases, |fault| {
            let scenario = Arc::clone(&scenario);
            async move {
                let bench = scenario.bench.copy();
                let running = bench.serve(&fault).await;
                bench.run_until_fault(&running, scenario.line).await;
                clear_faults(&running);
                scenario.converges(&bench, &running, &fault).await;
            }
        })
        .await;
    }
    eprintln!("{kills} kills at requests");
}
