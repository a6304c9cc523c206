//! Responsible for the command line: the types that hold its arguments, and the help texts. One
//! file per command.
//!
//! Does not open files. Has no option for a secret's value, because every process can read a
//! command line and shells keep it in their history.

mod accepted;
mod adopt;
mod apply;
mod completions;
mod connect;
mod connection;
mod doctor;
mod drift;
mod expand;
mod explain;
mod export;
mod global;
mod init;
mod ledger;
mod lock;
mod man;
mod outputs;
mod plan;
mod plan_source;
mod policy;
mod replan;
mod rotate;
mod sandbox;
mod schema;
mod selection;
mod show;
mod snapshot;
mod status;
mod tips;
mod token;
mod types;
mod unverified;
mod validate;
mod values;
mod version;
mod waves;

pub use adopt::{AdoptArgs, AdoptTarget};
pub use apply::{ApplyArgs, ApprovalArgs, ExecutionArgs, OnStale};
pub use completions::CompletionsArgs;
pub use connect::{ConnectArgs, ConnectCommand, ConnectServeArgs, LinkArgs};
pub use connection::{ConnectionArgs, ConnectorTokenArg, ListingArg, RateArgs, RefreshArg};
pub use doctor::DoctorArgs;
pub use drift::DriftArgs;
pub use expand::ExpandArgs;
pub use explain::ExplainArgs;
pub use export::ExportArgs;
pub use global::{ColorArg, Format, GlobalArgs, LedgerMode};
pub use init::{CiSystem, InitArgs};
pub use ledger::{CopyArgs, LedgerCommand, RekeyArgs, ShowArgs, SignArgs, TrustArgs};
pub use lock::LockArgs;
pub use man::ManArgs;
pub use outputs::OutputsArgs;
pub use plan::{MarkdownArgs, PlanArgs, PlanningArgs};
pub use plan_source::{PlanDestination, PlanSource, SaveArgs};
pub use policy::PolicyArgs;
pub use replan::ReplanArgs;
pub use rotate::RotateArgs;
pub use sandbox::{SandboxCommand, ServeArgs};
pub use schema::{SchemaArgs, SchemaKind};
pub use selection::SelectionArgs;
pub use show::ShowPlanArgs;
pub use snapshot::SnapshotArgs;
pub use status::{StateArg, StatusArgs};
pub use token::{TokenCommand, TokenSinkArgs};
pub use types::TypesArgs;
pub use unverified::UnverifiedArgs;
pub use validate::ValidateArgs;
pub use waves::{HealthGate, WaveArgs};

use crate::model::Wave;
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::path::Path;

/// Manage customers and their connectors on Airbyte Agents from YAML files.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "airlift",
    version,
    long_version = version::long(),
    disable_help_flag = true,
    after_help = "\
Examples:
  airlift init && airlift plan --sandbox     try it without an account
  airlift plan -f customers/ --detailed-exitcode
  airlift apply -f airlift.yaml --auto-approve

Credentials come from AIRBYTE_CLIENT_ID, AIRBYTE_CLIENT_SECRET,
AIRBYTE_ORGANIZATION_ID and AIRBYTE_API_HOST, never from a flag.
AIRLIFT_LOG=requests logs every request, as -vv does. NO_COLOR, FORCE_COLOR,
CLICOLOR and CLICOLOR_FORCE decide on color where --color does not.
`airlift explain exit-codes` lists the exit codes."
)]
pub struct Cli {
    /// Options that concern more than one command.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Create an example project with comments
    Init(InitArgs),
    /// Check the files offline and list every finding
    Validate(ValidateArgs),
    /// Print the customers that templates make of tables
    Expand(ExpandArgs),
    /// Show what apply would change
    Plan(Box<PlanArgs>),
    /// Plan again what of a saved plan no longer fits
    Replan(ReplanArgs),
    /// Write what exists into a file, for plans without credentials
    Snapshot(SnapshotArgs),
    /// Show a saved plan, without credentials
    Show(ShowPlanArgs),
    /// Show the plan, ask for approval, and execute it; or execute a saved plan
    Apply(Box<ApplyArgs>),
    /// Add existing workspaces and connectors to the ledger
    Adopt(AdoptArgs),
    /// Show what others changed since the last apply
    Drift(DriftArgs),
    /// Write the existing customers and connectors as YAML
    Export(ExportArgs),
    /// Send credentials again by replacing connectors, in waves
    Rotate(RotateArgs),
    /// Print the ids of what airlift manages
    Outputs(OutputsArgs),
    /// Show whether the credentials of each connector work
    #[command(visible_alias = "check")]
    Status(StatusArgs),
    /// Ask customers for their consent to connectors, and record them
    Connect(ConnectArgs),
    /// Request a token for the widget, or to look into a problem
    #[command(subcommand)]
    Token(TokenCommand),
    /// Work on the ledger, airlift's record of what it manages
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// List the connector types, or the fields of one type
    Types(TypesArgs),
    /// Explain a code, a term, an exit code or a field, offline
    Explain(ExplainArgs),
    /// Print a JSON Schema
    Schema(SchemaArgs),
    /// Check the files, the credentials, the API, the ledger and the secret stores
    Doctor(DoctorArgs),
    /// Run the embedded API
    #[command(subcommand)]
    Sandbox(SandboxCommand),
    /// Write manual pages
    Man(ManArgs),
    /// Print the completion script of a shell
    Completions(CompletionsArgs),
}

/// The definition of the command line, with help texts of this width.
pub fn command(width: usize) -> clap::Command {
    let mut command = Cli::command().term_width(width);
    command.build();
    accepted::hide_unread(&mut command);
    command
}

impl Command {
    /// The policy file that the arguments name.
    pub fn policy_file(&self) -> Option<&Path> {
        let args = match self {
            Self::Plan(args) => &args.planning.policy,
            Self::Apply(args) => &args.planning.policy,
            Self::Replan(args) => &args.policy,
            Self::Rotate(args) => &args.policy,
            _ => return None,
        };
        args.policy.as_deref()
    }
}

/// Parses a command line. Help and the version are returned as errors, which clap renders.
pub fn parse(arguments: impl Iterator<Item = OsString>, width: usize) -> Result<Cli, clap::Error> {
    let mut command = command(width);
    let arguments = with_options(&command, arguments.collect());
    let matches = command
        .try_get_matches_from_mut(arguments)
        .map_err(tips::with_tip)?;
    accepted::refuse_unread(&mut command, &matches)?;
    let mut cli = Cli::from_arg_matches(&matches)?;
    if cli.global.json {
        cli.global.format = Format::Events;
    }
    let growing = match &mut cli.command {
        Command::Apply(args) => {
            args.execution.check_new = args.check;
            waves::check_growing(args.waves.waves.iter().cloned())
        }
        Command::Rotate(args) => waves::check_growing(args.waves.iter().copied().map(Wave::Size)),
        _ => Ok(()),
    };
    growing.map_err(|message| command.error(ErrorKind::ValueValidation, message))?;
    check_proxy(&mut command, &cli.global)?;
    Ok(cli)
}

/// The line with options in place of the commands `version` and `help`. The parser's own `help` prints another form of the
/// help texts, which fills three screens.
fn with_options(command: &clap::Command, mut arguments: Vec<OsString>) -> Vec<OsString> {
    let is = |position: usize, name: &str| arguments.get(position).is_some_and(|word| word == name);
    let parent = arguments.get(1).and_then(|word| word.to_str());
    let parent = parent.and_then(|name| command.find_subcommand(name));
    let has_help = parent.is_some_and(|parent| parent.find_subcommand("help").is_some());
    if is(1, "version") {
        arguments[1] = "--version".into();
    } else if is(1, "help") || (has_help && is(2, "help")) {
        let position = if is(1, "help") { 1 } else { 2 };
        arguments.remove(position);
        arguments.push("--help".into());
    }
    arguments
}

/// Refuses a proxy that is not a URL. The message does not quote it, because it may hold a password.
fn check_proxy(command: &mut clap::Command, global: &GlobalArgs) -> Result<(), clap::Error> {
    if global.proxy.as_deref().is_none_or(values::is_proxy) {
        return Ok(());
    }
    let message = "--proxy takes a URL, such as http://proxy.example.com:3128";
    Err(command.error(ErrorKind::ValueValidation, message))
}

/// The format that a command line asks for, even if the rest of it is wrong.
pub fn format_of(arguments: &[OsString]) -> Format {
    let mut arguments = arguments.iter().skip(1).map(|argument| argument.to_str());
    let mut format = Format::Text;
    while let Some(argument) = arguments.next() {
        let value = match argument {
            Some("--") => break,
            Some("--json") => {
                format = Format::Events;
                continue;
            }
            Some("--format") => arguments.next().flatten(),
            Some(argument) => argument.strip_prefix("--format="),
            None => None,
        };
        if value == Some("json") {
            format = Format::Json;
        }
    }
    format
}

#[cfg(test)]
mod tests {
    use super::{Cli, Command, Format, format_of};
    use clap::{CommandFactory, Parser};
    use std::ffi::OsString;

    #[test]
    fn command_definition_passes_the_checks_of_clap() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_of_every_command_equals_the_golden() {
        crate::render::golden("help.txt", &help(&mut super::command(80)));
    }

    #[test]
    fn help_command_prints_what_the_option_prints() {
        let text = |line: &str| {
            let arguments = line.split(' ').map(OsString::from);
            super::parse(arguments, 80).unwrap_err().to_string()
        };
        for (command, option) in [
            ("airlift help", "airlift --help"),
            ("airlift help plan", "airlift plan --help"),
            ("airlift help ledger copy", "airlift ledger copy --help"),
            ("airlift ledger help copy", "airlift ledger copy --help"),
            ("airlift ledger help", "airlift ledger --help"),
        ] {
            assert_eq!(text(command), text(option), "{command}");
        }
        assert!(text("airlift help nope").contains("unrecognized subcommand"));
        let explain = ["airlift", "explain", "help"].map(OsString::from);
        assert!(super::parse(explain.into_iter(), 80).is_ok());
    }

    fn help(command: &mut clap::Command) -> String {
        let title = command.get_bin_name().unwrap_or("airlift").to_owned();
        let mut text = format!("$ {title} --help\n{}\n", command.render_help());
        let subcommands = command.get_subcommands_mut();
        for subcommand in subcommands.filter(|command| command.get_name() != "help") {
            text += &help(subcommand);
        }
        text
    }

    #[test]
    fn examples_of_every_command_fit_into_80_columns() {
        fn check(command: &clap::Command) {
            let after = command.get_after_help().map(ToString::to_string);
            for line in after.unwrap_or_default().lines() {
                assert!(line.chars().count() <= 80, "{}: {line}", command.get_name());
            }
            command.get_subcommands().for_each(check);
        }
        check(&super::command(80));
    }

    #[test]
    fn parse_of_global_options_before_and_after_the_command_accepts_both() {
        let cli = Cli::try_parse_from(["airlift", "--sandbox", "plan", "-f", "a", "-f", "b"]);
        let cli = cli.unwrap();
        assert!(cli.global.sandbox && cli.global.files.len() == 2);
        assert!(matches!(cli.command, Command::Plan(_)));
    }

    #[test]
    fn parse_of_a_proxy_that_is_no_url_is_refused_without_quoting_it() {
        let parse = |proxy: &str| {
            let arguments = ["airlift", "plan", "--proxy", proxy].map(OsString::from);
            super::parse(arguments.into_iter(), 80)
        };
        assert!(parse("http://proxy:3128").is_ok());
        let error = parse("user:hunter2@proxy").unwrap_err().to_string();
        assert!(error.contains("--proxy takes a URL"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn parse_of_valid_for_without_links_is_refused() {
        let parse = |more: &[&str]| {
            let arguments = ["airlift", "connect", "--needed"].iter().chain(more);
            super::parse(arguments.map(OsString::from), 80)
        };
        assert!(parse(&[]).is_ok());
        assert!(parse(&["--valid-for", "3", "--public-url", "https://a.example"]).is_ok());
        let error = parse(&["--valid-for", "3"]).unwrap_err().to_string();
        assert!(error.contains("--public-url"), "{error}");
    }

    #[test]
    fn plan_from_a_snapshot_refuses_options_of_reading() {
        for option in ["--refresh=full", "--listing=organization", "--max-rps=2"] {
            let line = ["airlift", "plan", "--snapshot", "x", option];
            let error = super::parse(line.into_iter().map(OsString::from), 80).unwrap_err();
            assert!(error.to_string().contains("cannot be used"), "{error}");
        }
    }

    #[test]
    fn usage_of_rotate_without_selection_names_each_way_to_select() {
        let arguments = ["airlift", "rotate"].map(OsString::from);
        let error = super::parse(arguments.into_iter(), 80).unwrap_err();
        let text = error.to_string();
        for part in ["SELECTOR", "--all", "--resume"] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn format_of_a_wrong_command_line_is_the_one_that_it_names() {
        let format = |line: &str| {
            let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            format_of(&arguments)
        };
        assert_eq!(format("airlift fly --format json"), Format::Json);
        assert_eq!(format("airlift --format=json --nonsense"), Format::Json);
        assert_eq!(format("airlift plan --format text -x"), Format::Text);
        assert_eq!(format("airlift fly --json"), Format::Events);
        assert_eq!(format("airlift explain -- --json"), Format::Text);
        assert_eq!(format("airlift explain -- --format json"), Format::Text);
        assert_eq!(format("airlift --format"), Format::Text);
    }
}
