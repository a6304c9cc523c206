//! The command line as types: verbs, flags and their help.
//!
//! Refuses meaning: it opens nothing and decides nothing. No flag takes a secret's value, because
//! a command line is visible to every process and lands in shell histories.

use crate::model::Address;
use crate::plan::Limit;
use clap::builder::RangedU64ValueParser;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

mod looking;
mod rotate;
mod sandbox;

/// What a wait may be set to: a year is as good as forever, and can be added to a time.
fn seconds() -> RangedU64ValueParser {
    RangedU64ValueParser::new().range(0..=31_536_000)
}

pub use looking::{DriftArgs, ExportArgs};
pub use rotate::{LedgerCommand, RekeyArgs, RotateArgs};
pub use sandbox::{SandboxCommand, ServeArgs};

/// Bring your customers onto Airbyte Agents, from files: plan, review, apply.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "airlift",
    version,
    disable_help_subcommand = true,
    disable_help_flag = true,
    after_help = "\
Examples:
  airlift init && airlift plan --sandbox     try it without an account
  airlift plan -f customers/ --detailed-exitcode
  airlift apply -f airlift.yaml --auto-approve

Credentials come from AIRBYTE_CLIENT_ID, AIRBYTE_CLIENT_SECRET,
AIRBYTE_ORGANIZATION_ID and AIRBYTE_API_HOST, never from a flag.
AIRLIFT_LOG=requests tells of each request, as -vv does.
`airlift explain exit-codes` lists the exit codes."
)]
pub struct Cli {
    /// What every verb understands.
    #[command(flatten)]
    pub global: GlobalOpts,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What every verb understands.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub struct GlobalOpts {
    /// Project file, directory, or - for stdin; may be repeated
    #[arg(
        short,
        long = "file",
        value_name = "PATH",
        default_value = ".",
        global = true
    )]
    pub files: Vec<PathBuf>,
    /// Form of the result on stdout
    #[arg(long, value_name = "FORM", value_enum, default_value_t, global = true)]
    pub format: Format,
    /// No colour, whatever the terminal
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Say more; twice for each request
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
    /// Use the embedded API instead of the remote one
    #[arg(long, global = true)]
    pub sandbox: bool,
    /// Where the ledger is kept: a directory or s3://, and in builds that have them gs:// and az://
    /// [default: .airlift beside the project]
    #[arg(long, value_name = "PLACE", global = true)]
    pub ledger: Option<PathBuf>,
    /// Trust the certificates in this PEM file too
    #[arg(long, value_name = "FILE", global = true)]
    pub ca_file: Option<PathBuf>,
    /// Send requests through this proxy; none is used otherwise
    #[arg(long, value_name = "URL", global = true)]
    pub proxy: Option<String>,
    // One help for -h and --help: clap's long form spreads it over three screens.
    /// Print help
    #[arg(short, long, action = clap::ArgAction::HelpShort, global = true)]
    help: Option<bool>,
}

/// Form of a result.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: versioned, one document.
    Json,
}

/// The verbs.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Write a commented starting project
    Init(InitArgs),
    /// Check the files, offline, and list every finding
    #[command(after_help = "\
Examples:
  airlift validate
  airlift validate -f airlift.yaml -f teams/ --format json")]
    Validate,
    /// Compare the files with what there is, and print the difference
    Plan(PlanArgs),
    /// Plan, show, ask, and carry it out
    Apply(ApplyArgs),
    /// Show what changed out of band since the last apply
    Drift(DriftArgs),
    /// Write the YAML of what exists
    Export(ExportArgs),
    /// Send credentials again, as replacements, wave by wave
    Rotate(RotateArgs),
    /// The record of what is ours
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// List the connector types, or the fields of one
    #[command(after_help = "\
Examples:
  airlift types
  airlift types github")]
    Types {
        /// A type, such as github
        name: Option<String>,
    },
    /// Explain a code, a reason, an exit code or a field, offline
    #[command(after_help = "\
Examples:
  airlift explain
  airlift explain secret_rotated
  airlift explain customers.connectors.credentials")]
    Explain {
        /// What to explain; without it, everything known is listed
        what: Option<String>,
    },
    /// Print a JSON Schema
    Schema {
        /// Of what
        #[arg(value_enum, default_value_t)]
        of: SchemaOf,
    },
    /// Check that everything a run needs is there: files, access, ledger, stores
    #[command(after_help = "\
Examples:
  airlift doctor
  airlift doctor -f airlift.yaml --format json | jq '.checks[] | select(.health != \"ok\")'")]
    Doctor,
    /// The embedded API
    #[command(subcommand)]
    Sandbox(SandboxCommand),
    /// Print a shell's completion script
    #[command(after_help = "\
Example:
  airlift completions bash > ~/.local/share/bash-completion/completions/airlift")]
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

/// What has a schema.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum SchemaOf {
    /// The files
    #[default]
    Config,
    /// The result of `plan --format json`
    Plan,
    /// The result of `apply --format json`
    Report,
    /// The result of `drift --format json`
    Drift,
}

/// `init`.
#[derive(Args, Clone, Debug)]
pub struct InitArgs {
    /// Where; nothing that exists is overwritten
    #[arg(value_name = "DIR", default_value = ".")]
    pub directory: PathBuf,
}

/// `plan`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift plan
  airlift plan --target acme-corp --format json | jq '.summary'
  airlift plan --detailed-exitcode     0: nothing to do, 2: changes")]
pub struct PlanArgs {
    /// Which part, and how.
    #[command(flatten)]
    pub planning: PlanningOpts,
    /// Exit 2 when there are changes
    #[arg(long)]
    pub detailed_exitcode: bool,
}

/// `apply`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  airlift apply
  airlift apply --auto-approve --keep-going
  airlift apply --prune --allow-delete 20%")]
pub struct ApplyArgs {
    /// Which part, and how.
    #[command(flatten)]
    pub planning: PlanningOpts,
    /// Exit 2 when something was changed
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// What is approved beforehand.
    #[command(flatten)]
    pub approval: ApprovalOpts,
    /// How far to go.
    #[command(flatten)]
    pub execution: ExecutionOpts,
}

/// What planning is told; the same for `plan` and `apply`.
#[derive(Args, Clone, Debug)]
pub struct PlanningOpts {
    /// Only this customer or customer/connector; may be repeated
    #[arg(long, value_name = "ADDRESS", help_heading = "Selection")]
    pub target: Vec<Address>,
    /// All but this customer or customer/connector; may be repeated
    #[arg(long, value_name = "ADDRESS", help_heading = "Selection")]
    pub exclude: Vec<Address>,
    /// Delete connectors and suspend customers that are ours and not in the files
    #[arg(long, help_heading = "Deletion")]
    pub prune: bool,
    /// With --prune: delete customers instead of suspending them
    #[arg(long, requires = "prune", help_heading = "Deletion")]
    pub delete_customers: bool,
    /// Raise the limit on deletions for this run: 20 or 15%
    #[arg(long, value_name = "N|P%", value_parser = parse_limit, help_heading = "Deletion")]
    pub allow_delete: Option<Limit>,
    /// How the API is read.
    #[command(flatten)]
    pub reach: ReachOpts,
}

/// How the API is read and spoken to.
#[derive(Args, Clone, Debug)]
pub struct ReachOpts {
    /// Resolve no secrets while planning; they show as not verified
    #[arg(long, help_heading = "Reading")]
    pub no_secrets: bool,
    /// How much to read: lean skips details that cannot have changed
    #[arg(
        long,
        value_name = "HOW",
        value_enum,
        default_value_t,
        help_heading = "Reading"
    )]
    pub refresh: Refresh,
    /// How long after its request to look for what a run that was cut short may have created
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = seconds(),
        help_heading = "Reading"
    )]
    pub settle_timeout: u64,
    /// How hard the API is pressed.
    #[command(flatten)]
    pub pace: PaceOpts,
    /// The token that creates connectors
    #[arg(
        long,
        value_name = "KIND",
        value_enum,
        default_value_t,
        help_heading = "Remote API"
    )]
    pub connector_token: ConnectorToken,
}

/// How hard the API is pressed.
#[derive(Args, Clone, Copy, Debug)]
pub struct PaceOpts {
    /// Requests at a time, at most; fewer when the service gets slow or refuses
    #[arg(
        long,
        value_name = "N",
        default_value_t = 10,
        value_parser = clap::value_parser!(u16).range(1..=256),
        help_heading = "Remote API"
    )]
    pub parallelism: u16,
    /// Requests per second at most, such as 5 or 0.5 [default: no bound]
    #[arg(
        long,
        value_name = "N",
        value_parser = parse_rate,
        help_heading = "Remote API"
    )]
    pub max_rps: Option<f64>,
}

/// What is approved beforehand.
#[derive(Args, Clone, Copy, Debug)]
pub struct ApprovalOpts {
    /// Do not ask
    #[arg(long, help_heading = "Approval")]
    pub auto_approve: bool,
    /// With --auto-approve: allow replacing for a new type, environment or template
    #[arg(long, help_heading = "Approval")]
    pub allow_replace: bool,
}

/// How far execution goes.
#[derive(Args, Clone, Copy, Debug)]
pub struct ExecutionOpts {
    /// Leave out connectors whose secrets cannot be resolved, and do the rest
    #[arg(long, help_heading = "Execution")]
    pub keep_going: bool,
    /// Block a replacement whose check is inconclusive, instead of warning
    #[arg(long, help_heading = "Execution")]
    pub require_check: bool,
    /// How long to wait for a deletion to be gone
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 60,
        value_parser = seconds(),
        help_heading = "Execution"
    )]
    pub delete_timeout: u64,
}

/// How much a plan reads.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum Refresh {
    /// Details only where they may have changed.
    #[default]
    Lean,
    /// Every detail.
    Full,
}

/// The token that creates connectors.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum ConnectorToken {
    /// The customer's own.
    #[default]
    Scoped,
    /// The organization's.
    Application,
}

/// Reads a command line; the error is also how help and the version come.
pub fn parse(arguments: impl Iterator<Item = OsString>, width: usize) -> Result<Cli, clap::Error> {
    let matches = Cli::command()
        .term_width(width)
        .try_get_matches_from(arguments)?;
    Cli::from_arg_matches(&matches)
}

fn parse_limit(text: &str) -> Result<Limit, &'static str> {
    let wrong = "a limit is a count such as 20, or a percentage from 0% to 100%";
    match text.strip_suffix('%') {
        None => text.parse().map(Limit::Count).map_err(|_| wrong),
        Some(percent) => match percent.parse() {
            Ok(percent) if percent <= 100 => Ok(Limit::Percent(percent)),
            _ => Err(wrong),
        },
    }
}

fn parse_rate(text: &str) -> Result<f64, &'static str> {
    match text.parse() {
        Ok(rate) if (0.01..=10_000.0).contains(&rate) => Ok(rate),
        _ => Err("a rate is a number from 0.01 to 10000"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Cli, Command, parse_limit, parse_rate};
    use crate::plan::Limit;
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_of_every_verb_is_kept() {
        let mut command = Cli::command().term_width(80);
        command.build();
        crate::render::golden("help.txt", &help(&mut command));
    }

    fn help(command: &mut clap::Command) -> String {
        let title = command.get_bin_name().unwrap_or("airlift").to_owned();
        let mut text = format!("$ {title} --help\n{}\n", command.render_help());
        for verb in command.get_subcommands_mut() {
            text += &help(verb);
        }
        text
    }

    #[test]
    fn limits_are_counts_or_percentages() {
        assert_eq!(parse_limit("20"), Ok(Limit::Count(20)));
        assert_eq!(parse_limit("15%"), Ok(Limit::Percent(15)));
        for wrong in ["", "%", "-1", "101%", "1.5", "all"] {
            assert!(parse_limit(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn rates_are_positive_numbers() {
        assert_eq!(parse_rate("5"), Ok(5.0));
        assert_eq!(parse_rate("0.5"), Ok(0.5));
        for wrong in ["", "0", "-1", "inf", "NaN", "1e9", "5/s"] {
            assert!(parse_rate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn global_options_stand_anywhere() {
        let cli = Cli::try_parse_from(["airlift", "--sandbox", "plan", "-f", "a", "-f", "b"]);
        let cli = cli.unwrap();
        assert!(cli.global.sandbox && cli.global.files.len() == 2);
        assert!(matches!(cli.command, Command::Plan(_)));
    }
}
