//! Responsible for the commands, formats and verbosities that the canary tests run.
//!
//! The test at the end compares the table with the command line's own definition, so that a command
//! without a line in the table fails. Formats come from their definition, too.

use crate::support::slice::Slice;
use airlift::cli::{Cli, Format};
use clap::{Command, CommandFactory, ValueEnum};
use std::collections::BTreeSet;

/// A command with the command lines to run. Each line runs with every format and verbosity.
pub(crate) struct CommandCase {
    pub(crate) name: &'static str,
    pub(crate) lines: &'static [&'static str],
    pub(crate) kind: CommandKind,
}

/// How a command uses the remote API.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CommandKind {
    /// Opens no socket, so that the server's behavior makes no difference.
    Offline,
    /// Sends requests to the server.
    Client,
    /// Runs a server. `crash` tests it.
    Server,
}

const fn case(
    name: &'static str,
    kind: CommandKind,
    lines: &'static [&'static str],
) -> CommandCase {
    CommandCase { name, lines, kind }
}

use CommandKind::{Client, Offline, Server};

/// Every command. `plan` comes before `apply` and `apply` before `rotate`, as in real use.
pub(crate) const COMMANDS: &[CommandCase] = &[
    case(
        "completions",
        Offline,
        &["completions bash", "completions zsh"],
    ),
    case(
        "explain",
        Offline,
        &["explain", "explain secret_rotated", "explain nonsense"],
    ),
    case("man", Offline, &["man --out ../man"]),
    case("init", Offline, &["init ../new", "init ."]),
    case(
        "schema",
        Offline,
        &[
            "schema",
            "schema plan",
            "schema report",
            "schema drift",
            "schema error",
            "schema outputs",
            "schema events",
            "schema status",
        ],
    ),
    case(
        "types",
        Offline,
        &["types", "types github", "types nonsense"],
    ),
    case("types", Client, &["types --refresh", "types --templates"]),
    case("validate", Offline, &["validate"]),
    case("expand", Offline, &["expand", "expand nonsense"]),
    case(
        "plan",
        Client,
        &[
            "plan",
            "plan --no-secrets --detailed-exitcode",
            "plan --refresh full --prune",
            "plan --sandbox",
            "plan --listing organization",
            "plan --allow-id-changes 1",
            "plan --save",
            "plan --snapshot snapshot.json",
            "plan --type github --label tier=trial",
            "plan --target-file airlift.yaml --exclude-file nonsense",
            "plan --changed-since HEAD",
            "plan --retry plan.json",
            "plan --out plan.json",
        ],
    ),
    case("snapshot", Client, &["snapshot --out snapshot.json"]),
    case("replan", Client, &["replan --from plan.json"]),
    case("show", Offline, &["show plan.json", "show nonsense"]),
    case("doctor", Client, &["doctor"]),
    case(
        "apply",
        Client,
        &[
            "apply",
            "apply --auto-approve --allow-replace --keep-going",
            "apply --auto-approve --connector-token application",
            "apply --auto-approve --sandbox",
            "apply --auto-approve --waves 1,label:tier=trial,100% --wave-failures 100%",
            "apply --auto-approve --waves 1 --gate execute",
            "apply --approved plan.json",
            "apply --auto-approve --override-window reason",
            "apply plan.json --outputs-file ids.json",
        ],
    ),
    case(
        "rotate",
        Client,
        &[
            "rotate customer-0 --auto-approve --require-check --max-failures 100%",
            "rotate --all --auto-approve --sandbox",
        ],
    ),
    case(
        "drift",
        Client,
        &[
            "drift",
            "drift --detailed-exitcode --sandbox",
            "drift --accept customer-0",
        ],
    ),
    case(
        "outputs",
        Client,
        &[
            "outputs",
            "outputs --target customer-0",
            "outputs --unverified",
        ],
    ),
    case("export", Client, &["export", "export --out ../exported"]),
    case(
        "adopt",
        Client,
        &[
            "adopt customer-0",
            "adopt customer-0 --auto-approve",
            "adopt --out matches.csv",
            "adopt --out matches.json",
            "adopt matches.csv --auto-approve",
        ],
    ),
    case(
        "ledger show",
        Client,
        &["ledger show", "ledger show customer-0"],
    ),
    case("ledger history", Client, &["ledger history"]),
    case(
        "ledger copy",
        Client,
        &[
            "ledger copy .airlift/ledger ../copied",
            "ledger copy .airlift/ledger ../copied --shards 2",
        ],
    ),
    case(
        "ledger trust",
        Client,
        &[
            "ledger trust customer-0",
            "ledger trust customer-0 --auto-approve",
        ],
    ),
    case("status", Client, &["status", "status customer-0 --execute"]),
    case(
        "connect",
        Client,
        &[
            "connect nonsense/nonsense --no-browser",
            "connect --needed --public-url https://connect.example.com",
        ],
    ),
    case("connect serve", Server, &[]),
    case(
        "token widget",
        Client,
        &[
            "token widget --customer customer-0 --origin https://app.example.com --out handed-over --replace",
            "token widget --customer customer-0 --origin null",
        ],
    ),
    case(
        "token scoped",
        Client,
        &["token scoped --customer customer-0 --out handed-over --replace"],
    ),
    case(
        "token app",
        Client,
        &["token app --out handed-over --replace"],
    ),
    case("ledger rekey", Client, &["ledger rekey"]),
    case("ledger sign", Client, &["ledger sign --auto-approve"]),
    case("sandbox serve", Server, &[]),
];

/// Flags and variables that set how much a run writes to stderr.
pub(crate) struct Verbosity {
    pub(crate) flags: &'static [&'static str],
    pub(crate) variables: &'static [(&'static str, &'static str)],
}

/// The verbosities, with variables that make libraries write more, too.
pub(crate) const VERBOSITIES: &[Verbosity] = &[
    verbosity(&[], &[]),
    verbosity(&["-v"], &[]),
    verbosity(&["-vv"], &[]),
    verbosity(&[], &[("AIRLIFT_LOG", "trace")]),
    verbosity(&["-vv"], &[("RUST_LOG", "trace")]),
    verbosity(
        &["-vv"],
        &[("RUST_BACKTRACE", "full"), ("CLICOLOR_FORCE", "1")],
    ),
];

const fn verbosity(
    flags: &'static [&'static str],
    variables: &'static [(&'static str, &'static str)],
) -> Verbosity {
    Verbosity { flags, variables }
}

/// The name of `--json` among the formats.
const EVENTS: &str = "events";

/// The values of `--format`, and `--json`.
pub(crate) fn formats() -> Vec<String> {
    let name = |format: &Format| format.to_possible_value().unwrap().get_name().to_owned();
    let formats = Format::value_variants().iter().map(name);
    formats.chain([EVENTS.to_owned()]).collect()
}

/// The formats of a slice for the command at an index.
pub(crate) fn chosen_formats(slice: Slice, command: usize) -> impl Iterator<Item = String> {
    let formats = formats();
    let count = formats.len();
    let formats = formats.into_iter().enumerate();
    formats
        .filter(move |(at, _)| slice.has_index(command + at, count))
        .map(|(_, format)| format)
}

/// The arguments of a line, with a format and a verbosity where the command accepts them.
pub(crate) fn arguments<'a>(
    line: &'a str,
    format: &'a str,
    verbosity: &'a Verbosity,
) -> Vec<&'a str> {
    let mut arguments: Vec<&str> = line.split_whitespace().collect();
    let format: &[&str] = match format {
        EVENTS => &["--json"],
        format => &["--format", format],
    };
    for options in [format, verbosity.flags] {
        let more = [arguments.as_slice(), options].concat();
        if is_accepted(&more) {
            arguments = more;
        }
    }
    arguments
}

fn is_accepted(arguments: &[&str]) -> bool {
    let all = ["airlift"].iter().chain(arguments).map(Into::into);
    airlift::cli::parse(all, 80).is_ok()
}

/// Adds the full names of the subcommands at every depth.
fn add_names(command: &Command, prefix: &str, names: &mut BTreeSet<String>) {
    for subcommand in command.get_subcommands() {
        let name = format!("{prefix}{}", subcommand.get_name());
        add_names(subcommand, &format!("{name} "), names);
        if !subcommand.is_subcommand_required_set() {
            names.insert(name);
        }
    }
}

#[test]
fn commands_compared_with_command_line_are_complete() {
    let mut defined = BTreeSet::new();
    add_names(&Cli::command(), "", &mut defined);
    let listed: BTreeSet<String> = COMMANDS.iter().map(|case| case.name.to_owned()).collect();
    let missing: Vec<_> = defined.difference(&listed).collect();
    let undefined: Vec<_> = listed.difference(&defined).collect();
    assert!(missing.is_empty(), "add lines to COMMANDS for {missing:?}");
    assert!(undefined.is_empty(), "no such commands: {undefined:?}");
    for case in COMMANDS {
        assert!(case.lines.iter().all(|line| line.starts_with(case.name)));
        assert_eq!(case.lines.is_empty(), case.kind == CommandKind::Server);
    }
}
