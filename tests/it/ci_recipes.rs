//! Runs the shell steps of the GitHub recipe in `examples/ci` against a sandbox, from the pull request
//! to the apply of the approved plan, and parses the other recipes.

use crate::support::{AIRLIFT, Output, PROJECT, TestEnv, isolate, options};
use serde_yaml::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const TIME_LIMIT: Duration = Duration::from_secs(30);

fn recipes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ci")
}

fn parsed(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap();
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The workflow, with what GitHub provides.
struct Runner {
    env: TestEnv,
    workflow: Value,
    /// Values of the expressions in `env` of steps.
    expressions: BTreeMap<String, String>,
}

impl Runner {
    fn new() -> Self {
        Self::with_workflow("airlift.yml")
    }

    fn with_workflow(name: &str) -> Self {
        let env = TestEnv::with(PROJECT, options());
        let bin = env.path("bin");
        std::fs::create_dir(&bin).unwrap();
        std::fs::create_dir(env.path("temp")).unwrap();
        std::os::unix::fs::symlink(AIRLIFT, bin.join("airlift")).unwrap();
        // The stand-in for GitHub's client records its arguments. It finds no earlier comment.
        env.write("bin/gh", "#!/bin/sh\necho \"$@\" >> \"$GH_CALLS\"\n");
        let make_executable = Command::new("chmod")
            .args(["+x", env.path("bin/gh").to_str().unwrap()])
            .status();
        assert!(make_executable.unwrap().success());
        Self {
            env,
            workflow: parsed(&recipes().join("github").join(name)),
            expressions: BTreeMap::new(),
        }
    }

    /// Runs the steps of a job that have a script, and returns the output of the last one.
    fn job(&mut self, job: &str) -> Output {
        let steps = self.workflow["jobs"][job]["steps"].as_sequence().unwrap();
        let scripts: Vec<Value> = steps
            .iter()
            .filter(|step| step.get("run").is_some())
            .cloned()
            .collect();
        let mut last = None;
        for step in scripts {
            let output = self.step(&step);
            let failed = output.code != Some(0);
            last = Some(output);
            if failed {
                break;
            }
        }
        last.unwrap()
    }

    fn step(&mut self, step: &Value) -> Output {
        let script = step["run"].as_str().unwrap();
        let results = self.env.path("github-output");
        let mut shell = Command::new("bash");
        isolate(&mut shell, self.env.root(), &self.env.variables);
        let path = std::env::var("PATH").unwrap_or_default();
        shell
            .args(["-e", "-o", "pipefail", "-c", script])
            .env("PATH", format!("{}:{path}", self.env.path("bin").display()))
            .env("LEDGER", self.env.path("ledger-of-ci"))
            .env("GITHUB_OUTPUT", &results)
            .env("GITHUB_STEP_SUMMARY", self.env.path("summary.md"))
            .env("RUNNER_TEMP", self.env.path("temp"))
            .env("GITHUB_REPOSITORY", "acme/customers")
            .env("GH_CALLS", self.env.path("gh-calls"));
        for (name, value) in step["env"].as_mapping().into_iter().flatten() {
            let expression = value.as_str().unwrap();
            let value = self.expressions.get(expression).cloned();
            shell.env(name.as_str().unwrap(), value.unwrap_or_default());
        }
        let output = Output::run(&mut shell, TIME_LIMIT);
        for line in std::fs::read_to_string(&results)
            .unwrap_or_default()
            .lines()
        {
            let (name, value) = line.split_once('=').unwrap();
            for expression in [
                format!("${{{{ steps.plan.outputs.{name} }}}}"),
                format!("${{{{ needs.propose.outputs.{name} }}}}"),
            ] {
                self.expressions.insert(expression, value.to_owned());
            }
        }
        output
    }
}

#[test]
fn github_recipe_comments_the_plan_and_applies_the_approved_one() {
    let mut runner = Runner::new();
    runner.job("validate").exits(0);
    runner.job("plan").exits(0);
    let comment = std::fs::read_to_string(runner.env.path("temp/comment.md")).unwrap();
    assert!(
        comment.starts_with("<!-- airlift plan -->\n## Plan: 5 to add"),
        "{comment}"
    );
    let calls = std::fs::read_to_string(runner.env.path("gh-calls")).unwrap();
    assert!(calls.contains("pr comment"), "{calls}");
    runner.job("propose").exits(0);
    let summary = std::fs::read_to_string(runner.env.path("summary.md")).unwrap();
    assert!(summary.contains("Plan `"), "{summary}");
    runner.job("apply").exits(0).says("Apply complete!");
    runner.job("propose").exits(0);
    let changes = &runner.expressions["${{ needs.propose.outputs.changes }}"];
    assert_eq!(changes, "false");
}

#[test]
fn github_recipe_applies_the_rest_if_a_customer_is_blocked() {
    let mut runner = Runner::new();
    runner.env.remote().customer("acme");
    let faults = "list_integrations_connectors@acme:*:403".parse().unwrap();
    runner.env.sandbox().set_faults(faults).unwrap();
    runner
        .job("propose")
        .exits(0)
        .says("blocked [customer_unreadable]: acme");
    assert_eq!(
        runner.expressions["${{ needs.propose.outputs.changes }}"],
        "true"
    );
    runner.job("apply").exits(4);
    assert!(runner.env.world().workspace("globex").is_some());
}

#[test]
fn github_recipe_fails_where_apply_would_stop() {
    let mut runner = Runner::new();
    runner.env.unset("ACME_GITHUB");
    runner.job("plan").exits(0);
    runner.job("propose").exits(1).says("apply would stop");
}

#[test]
fn github_recipe_refuses_a_plan_that_was_altered_or_not_approved() {
    let mut runner = Runner::new();
    runner.job("propose").exits(0);
    let path = runner.env.path("plan.json");
    let text = std::fs::read_to_string(&path).unwrap();
    runner
        .env
        .write("plan.json", &text.replace("acme/api", "evil/api"));
    runner.job("apply").exits(1).complains("plan_altered");
    runner.env.write("plan.json", &text);
    let id = "${{ needs.propose.outputs.id }}".to_owned();
    runner.expressions.insert(id, "0".repeat(64));
    runner.job("apply").exits(5).complains("plan_unexpected");
    assert_eq!(runner.env.world().connectors().count(), 0);
}

#[test]
fn github_recipe_for_drift_opens_an_issue_for_each_customer() {
    let mut runner = Runner::with_workflow("drift.yml");
    let ledger = runner.env.path("ledger-of-ci");
    runner.env.converge(&["--ledger", ledger.to_str().unwrap()]);
    runner.job("drift").exits(0);
    for name in ["Acme GitHub", "Globex Stripe"] {
        let id = runner.env.connector(name).id;
        runner.env.remote().delete_connector(id);
    }
    runner.job("drift").exits(0);
    let calls = std::fs::read_to_string(runner.env.path("gh-calls")).unwrap();
    for customer in ["acme", "globex"] {
        let created = format!("--title Drift of {customer} ");
        assert!(calls.contains(&created), "{calls}");
    }
}

#[test]
fn github_recipes_pin_actions_and_grant_no_permission_by_default() {
    for name in ["airlift.yml", "drift.yml"] {
        assert_pinned(&parsed(&recipes().join("github").join(name)));
    }
}

/// The arguments of the container of a Kubernetes job, with the values of its variables.
fn arguments(job: &Value, index: usize) -> Vec<String> {
    let container = &job["template"]["spec"]["containers"][0];
    let arguments = container["args"].as_sequence().unwrap().iter();
    arguments
        .map(|argument| {
            argument
                .as_str()
                .unwrap()
                .replace("$(SHARD)", &index.to_string())
        })
        .collect()
}

#[test]
fn kubernetes_recipes_cover_every_customer_once() {
    let manifests = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/kubernetes");
    let apply = parsed(&manifests.join("apply-job.yaml"));
    let drift = parsed(&manifests.join("drift-cronjob.yaml"));
    let jobs = [&apply["spec"], &drift["spec"]["jobTemplate"]["spec"]];
    let mut env = TestEnv::with(PROJECT, options());
    env.set("AIRLIFT_LEDGER", "ledger");
    for job in jobs {
        let count = usize::try_from(job["completions"].as_u64().unwrap()).unwrap();
        for index in 0..count {
            let arguments = arguments(job, index);
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            env.run(&arguments).exits(0);
        }
    }
    assert_eq!(env.world().connectors().count(), 3);
}

fn assert_pinned(workflow: &Value) {
    assert_eq!(
        workflow["permissions"],
        Value::Mapping(serde_yaml::Mapping::new())
    );
    let action = parsed(&recipes().join("github/setup-airlift/action.yml"));
    let jobs = workflow["jobs"].as_mapping().unwrap().values();
    let steps = jobs.flat_map(|job| job["steps"].as_sequence().unwrap());
    let steps = steps.chain(action["runs"]["steps"].as_sequence().unwrap());
    for step in steps {
        let Some(uses) = step.get("uses").and_then(Value::as_str) else {
            // An expression in a script would run text of a pull request.
            assert!(!step["run"].as_str().unwrap().contains("${{"), "{step:?}");
            continue;
        };
        let pinned = uses
            .rsplit_once('@')
            .is_some_and(|(_, commit)| commit.len() == 40);
        assert!(pinned || uses.starts_with("./"), "{uses}");
    }
}

#[test]
fn recipes_are_valid_yaml_and_name_known_options() {
    let entries = recipes().read_dir().unwrap();
    let mut count = 0;
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.extension().is_none() {
            continue;
        }
        count += 1;
        parsed(&path);
        let text = std::fs::read_to_string(&path).unwrap();
        for command in text.split("airlift ").skip(1) {
            let name = command.split([' ', '\n', '"']).next().unwrap();
            let options = command.lines().next().unwrap().split(' ');
            for option in options.filter(|word| word.starts_with("--")) {
                if !["validate", "plan", "apply", "show"].contains(&name) {
                    continue;
                }
                let help = Command::new(AIRLIFT)
                    .args([name, "--help"])
                    .output()
                    .unwrap();
                let help = String::from_utf8(help.stdout).unwrap();
                assert!(help.contains(option), "{}: {name} {option}", path.display());
            }
        }
    }
    assert!(count >= 5);
}

/// Whether a program can be run. A linter that is not installed is skipped.
fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

fn assert_accepted(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success(), "{program} {arguments:?}: {text}");
}

#[test]
fn recipes_pass_the_linters_that_are_installed() {
    let path = |name: &str| recipes().join(name).to_str().unwrap().to_owned();
    if is_installed("check-jsonschema") {
        for (schema, name) in [
            ("github-workflows", "github/airlift.yml"),
            ("github-workflows", "github/drift.yml"),
            ("github-workflows", "github/shards.yml"),
            ("github-actions", "github/setup-airlift/action.yml"),
            ("gitlab-ci", "gitlab-ci.yml"),
            ("azure-pipelines", "azure-pipelines.yml"),
            ("bitbucket-pipelines", "bitbucket-pipelines.yml"),
        ] {
            let schema = format!("vendor.{schema}");
            let options = ["--regex-variant", "python", "--builtin-schema"];
            let recipe = path(name);
            let arguments = [&options[..], &[&schema, &recipe]].concat();
            assert_accepted("check-jsonschema", &arguments);
        }
    }
    if is_installed("zizmor") {
        assert_accepted("zizmor", &["--offline", "--quiet", &path("github")]);
    }
    if is_installed("kubernetes-validate") {
        for name in ["apply-job.yaml", "drift-cronjob.yaml"] {
            let manifest = path(&format!("../kubernetes/{name}"));
            assert_accepted("kubernetes-validate", &["--strict", &manifest]);
        }
    }
}
