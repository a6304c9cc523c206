//! Responsible for the scenarios of interrupted runs: the project before, the change, and the expected
//! result after a run without faults.

use super::bench::{Bench, create, remote};
use crate::support::slice::Slice;
use airlift::sandbox::Sandbox;
use airlift::sandbox::testing::WorkspaceView;
use futures_util::future::BoxFuture;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The largest number of runs without faults until the expected result.
const RUNS: usize = 2;

/// An applied project, a change of its files, and the command that applies the change.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) bench: Bench,
    pub(crate) line: &'static str,
    /// By customer and connector: the secret of a connector that is created, or `None` for one that
    /// stays.
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
    /// Creates a customer and three connectors, and renames a customer.
    pub(crate) async fn create() -> Self {
        let expected: Expected = &[
            ("renamed", "A1", None),
            ("renamed", "A2", Some("a2")),
            ("b", "B1", Some("b1")),
            ("b", "B2", Some("b2")),
        ];
        Self::new("create", ONE, TWO, APPLY, expected).await
    }

    /// Changes a setting of a customer and a setting of its connector.
    pub(crate) async fn update() -> Self {
        Self::new("update", ONE, SET, APPLY, &[("a", "A1", None)]).await
    }

    /// Changes a secret.
    pub(crate) async fn rotate() -> Self {
        let expected: Expected = &[("a", "A1", Some("another"))];
        let scenario = Self::new("rotate", ONE, ONE, APPLY, expected).await;
        scenario.bench.write("secrets/a1", "another");
        scenario
    }

    /// Deletes a connector, and a customer with two connectors.
    pub(crate) async fn prune() -> Self {
        let before = TWO.replace("    previous_name: a\n", "");
        let after = ONE.replace("name: a\n", "name: renamed\n");
        Self::new("prune", &before, &after, PRUNE, &[("renamed", "A1", None)]).await
    }

    /// The scenarios of the slice (one, unless every case runs), and the slice of their cases.
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
            before: world.connectors().map(|connector| connector.id).collect(),
            neighbour: world.workspace("neighbour").unwrap().clone(),
        }
    }

    /// The number of requests of the run without faults.
    pub(crate) async fn requests(&self) -> usize {
        let bench = self.bench.copy();
        let running = bench.serve("").await;
        bench.run(&running, self.line).await.exits(0);
        running.log().len()
    }

    /// Asserts that runs without faults lead to the same result as a run that was not interrupted.
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
            let (stdout, stderr) = (
                applied.stdout + &planned.stdout,
                applied.stderr + &planned.stderr,
            );
            assert!(run < RUNS, "{case}\n{stdout}\n{stderr}");
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
        let mut connectors = BTreeMap::new();
        for workspace in &world.workspaces {
            let counted = !["neighbour", "default"].contains(&workspace.name.as_str());
            for connector in workspace.connectors.iter().filter(|_| counted) {
                let slot = (workspace.name.as_str(), connector.name.as_str());
                let duplicate = connectors.insert(slot, connector);
                assert!(
                    duplicate.is_none(),
                    "{case}: {slot:?} exists twice: {world:#?}"
                );
            }
        }
        let slots: Vec<_> = connectors.keys().collect();
        let expected: Vec<_> = self.expected.keys().collect();
        assert_eq!(slots, expected, "{case}: {world:#?}");
        for (slot, secret) in &self.expected {
            let id = connectors[slot].id;
            assert_eq!(
                self.before.contains(&id),
                secret.is_none(),
                "{case}: {slot:?}"
            );
            if let Some(secret) = secret {
                let has_secret = running.holds_credentials(id, &json!({"token": secret}));
                assert!(has_secret, "{case}: {slot:?}");
            }
        }
    }
}
