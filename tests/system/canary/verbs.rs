//! The verbs, from the command line's own definition: one that is not in the table fails the
//! suite. Formats come from their definition, too.

use airlift::cli::{Cli, Format};
use clap::{Command, CommandFactory, ValueEnum};
use std::collections::BTreeSet;

/// How a verb is tried: its lines, each run with every format and level.
pub(crate) struct Verb {
    pub(crate) name: &'static str,
    pub(crate) lines: &'static [&'static str],
    pub(crate) kind: Kind,
}

/// What a verb has to do with the remote API.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// It opens no socket: the server's behavior does not matter to it.
    Offline,
    /// It asks the server.
    Remote,
    /// It is a server, and has a test of its own.
    Server,
}

const fn verb(name: &'static str, kind: Kind, lines: &'static [&'static str]) -> Verb {
    Verb { name, lines, kind }
}

use Kind::{Offline, Remote, Server};

/// Every verb. In this order, because what is planned is applied and then rotated.
pub(crate) const TABLE: &[Verb] = &[
    verb(
        "completions",
        Offline,
        &["completions bash", "completions zsh"],
    ),
    verb(
        "explain",
        Offline,
        &["explain", "explain secret_rotated", "explain nonsense"],
    ),
    verb("init", Offline, &["init ../begun", "init ."]),
    verb(
        "schema",
        Offline,
        &["schema", "schema plan", "schema report", "schema drift"],
    ),
    verb(
        "types",
        Offline,
        &["types", "types github", "types nonsense"],
    ),
    verb("validate", Offline, &["validate"]),
    verb(
        "plan",
        Remote,
        &[
            "plan",
            "plan --no-secrets --detailed-exitcode",
            "plan --refresh full --prune",
            "plan --sandbox",
        ],
    ),
    verb("doctor", Remote, &["doctor"]),
    verb(
        "apply",
        Remote,
        &[
            "apply",
            "apply --auto-approve --allow-replace --keep-going",
            "apply --auto-approve --connector-token application",
            "apply --auto-approve --sandbox",
        ],
    ),
    verb(
        "rotate",
        Remote,
        &[
            "rotate customer-0 --auto-approve --require-check --max-failures 100%",
            "rotate --all --auto-approve --sandbox",
        ],
    ),
    verb(
        "drift",
        Remote,
        &["drift", "drift --detailed-exitcode --sandbox"],
    ),
    verb("export", Remote, &["export", "export --out ../exported"]),
    verb("ledger rekey", Remote, &["ledger rekey"]),
    verb("sandbox serve", Server, &[]),
];

/// How much is said.
pub(crate) struct Level {
    pub(crate) flags: &'static [&'static str],
    pub(crate) variables: &'static [(&'static str, &'static str)],
}

/// The levels of talk, and variables that make other programs talk.
pub(crate) const LEVELS: &[Level] = &[
    level(&[], &[]),
    level(&["-v"], &[]),
    level(&["-vv"], &[]),
    level(&[], &[("AIRLIFT_LOG", "trace")]),
    level(&["-vv"], &[("RUST_LOG", "trace")]),
    level(
        &["-vv"],
        &[("RUST_BACKTRACE", "full"), ("CLICOLOR_FORCE", "1")],
    ),
];

const fn level(
    flags: &'static [&'static str],
    variables: &'static [(&'static str, &'static str)],
) -> Level {
    Level { flags, variables }
}

/// The forms of a result.
pub(crate) fn formats() -> Vec<String> {
    let name = |format: &Format| format.to_possible_value().unwrap().get_name().to_owned();
    Format::value_variants().iter().map(name).collect()
}

/// A line with a format and a level.
pub(crate) fn line<'a>(line: &'a str, format: &'a str, level: &'a Level) -> Vec<&'a str> {
    let words = line.split_whitespace().chain(["--format", format]);
    words.chain(level.flags.iter().copied()).collect()
}

/// The verbs that there are, in full.
fn known(command: &Command, before: &str, all: &mut BTreeSet<String>) {
    for one in command.get_subcommands() {
        let name = format!("{before}{}", one.get_name());
        if one.has_subcommands() {
            known(one, &format!("{name} "), all);
        } else {
            all.insert(name);
        }
    }
}

#[test]
fn every_verb_is_tried() {
    let mut all = BTreeSet::new();
    known(&Cli::command(), "", &mut all);
    let table: BTreeSet<String> = TABLE.iter().map(|verb| verb.name.to_owned()).collect();
    let untried: Vec<_> = all.difference(&table).collect();
    let gone: Vec<_> = table.difference(&all).collect();
    assert!(untried.is_empty(), "give TABLE lines for {untried:?}");
    assert!(gone.is_empty(), "TABLE has lines for no verb: {gone:?}");
    for verb in TABLE {
        assert!(verb.lines.iter().all(|line| line.starts_with(verb.name)));
        assert_eq!(verb.lines.is_empty(), verb.kind == Kind::Server);
    }
}
