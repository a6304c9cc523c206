//! What is applied when a run is cut short, and what must be there once a clean run went through.

use super::bench::{Bench, create, remote};
use crate::support::tier::Slice;
use airlift::sandbox::Sandbox;
use airlift::sandbox::testing::WorkspaceView;
use futures_util::future::BoxFuture;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Clean runs that may be needed.
const RUNS: usize = 2;

/// A project that is applied, a change to it, and the run that is to carry it out.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) bench: Bench,
    pub(crate) line: &'static str,
    /// By customer and connector: the secret of one that is made, or none of one that stays.
    expected: BTreeMap<(&'static str, &'static str), Option<&'static str>>,
    before: BTreeSet<Uuid>,
    neighbour: WorkspaceView,
}

type Expected = &'static [(&'static str, &'static str, Option<&'static str>)];

const APPLY: &str = "apply --auto-approve --settle-timeout 0";
const PRUNE: &str = "apply --auto-approve --settle-timeout 0 --prune --delete-customers \
                     --allow-delete 100%";

const ONE: &str = "version: 1\ncustomers:\n  - name: a\n    connectors:\n      - {name: A1, type: \
                   github, credentials: {token: \"${file:secrets/a1}\"}}\n";
const TWO: &str = "version: 1\ncustomers:\n  - name: renamed\n    previous_name: a\n    connectors:\n      \
                   - {name: A1, type: github, credentials: {token: \"${file:secrets/a1}\"}}\n      \
                   - {name: A2, type: github, credentials: {token: \"${file:secrets/a2}\"}}\n  \
                   - name: b\n    connectors:\n      \
                   - {name: B1, type: github, credentials: {token: \"${file:secrets/b1}\"}}\n      \
                   - {name: B2, type: github, credentials: {token: \"${file:secrets/b2}\"}}\n";
const SET: &str = "version: 1\ncustomers:\n  - name: a\n    cache: true\n    connectors:\n      \
                   - name: A1\n        type: github\n        entities: [{entity: issues}]\n        \
                   credentials: {token: \"${file:secrets/a1}\"}\n";

impl Scenario {
    /// Two customers with two connectors, one of them there under another name with one.
    pub(crate) async fn create() -> Self {
        let expected: Expected = &[
            ("renamed", "A1", None),
            ("renamed", "A2", Some("a2")),
            ("b", "B1", Some("b1")),
            ("b", "B2", Some("b2")),
        ];
        Self::new("create", ONE, TWO, APPLY, expected).await
    }

    /// A setting of a customer and one of its connector.
    pub(crate) async fn update() -> Self {
        Self::new("update", ONE, SET, APPLY, &[("a", "A1", None)]).await
    }

    /// A changed secret.
    pub(crate) async fn rotate() -> Self {
        let expected: Expected = &[("a", "A1", Some("another"))];
        let scenario = Self::new("rotate", ONE, ONE, APPLY, expected).await;
        scenario.bench.write("secrets/a1", "another");
        scenario
    }

    /// A connector and a customer with two.
    pub(crate) async fn prune() -> Self {
        let before = TWO.replace("    previous_name: a\n", "");
        let after = ONE.replace("name: a\n", "name: renamed\n");
        Self::new("prune", &before, &after, PRUNE, &[("renamed", "A1", None)]).await
    }

    /// The scenarios of the slice, and the slice of each one's cases: one scenario unless every
    /// case runs.
    pub(crate) async fn chosen() -> (Vec<Self>, Slice) {
        let slice = Slice::from_environment();
        let all: [BoxFuture<'_, Self>; 4] = [
            Box::pin(Self::create()),
            Box::pin(Self::update()),
            Box::pin(Self::rotate()),
            Box::pin(Self::prune()),
        ];
        let mut chosen = Vec::new();
        for (index, scenario) in all.into_iter().enumerate() {
            if slice.has_index(index, 4) {
                chosen.push(scenario.await);
            }
        }
        (chosen, slice.within(4))
    }

    async fn new(
        name: &'static str,
        before: &str,
        after: &str,
        line: &'static str,
        expected: Expected,
    ) -> Self {
        let bench = Bench::empty();
        for secret in ["a1", "a2", "b1", "b2"] {
            bench.write(&format!("secrets/{secret}"), secret);
        }
        bench.write("airlift.yaml", before);
        let running = bench.serve("").await;
        remote(&running).await.create_customer("neighbour").await;
        create(&running, "neighbour", "A1", "neighbour's").await;
        bench.run(&running, APPLY).await.exits(0);
        let world = running.world();
        running.stop().await.unwrap();
        bench.write("airlift.yaml", after);
        let expected = expected.iter();
        Self {
            name,
            bench,
            line,
            expected: expected.map(|(a, b, secret)| ((*a, *b), *secret)).collect(),
            before: world.connectors().map(|one| one.id).collect(),
            neighbour: world.workspace("neighbour").unwrap().clone(),
        }
    }

    /// What the run costs when nothing goes wrong, in requests.
    pub(crate) async fn requests(&self) -> usize {
        let bench = self.bench.copy();
        let running = bench.serve("").await;
        bench.run(&running, self.line).await.exits(0);
        running.log().len()
    }

    /// Runs that nothing disturbs lead to where one would have led that was never cut short.
    pub(crate) async fn converges(&self, bench: &Bench, running: &Sandbox, case: &str) {
        let case = format!("{}, {case}", self.name);
        let plan = self
            .line
            .replace("apply --auto-approve", "plan --detailed-exitcode");
        for run in 1..=RUNS {
            let applied = bench.run(running, self.line).await;
            assert_ne!(applied.code, Some(70), "{case}\n{}", applied.stderr);
            let planned = bench.run(running, &plan).await;
            if (applied.code, planned.code) == (Some(0), Some(0)) {
                break;
            }
            let (out, talk) = (
                applied.stdout + &planned.stdout,
                applied.stderr + &planned.stderr,
            );
            assert!(run < RUNS, "{case}\n{out}\n{talk}");
        }
        self.is_reached(running, &case);
    }

    fn is_reached(&self, running: &Sandbox, case: &str) {
        let world = running.world();
        assert_eq!(
            world.workspace("neighbour"),
            Some(&self.neighbour),
            "{case}"
        );
        let mut found = BTreeMap::new();
        for workspace in &world.workspaces {
            let counted = !["neighbour", "default"].contains(&workspace.name.as_str());
            for connector in workspace.connectors.iter().filter(|_| counted) {
                let slot = (workspace.name.as_str(), connector.name.as_str());
                let twin = found.insert(slot, connector);
                assert!(
                    twin.is_none(),
                    "{case}: {slot:?} is there twice: {world:#?}"
                );
            }
        }
        let slots: Vec<_> = found.keys().collect();
        let expected: Vec<_> = self.expected.keys().collect();
        assert_eq!(slots, expected, "{case}: {world:#?}");
        for (slot, secret) in &self.expected {
            let id = found[slot].id;
            assert_eq!(
                self.before.contains(&id),
                secret.is_none(),
                "{case}: {slot:?}"
            );
            if let Some(secret) = secret {
                let held = running.holds_credentials(id, &json!({"token": secret}));
                assert!(held, "{case}: {slot:?}");
            }
        }
    }
}
