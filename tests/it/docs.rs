//! Checks the documents: examples run, the commands of README and the guides run, and `explain` knows every
//! code.

use crate::support::{AIRLIFT, Output, PROJECT, TestEnv, copy, isolate, options};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const TIME_LIMIT: Duration = Duration::from_secs(30);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn examples() -> Vec<PathBuf> {
    let entries = root().join("examples").read_dir().unwrap();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("airlift.yaml").exists())
        .collect();
    paths.sort();
    paths
}

#[test]
fn every_example_runs() {
    let examples = examples();
    assert!(examples.len() >= 2, "{examples:?}");
    for example in examples {
        let dir = tempfile::tempdir().unwrap();
        copy(&example, dir.path());
        let text = std::fs::read_to_string(example.join("airlift.yaml")).unwrap();
        let environment = text
            .contains("\nenvironments:")
            .then_some(("AIRLIFT_ENV", "prod"));
        let airlift = |arguments: &[&str]| {
            let mut command = Command::new(AIRLIFT);
            isolate(&mut command, dir.path(), environment).args(arguments);
            let output = Output::run(&mut command, TIME_LIMIT);
            assert_ne!(output.code, None, "{}: {output}", example.display());
            output
        };
        airlift(&["validate"]).exits(0);
        airlift(&["plan", "--sandbox", "--detailed-exitcode"]).exits(2);
        let apply = airlift(&["apply", "--sandbox", "--auto-approve"]);
        apply.exits(0).says("Apply complete!");
        let again = airlift(&["apply", "--sandbox", "--auto-approve"]);
        again.exits(0);
        let plan = again.stdout.trim_start_matches("Environment: prod\n\n");
        assert!(plan.starts_with("No changes."), "{again}");
        airlift(&["plan", "--sandbox", "--detailed-exitcode"]).exits(0);
    }
}

/// A fenced block: its info string and its lines.
fn blocks(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut blocks = Vec::new();
    let mut open: Option<(&str, Vec<&str>)> = None;
    for line in text.lines() {
        match (line.trim_start().strip_prefix("```"), &mut open) {
            (Some(info), None) => open = Some((info.trim(), Vec::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some((_, lines))) => lines.push(line),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block without an end");
    blocks
}

/// The commands of a block, with continued lines joined and comments dropped.
fn commands(lines: &[&str]) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut continued = false;
    for line in lines {
        let part = line.split(" #").next().unwrap_or_default().trim();
        let (part, more) = match part.strip_suffix('\\') {
            Some(part) => (part.trim_end(), true),
            None => (part, false),
        };
        match commands.last_mut() {
            Some(last) if continued => {
                last.push(' ');
                last.push_str(part);
            }
            _ if part.is_empty() || part.starts_with('#') => {}
            _ => commands.push(part.to_owned()),
        }
        continued = more;
    }
    commands
}

/// As it runs here: the binary under test in place of a build.
fn runnable(command: &str) -> Option<String> {
    let built = command
        .strip_prefix("cargo run")
        .and_then(|rest| rest.split_once("-- "));
    match built {
        Some((_, arguments)) => Some(format!("airlift {arguments}")),
        None => command.starts_with("airlift ").then(|| command.to_owned()),
    }
}

/// README.md and the guides, as paths below the root.
fn documents() -> Vec<PathBuf> {
    let guides = root().join("examples/guides").read_dir().unwrap();
    let mut paths: Vec<PathBuf> = guides
        .map(|entry| Path::new("examples/guides").join(entry.unwrap().file_name()))
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect();
    assert!(paths.len() >= 3, "{paths:?}");
    paths.push("README.md".into());
    paths.sort();
    paths
}

fn read(document: &Path) -> String {
    std::fs::read_to_string(root().join(document)).unwrap()
}

/// Runs the blocks marked `sh` that begin with airlift, from top to bottom, in a copy of the
/// examples; returns how many commands there were. Blocks marked `sh no-run` are left out.
fn run_commands(document: &Path) -> usize {
    let text = read(document);
    let marked = blocks(&text).into_iter().filter(|(info, _)| *info == "sh");
    let env = TestEnv::with(PROJECT, options());
    copy(&root().join("examples"), &env.path("examples"));
    let bin = env.path("bin");
    std::fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink(AIRLIFT, bin.join("airlift")).unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let all = marked.map(|(_, lines)| commands(&lines));
    let runs = |commands: &Vec<String>| {
        commands
            .first()
            .is_some_and(|first| runnable(first).is_some())
    };
    let written: Vec<String> = all.filter(runs).flatten().collect();
    for written in &written {
        let command = runnable(written).unwrap_or_else(|| written.clone());
        let mut shell = Command::new("sh");
        isolate(&mut shell, env.root(), &env.variables).args(["-c", &command]);
        shell.env("PATH", format!("{}:{path}", bin.display()));
        let output = Output::run(&mut shell, TIME_LIMIT);
        let detailed = command.contains("--detailed-exitcode") && output.code == Some(2);
        assert!(
            output.code == Some(0) || detailed,
            "{}: `{written}` (mark its block `sh no-run` if it cannot run here)\n{output}",
            document.display()
        );
    }
    written.len()
}

#[test]
fn readme_and_guides_commands_run() {
    let documents = documents();
    let counts = std::thread::scope(|scope| {
        let threads: Vec<_> = documents
            .iter()
            .map(|document| scope.spawn(|| run_commands(document)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect::<Vec<_>>()
    });
    let total: usize = counts.iter().sum();
    assert!(total >= 8, "{documents:?}: {counts:?}");
}

#[test]
fn document_blocks_are_parsed() {
    let text = "a\n```sh\nairlift plan \\\n  --sandbox # why\n# no\n```\n```sh no-run\nx\n```\n";
    let parsed = blocks(text);
    assert_eq!(parsed.len(), 2);
    assert_eq!(commands(&parsed[0].1), ["airlift plan --sandbox"]);
    assert_eq!(runnable("cargo run -- plan").unwrap(), "airlift plan");
    assert_eq!(runnable("cargo test"), None);
}

#[test]
fn readme_and_guides_links_point_to_files() {
    for document in documents() {
        let text = read(&document);
        let directory = root().join(&document);
        let directory = directory.parent().unwrap();
        let targets = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
            .filter(|target| !target.contains("://") && !target.starts_with('#'));
        for target in targets {
            let path = target.split('#').next().unwrap();
            assert!(
                directory.join(path).exists(),
                "{}: {target}",
                document.display()
            );
        }
    }
}

#[test]
fn readme_is_short() {
    let lines = read(Path::new("README.md")).lines().count();
    assert!(
        lines <= 160,
        "README.md has {lines} lines; move parts to examples/guides"
    );
}

/// The names that `airlift explain` lists.
fn listed(env: &TestEnv) -> BTreeSet<String> {
    let list = env.run(&["explain"]);
    list.exits(0);
    let names = list.stdout.lines().filter(|line| line.starts_with("  "));
    names
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect()
}

#[test]
fn everything_that_explain_lists_is_explained() {
    let env = TestEnv::new();
    let names = listed(&env);
    assert!(names.len() > 100, "{names:?}");
    for name in names {
        let text = env.run(&["explain", &name]);
        text.exits(0);
        assert!(text.stdout.lines().count() >= 2, "{text}");
    }
}

/// Words in quotes that follow `marker` in the source, tests aside, on the same statement.
fn codes_after(marker: &str, text: &str) -> Vec<String> {
    let codes = text.split(marker).skip(1).filter_map(|rest| {
        let statement = rest.split(';').next()?;
        let mut quoted = statement.split('"').skip(1).step_by(2);
        quoted.find(|word| {
            !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        })
    });
    codes.map(str::to_owned).collect()
}

#[test]
fn every_code_of_a_failure_is_known_to_explain() {
    let env = TestEnv::new();
    let names = listed(&env);
    let mut codes = BTreeSet::new();
    let is_rust = |path: &Path| path.extension().is_some_and(|end| end == "rs");
    for path in crate::support::files(&root().join("src"), &is_rust) {
        let text = std::fs::read_to_string(&path).unwrap();
        for marker in ["Failure::new(", "Failure::error(", "Failure::usage("] {
            codes.extend(codes_after(marker, &text));
        }
        if path.ends_with("failure/causes.rs") {
            for marker in [
                "(FailureKind::",
                "Self::error(",
                "Self::usage(",
                " failure(",
            ] {
                codes.extend(codes_after(marker, &text));
            }
        }
    }
    assert!(codes.len() > 20, "{codes:?}");
    let unknown: Vec<_> = codes.difference(&names).collect();
    assert!(unknown.is_empty(), "explain knows nothing of {unknown:?}");
}

#[test]
fn every_code_of_a_finding_is_known_to_explain() {
    let env = TestEnv::new();
    let names = listed(&env);
    for code in airlift::config::Code::ALL {
        let name = code.as_str();
        assert!(names.contains(name), "{name} is not listed");
        let text = env.run(&["explain", name]);
        text.exits(0).says(name);
    }
}

#[test]
fn readme_shows_what_apply_prints() {
    let text = read(Path::new("README.md"));
    let shown = blocks(&text);
    let (_, shown) = shown.iter().find(|(info, _)| *info == "text").unwrap();
    let dir = tempfile::tempdir().unwrap();
    copy(&root().join("examples/quickstart"), dir.path());
    let mut command = Command::new(AIRLIFT);
    let none: [(&str, &str); 0] = [];
    isolate(&mut command, dir.path(), none).args(["apply", "--sandbox", "--auto-approve"]);
    let output = Output::run(&mut command, TIME_LIMIT);
    let words = |text: &str| {
        text.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(words(&shown.join("\n")), words(&output.exits(0).stdout));
}
