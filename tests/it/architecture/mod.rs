//! Checks the source against the rules: imports between modules, reserved words, lengths of files.

mod rules;

use crate::support::files;
use rules::{FORBIDDEN, IMPORTS, LONGEST, LONGEST_COMMAND, RESERVED, TOP};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

struct Source {
    path: PathBuf,
    module: String,
    /// Modules between the crate and this one.
    depth: usize,
    text: String,
    /// Without comments and tests.
    code: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "rs")
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let paths = files(&src, &is_rust);
    let tests: Vec<PathBuf> = paths.iter().flat_map(|path| test_modules(path)).collect();
    let read = |path: PathBuf| {
        let inside = path.strip_prefix(&src).unwrap();
        let mut modules: Vec<String> = inside
            .with_extension("")
            .iter()
            .map(|part| part.to_string_lossy().into_owned())
            .collect();
        modules.retain(|part| part != "mod");
        let text = std::fs::read_to_string(&path).unwrap();
        let is_test = tests
            .iter()
            .any(|test| path.with_extension("").starts_with(test));
        Source {
            module: modules[0].clone(),
            depth: modules.len(),
            code: if is_test { String::new() } else { code(&text) },
            text,
            path,
        }
    };
    paths.iter().cloned().map(read).collect()
}

/// Modules that a file declares for tests alone, as paths without extension.
fn test_modules(path: &Path) -> Vec<PathBuf> {
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let own = match path.file_stem().and_then(|stem| stem.to_str()) {
        Some("mod" | "lib" | "main") => path.parent().unwrap().to_owned(),
        _ => path.with_extension(""),
    };
    let starts = lines.iter().enumerate().filter(|(_, line)| {
        let for_tests = line.contains("test") && !line.contains("feature");
        line.starts_with("#[cfg(") && for_tests
    });
    let declared = starts.filter_map(|(at, _)| {
        let mut rest = lines[at + 1..]
            .iter()
            .skip_while(|line| line.starts_with("#["));
        let named = rest.next()?.trim_start_matches("pub(crate) ");
        let name = named.strip_prefix("mod ")?.strip_suffix(';')?;
        Some(own.join(name))
    });
    declared.collect()
}

/// Everything before the tests at a file's end, without comments.
fn code(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let starts_tests = line.starts_with("#[cfg(") && line.contains("test");
        let inline = |next: &&str| next.starts_with("mod ") && next.ends_with('{');
        if starts_tests && lines.peek().is_some_and(inline) {
            break;
        }
        let comment = line.trim_start().starts_with("//");
        code += if comment {
            ""
        } else {
            line.split(" // ").next().unwrap_or_default()
        };
        code.push('\n');
    }
    code
}

/// Lines, counted from one, in which a word stands for itself.
fn standing<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let whole = move |line: &str| {
        line.match_indices(word).any(|(start, _)| {
            let before = line[..start].chars().next_back();
            let after = line[start + word.len()..].chars().next();
            let open = |side: Option<char>, edge: Option<char>| {
                !(edge.is_some_and(is_name) && side.is_some_and(is_name))
            };
            open(before, word.chars().next()) && open(after, word.chars().next_back())
        })
    };
    let lines = code
        .lines()
        .enumerate()
        .filter(move |(_, line)| whole(line));
    lines.map(|(index, _)| index + 1)
}

/// The modules that a line names through `PREFIX::module`.
fn modules_named<'a>(line: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    line.match_indices(prefix).map(|(start, _)| {
        let rest = &line[start + prefix.len()..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
        &rest[..end.unwrap_or(rest.len())]
    })
}

fn fail_with(problems: &str) {
    assert!(problems.is_empty(), "\n{problems}");
}

#[test]
fn modules_import_what_the_table_allows() {
    let mut problems = String::new();
    for source in sources() {
        let allowed = IMPORTS.iter().find(|(module, _)| *module == source.module);
        let Some((_, allowed)) = allowed else {
            writeln!(
                problems,
                "{}: a module without a row in the table",
                source.module
            )
            .unwrap();
            continue;
        };
        let prefix = if source.module == "main" {
            "airlift::"
        } else {
            "crate::"
        };
        for (index, line) in source.code.lines().enumerate() {
            let climbs = "super::".repeat(source.depth);
            let is_module = |name: &&str| IMPORTS.iter().any(|(module, _)| module == name);
            let wrong = modules_named(line, prefix)
                .filter(|module| prefix == "crate::" || is_module(module))
                .find(|module| *module != source.module && !allowed.contains(module));
            let climbs_out = source.module != "main" && line.contains(&climbs);
            if wrong.is_some() || climbs_out {
                let place = source.path.strip_prefix(root()).unwrap().display();
                writeln!(problems, "{place}:{}: {}", index + 1, line.trim()).unwrap();
            }
        }
    }
    fail_with(&problems);
}

#[test]
fn the_table_names_every_module_once_and_no_others() {
    let named: Vec<&str> = IMPORTS.iter().map(|(module, _)| *module).collect();
    let rows: BTreeSet<&str> = named.iter().copied().collect();
    assert_eq!(named.len(), rows.len());
    let sources = sources();
    let modules: BTreeSet<&str> = sources
        .iter()
        .map(|source| source.module.as_str())
        .collect();
    assert_eq!(rows, modules);
    let words = FORBIDDEN.iter().map(|(module, _)| module);
    assert!(
        words
            .chain(RESERVED.iter().flat_map(|(_, modules)| *modules))
            .all(|module| rows.contains(module))
    );
    // An import that nobody needs any more leaves the table.
    for (module, allowed) in IMPORTS {
        let prefix = if *module == "main" {
            "airlift::"
        } else {
            "crate::"
        };
        let code = sources.iter().filter(|source| source.module == *module);
        let used: BTreeSet<String> = code
            .flat_map(|source| modules_named(&source.code, prefix).map(str::to_owned))
            .collect();
        for other in *allowed {
            assert!(used.contains(*other), "{module} no longer imports {other}");
        }
    }
}

#[test]
fn no_module_uses_what_is_reserved_for_others() {
    let mut problems = String::new();
    for source in sources() {
        let place = source.path.strip_prefix(root()).unwrap().display();
        let forbidden = FORBIDDEN
            .iter()
            .filter(|(module, _)| *module == source.module)
            .flat_map(|(_, words)| *words);
        let reserved = RESERVED
            .iter()
            .filter(|(_, modules)| !modules.contains(&source.module.as_str()))
            .map(|(word, _)| word);
        for word in forbidden.chain(reserved) {
            for line in standing(&source.code, word) {
                writeln!(problems, "{place}:{line}: {word}").unwrap();
            }
        }
    }
    fail_with(&problems);
}

#[test]
fn the_readers_of_this_test_see_what_it_sees() {
    let text = "//! Doc.\nuse a::rand; // HashMap\n// tokio\nlet operand = 1;\n\
                #[cfg(test)]\nmod tests {\n    use tokio;\n}\n";
    let code = code(text);
    assert_eq!(standing(&code, "rand").collect::<Vec<_>>(), [2]);
    assert_eq!(
        standing(&code, "HashMap").count() + standing(&code, "tokio").count(),
        0
    );
    let named: Vec<_> = modules_named("use crate::plan::X; crate::api", "crate::").collect();
    assert_eq!(named, ["plan", "api"]);
}

#[test]
fn every_file_says_what_it_is_for_and_stays_short() {
    let mut problems = String::new();
    let below = |folder: &str| files(&root().join(folder), &is_rust);
    // What the build of the fuzz targets writes is not ours.
    let built = root().join("tests/fuzz/target");
    let paths = [below("src"), below("tests")].concat();
    for path in paths.into_iter().filter(|path| !path.starts_with(&built)) {
        let text = std::fs::read_to_string(&path).unwrap();
        let place = path.strip_prefix(root()).unwrap().display();
        if !text.starts_with("//! ") {
            writeln!(problems, "{place}: does not begin with `//!`").unwrap();
        }
        let lines = text.lines().count();
        if lines > LONGEST {
            writeln!(
                problems,
                "{place}: {lines} lines, and {LONGEST} are the most"
            )
            .unwrap();
        }
    }
    fail_with(&problems);
}

/// A command is arguments, the stages of `app`, and the result; anything longer belongs in `app`.
#[test]
fn command_file_stays_short() {
    let mut problems = String::new();
    for path in files(&root().join("src/commands"), &is_rust) {
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        if lines > LONGEST_COMMAND && !path.ends_with("mod.rs") {
            let place = path.strip_prefix(root()).unwrap().display();
            writeln!(
                problems,
                "{place}: {lines} lines, and {LONGEST_COMMAND} are the most"
            )
            .unwrap();
        }
    }
    fail_with(&problems);
}

#[test]
fn only_one_place_names_the_grouped_crate() {
    // `use crate::{a, b}` would slip past the table.
    for source in sources() {
        assert!(
            !source.text.contains("crate::{"),
            "{}",
            source.path.display()
        );
    }
}

/// Tools leave caches, and a commit of everything would contain them.
#[test]
fn commits_have_no_other_names_at_the_top() {
    let mut git = std::process::Command::new("git");
    let listed = git.args(["ls-files", "-z"]).current_dir(root()).output();
    // A source archive is no checkout.
    let Ok(listed) = listed.map(|output| output.stdout) else {
        return;
    };
    let paths = listed.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    let tops: BTreeSet<String> = paths
        .filter_map(|path| Some(path.split('/').next()?.to_owned()))
        .filter(|top| !top.is_empty() && !TOP.contains(&top.as_str()))
        .collect();
    assert_eq!(tops, BTreeSet::new());
}
