//! Checks names and prose against the list of private terms in `list.txt`.

mod prose;

use crate::support::files;
use prose::{Line, split};
use std::path::{Path, PathBuf};

struct List {
    /// A folder, and the names that no file or folder below it has.
    files: Vec<(String, Vec<String>)>,
    identifiers: Vec<String>,
    functions: Vec<String>,
    types: Vec<String>,
    words: Vec<String>,
    sentences: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The lines of one section of the list.
fn section(name: &str) -> Vec<String> {
    let text = include_str!("list.txt");
    let header = format!("[{name}]");
    let lines = text
        .lines()
        .skip_while(|line| !line.starts_with(&header))
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}

fn words(name: &str) -> Vec<String> {
    let lines = section(name);
    let words = lines.iter().flat_map(|line| line.split_whitespace());
    words.map(str::to_owned).collect()
}

impl List {
    fn read() -> Self {
        let folder = |line: &String| {
            let (folder, names) = line.split_once(':').unwrap();
            let names = names.split_whitespace().map(str::to_owned).collect();
            (folder.to_owned(), names)
        };
        Self {
            files: section("files").iter().map(folder).collect(),
            identifiers: words("identifiers"),
            functions: words("functions"),
            types: words("types"),
            words: words("words"),
            sentences: section("sentences"),
        }
    }
}

/// Every Rust file of the project, tests included, except the files of this check.
fn rust_files() -> Vec<PathBuf> {
    let is_rust = |path: &Path| path.extension().is_some_and(|end| end == "rs");
    let own = root().join("tests/it/words");
    ["src", "tests"]
        .iter()
        .flat_map(|folder| files(&root().join(folder), &is_rust))
        .filter(|path| !path.starts_with(&own))
        .collect()
}

/// Every document: Markdown, help texts and other goldens, examples, schemas.
fn documents() -> Vec<PathBuf> {
    let is_text = |path: &Path| {
        let end = path.extension().and_then(|end| end.to_str());
        end.is_some_and(|end| ["md", "txt", "yaml", "json"].contains(&end))
    };
    let mut paths: Vec<PathBuf> = ["src", "examples", "tests/golden"]
        .iter()
        .flat_map(|folder| files(&root().join(folder), &is_text))
        .filter(|path| !path.starts_with(root().join("src/catalog")))
        .collect();
    for name in [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "schemas/config.schema.json",
    ] {
        paths.push(root().join(name));
    }
    paths
}

fn inside(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

/// The identifiers of a line of code, each with the word before it.
fn identifiers(code: &str) -> Vec<(&str, &str)> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut before = "";
    let parts = code
        .split(|c: char| !is_name(c))
        .filter(|part| !part.is_empty());
    parts
        .map(|part| (std::mem::replace(&mut before, part), part))
        .collect()
}

fn check_code(list: &List, path: &Path, line: &Line, problems: &mut Vec<String>) {
    for (before, name) in identifiers(&line.code) {
        let has = |names: &[String]| names.iter().any(|banned| banned == name);
        let is_type = ["struct", "enum", "trait", "type"].contains(&before);
        if has(&list.identifiers)
            || before == "fn" && has(&list.functions)
            || is_type && has(&list.types)
        {
            problems.push(format!("{}:{}: `{name}`", inside(path), line.number));
        }
    }
}

/// Whole words of a text that the list has.
fn banned_words<'a>(list: &'a List, text: &str) -> Vec<&'a String> {
    // The name of a connector type.
    let lower = text
        .to_lowercase()
        .replace("zendesk talk", "")
        .replace("zendesk-talk", "");
    let parts: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .collect();
    let banned = list.words.iter();
    banned
        .filter(|word| parts.contains(&word.as_str()))
        .collect()
}

/// The list's sentences in a text whose lines were joined.
fn banned_sentences<'a>(list: &'a List, text: &str) -> Vec<&'a String> {
    let lower = text.to_lowercase();
    let joined = lower.split_whitespace().collect::<Vec<_>>().join(" ");
    let banned = list.sentences.iter();
    banned
        .filter(|part| joined.contains(part.as_str()))
        .collect()
}

fn complain(problems: &[String]) {
    assert!(
        problems.is_empty(),
        "tests/it/words/list.txt has what stands here:\n{}",
        problems.join("\n")
    );
}

#[test]
fn names_of_files_are_standard_terms() {
    let list = List::read();
    let mut problems = Vec::new();
    for path in rust_files() {
        let path = inside(&path);
        let (folder, names) = (Path::new(&path), Path::new(&path).with_extension(""));
        for (above, banned) in &list.files {
            let below = folder.strip_prefix(above).is_ok();
            let has = |name: &String| {
                let inner = names.strip_prefix(above).unwrap_or(&names);
                inner.iter().any(|part| part.to_str() == Some(name))
            };
            if below && banned.iter().any(has) {
                problems.push(path.clone());
            }
        }
    }
    complain(&problems);
}

#[test]
fn names_in_code_are_standard_terms() {
    let list = List::read();
    let mut problems = Vec::new();
    for path in rust_files() {
        for line in split(&std::fs::read_to_string(&path).unwrap()) {
            check_code(&list, &path, &line, &mut problems);
        }
    }
    complain(&problems);
}

#[test]
fn prose_uses_standard_terms() {
    let list = List::read();
    let mut problems = Vec::new();
    let mut check = |path: &Path, lines: &[Line]| {
        for line in lines {
            for word in banned_words(&list, &line.prose) {
                problems.push(format!("{}:{}: {word}", inside(path), line.number));
            }
        }
        let whole: Vec<&str> = lines.iter().map(|line| line.prose.as_str()).collect();
        for part in banned_sentences(&list, &whole.join("\n")) {
            problems.push(format!("{}: {part}", inside(path)));
        }
    };
    for path in rust_files() {
        check(&path, &split(&std::fs::read_to_string(&path).unwrap()));
    }
    for path in documents() {
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<Line> = (1..).zip(text.lines()).map(Line::prose).collect();
        check(&path, &lines);
    }
    complain(&problems);
}

#[test]
fn check_finds_what_the_list_has() {
    let list = List::read();
    let source = "let one = told(\"in every\n mood\"); // Mend what\n// failed\nlet c = 'x';\n";
    let lines = split(source);
    let mut problems = Vec::new();
    for line in &lines {
        check_code(&list, &root().join("x.rs"), line, &mut problems);
    }
    assert_eq!(problems, ["x.rs:1: `one`", "x.rs:1: `told`"]);
    assert_eq!(banned_words(&list, &lines[1].prose), ["mood"]);
    let prose: Vec<&str> = lines.iter().map(|line| line.prose.as_str()).collect();
    assert_eq!(
        banned_sentences(&list, &prose.join("\n")),
        ["mend what failed"]
    );
    assert!(list.files.len() > 10 && list.sentences.len() > 30);
}
