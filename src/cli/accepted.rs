//! Responsible for which global options each command reads. An option that a command does not read
//! is absent from its help and refused.

use super::Format;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, Error, ValueEnum, error::ErrorKind};

/// The commands that read only some of the global options, with the ids of those that they read. A command below another
/// one is named with it. Every other command reads all. `--help`, `--color` and `--no-color` concern every command, because every
/// command can print an error.
const READERS: &[(&str, &[&str])] = &[
    ("init", &["format"]),
    (
        "show",
        &[
            "env",
            "files",
            "format",
            "json",
            "ledger",
            "ledger_mode",
            "sandbox",
            "verbose",
        ],
    ),
    ("validate", &["env", "files", "format", "json", "verbose"]),
    ("expand", &["env", "files", "format", "verbose"]),
    // A token is written without a copy of it, which an event would be.
    ("token", ALL_BUT_EVENTS),
    ("types", ALL_BUT_EVENTS),
    (OFFLINE_TYPES, &["format"]),
    // Its arguments name the ledgers, and it copies every shard.
    (
        "ledger copy",
        &[
            "ca_file",
            "env",
            "files",
            "format",
            "json",
            "ledger_mode",
            "proxy",
            "quiet",
            "sandbox",
            "verbose",
        ],
    ),
    ("explain", &["format"]),
    ("schema", &["format"]),
    ("sandbox", &["format"]),
    ("completions", &[]),
    ("man", &[]),
];
/// `types` with neither `--refresh` nor `--templates`, which reads only the catalog of this build.
const OFFLINE_TYPES: &str = "types without --refresh and --templates";
const ALL_BUT_EVENTS: &[&str] = &[
    "ca_file",
    "env",
    "files",
    "format",
    "ledger",
    "ledger_mode",
    "proxy",
    "quiet",
    "sandbox",
    "shard",
    "verbose",
];
/// Options that have no effect on a command, which accepts them because scripts pass the options of
/// another command to it: the command, and the id. They are absent from its help.
const WITHOUT_EFFECT: &[(&str, &str)] = &[
    ("plan", "connector_token"),
    ("validate", "ca_file"),
    ("validate", "ledger"),
    ("validate", "ledger_mode"),
    ("validate", "proxy"),
    ("validate", "quiet"),
    ("validate", "sandbox"),
    ("validate", "shard"),
];
const READ_BY_ALL: [&str; 3] = ["color", "help", "no_color"];
/// The formats that every command writes.
const COMMON_FORMATS: [Format; 2] = [Format::Text, Format::Json];
/// The commands that write further formats.
const FORMATS: &[(&str, &[Format])] = &[
    ("validate", &[Format::Sarif, Format::Junit]),
    (
        "plan",
        &[Format::Markdown, Format::Html, Format::Sarif, Format::Junit],
    ),
    ("replan", &[Format::Markdown, Format::Html]),
    ("show", &[Format::Markdown, Format::Html]),
    ("apply", &[Format::Html]),
    ("adopt", &[Format::Html]),
    ("rotate", &[Format::Html]),
    ("drift", &[Format::Html]),
    ("connect", &[Format::Csv]),
    ("outputs", &[Format::Dotenv, Format::Yaml, Format::K8s]),
];
const FORMAT: &str = "format";
/// The option that only Markdown reads.
const COMMENT: &str = "comment";

fn formats(command: &str) -> impl Iterator<Item = Format> {
    let further = entry(FORMATS, command).map_or([].as_slice(), |formats| *formats);
    COMMON_FORMATS.into_iter().chain(further.iter().copied())
}

/// Accepts the formats that a command writes.
fn format_parser(command: &str) -> impl TypedValueParser<Value = Format> {
    let values = formats(command).filter_map(|format| format.to_possible_value());
    PossibleValuesParser::new(values).map(|name| Format::from_str(&name, false).unwrap_or_default())
}

/// Hides the global options that a command does not read.
pub(super) fn hide_unread(command: &mut Command) {
    for subcommand in command.get_subcommands_mut() {
        let name = subcommand.get_name().to_owned();
        hide(subcommand, &name);
    }
}

fn hide(command: &mut Command, name: &str) {
    let hidden = std::mem::take(command).mut_args(|arg| {
        let id = arg.get_id().as_str();
        let is_unread = arg.is_global_set() && !reads(name, id);
        if is_unread || WITHOUT_EFFECT.contains(&(name, id)) {
            arg.hide(true)
        } else if id == FORMAT {
            arg.value_parser(format_parser(name))
        } else {
            arg
        }
    });
    *command = hidden;
    for subcommand in command.get_subcommands_mut() {
        let path = format!("{name} {}", subcommand.get_name());
        hide(subcommand, &path);
    }
}

/// The entry of a table for a command: its own one, else the one of the command above it.
fn entry<T>(table: &'static [(&'static str, T)], command: &str) -> Option<&'static T> {
    let of = |name: &str| {
        table
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, entry)| entry)
    };
    of(command).or_else(|| of(command.split_once(' ')?.0))
}

/// The name of the command of a line in the tables.
fn name_of(command: &str, matches: &ArgMatches) -> String {
    if command == "types"
        && !["refresh", "templates"]
            .iter()
            .any(|flag| matches.get_flag(flag))
    {
        return OFFLINE_TYPES.to_owned();
    }
    match matches.subcommand_name() {
        Some(below) => format!("{command} {below}"),
        None => command.to_owned(),
    }
}

fn refuses(command: &str, option: &str) -> bool {
    !reads(command, option) && !WITHOUT_EFFECT.contains(&(command, option))
}

fn reads(command: &str, option: &str) -> bool {
    READ_BY_ALL.contains(&option)
        || entry(READERS, command).is_none_or(|options| options.contains(&option))
}

/// Whether the command has an option and the command line names it.
fn is_given(matches: &ArgMatches, id: &str) -> bool {
    let source = matches
        .try_contains_id(id)
        .is_ok()
        .then(|| matches.value_source(id));
    source.flatten() == Some(ValueSource::CommandLine)
}

/// Refuses global options on the command line that the command does not read.
pub(super) fn refuse_unread(command: &mut Command, matches: &ArgMatches) -> Result<(), Error> {
    let Some((name, matches)) = matches.subcommand() else {
        return Ok(());
    };
    let Some(subcommand) = command.find_subcommand_mut(name) else {
        return Ok(());
    };
    let full_name = name_of(name, matches);
    let format = matches.get_one::<Format>(FORMAT).copied();
    if let Some(format) = format.filter(|format| formats(name).all(|known| known != *format)) {
        let value = format.to_possible_value();
        let value = value.as_ref().map_or("", |value| value.get_name());
        let message = format!("`airlift {name}` does not write --format {value}");
        return Err(subcommand.error(ErrorKind::InvalidValue, message));
    }
    if is_given(matches, COMMENT) && format != Some(Format::Markdown) {
        let message = "--comment needs --format markdown";
        return Err(subcommand.error(ErrorKind::MissingRequiredArgument, message));
    }
    let unread: Vec<String> = subcommand
        .get_arguments()
        .filter(|arg| arg.is_global_set() && refuses(&full_name, arg.get_id().as_str()))
        .filter(|arg| matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine))
        .filter_map(|arg| arg.get_long().map(|long| format!("--{long}")))
        .collect();
    if unread.is_empty() {
        return Ok(());
    }
    let mut message = format!("`airlift {full_name}` does not use {}", unread.join(", "));
    if unread.iter().any(|option| option == "--json") && reads(name, FORMAT) {
        message += "; --format json prints its result";
    }
    Err(subcommand.error(ErrorKind::UnknownArgument, message))
}

#[cfg(test)]
mod tests {
    use crate::cli::{command, parse};
    use std::ffi::OsString;

    const EVERY: &str = "ca-file color env file format help json ledger ledger-mode no-color proxy quiet sandbox shard verbose";

    const WITHOUT_EVENTS: &str = "ca-file color env file format help ledger ledger-mode no-color proxy quiet sandbox shard verbose";

    /// Each command with its shortest command line and the global options that it reads.
    const COMMANDS: &[(&str, &str)] = &[
        ("init", "color format help no-color"),
        (
            "validate",
            "color env file format help json no-color verbose",
        ),
        ("plan", EVERY),
        ("replan --from plan.json", EVERY),
        ("snapshot --out snapshot.json", EVERY),
        (
            "show plan.json",
            "color env file format help json ledger ledger-mode no-color sandbox verbose",
        ),
        ("apply", EVERY),
        ("adopt acme", EVERY),
        ("drift", EVERY),
        ("export", EVERY),
        ("rotate --all", EVERY),
        ("outputs", EVERY),
        ("ledger show", EVERY),
        ("ledger history", EVERY),
        (
            "ledger copy x y",
            "ca-file color env file format help json ledger-mode no-color proxy quiet sandbox verbose",
        ),
        ("ledger trust acme", EVERY),
        ("ledger rekey", EVERY),
        ("ledger sign", EVERY),
        ("expand", "color env file format help no-color verbose"),
        ("status", EVERY),
        ("connect acme/crm", EVERY),
        ("connect serve", EVERY),
        ("token app", WITHOUT_EVENTS),
        ("token scoped --customer acme", WITHOUT_EVENTS),
        (
            "token widget --customer acme --origin https://app.example.com",
            WITHOUT_EVENTS,
        ),
        ("types --refresh", WITHOUT_EVENTS),
        ("types --templates", WITHOUT_EVENTS),
        ("explain", "color format help no-color"),
        ("schema", "color format help no-color"),
        ("schema plan", "color format help no-color"),
        ("doctor", EVERY),
        (
            "sandbox serve --port 0 --state x",
            "color format help no-color",
        ),
        ("man --out x", "color help no-color"),
        ("completions bash", "color help no-color"),
    ];

    /// A use of each global option.
    const USES: [(&str, &[&str]); 14] = [
        ("ca-file", &["--ca-file", "x"]),
        ("color", &["--color", "never"]),
        ("env", &["--env", "x"]),
        ("file", &["-f", "x"]),
        ("format", &["--format", "json"]),
        ("json", &["--json"]),
        ("ledger", &["--ledger", "x"]),
        ("ledger-mode", &["--ledger-mode", "group"]),
        ("no-color", &["--no-color"]),
        ("proxy", &["--proxy", "http://localhost"]),
        ("quiet", &["--quiet"]),
        ("sandbox", &["--sandbox"]),
        ("shard", &["--shard", "0/4"]),
        ("verbose", &["-vv"]),
    ];

    fn names(command: &clap::Command) -> Vec<String> {
        let mut names = Vec::new();
        let is_own = |subcommand: &&clap::Command| subcommand.get_name() != "help";
        for subcommand in command.get_subcommands().filter(is_own) {
            let below = self::names(subcommand);
            let name = subcommand.get_name();
            if below.is_empty() {
                names.push(name.to_owned());
            }
            names.extend(below.iter().map(|below| format!("{name} {below}")));
        }
        names
    }

    #[test]
    fn help_of_each_command_has_exactly_the_global_options_that_it_reads() {
        let command = command(80);
        for name in names(&command) {
            let (_, read) = COMMANDS
                .iter()
                .find(|(line, _)| format!("{line} ").starts_with(&format!("{name} ")))
                .unwrap_or_else(|| panic!("{name} is not in the table"));
            let leaf = name.split(' ').fold(&command, |command, name| {
                command.find_subcommand(name).unwrap()
            });
            let mut shown: Vec<&str> = leaf
                .get_arguments()
                .filter(|arg| arg.is_global_set() && !arg.is_hide_set())
                .filter_map(clap::Arg::get_long)
                .collect();
            shown.sort_unstable();
            assert_eq!(shown.join(" "), *read, "{name}");
        }
    }

    #[test]
    fn global_option_that_the_command_does_not_read_is_refused() {
        for (line, read) in COMMANDS.iter().copied() {
            for (option, arguments) in USES {
                let words = line.split(' ').chain(arguments.iter().copied());
                let after: Vec<&str> = ["airlift"].into_iter().chain(words).collect();
                let words = arguments.iter().copied().chain(line.split(' '));
                let before: Vec<&str> = ["airlift"].into_iter().chain(words).collect();
                for arguments in [after, before] {
                    let parsed = parse(arguments.iter().map(OsString::from), 80);
                    let is_read = read.split(' ').any(|name| name == option);
                    let is_accepted = is_read || line == "validate";
                    assert_eq!(parsed.is_ok(), is_accepted, "{arguments:?}");
                }
            }
        }
    }

    #[test]
    fn types_of_the_catalog_refuse_options_of_a_connection() {
        for line in ["types", "types github", "types github --example"] {
            for (option, arguments) in USES {
                let words = line.split(' ').chain(arguments.iter().copied());
                let words = ["airlift"].into_iter().chain(words).map(OsString::from);
                let is_format = option == "format" && !line.contains("--example");
                let is_read = is_format || ["color", "no-color"].contains(&option);
                let parsed = parse(words, 80);
                assert_eq!(parsed.is_ok(), is_read, "{line} {arguments:?}");
            }
        }
        let words = ["airlift", "types", "--sandbox"].map(OsString::from);
        let error = parse(words.into_iter(), 80).unwrap_err().to_string();
        assert!(
            error.contains("without --refresh and --templates"),
            "{error}"
        );
    }

    #[test]
    fn option_without_effect_is_absent_from_the_help() {
        let command = command(80);
        let plan = command.find_subcommand("plan").unwrap();
        let is_shown = |name| {
            plan.get_arguments()
                .any(|arg| arg.get_long() == Some(name) && !arg.is_hide_set())
        };
        assert!(is_shown("refresh") && !is_shown("connector-token"));
    }

    #[test]
    fn refusal_of_an_unread_option_names_it_and_the_command() {
        let arguments = ["airlift", "init", "-f", "x"].map(OsString::from);
        let error = parse(arguments.into_iter(), 80).unwrap_err().to_string();
        assert!(
            error.contains("`airlift init` does not use --file"),
            "{error}"
        );
    }
}
